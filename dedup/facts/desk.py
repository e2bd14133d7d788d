"""Where two texts lie side by side while kernels weigh them: working memory, so that nothing is allocated a pair."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.facts.cut import CASED, HEAD, LANGUAGE, NOVEL, STAMP, STATE, Text
from dedup.facts.lexicon import KEY
from dedup.jit import part

# Columns of the sheet. From FIRST: the runs in which the texts differ, words FIRST to LAST of the old, BEGIN to END of
# the new. MATCH: for a word of the old, the one of the new that it is aligned with, or -1. LEFT, COME: places of words
# of the old and of the new that are compared with each other. From GONE on and from NAMED on: likewise, of names and
# what else is found among them. From ROW on: rows of a slip distance.
FIRST, LAST, BEGIN, STOP, MATCH, LEFT, COME, GONE, NAMED, WHICH, AT, SIZE, WHICH_NEW, AT_NEW, SIZE_NEW, ROW = range(16)
_COLUMNS = ROW + 3
_LEAST = 128  # rows, for a slip distance
_BITS = 1 << 20  # words of 64 bits of an alignment


class Desk(NamedTuple):
    """The two texts, `keys`, `more` and `values` of the lexicon, and room to work.

    sheet: (more than words of a text, 19) int64, lists of what the constants above name. amounts: (as many, 2) float64,
    the values of numbers. bits, masks: uint64, of an alignment. threes: (power of two,) int64, every three words in a
    row of the old text. found: int64, the changed facts: for each how many words of the old it is, how many of the new,
    then their places; found[0] is where the next one goes.
    """

    old: Text
    new: Text
    keys: NDArray[np.int64]
    more: NDArray[np.int64]
    values: NDArray[np.float64]
    sheet: NDArray[np.int64]
    amounts: NDArray[np.float64]
    bits: NDArray[np.uint64]
    masks: NDArray[np.uint64]
    threes: NDArray[np.int64]
    found: NDArray[np.int64]


class Room(NamedTuple):
    """The memory of a desk that does not depend on the texts or the lexicon.

    cuts: (m, 4) int64, the pieces of a text, see `cut`. unknown: (m, 4) int64, pieces to be learned: 1 where they are
    of the new text, where they begin and end, their hash. stamps: (1,) int64, texts read so far.
    """

    old_head: NDArray[np.int64]
    old_words: NDArray[np.int64]
    new_head: NDArray[np.int64]
    new_words: NDArray[np.int64]
    sheet: NDArray[np.int64]
    amounts: NDArray[np.float64]
    bits: NDArray[np.uint64]
    masks: NDArray[np.uint64]
    threes: NDArray[np.int64]
    found: NDArray[np.int64]
    cuts: NDArray[np.int64]
    unknown: NDArray[np.int64]
    stamps: NDArray[np.int64]


def room(longest: int, stamps: NDArray[np.int64]) -> Room:
    """Working memory for texts of up to this many bytes; what is never used costs nothing.

    The stamps are those of the room before: the lexicon remembers them.
    """
    rows = longest + _LEAST
    return Room(
        np.zeros(HEAD, np.int64),
        np.empty((rows, 5), np.int64),
        np.zeros(HEAD, np.int64),
        np.empty((rows, 5), np.int64),
        np.empty((rows, _COLUMNS), np.int64),
        np.empty((rows, 2), np.float64),
        np.empty(_BITS, np.uint64),
        np.empty(_BITS, np.uint64),
        np.zeros(1 << (2 * rows).bit_length(), np.int64),
        np.empty(8 * rows, np.int64),
        np.empty((rows, 4), np.int64),
        np.empty((rows, 4), np.int64),
        stamps,
    )


@part
def desk(old_data, new_data, columns, room):  # type: ignore[no-untyped-def]  # typed by numba
    """A desk for texts in these data, to be lent on; columns and room are lent."""
    return Desk(
        Text(old_data, room.old_head, room.old_words, columns.old_met),
        Text(new_data, room.new_head, room.new_words, columns.new_met),
        columns.keys, columns.more, columns.values,
        room.sheet, room.amounts, room.bits, room.masks, room.threes, room.found,
    )  # fmt: skip


@part
def cased(desk):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether capitals tell names in both texts."""
    return desk.old.head[CASED] != 0 and desk.new.head[CASED] != 0


@part
def holds(text, key):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word is in a text."""
    return text.met[key] >> 32 == text.head[STAMP]


@part
def says(desk, text, place, column):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word is what a column of its key says, from FUNCTION to SMALL, in the language of the new."""
    return desk.keys[text.words[place, KEY], column] >> desk.new.head[LANGUAGE] & 1 != 0


@part
def list_left(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Write the words of the old in a run to LEFT; how many."""
    first, last = desk.sheet[run, FIRST], desk.sheet[run, LAST]
    for k in range(last - first):
        desk.sheet[k, LEFT] = first + k
    return last - first


@part
def list_come(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Write the words of the new in a run that are novel to COME; how many."""
    come = 0
    for place in range(desk.sheet[run, BEGIN], desk.sheet[run, STOP]):
        if desk.new.words[place, STATE] == NOVEL:
            desk.sheet[come, COME] = place
            come += 1
    return come


@part
def add(desk, old, old_column, olds, new, new_column, news):  # type: ignore[no-untyped-def]  # typed by numba
    """Note a changed fact: rows `old` to `old + olds` of a column of the sheet are its places, and so of the new."""
    at = desk.found[0]
    if at + 2 + olds + news > len(desk.found):
        return
    desk.found[at] = olds
    desk.found[at + 1] = news
    for k in range(olds):
        desk.found[at + 2 + k] = desk.sheet[old + k, old_column] if old_column >= 0 else old + k
    for k in range(news):
        desk.found[at + 2 + olds + k] = desk.sheet[new + k, new_column] if new_column >= 0 else new + k
    desk.found[0] = at + 2 + olds + news
