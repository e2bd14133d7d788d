"""Words -> numbers: what kernels know of each piece of text and each word, learned when it is first met.

A piece is what stands between white space and signs, nearly always one word. Kernels find it by its bytes in an
open-addressed table, enter plain words and numbers there (see `entry`), and give what else is not there to `learn`. All
that Python knows of a word by itself is then a row of numbers.
"""

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from dedup.canonical import decode, encode
from dedup.facts import meanings, told
from dedup.facts.tables import LANGUAGES, tables
from dedup.facts.words import WORD, is_single, key

LETTERS = 64  # of a word at most; what is longer is no slip for another, and its rest no part of an abbreviation
_VERBS = frozenset(["may", "march"])  # months only with a capital
_PLAIN = re.compile(r"[a-z0-9]+|[0-9]+(?:[.,:][0-9]+)+")  # as kernels enter
_MOST = 1 << 17  # pieces that are remembered from batch to batch

# Columns of a piece: the hash, where its bytes begin, how many they are, the first of its words, how many they are.
HASH, BYTES, SIZE, PART, PARTS = range(5)
# How many rows are used of what `Columns` holds.
USED_PIECES, USED_BYTES, USED_WORDS, USED_KEYS, USED_MORE, USED_VALUES = range(6)
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
# number for a suffix or a word with digits inside.
(
    MARKS, FUNCTION, NEGATION, TITLE, RANK, WEEKDAY, NUMERIC, SMALL, SPOKEN, TWICE, LENGTH, FIRST,
    TERRITORY, NAMES, CLASSES, WORTH, DIGITS, SUFFIX, CODE, _COLUMNS,
) = range(20)  # fmt: skip
EVERY = (1 << len(LANGUAGES)) - 1  # language, as a key's bits
# Flags of a key.
(
    MARKED, DIGIT, COMMON, ASCII, SINGLE, LETTERED, JOINING, AFTER_DIGITS, LEADING_DIGIT, AM, PM, SHORT, GROUP, PAGE,
    COMPASS, PRONOUN, SPEECH,
) = (1 << bit for bit in range(17))  # fmt: skip


class Columns(NamedTuple):
    """The lexicon as kernels see it.

    slots: (power of two,) int64, numbers of pieces by their hash, 0 for none. pieces: (p, 5) int64. bytes: uint8, those
    of all pieces. words: (w, 4) int64, the words of all pieces. keys: (k, 19) int64. old_met, new_met: (k,) int64,
    where a key is first met in a text, see `cut.Text`. more: int64, lists that keys point to. values: float64, of a
    word with digits its number; of other numbers for each language the cardinal, then the ordinals and the months, nan
    for none. used: (6,) int64, how many rows of these there are. told: `told.words`.
    """

    slots: NDArray[np.int64]
    pieces: NDArray[np.int64]
    bytes: NDArray[np.uint8]
    words: NDArray[np.int64]
    keys: NDArray[np.int64]
    old_met: NDArray[np.int64]
    new_met: NDArray[np.int64]
    more: NDArray[np.int64]
    values: NDArray[np.float64]
    used: NDArray[np.int64]
    told: NDArray[np.int64]


class _Column:
    """An array that grows. How many rows are used is in `used`, for kernels add some too."""

    def __init__(self, used: NDArray[np.int64], place: int, dtype: DTypeLike, *width: int) -> None:
        self.array = np.zeros((256, *width), dtype)
        self._used = used[place : place + 1]
        self._used[0] = 1  # row 0 is none, as 0 is an empty slot, and a word without letters

    def add(self, rows: Sequence[Any] | memoryview) -> int:
        """Put rows behind the others; where they begin."""
        begin = int(self._used[0])
        end = begin + len(rows)
        if end > len(self.array):
            grown = np.zeros((2 * end, *self.array.shape[1:]), self.array.dtype)
            grown[:begin] = self.array[:begin]
            self.array = grown
        self.array[begin:end] = rows
        self._used[0] = end
        return begin


