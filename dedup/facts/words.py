"""A text -> the words that facts are compared on, and the language they are in."""

import re
import unicodedata
from collections.abc import Callable
from functools import cached_property
from itertools import chain

from dedup.facts.tables import Language, tables

# Combining marks are no \w in `re`, but belong to the letter before them.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u0652\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han and kana: each is a word by itself
_WORD = re.compile(
    rf"\d+(?:[.,:٫٬]\d+)*(?:[^\W\d_{_SINGLE}]+)?"  # a number and what is written to it: 2.30pm, 5m, 22nd
    rf"|[{_SINGLE}]"
    rf"|(?:[^\W\d_]\.){{2,}}"  # U.S.
    rf"|[^\W_{_SINGLE}]+(?:[{_MARKS}]+[^\W_{_SINGLE}]*)*"
    rf"(?:['’ʼ](?=[^\W\d_])[^\W_{_SINGLE}]+)*"
    r"|[$£€¥₹%]"
)
_ENDS = re.compile(r"[.!?。！？।؟]+[\"'”’»)\]]*(?=\s|$)|[。！？।]|\n")
SINGLE = re.compile(f"[{_SINGLE}]")
_SCRIPTS = {"zh": SINGLE, "ko": re.compile("[\uac00-\ud7a3]")}
_PIECES = 1 << 15  # pieces of text that are remembered
_PIECE = 40  # characters of a piece of text that may be met again
_SAMPLE = 24  # words that tell the language
_MIXED = 0.5  # a text with a greater share of capitals is a headline or shouted: they say nothing in it


class Words:
    """A text as words; what is seldom asked for is worked out when it is.

    text: as it was given. keys: its words, casefolded, without dots inside and without 's; what compares equal there is
    the same word. Han and kana characters, currency and per cent signs are words each.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        # No word has white space inside, so a text is cut piece by piece; most pieces are met again and again.
        self._pieces = text.split()
        self.keys = list(chain.from_iterable(map(_KEYS.__getitem__, self._pieces)))

    @cached_property
    def written(self) -> list[str]:
        """The words as they stand in the text."""
        return list(chain.from_iterable(map(_WRITTEN.__getitem__, self._pieces)))

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """(start, end) of each word, in characters."""
        return [found.span() for found in _WORD.finditer(self.text)]

    @cached_property
    def held(self) -> frozenset[str]:
        """The keys, for looking up."""
        return frozenset(self.keys)

    @cached_property
    def threes(self) -> frozenset[tuple[str, ...]]:
        """Every three keys in a row."""
        return frozenset(zip(self.keys, self.keys[1:], self.keys[2:], strict=False))

    @cached_property
    def lower(self) -> bool:
        """Whether the text has no capitals."""
        return self.text.islower()

    @cached_property
    def cased(self) -> bool:
        """Whether capitals tell names in the text: it has some, and small words too."""
        firsts = [piece[0] for piece in self._pieces]
        capitals = sum(map(str.isupper, firsts))
        return 0 < capitals <= _MIXED * (capitals + sum(map(str.islower, firsts)))


class _Known(dict[str, list[str]]):
    """Pieces of text and the words in them, found at the first asking; as quick as a dict where they are known."""

    def __init__(self, cut: Callable[[str], list[str]]) -> None:
        super().__init__()
        self._cut = cut

    def __missing__(self, piece: str) -> list[str]:
        found = self._cut(piece)
        if len(piece) <= _PIECE:
            if len(self) >= _PIECES:
                self.clear()
            self[piece] = found
        return found


def _key(word: str) -> str:
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word).replace("’", "'").replace("ʼ", "'")
    word = word.casefold()
    if "." in word and not word[0].isdigit():
        word = word.replace(".", "")
    if "'" in word and word.endswith("'s"):
        word = word[:-2]
    return word


_KEYS = _Known(lambda piece: [_key(word) for word in _WORD.findall(piece)])
_WRITTEN = _Known(_WORD.findall)


def sentence_ends(text: str) -> list[int]:
    """The offsets behind each end of a sentence, and behind the text."""
    ends = []
    for found in _ENDS.finditer(text):
        before = text[max(0, found.start() - 4) : found.start()].split()[-1:]
        # "Mr." and "J." end no sentence.
        if not (before and len(before[0]) < 3 and before[0].isalpha() and text[found.start()] == "."):
            ends.append(found.end())
    return ends if ends and ends[-1] >= len(text.rstrip()) else [*ends, len(text)]


def language(words: Words) -> tuple[str, Language]:
    """The language most of whose function words and numbers are here, by code; English where none is.

    Scripts of one language of ours go by their letters: Han and kana are one table, `zh`.
    """
    languages, spoken = tables().languages, tables().spoken
    if not words.text.isascii():
        for code, letters in _SCRIPTS.items():
            if letters.search(words.text):
                return code, languages[code]
    counts = dict.fromkeys(languages, 0)
    for key in words.keys[:_SAMPLE]:
        for code in spoken.get(key, ()):
            counts[code] += 1
    code = max(counts, key=counts.__getitem__)
    return (code, languages[code]) if counts[code] else ("en", languages["en"])
