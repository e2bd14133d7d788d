"""The stored paragraphs: their texts, and a bitmap of each shingle set that bounds its overlap with another."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import ones, prefetch
from dedup._kernels.jit import inline, kernel, part
from dedup.model.utf8 import decode
from dedup.store.growable_array import GrowableArray

LINE = 8  # words of 64 bits in a cache line; a candidate is rejected by one line of memory
_WORDS = LINE - 1  # words of the bitmap; the last word of the line is the size of the set


class ParagraphColumns(NamedTuple):
    """The stored paragraphs, for kernels. Paragraph i is row i; the first `rows[0]` rows are used.

    Attributes:
        rows: (1,) int64, the number of paragraphs.
        data: (bytes,) uint8, the texts, each followed by its normalised form if the canonical text is made from that.
        starts: (rows + 1,) int64, where each text starts in `data`.
        lengths: (rows,) uint32, the bytes of each text without its normalised form.
        bitmaps: (rows, 8) uint64, for each shingle set, which of 448 hash classes occur in it, and its size.
    """

    rows: NDArray[np.int64]
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.uint32]
    bitmaps: NDArray[np.uint64]


class ParagraphStore:
    """The columns of the stored paragraphs, and their memory."""

    def __init__(self) -> None:
        self._rows = np.zeros(1, np.int64)
        self._memory = (
            GrowableArray(np.uint8),
            GrowableArray(np.int64),
            GrowableArray(np.uint32),
            GrowableArray(np.uint64, LINE),
        )
        self.columns = self._view(0, 0)

    def __len__(self) -> int:
        return int(self._rows[0])

    def reserve(self, rows: int, size: int) -> None:
        """Make room for `rows` more rows and `size` more bytes of text."""
        rows += len(self)
        size += int(self.columns.starts[len(self)])
        if size > len(self.columns.data) or rows > self._room:
            del self.columns  # a view would keep the memory from being extended
            self.columns = self._view(rows + rows // 2, size + size // 2)  # what is not written yet costs nothing

    def _view(self, rows: int, size: int) -> ParagraphColumns:
        self._room = rows
        lengths = (size, rows + 1, rows, rows)
        return ParagraphColumns(self._rows, *(memory.array(n) for memory, n in zip(self._memory, lengths, strict=True)))

    def has_room(self, rows: int, size: int) -> bool:
        """Whether there is room without `reserve`."""
        return len(self) + rows <= self._room and self.columns.starts[len(self)] + size <= len(self.columns.data)

    def compact(self, wanted: NDArray[np.int64]) -> None:
        """Keep only the wanted rows, (k,) ascending, as the first k."""
        _compact(self.columns, wanted)

    def text(self, row: int) -> str:
        """The text of a stored paragraph."""
        start = int(self.columns.starts[row])
        return decode(self.columns.data[start : start + int(self.columns.lengths[row])].tobytes())


@inline
def fill_bitmap(hashes, first, last, out):
    """Write the bitmap of the shingle hashes `hashes[first:last]`, and their number, to `out`, (8,) uint64."""
    for word in range(LINE):
        out[word] = 0
    for row in range(first, last):
        class_ = np.uint64(hashes[row]) * np.uint64(64 * _WORDS) >> np.uint64(32)
        out[class_ >> np.uint64(6)] |= np.uint64(1) << (class_ & np.uint64(63))
    out[_WORDS] = np.uint64(last - first)


@inline
def prefetch_bitmap(store, row):
    """Prefetch the bitmap of a stored paragraph."""
    prefetch(store.bitmaps, np.uint64(LINE * row))


@inline
def size_of(bitmap):
    """The number of shingles of the set of a bitmap, int64."""
    return np.int64(bitmap[_WORDS])


@inline
def overlap_upper_bound(mine, theirs):
    """An upper bound on the number of shared shingles of two sets, from their bitmaps, (8,) uint64 each.

    A class in only one of the sets means at least one shingle in only that set (the bitmap filter of Sandes, Teodoro
    and Melo, 2019, with OR instead of XOR).
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
def append(store, data, start, end, normalised_text, normalised_text_start, normalised_text_end, normalised, bitmap):
    """Append a paragraph, for which there must be room. Returns its row."""
    row = store.rows[0]
    at = store.starts[row]
    _copy(data, start, end, store.data, at)
    at += end - start
    if normalised:
        _copy(normalised_text, normalised_text_start, normalised_text_end, store.data, at)
        at += normalised_text_end - normalised_text_start
    store.starts[row + 1] = at
    store.lengths[row] = end - start
    for word in range(LINE):
        store.bitmaps[row, word] = bitmap[word]
    store.rows[0] = row + 1
    return row


@part
def store_paragraph(i, batch, bitmap, store):
    """Append paragraph i of a sketched batch, for which there must be room. Returns its row."""
    return append(
        store, batch.raw.data, batch.raw.offsets[i], batch.raw.offsets[i + 1],
        batch.texts.data, batch.texts.offsets[i], batch.texts.offsets[i + 1],
        batch.normalised[i], bitmap,
    )  # fmt: skip


@kernel
def _compact(store, wanted):
    at = 0
    for row in range(len(wanted)):
        old = wanted[row]
        start, end = store.starts[old], store.starts[old + 1]
        _copy(store.data, start, end, store.data, at)  # never moves backwards
        store.starts[row] = at
        store.lengths[row] = store.lengths[old]
        for word in range(LINE):
            store.bitmaps[row, word] = store.bitmaps[old, word]
        at += end - start
    store.starts[len(wanted)] = at
    store.rows[0] = len(wanted)
