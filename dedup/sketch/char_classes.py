"""Classes of Unicode characters in canonical text: kept, folded, a token of their own, or ignored."""

import re
import unicodedata
from bisect import bisect_right
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.model.normal_form import nfkc

# The classes, for the tokeniser.
UNKNOWN, SEPARATOR, LETTER, DIGIT, SINGLE, APOSTROPHE, POINT, IGNORED, MARK, COMPLEX, SIGN = range(11)

#: Characters that feeds use as an apostrophe. They count as one only inside a word.
APOSTROPHES = "'`\u00b4\u02bc\u2018\u2019\u201a\u201b\u2032\uff07"
_TO_APOSTROPHE = dict.fromkeys(map(ord, APOSTROPHES), "'")
_POINTS = ".\u066b"
#: Signs that carry meaning at least in some places, besides those of money. A superscript after a digit becomes ^.
_SIGNS = frozenset("#%+-<>^\u00b1\u066a\u2013\u2030\u2031\u2212≈≠≤≥≦≧⩽⩾▲▼△▽⬆⬇↑↓↗↘🔺🔻📈📉✅✔☑❌✖✗✘👍👎")
_SUPERSCRIPTS = "\u00b9\u00b2\u00b3\u2070\u2074-\u2079"
_EXPONENT = re.compile(rf"(?<=\d)(?=[{_SUPERSCRIPTS}])")
_IS_SUPERSCRIPT = re.compile(f"[{_SUPERSCRIPTS}]")
# Turkish dotted and dotless i are one letter, because capitals mix them up. Greek capitals are written without accents.
# Vowel signs of Arabic with its tatweel, and points of Hebrew, are often left out.
_DOTTED_I = "i\u0307"
_OPTIONAL_MARKS = ((0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5), (0x05C7, 0x05C7),
    (0x0640, 0x0640), (0x064B, 0x0652), (0x0670, 0x0670))  # fmt: skip
_TO_ONE_LETTER = str.maketrans("ıάέήίόύώΐΰ", "iαεηιουωϊϋ") | {
    code: None for first, last in _OPTIONAL_MARKS for code in range(first, last + 1)
}
_ZERO_WIDTH_SPACE = "\u200b"
# The ranges of Unicode's Script property for the scripts without spaces: Thai, Lao, Burmese and Khmer without their
# digits, and Han, Hiragana and Katakana, letters and marks of length only.
_SINGLES = (
    (0x0E01, 0x0E4F), (0x0E5A, 0x0E5B), (0x0E81, 0x0ECF), (0x0EDC, 0x0EDF), (0x1000, 0x103F), (0x104A, 0x108F),
    (0x109A, 0x109F), (0x1780, 0x17DF), (0x2E80, 0x2FD5), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035),
    (0x3038, 0x303C), (0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA9E0, 0xA9EF), (0xA9FA, 0xA9FE), (0xAA60, 0xAA7F), (0xF900, 0xFAFF),
    (0x16FE2, 0x16FF6), (0x1AFF0, 0x1B167), (0x20000, 0x323AF),
)  # fmt: skip
_VARIATION_SELECTORS = ((0x034F, 0x034F), (0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
# Letters (not marks) that may compose with the character before them: Hangul jamo, Kirat Rai vowels.
_COMPOSING_LETTERS = ((0x1100, 0x11FF), (0xA960, 0xA97F), (0xD7B0, 0xD7FF), (0x16D40, 0x16D7F))
_ASCII, _LAST_CODE = 0x80, 0x10FFFF
BLOCK = 64  # code points that are classified together
CLOSER = 1  # a byte whose class depends on its neighbours


def normalise(text: str) -> str:
    """NFKC of the case-folded NFKC of `text`, with 10² written as 10^2, and with one form of some letters.

    There is one kind of apostrophe and one i, and Greek vowels have no accent. Vowel signs of Arabic and points of
    Hebrew are removed.
    """
    return _folded(_EXPONENT.sub("^", text.translate(_TO_APOSTROPHE)))


def _folded(text: str) -> str:
    folded = nfkc(nfkc(text).casefold())
    return folded if folded.isascii() else folded.replace(_DOTTED_I, "i").translate(_TO_ONE_LETTER)


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    """Whether a code point is in one of the ascending ranges (first, last)."""
    place = bisect_right(ranges, (code, _LAST_CODE))
    return place > 0 and code <= ranges[place - 1][1]


def _kind(character: str) -> int:
    """The class of a normalised character."""
    if character in _POINTS:
        return POINT
    if character in APOSTROPHES:
        return APOSTROPHE
    code = ord(character)
    category = unicodedata.category(character)
    if (category == "Cf" and character != _ZERO_WIDTH_SPACE) or _within(code, _VARIATION_SELECTORS):
        return IGNORED
    if category[0] == "M":
        return MARK
    if category[0] in "LN":
        return SINGLE if _within(code, _SINGLES) else DIGIT if category[0] == "N" else LETTER
    return SIGN if character in _SIGNS or category == "Sc" else SEPARATOR


def _classify(code: int) -> tuple[int, int, int]:
    """(class in raw text, folded code point, class in normalised text) of a code point."""
    character = chr(code)
    kind = _kind(character)
    if kind in (APOSTROPHE, IGNORED):
        return kind, ord("'"), kind
    if _IS_SUPERSCRIPT.match(character):  # what it means depends on the character before it
        return COMPLEX, code, kind
    folded = _folded(character)
    if not folded:  # an optional mark
        return COMPLEX, code, kind
    folded_kinds = {kind} if folded == character else {_kind(part) for part in folded}
    if MARK in folded_kinds or any(_within(ord(part), _COMPOSING_LETTERS) for part in folded):
        return COMPLEX, code, kind
    if len(folded) == 1:
        return folded_kinds.pop(), ord(folded), kind
    if folded_kinds <= {SEPARATOR, POINT}:  # an ellipsis, say: points that follow each other join nothing
        return SEPARATOR, code, kind
    return COMPLEX, code, kind


class CharTable(NamedTuple):
    """The class of each code point, for kernels.

    Attributes:
        kinds: (0x110000,) uint8, the class in raw text in the low four bits, and in normalised text in the high ones.
        folds: (0x110000,) int32, the folded code point.
        plain: (256,) uint8, the output for each byte: a folded ASCII letter or digit, 0 for a separator, or `CLOSER`.
    """

    kinds: NDArray[np.uint8]
    folds: NDArray[np.int32]
    plain: NDArray[np.uint8]


class CharClasses:
    """The table of character classes. Blocks are filled from `unicodedata` when they are first needed."""

    def __init__(self) -> None:
        self.char_table = CharTable(
            np.zeros(0x110000, np.uint8), np.zeros(0x110000, np.int32), np.full(256, CLOSER, np.uint8)
        )
        self._lock = Lock()
        for block in range(_ASCII // BLOCK):
            self.learn(block)

    def learn(self, block: int) -> None:
        """Classify the code points of `block`. Several threads may call this at the same time."""
        codes = range(block * BLOCK, (block + 1) * BLOCK)
        with self._lock:
            if self.char_table.kinds[codes[0]] != UNKNOWN:
                return
            # The class is written after the fold, because other threads then take the code point for known.
            for code in reversed(codes):
                raw, fold, normal = _classify(code) if not 0xD800 <= code < 0xE000 else (SEPARATOR, code, SEPARATOR)
                self.char_table.folds[code] = fold
                if code < _ASCII and raw in (LETTER, DIGIT, SEPARATOR, SIGN):
                    self.char_table.plain[code] = fold if raw in (LETTER, DIGIT) else 0
                self.char_table.kinds[code] = raw | normal << 4
