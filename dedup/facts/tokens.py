"""Splits a text into the words that the rules compare."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import repeat

from dedup.facts.frame import body
from dedup.facts.vocabulary import LANGUAGES, Language, vocabulary
from dedup.facts.vocabulary.files import fold

# `re` does not count combining marks as \w, but they belong to the letter before them.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u0655\u0670"
_MARKS += "\u0900-\u0963\u0966-\u0dff"
_MARKS += "\u00ad\u200c\u200d\u2060\ufeff"  # invisible
_MARKS += "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_MARKS += "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u105e-\u1060\u1062-\u1064\u1067-\u106d"
_MARKS += "\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d\u17b4-\u17d3\u17dd\ua9e5\uaa7b-\uaa7d"
_HAN_AND_KANA = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Letters and marks of Thai, Lao, Burmese and Khmer, which are written without spaces between words too.
_UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ecf\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u109a-\u109d\u1780-\u17d3\u17d7\u17dc\u17dd"
)
_SINGLES = _HAN_AND_KANA + _UNSPACED + "\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f"
_RATINGS = "A AA AAA B BB BBB C CC CCC D E F O AB".split()
_AFTER_RATING = "|".join(rf"(?<=\b{rating})" for rating in _RATINGS)
_LETTER = rf"[^\W\d_{_SINGLES}]"
_LETTERS = rf"(?:[A-Za-z0-9]++|[^\W_{_SINGLES}])++"  # most letters are ASCII; these match faster
_MONEY = "$£¥฿₠-⃀＄￡￥"
_MINUS = r"\-−–﹣－"
# A plus or minus that belongs only to the following number: not in 2-1, 5 -6, or 3%-4%.
_PLUS_OR_MINUS = rf"[{_MINUS}+＋](?<![\w.,:;%°)\]/+{_MINUS}].)(?<!\d[ \xa0].)"
#: Signs that are words of their own: comparisons, arrows, and marks for yes and no.
SIGNS = frozenset("<>≤≥⩽⩾≦≧±≈≠‰‱▲▼△▽⬆⬇↑↓↗↘🔺🔻📈📉✅✔☑❌✖✗✘👍👎-+")
_WORD = re.compile(
    rf"(?:{_LETTER}\.){{2,}}"  # U.S.
    rf"|(?!\d){_LETTERS}(?:[{_MARKS}]+(?:{_LETTERS})?)*+(?:['’ʼ](?=[^\W\d_]){_LETTERS})*+"
    # The sign of a word: C++, AA+, C#, and the minus of a rating or grade.
    rf"(?:[+＋]{{1,2}}(?!\w)|(?<=\b[A-Za-z])#(?!\w)|(?=[{_MINUS}])(?:{_AFTER_RATING})"
    rf"[{_MINUS}](?![\w{_MINUS}]))?"
    rf"|(?:{_PLUS_OR_MINUS}(?=\.?\d)(?!\d+[{_MINUS}])\.?)?"  # not a page number: -5-
    rf"\d+(?:[.,:٫٬]\d+)*(?:{_LETTER}+|[+＋](?!\w))?"  # a number with its sign and suffix: -5, 2.30pm, 5m, 22nd, 18+
    rf"|[{_SINGLES}][{_MARKS}]*"
    rf"|[{_MONEY}%٪％]|¢(?<=\d.)"
    rf"|{_PLUS_OR_MINUS}(?=[{_MONEY}]\.?\d)"
    rf"|[<>](?:(?<![<>=\-].)(?=\.?\d)|(?<=[^\s<>=\-] .)(?= ?[\d{_MONEY}]))"
    rf"|[{''.join(SIGNS - set('<>-+'))}]"
)
#: Matches in an ASCII text whose minus signs may be words or parts of words.
_MAY_BE_MINUS = re.compile(r"-(?:[.$\d]|(?<=[A-FO]-)(?!\w))")
#: For `bytes.translate`: replaces each ASCII character that is never part of a word by a space.
_ONLY_WORDS = bytes(code if chr(code).isalnum() or chr(code) in "'.,:$%" else 32 for code in range(128)) + bytes(128)
_EXPONENT = re.compile("(?<=[0-9])[⁰¹²³⁴-⁹]+")
_SENTENCE_END = re.compile(r"[.!?。！？।؟]+[\"'”’»)\]]*(?=\s|$)|[。！？।]|\n")
_SINGLE = re.compile(f"[{_SINGLES}]")
_HAN_OR_KANA = re.compile(f"[{_HAN_AND_KANA}]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_LANGUAGE_SAMPLE = 24  # words
START = 3  # letters that all forms of a word share
_MOST_ALIKE = 128  # words with the same first letters that each new word is compared with, so that time is linear
_HAN_OF_A_WORD, _THAI_OF_A_WORD = 2, 4  # characters
_MOST_CAPITALS = 0.5  # a text with a larger share of capitals is a headline or shouted, so capitals do not show names


class Text:
    """A text as a sequence of words, without its frame.

    Each character of a script without spaces is a word, and so is each sign with a meaning. The sign of a number
    belongs to the number.

    Attributes:
        text: The original text.
        start: The character of it at which its body starts: what is left without its frame.
        end: The character at which its body ends.
        body: Its body.
        words: The words of its body as written.
        keys: The words of its body in the form in which they are compared; see `key_of`.
        key_set: The distinct keys.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.start, self.end = body(text)
        self.body = text[self.start : self.end]
        self.words, self.keys = _plain_words(self.body) if _is_plain(self.body) else _words(self.body)
        self.key_set = frozenset(self.keys)

    @cached_property
    def keys_by_start(self) -> Mapping[str, Sequence[str]]:
        """The distinct keys, by their first three letters; of those with equal letters, the first ones."""
        found: dict[str, list[str]] = {}
        for key in dict.fromkeys(self.keys):
            some = found.setdefault(key[:START], [])
            if len(some) < _MOST_ALIKE:
                some.append(key)
        return found

    @cached_property
    def places_by_letter(self) -> Mapping[str, Sequence[int]]:
        """The places of the words, by the first letter of their keys; of those with equal letters, the first ones."""
        found: dict[str, list[int]] = {}
        for place, key in enumerate(self.keys):
            some = found.setdefault(key[0], [])
            if len(some) < _MOST_ALIKE:
                some.append(place)
        return found

    @cached_property
    def has_address(self) -> bool:
        """Whether the text has the sign of an address."""
        return "@" in self.text

    @cached_property
    def initials(self) -> str:
        """The initials of all capitalised words."""
        return "".join(key[0] for word, key in zip(self.words, self.keys, strict=True) if word[0].isupper())

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """(start, end) of each word, in characters of the whole text."""
        first = self.start
        return [(first + match.start(), first + match.end()) for match in _WORD.finditer(self.body)]

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """The places of each key."""
        found: dict[str, list[int]] = {}
        for place, key in enumerate(self.keys):
            found.setdefault(key, []).append(place)
        return found

    @cached_property
    def phrases(self) -> frozenset[tuple[str, ...]]:
        """Every sequence of three keys."""
        return frozenset(zip(self.keys, self.keys[1:], self.keys[2:], strict=False))

    @cached_property
    def is_lower(self) -> bool:
        """Whether the text has no capitals."""
        return all(word == word.lower() for word in self.words)

    @cached_property
    def has_capitalised_names(self) -> bool:
        """Whether capitals show names: some words have a capital, and at least as many do not."""
        if self.body.islower():
            return False
        initials = [piece[0] for piece in self.body.split() if piece[0].isalnum()]
        capitals = sum(map(str.isupper, initials))
        return 0 < capitals <= _MOST_CAPITALS * (capitals + sum(map(str.islower, initials)))

    @cached_property
    def characters_of_a_word(self) -> int:
        """The number of keys per word of the language. It is above one where characters are keys."""
        if self.language.code == "zh":
            return _HAN_OF_A_WORD
        sample = self.keys[:_LANGUAGE_SAMPLE] if not self.body.isascii() else []
        return _THAI_OF_A_WORD if 2 * sum(map(is_single, sample)) > len(sample) else 1

    @cached_property
    def sentence_ends(self) -> list[int]:
        """The offset after each sentence, and the end of the body. "Mr." and "J." do not end a sentence."""
        first = self.start
        abbreviated = {
            end for word, (_, end) in zip(self.words, self.spans, strict=True) if len(word) < 3 and word.isalpha()
        }
        ends = [
            first + match.end()
            for match in _SENTENCE_END.finditer(self.body)
            if match[0][0] != "." or first + match.start() not in abbreviated
        ]
        return [*ends, self.end]

    @cached_property
    def language(self) -> Language:
        """The language with the most function words and numbers among the first words; English if none are found.

        The script decides for Hangul, and for Han and kana, which share one vocabulary, `zh`.
        """
        languages, votes, *_ = vocabulary()
        if not self.body.isascii():
            if _HAN_OR_KANA.search(self.body):
                return languages["zh"]
            if _HANGUL.search(self.body):
                return languages["ko"]
        counts = sum(map(votes.get, self.keys[:_LANGUAGE_SAMPLE], repeat(0))).to_bytes(len(LANGUAGES), "little")
        return languages[LANGUAGES[counts.index(max(counts))]]


