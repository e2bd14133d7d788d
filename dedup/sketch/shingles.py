"""Shingle sets of canonical texts. A shingle is a slice of the text, with its xxh32.

A shingle is a `word:N` or `char:N` n-gram. Word shingles include the single spaces between their tokens, so every
shingle is a slice. A text shorter than N is one shingle. A set contains each shingle once; shingles are compared by
their bytes, never only by their hashes.
"""

import secrets
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import EIGHT, FOUR, ONE, THREE, load32, load64, mix64, where64, zeros_below
from dedup._kernels.jit import inline, kernel, part
from dedup.sketch.normalize import decode_character

WORD, CHAR = 0, 1
UNITS = {"word": WORD, "char": CHAR}

# xxHash, 32 bits, seed 0 (Collet, "xxHash fast digest algorithm").
_P1 = np.uint32(2654435761)
_P2 = np.uint32(2246822519)
_P3 = np.uint32(3266489917)
_P4 = np.uint32(668265263)
_P5 = np.uint32(374761393)
_TWELVE, _SIXTEEN = np.uint64(12), np.uint64(16)
LANES = 16
_LANES = np.uint64(LANES)
#: Steps from its hash at which a shingle is in a table. Anybody can make texts whose xxh32 are equal or adjacent, so a
#: table that would need more steps is filled again by a hash with a secret. By chance that never happens.
MOST_STEPS = 64
NO_SECRET = np.uint64(0)
#: An odd number that no text can know. It decides only places in tables, never a result.
SECRET = np.uint64(secrets.randbits(64) | 1)
_CHUNK, _SPACE = np.uint64(64), np.uint8(32)