class Lexicon:
    """The columns and their memory."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every word."""
        self._used = np.zeros(6, np.int64)
        self._slots = np.zeros(2 * _MOST, np.int64)
        self._pieces = _Column(self._used, USED_PIECES, np.int64, 5)
        self._bytes = _Column(self._used, USED_BYTES, np.uint8)
        self._words = _Column(self._used, USED_WORDS, np.int64, 4)
        self._keys = _Column(self._used, USED_KEYS, np.int64, _COLUMNS)
        self._met = np.zeros((2, 0), np.int64)
        self._more = _Column(self._used, USED_MORE, np.int64)
        self._more.add(told.classes()[1])
        self._values = _Column(self._used, USED_VALUES, np.float64)
        self._numbers: dict[str, int] = {"": 0}

    @property
    def columns(self) -> Columns:
        """The columns as they are now; good until the next word is learned."""
        if self._met.shape[1] < len(self._keys.array):
            more = len(self._keys.array) - self._met.shape[1]
            self._met = np.pad(self._met, ((0, 0), (0, more)))
        return Columns(
            self._slots, self._pieces.array, self._bytes.array, self._words.array, self._keys.array,
            self._met[0], self._met[1], self._more.array, self._values.array, self._used, told.words(),
        )  # fmt: skip

    def tidy(self) -> None:
        """Forget every word where there are many, as a feed has ever new ones."""
        if self._used[USED_PIECES] > _MOST:
            self.clear()

    def learn(self, pieces: Iterable[tuple[bytes, int]]) -> None:
        """Know these pieces, each given with its hash."""
        for data, hash_ in dict(pieces).items():
            words = self._cut(decode(data))  # which enters the piece, where it is a word in small letters
            if not self._find(data, hash_):
                self._enter(data, hash_, words)

    def _find(self, data: bytes, hash_: int) -> int:
        """The number of a piece, 0 where it is not known."""
        mask = len(self._slots) - 1
        place = hash_ & mask
        while number := int(self._slots[place]):
            found, begin, size = self._pieces.array[number, :PART].tolist()
            if found == hash_ and self._bytes.array[begin : begin + size].tobytes() == data:
                return number
            place = (place + 1) & mask
        return 0

    def _enter(self, data: bytes, hash_: int, words: Sequence[Sequence[int]]) -> None:
        """Make a row of a piece, and of each of its words."""
        begin = self._words.add(words) if words else 0
        number = self._pieces.add([(hash_, self._bytes.add(memoryview(data)), len(data), begin, len(words))])
        if 2 * number > len(self._slots):
            self._slots = np.zeros(2 * len(self._slots), np.int64)
            for known, its_hash in enumerate(self._pieces.array[1:number, HASH].tolist(), 1):
                self._put(known, its_hash)
        self._put(number, hash_)

    def _put(self, number: int, hash_: int) -> None:
        mask = len(self._slots) - 1
        place = hash_ & mask
        while self._slots[place]:
            place = (place + 1) & mask
        self._slots[place] = number

    def _cut(self, text: str) -> list[tuple[int, int, int, int]]:
        """A row of each word in a piece."""
        rows = []
        for found in WORD.finditer(text):
            start, end = found.span()
            if not text.isascii():
                start, end = len(encode(text[:start])), len(encode(text[:end]))
            word = found[0]
            rows.append((self._key(key(word)), _written(word), start, end))
        return rows

    def _key(self, key: str) -> int:
        """The number of a key. One that kernels may enter is that of the piece which is written like it."""
        number = self._numbers.get(key)
        if number is not None:
            return number
        plain = key.encode() if _PLAIN.fullmatch(key) else b""
        hash_ = told.hashed(plain)
        if plain and (piece := self._find(plain, hash_)):
            return int(self._words.array[self._pieces.array[piece, PART], KEY])
        number = self._numbers[key] = self._keys.add([[0] * _COLUMNS])  # first, as its row may ask for other keys
        if plain:
            self._enter(plain, hash_, [(number, _written(key), 0, len(plain))])
        self._keys.array[number] = self._row(key)
        return number

    def _row(self, key: str) -> list[int]:
        known = tables()
        row = [0] * _COLUMNS
        row[TERRITORY] = row[NAMES] = row[CLASSES] = row[WORTH] = row[DIGITS] = row[SUFFIX] = row[CODE] = -1
        row[LENGTH], row[FIRST] = len(key), self._more.add([ord(letter) for letter in key[:LETTERS]])
        if key.isascii() and meanings.has_digit(key) and "'" not in key:  # no table has such a word
            row[MARKS] = MARKED | ASCII
            self._number(key, row)
            return row
        stems = meanings.stems(key)
        if key.isascii() and key.isalpha() and key not in told.odd():
            row[MARKS] = ASCII | LETTERED | COMMON * meanings.is_common(key, stems)
        else:
            self._oddity(key, stems, row)
        if key in known.territories:
            names = known.territories[key]
            row[TERRITORY] = names.get((key,), -1)
            said = [len(names)]
            for name, number in sorted(names.items(), key=lambda item: -len(item[0])):
                said += [number, len(name), *map(self._key, name)]
            row[NAMES] = self._more.add(said)
        places, _ = told.classes()
        row[CLASSES] = next((places[stem] for stem in stems if stem in places), -1)
        return row

    def _oddity(self, key: str, stems: Sequence[str], row: list[int]) -> None:
        """Say of a word what is not said of most: other letters, small words, digits among them."""
        said = (
            (MARKED, meanings.is_marked(key)),
            (COMMON, key.isascii() and meanings.is_common(key, stems)),
            (ASCII, key.isascii()),
            (SINGLE, is_single(key)),
            (LETTERED, key.replace("'", "").isalpha()),
            (JOINING, key in told.JOINING),
            (AFTER_DIGITS, key in told.AFTER_DIGITS),
            (AM, key == "am"),
            (PM, key == "pm"),
            (PAGE, key in told.PAGES),
            (COMPASS, key in told.COMPASS),
            (PRONOUN, key in told.PRONOUNS),
            (SPEECH, key in told.SPEECH),
        )
        row[MARKS] = sum(mark for mark, holds in said if holds)
        if key in tables().small or "'" in key or len(key) < 2:
            self._small(key, row)
        if meanings.has_digit(key):
            self._number(key, row)

    def _number(self, key: str, row: list[int]) -> None:
        """Say of a word with digits which number it is; it is one in every language."""
        row[MARKS] |= DIGIT | LEADING_DIGIT * key[0].isdigit()
        row[NUMERIC] = row[SMALL] = EVERY
        digits = meanings.digits(key)
        if digits is None:
            row[CODE] = _code(f"code {key}")
            return
        row[MARKS] |= SHORT * digits.short | GROUP * digits.group
        row[WORTH] = self._values.add([digits.value])
        times = (digits.clock, *digits.halves)
        row[DIGITS] = self._more.add([_code(f"clock {time}") if time else -1 for time in times])
        if digits.suffix:
            row[SUFFIX] = self._key(digits.suffix)
            row[CODE] = _code(f"suffix {digits.suffix}")

    def _small(self, key: str, row: list[int]) -> None:
        """Say of a small word what it is in each language."""
        worths: list[float] = []
        for bit, code in enumerate(LANGUAGES):
            language = tables().languages[code]
            said = (
                (FUNCTION, key in language.function),
                (NEGATION, meanings.negates(key, code, language)),
                (TITLE, key in language.titles),
                (RANK, key in language.ranks),
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
            row[WORTH] = self._values.add(worths)


def _code(said: str) -> int:
    """A number for what is equal only where all of it is; a hash of 63 bits is taken for what it is of."""
    return told.hashed(said.encode())


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