def _is_plain(text: str) -> bool:
    """Whether a text is ASCII and has no signs except $ and %."""
    if not text.isascii() or "+" in text or "<" in text or ">" in text or "#" in text:
        return False
    return not _MAY_BE_MINUS.search(text)


def _words(text: str) -> tuple[list[str], list[str]]:
    """The words of a text and their keys."""
    words = _WORD.findall(text)
    return words, list(map(key_of, words))


def _plain_words(text: str) -> tuple[list[str], list[str]]:
    """The words of an ASCII text without signs except $ and %, and their keys.

    Most words are letters, perhaps with a point or comma after them, and need no pattern.
    """
    words, keys = [], []
    pieces = text.encode().translate(_ONLY_WORDS).decode()
    for piece, lower in zip(pieces.split(), pieces.lower().split(), strict=True):
        if piece.isalpha():
            words.append(piece)
            keys.append(lower)
        elif piece[:-1].isalpha() and piece[-1] in ".,:'":
            words.append(piece[:-1])
            keys.append(lower[:-1])
        else:
            some = _WORD.findall(piece)
            words += some
            keys += map(key_of, some)
    return words, keys


@lru_cache(1 << 14)
def key_of(word: str) -> str:
    """The form in which a word is compared: folded, without inner dots and without 's; 10² becomes 10^2."""
    word = fold(word if word.isascii() else _EXPONENT.sub(r"^\g<0>", word))
    if "." in word and not any(map(str.isdigit, word)):
        word = word.replace(".", "")
    return word[:-2] if len(word) > 2 and word.endswith("'s") else word


def is_single(key: str) -> bool:
    """Whether a word is a character of a script without spaces."""
    return _SINGLE.match(key) is not None


def is_han_or_kana(key: str) -> bool:
    """Whether a word is a Han or kana character."""
    return _HAN_OR_KANA.match(key) is not None
