"""Pieces of text in the lexicon, as kernels find them there and put them there.

A piece is known by its bytes, in an open-addressed table. What a kernel can say of one by itself it enters (see
`entry`), in rows behind those that Python made.
"""

import numpy as np

from dedup.bits import prefetch
from dedup.facts.lexicon import (
    BYTES,
    CLASSES,
    CODE,
    DIGITS,
    END,
    FIRST,
    FLAGS,
    HASH,
    KEY,
    LENGTH,
    MARKS,
    NAMES,
    PART,
    PARTS,
    SIZE,
    SUFFIX,
    TERRITORY,
    USED_BYTES,
    USED_KEYS,
    USED_MORE,
    USED_PIECES,
    USED_VALUES,
    USED_WORDS,
    WORTH,
)
from dedup.facts.told import FNV_PRIME, running
from dedup.jit import part
from dedup.views import address

_PRIME = np.int64(FNV_PRIME)
TIMES = 3  # of a number in figures: see DIGITS of a key


def begun(data: bytes) -> np.int64:
    """The running hash behind these bytes, as `hashed` takes it."""
    return np.uint64(running(data)).astype(np.int64)


SEED = begun(b"")


@part
def hashed(hash_, byte):  # type: ignore[no-untyped-def]  # typed by numba
    """A running hash with one more byte, from `SEED` on."""
    return (hash_ ^ np.int64(byte)) * _PRIME


@part
def hashed_all(hash_, data, begin, end):  # type: ignore[no-untyped-def]  # typed by numba
    """A running hash with the bytes `data[begin:end]` more."""
    for k in range(begin, end):
        hash_ = hashed(hash_, data[k])
    return hash_


@part
def finished(hash_):  # type: ignore[no-untyped-def]  # typed by numba
    """The hash of a piece, of a running one behind its last byte."""
    return (hash_ ^ (hash_ >> 32 & 0xFFFFFFFF)) & np.int64(0x7FFFFFFFFFFFFFFF)


@part
def expect(hash_, columns):  # type: ignore[no-untyped-def]  # typed by numba
    """Ask for where a piece of this hash is looked up first."""
    prefetch(address(columns.slots) + np.uint64(8 * (hash_ & (len(columns.slots) - 1))))


@part
def look_up(data, start, end, hash_, columns):  # type: ignore[no-untyped-def]  # typed by numba
    """The number of the piece `data[start:end]`, 0 where it is not known."""
    mask = len(columns.slots) - 1
    place = hash_ & mask
    while columns.slots[place] != 0:
        number = columns.slots[place]
        if columns.pieces[number, HASH] == hash_ and columns.pieces[number, SIZE] == end - start:
            begin = columns.pieces[number, BYTES]
            k = start
            while k < end and data[k] == columns.bytes[begin + k - start]:
                k += 1
            if k == end:
                return number
        place = (place + 1) & mask
    return np.int64(0)


@part
def has_room(columns, size):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word of this size can be entered, with and without capitals, or a number."""
    used = columns.used
    return (
        2 * (used[USED_PIECES] + 2) <= len(columns.slots)
        and used[USED_PIECES] + 2 <= len(columns.pieces)
        and used[USED_BYTES] + 2 * size <= len(columns.bytes)
        and used[USED_WORDS] + 2 <= len(columns.words)
        and used[USED_KEYS] < len(columns.keys)
        and used[USED_MORE] + size + TIMES <= len(columns.more)
        and used[USED_VALUES] < len(columns.values)
    )


@part
def add_key(columns, data, start, size, marks):  # type: ignore[no-untyped-def]  # typed by numba
    """Make a row of the key that is written at a place of `data`, of which no list says anything; its number."""
    used, keys = columns.used, columns.keys
    number = used[USED_KEYS]
    for column in (TERRITORY, NAMES, CLASSES, WORTH, DIGITS, SUFFIX, CODE):
        keys[number, column] = -1
    keys[number, MARKS] = marks
    keys[number, LENGTH] = size
    keys[number, FIRST] = used[USED_MORE]
    for k in range(size):
        columns.more[used[USED_MORE] + k] = data[start + k]
    used[USED_KEYS] += 1
    used[USED_MORE] += size
    return number


@part
def add_piece(columns, data, start, size, hash_, key, flags):  # type: ignore[no-untyped-def]  # typed by numba
    """Put a piece of one word behind the others; its number."""
    used, pieces, words = columns.used, columns.pieces, columns.words
    number, begin, word = used[USED_PIECES], used[USED_BYTES], used[USED_WORDS]
    pieces[number, HASH] = hash_
    pieces[number, BYTES] = begin
    pieces[number, SIZE] = size
    pieces[number, PART] = word
    pieces[number, PARTS] = 1
    words[word, KEY] = key
    words[word, FLAGS] = flags
    words[word, END] = size
    for k in range(size):
        columns.bytes[begin + k] = data[start + k]
    used[USED_PIECES] += 1
    used[USED_BYTES] += size
    used[USED_WORDS] += 1
    mask = len(columns.slots) - 1
    place = hash_ & mask
    while columns.slots[place] != 0:
        place = (place + 1) & mask
    columns.slots[place] = number
    return number
