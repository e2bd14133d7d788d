"""The kept paragraphs: their texts, and what of their shingle sets a cheap look can use."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.bits import ones, prefetch
from dedup.canonical import decode
from dedup.jit import inline

_GROWTH = 1.125
_SMALL = 1 << 24  # bytes up to which a column is doubled
_WORDS = 4  # of 64 bits in a set's bitmap


class Columns(NamedTuple):
    """What is kept, as kernels see it; paragraph i is row i, the first `rows[0]` rows are used.

    data: (bytes,) uint8, each text as it came, then, where the canonical form needs it, normalised.
    starts: (rows + 1,) int64 into data. lengths: (rows,) uint32, bytes of the text as it came.
    sizes: (rows,) uint32, distinct shingles. bits: (rows, 4) uint64, which of 256 classes they fall in.
    """

    rows: NDArray[np.int64]
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.uint32]
    sizes: NDArray[np.uint32]
    bits: NDArray[np.uint64]


class Kept:
    """The columns and their memory."""

    def __init__(self) -> None:
        self.columns = Columns(
            np.zeros(1, np.int64),
            np.empty(0, np.uint8),
            np.zeros(1, np.int64),
            np.empty(0, np.uint32),
            np.empty(0, np.uint32),
            np.empty((0, _WORDS), np.uint64),
        )

    def __len__(self) -> int:
        return int(self.columns.rows[0])

    def reserve(self, rows: int, size: int) -> None:
        """Make room for this many more rows and bytes of text."""
        _, data, starts, lengths, sizes, bits = self.columns
        rows += len(self)
        size += int(starts[len(self)])
        # The kernels hold no reference between calls, so the arrays can grow where they are.
        if size > len(data):
            data.resize(_larger(size, size), refcheck=False)
        if rows > len(lengths):
            rows = _larger(rows, 8 * _WORDS * rows)
            starts.resize(rows + 1, refcheck=False)
            lengths.resize(rows, refcheck=False)
            sizes.resize(rows, refcheck=False)
            bits.resize((rows, _WORDS), refcheck=False)

    def text(self, row: int) -> str:
        """The text of a kept paragraph, as it came."""
        start = int(self.columns.starts[row])
        return decode(self.columns.data[start : start + int(self.columns.lengths[row])].tobytes())


def _larger(length: int, size: int) -> int:
    """A length with room to grow for a column of `length` items and `size` bytes."""
    return int(length * (2 if size < _SMALL else _GROWTH))


@inline
def bitmap(hashes, first, last, out):  # type: ignore[no-untyped-def]
    """Set in `out`, (4,) uint64, the class of each of the set's hashes `hashes[first:last]`."""
    out[:] = 0
    for row in range(first, last):
        class_ = np.int64(hashes[row] & np.uint32(64 * _WORDS - 1))
        out[class_ >> 6] |= np.uint64(1) << np.uint64(class_ & 63)


@inline
def foresee(kept, row):  # type: ignore[no-untyped-def]
    """Ask for what `most_shared` will want to know of a kept paragraph."""
    prefetch(np.uint64(kept.sizes.ctypes.data) + np.uint64(kept.sizes.itemsize * row))
    prefetch(np.uint64(kept.bits.ctypes.data) + np.uint64(8 * _WORDS * row))


@inline
def most_shared(mine, my_size, theirs, their_size):  # type: ignore[no-untyped-def]
    """An upper bound on the shingles two sets share, from bitmaps (4,) uint64 and sizes.

    A class that only one set has stands for at least one shingle that only that set has
    (the bitmap filter of Sandes, Teodoro and Melo, 2019, with OR for XOR).
    """
    only_mine = np.uint64(0)
    only_theirs = np.uint64(0)
    for word in range(_WORDS):
        only_mine += ones(mine[word] & ~theirs[word])
        only_theirs += ones(theirs[word] & ~mine[word])
    return min(np.int64(my_size) - np.int64(only_mine), np.int64(their_size) - np.int64(only_theirs))


@inline
def _copy(source, start, end, target, at):  # type: ignore[no-untyped-def]
    for k in range(np.uint64(end - start)):
        target[np.uint64(at) + k] = source[np.uint64(start) + k]


@inline
def keep(kept, data, start, end, prepared, prepared_start, prepared_end, normalised, size, bits):  # type: ignore[no-untyped-def]
    """Add a paragraph, for which there is room; its row."""
    row = kept.rows[0]
    at = kept.starts[row]
    _copy(data, start, end, kept.data, at)
    at += end - start
    if normalised:
        _copy(prepared, prepared_start, prepared_end, kept.data, at)
        at += prepared_end - prepared_start
    kept.starts[row + 1] = at
    kept.lengths[row] = end - start
    kept.sizes[row] = size
    kept.bits[row] = bits
    kept.rows[0] = row + 1
    return row
