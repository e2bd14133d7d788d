"""Words -> numbers: what kernels know of each piece of text and each word, learned when it is first met.

A piece is what stands between white space and signs, nearly always one word. The kernel finds it by its bytes in an
open-addressed table, and gives those that are not there to `learn`. All that Python knows of a word by itself is then
a row of numbers.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dedup.canonical import decode, encode
from dedup.facts import meanings
from dedup.facts.tables import LANGUAGES, tables
from dedup.facts.words import WORD, is_single, key

LETTERS = 64  # of a word at most; what is longer is no slip for another, and its rest no part of an abbreviation
_AFTER_DIGITS = frozenset(["m", "mn", "mln", "bn", "tn"])
_PAGES = frozenset(["page", "p", "pp", "pg", "seite", "página", "pág", "pagina", "blz", "стр", "страница"])
_VERBS = frozenset(["may", "march"])  # months only with a capital
_JOINING = frozenset(["and", "or", "und", "oder", "et", "ou", "y", "e", "o", "en", "of", "и", "или", "و", "या"])
_MOST = 1 << 16  # pieces that are remembered from batch to batch

# Columns of a piece: the hash, where its bytes begin, how many they are, the first of its words, how many they are.
HASH, BYTES, SIZE, PART, PARTS = range(5)
# Columns of a word as it is written: its key, WRITTEN flags, and where it lies in its piece, in bytes.
KEY, FLAGS, START, END = range(4)
# Flags of a word as it is written: its first character; whether it has a capital, is all capitals, is as short
# as what a point abbreviates, is a verb by its small letter.
UPPER, LOWER, ALPHA, CAPITAL, SHOUTED, BRIEF, VERB = (1 << bit for bit in range(7))
# Columns of a key. MARKS: the flags below. From FUNCTION to SMALL: one bit a language. SPOKEN, TWICE: languages that
# the word speaks for, once or twice. LENGTH, FIRST: its letters, and where they begin in `more`. TERRITORY: named by
# this word alone, or -1. NAMES: where in `more` the names of territories that begin with it are listed, or -1.
# CLASSES: likewise, the classes it is in. WORTH: where in `values` its numbers lie, or -1. DIGITS: where in `more` its
# clock times are, or -1 for a word without digits in front. SUFFIX: the key written to the digits, or -1. CODE: the
# number for a suffix or a word with digits inside. OLD, NEW: where it is first met in the two texts, see `cut`.
(
    MARKS, FUNCTION, NEGATION, TITLE, WEEKDAY, NUMERIC, SMALL, SPOKEN, TWICE, LENGTH, FIRST,
    TERRITORY, NAMES, CLASSES, WORTH, DIGITS, SUFFIX, CODE, OLD, NEW, _COLUMNS,
) = range(21)  # fmt: skip
# Flags of a key.
(
    MARKED, DIGIT, COMMON, ASCII, SINGLE, LETTERED, JOINING, AFTER_DIGITS, LEADING_DIGIT, AM, PM, SHORT, GROUP, PAGE,
) = (1 << bit for bit in range(14))  # fmt: skip


class Columns(NamedTuple):
    """The lexicon as kernels see it.

    slots: (power of two,) int64, numbers of pieces by their hash, 0 for none. pieces: (p, 5) int64. bytes: uint8, those
    of all pieces. words: (w, 4) int64, the words of all pieces. keys: (k, 20) int64. more: int64, lists that keys point
    to. values: float64, of a word with digits its number; of other numbers for each language the cardinal, then the
    ordinals and the months, nan for none.
    """

    slots: NDArray[np.int64]
    pieces: NDArray[np.int64]
    bytes: NDArray[np.uint8]
    words: NDArray[np.int64]
    keys: NDArray[np.int64]
    more: NDArray[np.int64]
    values: NDArray[np.float64]


class _Column:
    """An array that grows: what was added is written to it by `flush`."""

    def __init__(self, dtype: DTypeLike, width: int = 1) -> None:
        # Row 0 is none, as 0 is an empty slot, and a word without letters.
        self.array = np.zeros(256 * width, dtype)
        self.width = width
        self.added: list[Any] = []
        self._size = width

    def __len__(self) -> int:
        """How many rows there are, with those that were added."""
        return (self._size + len(self.added)) // self.width

    def flush(self) -> NDArray[Any]:
        """The array, of rows of the width, with all that was added; there may be more rows than are used."""
        first, self._size = self._size, self._size + len(self.added)
        if self._size > len(self.array):
            grown = np.zeros(2 * self._size, self.array.dtype)
            grown[:first] = self.array[:first]
            self.array = grown
        self.array[first : self._size] = self.added
        self.added.clear()
        return self.array if self.width == 1 else self.array.reshape(-1, self.width)


class Lexicon:
    """The columns and their memory."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every word."""
        self._slots = np.zeros(1 << 15, np.int64)
        self._pieces = _Column(np.int64, 5)
        self._bytes = _Column(np.uint8)
        self._words = _Column(np.int64, 4)
        self._keys = _Column(np.int64, _COLUMNS)
        self._more = _Column(np.int64)
        self._values = _Column(np.float64)
        self._key_numbers: dict[str, int] = {"": 0}
        self._codes: dict[str, int] = {}
        self._odd = tables().small | _JOINING | _AFTER_DIGITS | _PAGES | frozenset(["am", "pm"])
        self._flush()

    def tidy(self) -> None:
        """Forget every word where there are many, as a feed has ever new ones."""
        if len(self._pieces) > _MOST:
            self.clear()

    def learn(self, pieces: Iterable[tuple[bytes, int]]) -> None:
        """Know these pieces, each given with its hash."""
        new = dict(pieces)
        while 2 * (len(self._pieces) + len(new)) > len(self._slots):
            self._spread()
        for data, hash_ in new.items():
            self._enter(len(self._pieces), hash_)
            self._piece(data, hash_)
        self._flush()

    def _flush(self) -> None:
        columns = (self._pieces, self._bytes, self._words, self._keys, self._more, self._values)
        self.columns = Columns(self._slots, *(column.flush() for column in columns))

    def _spread(self) -> None:
        self._slots = np.zeros(2 * len(self._slots), np.int64)
        for number, hash_ in enumerate(self.columns.pieces[1 : len(self._pieces), HASH].tolist(), 1):
            self._enter(number, hash_)

    def _enter(self, number: int, hash_: int) -> None:
        mask = len(self._slots) - 1
        place = hash_ & mask
        while self._slots[place]:
            place = (place + 1) & mask
        self._slots[place] = number

    def _piece(self, data: bytes, hash_: int) -> None:
        """Make a row of a piece, and of each word in it."""
        text = decode(data)
        first = len(self._words)
        if data.isalpha():  # one plain word, as nearly all are
            self._words.added += (self._key(text.lower()), _written(text), 0, len(data))
        else:
            self._cut(text)
        self._pieces.added += (hash_, len(self._bytes), len(data), first, len(self._words) - first)
        self._bytes.added += data

    def _cut(self, text: str) -> None:
        """Make a row of each word in a piece."""
        for found in WORD.finditer(text):
            start, end = found.span()
            if not text.isascii():
                start, end = len(encode(text[:start])), len(encode(text[:end]))
            word = found[0]
            self._words.added += (self._key(key(word)), _written(word), start, end)

    def _key(self, key: str) -> int:
        """The number of a key."""
        number = self._key_numbers.get(key)
        if number is None:
            number = self._key_numbers[key] = len(self._key_numbers)
            at = len(self._keys.added)
            self._keys.added += [0] * _COLUMNS  # its place, as the row may ask for other keys
            self._keys.added[at : at + _COLUMNS] = self._row(key)
        return number

    def _row(self, key: str) -> list[int]:
        known = tables()
        row = [0] * _COLUMNS
        row[TERRITORY] = row[NAMES] = row[CLASSES] = row[WORTH] = row[DIGITS] = row[SUFFIX] = row[CODE] = -1
        row[LENGTH], row[FIRST] = len(key), len(self._more)
        self._more.added += map(ord, key[:LETTERS])
        stems = meanings.stems(key)
        if key.isascii() and key.isalpha() and key not in self._odd:
            row[MARKS] = ASCII | LETTERED | COMMON * meanings.is_common(key, stems)
        else:
            self._oddity(key, stems, row)
        if key in known.territories:
            names = known.territories[key]
            row[TERRITORY] = names.get((key,), -1)
            said = [len(names)]
            for name, number in sorted(names.items(), key=lambda item: -len(item[0])):
                said += [number, len(name), *map(self._key, name)]
            row[NAMES] = self._list(said)
        if classes := meanings.classes(stems):
            row[CLASSES] = self._list([len(classes), *chain.from_iterable(classes.items())])
        return row

    def _oddity(self, key: str, stems: Sequence[str], row: list[int]) -> None:
        """Say of a word what is not said of most: digits, other letters, small words."""
        digits = meanings.digits(key)
        digit = meanings.has_digit(key)
        flags = (
            meanings.is_marked(key), digit, key.isascii() and meanings.is_common(key, stems), key.isascii(),
            is_single(key), key.replace("'", "").isalpha(), key in _JOINING, key in _AFTER_DIGITS, key[0].isdigit(),
            key == "am", key == "pm", digits is not None and digits.short, digits is not None and digits.group,
            key in _PAGES,
        )  # fmt: skip
        row[MARKS] = sum(1 << bit for bit, flag in enumerate(flags) if flag)
        if key in tables().small or "'" in key or len(key) < 2:
            self._small(key, row)
        elif digit:  # a number in every language
            row[NUMERIC] = row[SMALL] = (1 << len(LANGUAGES)) - 1
        if digits is not None:
            row[WORTH] = len(self._values)
            self._values.added.append(digits.value)
            times = (digits.clock, *digits.halves)
            row[DIGITS] = self._list([self._code(f"clock {time}") if time else -1 for time in times])
            if digits.suffix:
                row[SUFFIX] = self._key(digits.suffix)
                row[CODE] = self._code(f"suffix {digits.suffix}")
        elif digit:
            row[CODE] = self._code(f"code {key}")

    def _small(self, key: str, row: list[int]) -> None:
        """Say of a small word what it is in each language."""
        worths: list[float] = []
        for bit, code in enumerate(LANGUAGES):
            language = tables().languages[code]
            said = (
                (FUNCTION, key in language.function),
                (NEGATION, meanings.negates(key, code, language)),
                (TITLE, key in language.titles),
                (WEEKDAY, key in language.weekdays),
                (NUMERIC, meanings.is_numeric(key, language)),
                (SMALL, meanings.is_small(key, language)),
                (SPOKEN, key in language.function or key in language.numbers),
                (TWICE, key in language.function and key in language.numbers),
            )
            for column, holds in said:
                row[column] |= holds << bit
        for table in ("numbers", "ordinals", "months"):
            worths += [getattr(tables().languages[code], table).get(key, math.nan) for code in LANGUAGES]
        if not all(map(math.isnan, worths)):
            row[WORTH] = len(self._values)
            self._values.added += worths

    def _list(self, numbers: list[int]) -> int:
        """Put a list where keys can point to it; where it begins."""
        begin = len(self._more)
        self._more.added += numbers
        return begin

    def _code(self, said: str) -> int:
        return self._codes.setdefault(said, len(self._codes))


def _written(word: str) -> int:
    """The flags of a word as it is written."""
    if word.isascii() and word.isalpha() and word.islower():
        return LOWER | ALPHA | BRIEF * (len(word) < 3) | VERB * (word in _VERBS)
    first = word[0]
    flags = (
        first.isupper(), first.islower(), first.isalpha(), word != word.lower(), word.isupper(),
        len(word) < 3 and word.isalpha(), word in _VERBS,
    )  # fmt: skip
    return sum(1 << bit for bit, flag in enumerate(flags) if flag)
