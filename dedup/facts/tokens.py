"""A text as the words on which facts are compared."""

import re
import unicodedata
from functools import cached_property, lru_cache
from itertools import repeat

from dedup.facts.vocabulary import LANGUAGES, Language, vocabulary

# Combining marks are no \w in `re`, but belong to the letter before them.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u0652\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
_HAN_AND_KANA = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(
    rf"\d+(?:[.,:٫٬]\d+)*(?:[^\W\d_{_HAN_AND_KANA}]+)?"  # a number with its suffix: 2.30pm, 5m, 22nd
    rf"|[{_HAN_AND_KANA}]"
    rf"|(?:[^\W\d_{_HAN_AND_KANA}]\.){{2,}}"  # U.S.
    rf"|[^\W_{_HAN_AND_KANA}]+(?:[{_MARKS}]+[^\W_{_HAN_AND_KANA}]*)*"
    rf"(?:['’ʼ](?=[^\W\d_])[^\W_{_HAN_AND_KANA}]+)*"
    r"|[$£€¥₹%]"
)
#: For `bytes.translate`: a space for each ASCII character that is never a part of a word.
_ONLY_WORDS = bytes(code if chr(code).isalnum() or chr(code) in "'.,:$%" else 32 for code in range(128)) + bytes(128)
_APOSTROPHES = str.maketrans("’ʼ", "''")
_SENTENCE_END = re.compile(r"[.!?。！？।؟]+[\"'”’»)\]]*(?=\s|$)|[。！？।]|\n")
_HAN_OR_KANA = re.compile(f"[{_HAN_AND_KANA}]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_LANGUAGE_SAMPLE = 24  # words
_MOST_CAPITALS = 0.5  # with a greater share of capitals, a text is a headline or shouted, and they tell no names


class Text:
    """A text as words.

    Han and kana characters, currency signs and per cent signs are words each.

    Attributes:
        text: The text as it was given.
        keys: Its words, as they are compared; see `key_of`.
        key_set: The distinct keys.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.keys = _ascii_keys(text) if text.isascii() else list(map(key_of, self.words))
        self.key_set = frozenset(self.keys)

    @cached_property
    def words(self) -> list[str]:
        """The words as written."""
        return _WORD.findall(self.text)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """(start, end) of each word, in characters."""
        return [match.span() for match in _WORD.finditer(self.text)]

    @cached_property
    def phrases(self) -> frozenset[tuple[str, ...]]:
        """Every three keys in a row."""
        return frozenset(zip(self.keys, self.keys[1:], self.keys[2:], strict=False))

    @cached_property
    def is_lower(self) -> bool:
        """Whether the text has no capitals."""
        return all(word == word.lower() for word in self.words)

    @cached_property
    def has_capitalised_names(self) -> bool:
        """Whether capitals tell names in the text: it has some, and words without one too."""
        if self.text.islower():
            return False
        initials = [piece[0] for piece in self.text.split() if piece[0].isalnum()]
        capitals = sum(map(str.isupper, initials))
        return 0 < capitals <= _MOST_CAPITALS * (capitals + sum(map(str.islower, initials)))

    @cached_property
    def sentence_ends(self) -> list[int]:
        """The offset after each sentence, and the length of the text. "Mr." and "J." end no sentence."""
        text = self.text
        abbreviated = {
            end for word, (_, end) in zip(self.words, self.spans, strict=True) if len(word) < 3 and word.isalpha()
        }
        ends = [
            match.end()
            for match in _SENTENCE_END.finditer(text)
            if match[0][0] != "." or match.start() not in abbreviated
        ]
        return [*ends, len(text)]

    @cached_property
    def language(self) -> Language:
        """The language with the most function words and numbers among the first words; English if there is none.

        The script decides for Han and kana, which share one vocabulary, `zh`, and for Hangul.
        """
        languages, votes, *_ = vocabulary()
        if not self.text.isascii():
            if _HAN_OR_KANA.search(self.text):
                return languages["zh"]
            if _HANGUL.search(self.text):
                return languages["ko"]
        counts = sum(map(votes.get, self.keys[:_LANGUAGE_SAMPLE], repeat(0))).to_bytes(len(LANGUAGES), "little")
        return languages[LANGUAGES[counts.index(max(counts))]]


def _ascii_keys(text: str) -> list[str]:
    """The keys of an ASCII text. Most words are letters alone, or with a sign after them, and need no pattern."""
    keys = []
    for piece in text.lower().encode().translate(_ONLY_WORDS).decode().split():
        if piece.isalpha():
            keys.append(piece)
        elif piece[:-1].isalpha() and piece[-1] in ".,:'":
            keys.append(piece[:-1])
        else:
            keys.extend(map(key_of, _WORD.findall(piece)))
    return keys


@lru_cache(1 << 14)
def key_of(word: str) -> str:
    """A word as it is compared: casefolded, without dots inside and without 's."""
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word).translate(_APOSTROPHES)
    word = word.casefold()
    if "." in word and not word[0].isdigit():
        word = word.replace(".", "")
    return word[:-2] if len(word) > 2 and word.endswith("'s") else word


def is_han_or_kana(key: str) -> bool:
    """Whether a word is a Han or kana character."""
    return _HAN_OR_KANA.match(key) is not None
