"""The kept paragraphs: their texts, and what of their shingle sets a cheap look can use."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import ones, prefetch
from dedup._kernels.jit import inline, kernel, part
from dedup.model.utf8 import decode
from dedup.store.growable_array import Memory

LINE = 8  # words of 64 bits in a cache line, which is all that is fetched to turn a candidate away
_WORDS = LINE - 1  # of a set's bitmap; the last word of the line is the size of the set


class Columns(NamedTuple):
    """What is kept, as kernels see it; paragraph i is row i, the first `rows[0]` rows are used.

    data: (bytes,) uint8, each text as it came, then, where the canonical form needs it, normalised.
    starts: (rows + 1,) int64 into data. lengths: (rows,) uint32, bytes of the text as it came.
    outlines: (rows, 8) uint64, of each set of shingles which of 448 classes they fall in, and how many they are.
    """

    rows: NDArray[np.int64]
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.uint32]
    outlines: NDArray[np.uint64]


class Kept:
    """The columns and their memory."""

    def __init__(self) -> None:
        self._rows = np.zeros(1, np.int64)
        self._memory = (
            Memory(np.uint8),
            Memory(np.int64),
            Memory(np.uint32),
            Memory(np.uint64, LINE),
        )
        self.columns = self._view(0, 0)

    def __len__(self) -> int:
        return int(self._rows[0])

    def reserve(self, rows: int, size: int) -> None:
        """Make room for this many more rows and bytes of text."""
        rows += len(self)
        size += int(self.columns.starts[len(self)])
        if size > len(self.columns.data) or rows > self._room:
            del self.columns  # or its memory could not be extended
            self.columns = self._view(rows + rows // 2, size + size // 2)  # what is not written yet costs nothing

    def _view(self, rows: int, size: int) -> Columns:
        self._room = rows
        lengths = (size, rows + 1, rows, rows)
        return Columns(self._rows, *(memory.array(n) for memory, n in zip(self._memory, lengths, strict=True)))

    def has_room(self, rows: int, size: int) -> bool:
        """Whether `reserve` would have nothing to do."""
        return len(self) + rows <= self._room and self.columns.starts[len(self)] + size <= len(self.columns.data)

    def condense(self, wanted: NDArray[np.int64]) -> None:
        """Leave only the wanted rows, (k,) ascending, as the first k."""
        _condense(self.columns, wanted)

    def text(self, row: int) -> str:
        """The text of a kept paragraph, as it came."""
        start = int(self.columns.starts[row])
        return decode(self.columns.data[start : start + int(self.columns.lengths[row])].tobytes())


@inline
def outline(hashes, first, last, out):
    """Write to `out`, (8,) uint64, the classes of a set's hashes `hashes[first:last]`, and how many they are."""
    for word in range(LINE):
        out[word] = 0
    for row in range(first, last):
        class_ = np.uint64(hashes[row]) * np.uint64(64 * _WORDS) >> np.uint64(32)
        out[class_ >> np.uint64(6)] |= np.uint64(1) << (class_ & np.uint64(63))
    out[_WORDS] = np.uint64(last - first)


@inline
def foresee(kept, row):
    """Ask for what `most_shared` will want to know of a kept paragraph."""
    prefetch(kept.outlines, np.uint64(LINE * row))


@inline
def size_of(outline):
    """How many shingles the set of an outline has, int64."""
    return np.int64(outline[_WORDS])


@inline
def most_shared(mine, theirs):
    """An upper bound on the shingles that two sets share, from their outlines, (8,) uint64 each.

    A class that only one set has stands for at least one shingle that only that set has
    (the bitmap filter of Sandes, Teodoro and Melo, 2019, with OR for XOR).
    """
    only_mine = np.uint64(0)
    only_theirs = np.uint64(0)
    for word in range(_WORDS):
        only_mine += ones(mine[word] & ~theirs[word])
        only_theirs += ones(theirs[word] & ~mine[word])
    return min(size_of(mine) - np.int64(only_mine), size_of(theirs) - np.int64(only_theirs))


@inline
def _copy(source, start, end, target, at):
    for k in range(np.uint64(end - start)):
        target[np.uint64(at) + k] = source[np.uint64(start) + k]


@inline
def keep(kept, data, start, end, prepared, prepared_start, prepared_end, normalised, outline):
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
    for word in range(LINE):
        kept.outlines[row, word] = outline[word]
    kept.rows[0] = row + 1
    return row


@part
def remember(i, batch, outline, kept):
    """Keep paragraph i of a prepared batch, for which there is room; its row."""
    return keep(
        kept, batch.raw.data, batch.raw.offsets[i], batch.raw.offsets[i + 1],
        batch.texts.data, batch.texts.offsets[i], batch.texts.offsets[i + 1],
        batch.normalised[i], outline,
    )  # fmt: skip


@kernel
def _condense(kept, wanted):
    at = 0
    for row in range(len(wanted)):
        old = wanted[row]
        start, end = kept.starts[old], kept.starts[old + 1]
        _copy(kept.data, start, end, kept.data, at)  # never to behind where it was
        kept.starts[row] = at
        kept.lengths[row] = kept.lengths[old]
        for word in range(LINE):
            kept.outlines[row, word] = kept.outlines[old, word]
        at += end - start
    kept.starts[len(wanted)] = at
    kept.rows[0] = len(wanted)