class ShingleSets(NamedTuple):
    """n concatenated shingle sets: set i is the rows `offsets[i]` to `offsets[i + 1]`.

    Attributes:
        starts: (m,) int64, where each shingle starts in the canonical data.
        ends: (m,) int64, where it ends.
        hashes: (m,) uint32, its xxh32.
        offsets: (n + 1,) int64.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint32]
    offsets: NDArray[np.int64]


@inline
def _rotate(value, bits):
    return np.uint32((value << bits) | (value >> np.uint32(np.uint32(32) - bits)))


@part
def xxh32(data, start, end):
    """xxh32 with seed 0 of `data[start:end]`, uint32."""
    at = np.uint64(start)
    stop = np.uint64(end)
    length = np.uint32(stop - at)
    if length < 16 and at + _SIXTEEN <= np.uint64(len(data)):
        # Most shingles are short: do the same steps for every length, because branches would be mispredicted.
        hash_ = np.uint32(_P5 + length)
        for word in range(3):
            stepped = _step4(hash_, load32(data, at))
            taken = np.uint32(4 * word + 4) <= length
            hash_ = stepped if taken else hash_
            at += FOUR if taken else np.uint64(0)
        for byte in range(3):
            stepped = _step1(hash_, np.uint32(data[at + np.uint64(byte)]))
            hash_ = stepped if np.uint32(byte) < length & np.uint32(3) else hash_
    else:
        hash_ = _P5
        if length >= 16:
            one = np.uint32(_P1 + _P2)
            two = _P2
            three = np.uint32(0)
            four = np.uint32(np.uint32(0) - _P1)
            while at + _SIXTEEN <= stop:
                one = np.uint32(_rotate(np.uint32(one + load32(data, at) * _P2), np.uint32(13)) * _P1)
                two = np.uint32(_rotate(np.uint32(two + load32(data, at + FOUR) * _P2), np.uint32(13)) * _P1)
                three = np.uint32(_rotate(np.uint32(three + load32(data, at + EIGHT) * _P2), np.uint32(13)) * _P1)
                four = np.uint32(_rotate(np.uint32(four + load32(data, at + _TWELVE) * _P2), np.uint32(13)) * _P1)
                at += _SIXTEEN
            hash_ = np.uint32(
                _rotate(one, np.uint32(1))
                + _rotate(two, np.uint32(7))
                + _rotate(three, np.uint32(12))
                + _rotate(four, np.uint32(18))
            )
        hash_ = np.uint32(hash_ + length)
        while at + FOUR <= stop:
            hash_ = _step4(hash_, load32(data, at))
            at += FOUR
        while at < stop:
            hash_ = _step1(hash_, np.uint32(data[at]))
            at += ONE
    return _finish(hash_)


@part
def hash_slices(data, starts, ends, first, last, lanes, out):
    """Write the xxh32 of each slice of `data` in rows `first` to `last` to `out`.

    Short slices are hashed sixteen at a time, one per vector lane. `lanes` is working memory, (6, LANES) uint32.
    """
    row, stop = np.uint64(first), np.uint64(last)  # unsigned, because numba checks signed indices for wrapping
    while row + _LANES <= stop and ends[row + _LANES - ONE] + LANES <= len(data):
        for lane in range(_LANES):
            at = np.uint64(starts[row + lane])
            length = np.uint64(ends[row + lane]) - at
            lanes[0, lane] = load32(data, at)
            lanes[1, lane] = load32(data, at + FOUR)
            lanes[2, lane] = load32(data, at + EIGHT)
            lanes[3, lane] = load32(data, at + min(length & ~THREE, _TWELVE))
            lanes[4, lane] = length
        for lane in range(_LANES):
            length = lanes[4, lane]
            hash_ = np.uint32(_P5 + length)
            for word in range(3):
                stepped = _step4(hash_, lanes[word, lane])
                hash_ = stepped if np.uint32(4 * word + 4) <= length else hash_
            for byte in range(3):
                stepped = _step1(hash_, np.uint32(lanes[3, lane] >> np.uint32(8 * byte) & np.uint32(255)))
                hash_ = stepped if np.uint32(byte) < length & np.uint32(3) else hash_
            lanes[5, lane] = _finish(hash_)
        for lane in range(_LANES):
            out[row + lane] = lanes[5, lane]
            if lanes[4, lane] >= LANES:
                out[row + lane] = xxh32(data, starts[row + lane], ends[row + lane])
        row += _LANES
    while row < stop:
        out[row] = xxh32(data, starts[row], ends[row])
        row += ONE


@inline
def _finish(hash_):
    hash_ = np.uint32((hash_ ^ (hash_ >> np.uint32(15))) * _P2)
    hash_ = np.uint32((hash_ ^ (hash_ >> np.uint32(13))) * _P3)
    return np.uint32(hash_ ^ (hash_ >> np.uint32(16)))


@inline
def _step4(hash_, word):
    return np.uint32(_rotate(np.uint32(hash_ + word * _P3), np.uint32(17)) * _P4)


@inline
def _step1(hash_, byte):
    return np.uint32(_rotate(np.uint32(hash_ + byte * _P5), np.uint32(11)) * _P1)


@part
def slices(data, start, end, unit, size, starts, ends, first):
    """Write the n-grams of the canonical text `data[start:end]`, with duplicates, from row `first` on.

    Returns the end row. There must be room for one row more than the text has tokens or characters.
    """
    if start == end:
        return first
    # First, one row per token or character.
    last = np.uint64(first)
    at = np.uint64(start)
    stop = np.uint64(end)
    if unit == WORD:
        starts[last] = at
        while at < stop:
            if at + _CHUNK <= np.uint64(len(data)):
                spaces = where64(data, at, _SPACE)
                if stop - at < _CHUNK:
                    spaces &= (ONE << (stop - at)) - ONE
                while spaces != 0:
                    space = at + zeros_below(spaces)
                    ends[last] = space
                    last += ONE
                    starts[last] = space + ONE
                    spaces &= spaces - ONE
                at += _CHUNK
                continue
            if data[at] == _SPACE:
                ends[last] = at
                last += ONE
                starts[last] = at + ONE
            at += ONE
        ends[last] = stop
        last += ONE
    else:
        while at < stop:
            starts[last] = at
            _, length = decode_character(data, at, stop)
            at += np.uint64(length)
            ends[last] = at
            last += ONE
    # Then extend each row to the end of its n-gram.
    units = np.int64(last) - first
    if units <= size:
        ends[first] = end
        return first + 1
    reach = np.uint64(size - 1)
    for row in range(np.uint64(first), last - reach):
        ends[row] = ends[row + reach]
    return first + units - size + 1


@inline
def same(a, a_start, a_end, b, b_start, b_end):
    """Whether two slices are equal."""
    if a_end - a_start != b_end - b_start:
        return False
    for k in range(np.uint64(a_end - a_start)):  # noqa: SIM110  # numba has no all()
        if a[np.uint64(a_start) + k] != b[np.uint64(b_start) + k]:
            return False
    return True


@part
def keyed_hash(data, start, end, secret):
    """A hash of `data[start:end]`, uint64, whose collisions cannot be found without the secret."""
    at, stop = np.uint64(start), np.uint64(end)
    hash_ = mix64(secret ^ (stop - at))
    while at + EIGHT <= stop:
        hash_ = mix64((hash_ ^ load64(data, at)) * secret)
        at += EIGHT
    while at < stop:
        hash_ = mix64((hash_ ^ np.uint64(data[at])) * secret)
        at += ONE
    return hash_


@inline
def place_of(data, start, end, hash_, secret, mask):
    """The first place at which a shingle may be in a table, uint64: by its xxh32, or by the secret if there is one."""
    return (np.uint64(hash_) if secret == NO_SECRET else keyed_hash(data, start, end, secret)) & mask


@part
def clear_table(table, mask):
    """Empty the part of a table that a mask covers."""
    for place in range(mask + ONE):
        table[place] = -1


@inline
def mask_of(size):
    """The index mask of an open-addressing table for a set of `size` shingles, at most a quarter full."""
    mask = 16
    while mask < 4 * size:
        mask *= 2
    return mask - 1


def shingle(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], tokens: NDArray[np.int64], unit: int, size: int
) -> ShingleSets:
    """The shingle sets of canonical texts, in order of first occurrence."""
    units = tokens if unit == WORD else np.diff(offsets)
    room = int(units.sum()) + 1  # one more, because `slices` writes ahead
    sets = ShingleSets(
        np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint32), np.zeros(len(offsets), np.int64)
    )
    largest = int(units.max(initial=0))
    table = np.full(1 << max(4, (4 * largest).bit_length()), -1, np.int64)
    _shingle(data, offsets, unit, size, *sets, table, np.empty((6, LANES), np.uint32), SECRET)
    last = sets.offsets[-1]
    return ShingleSets(sets.starts[:last], sets.ends[:last], sets.hashes[:last], sets.offsets)


@kernel
def _shingle(data, offsets, unit, size, starts, ends, hashes, sets, table, lanes, secret):
    """`table`, (power of two,) int64, is an open-addressing table, all -1 at first. Earlier rows in it are stale."""
    for i in range(len(offsets) - 1):
        first = sets[i]
        grams = slices(data, offsets[i], offsets[i + 1], unit, size, starts, ends, first)
        mask = np.uint64(mask_of(grams - first))
        hash_slices(data, starts, ends, first, grams, lanes, hashes)
        row = np.uint64(first)
        used = NO_SECRET
        for gram in range(np.uint64(first), np.uint64(grams)):
            hash_ = hashes[gram]
            place = place_of(data, starts[gram], ends[gram], hash_, used, mask)
            steps = 0
            new = True
            while table[place] >= first:
                seen = np.uint64(table[place])
                if hashes[seen] == hash_ and same(data, starts[seen], ends[seen], data, starts[gram], ends[gram]):
                    new = False
                    break
                place = (place + ONE) & mask
                steps += 1
                if steps == MOST_STEPS and used == NO_SECRET:
                    used = secret
                    clear_table(table, mask)
                    for before in range(np.uint64(first), row):
                        place = place_of(data, starts[before], ends[before], hashes[before], used, mask)
                        while table[place] >= 0:
                            place = (place + ONE) & mask
                        table[place] = before
                    place = place_of(data, starts[gram], ends[gram], hash_, used, mask)
            if new:
                table[place] = row
                starts[row] = starts[gram]
                ends[row] = ends[gram]
                hashes[row] = hash_
                row += ONE
        sets[i + 1] = row
