"""Canonical text -> its set of shingles, each a slice of the text with its xxh32.

A shingle is a `word:N` or `char:N` n-gram, and as n-grams of a text stand one after the other, each is
a slice of it: word shingles keep the single spaces between their tokens. A text shorter than N is
one shingle. A set holds each shingle once; equality is of bytes, never of hashes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import decode_character
from dedup.jit import inline, kernel

WORD, CHAR = 0, 1
UNITS = {"word": WORD, "char": CHAR}

# xxHash, 32 bits, seed 0 (Collet, "xxHash fast digest algorithm").
_P1 = np.uint32(2654435761)
_P2 = np.uint32(2246822519)
_P3 = np.uint32(3266489917)
_P4 = np.uint32(668265263)
_P5 = np.uint32(374761393)
_ONE, _TWO, _THREE, _FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


class Sets(NamedTuple):
    """Shingle sets laid end to end: set i is the rows `offsets[i]` to `offsets[i + 1]`.

    starts, ends: (m,) int64, slices of the canonical data. hashes: (m,) uint32, their xxh32.
    offsets: (n + 1,) int64.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint32]
    offsets: NDArray[np.int64]


@inline
def _rotate(value, bits):  # type: ignore[no-untyped-def]
    return np.uint32((value << np.uint32(bits)) | (value >> np.uint32(32 - bits)))


@inline
def _word(data, at):  # type: ignore[no-untyped-def]
    """The 32 bits at `at`, uint64, little-endian."""
    return np.uint32(
        np.uint32(data[at])
        | np.uint32(data[at + _ONE]) << np.uint32(8)
        | np.uint32(data[at + _TWO]) << np.uint32(16)
        | np.uint32(data[at + _THREE]) << np.uint32(24)
    )


@inline
def xxh32(data, start, end):  # type: ignore[no-untyped-def]
    """xxh32 with seed 0 of `data[start:end]`, uint32."""
    at = np.uint64(start)
    end = np.uint64(end)
    length = np.uint32(end - at)
    if length >= 16:
        one = np.uint32(_P1 + _P2)
        two = _P2
        three = np.uint32(0)
        four = np.uint32(np.uint32(0) - _P1)
        while at + np.uint64(16) <= end:
            one = np.uint32(_rotate(np.uint32(one + _word(data, at) * _P2), 13) * _P1)
            two = np.uint32(_rotate(np.uint32(two + _word(data, at + _FOUR) * _P2), 13) * _P1)
            three = np.uint32(_rotate(np.uint32(three + _word(data, at + np.uint64(8)) * _P2), 13) * _P1)
            four = np.uint32(_rotate(np.uint32(four + _word(data, at + np.uint64(12)) * _P2), 13) * _P1)
            at += np.uint64(16)
        hash_ = np.uint32(_rotate(one, 1) + _rotate(two, 7) + _rotate(three, 12) + _rotate(four, 18))
    else:
        hash_ = _P5
    hash_ = np.uint32(hash_ + length)
    while at + _FOUR <= end:
        hash_ = np.uint32(_rotate(np.uint32(hash_ + _word(data, at) * _P3), 17) * _P4)
        at += _FOUR
    while at < end:
        hash_ = np.uint32(_rotate(np.uint32(hash_ + np.uint32(data[at]) * _P5), 11) * _P1)
        at += _ONE
    hash_ = np.uint32((hash_ ^ (hash_ >> np.uint32(15))) * _P2)
    hash_ = np.uint32((hash_ ^ (hash_ >> np.uint32(13))) * _P3)
    return np.uint32(hash_ ^ (hash_ >> np.uint32(16)))


@inline
def slices(data, start, end, unit, size, starts, ends, first):  # type: ignore[no-untyped-def]
    """Write the n-grams of the canonical text `data[start:end]`, repeats too, from row `first` on; the end row."""
    if start == end:
        return first
    # First the tokens or characters, each a row.
    last = first
    starts[first] = start
    at = start
    while at < end:
        length = 1
        if unit == CHAR:
            length = decode_character(data, np.uint64(at), np.uint64(end))[1]
            starts[last] = at
            ends[last] = at + length
            last += 1
        elif data[at] == 32:
            ends[last] = at
            last += 1
            starts[last] = at + 1
        at += length
    if unit == WORD:
        ends[last] = end
        last += 1
    # Then each row reaches on to the end of its n-gram.
    if last - first <= size:
        ends[first] = end
        return first + 1
    for row in range(first, last - size + 1):
        ends[row] = ends[row + size - 1]
    return last - size + 1


@inline
def same(a, a_start, a_end, b, b_start, b_end):  # type: ignore[no-untyped-def]
    """Whether two slices hold the same bytes."""
    if a_end - a_start != b_end - b_start:
        return False
    for k in range(a_end - a_start):  # noqa: SIM110  # numba has no all()
        if a[a_start + k] != b[b_start + k]:
            return False
    return True


@kernel
def shingle(data, offsets, tokens, unit, size):  # type: ignore[no-untyped-def]
    """The shingle sets of canonical texts, in order of first occurrence, as the fields of `Sets`."""
    n = len(offsets) - 1
    most = 0
    room = 0
    for i in range(n):
        units = tokens[i] if unit == WORD else offsets[i + 1] - offsets[i]
        most = max(most, units)
        room += units
    starts = np.empty(room + 1, np.int64)
    ends = np.empty(room + 1, np.int64)
    hashes = np.empty(room + 1, np.uint32)
    sets = np.zeros(n + 1, np.int64)
    width = 16
    while width < 2 * most:
        width *= 2
    table = np.full(width, -1, np.int64)  # open addressing; rows below the present set are stale
    for i in range(n):
        first = sets[i]
        grams = slices(data, offsets[i], offsets[i + 1], unit, size, starts, ends, first)
        mask = 16
        while mask < 2 * (grams - first):
            mask *= 2
        mask -= 1
        row = first
        for gram in range(first, grams):
            hash_ = xxh32(data, starts[gram], ends[gram])
            place = np.int64(hash_) & mask
            new = True
            while table[place] >= first:
                seen = table[place]
                if hashes[seen] == hash_ and same(data, starts[seen], ends[seen], data, starts[gram], ends[gram]):
                    new = False
                    break
                place = (place + 1) & mask
            if new:
                table[place] = row
                starts[row] = starts[gram]
                ends[row] = ends[gram]
                hashes[row] = hash_
                row += 1
        sets[i + 1] = row
    m = sets[n]
    return starts[:m], ends[:m], hashes[:m], sets
