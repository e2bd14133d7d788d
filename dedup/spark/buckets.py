"""Proposes pairs: streams the rows of LSH buckets, each bucket in feed order, and pairs a row with the ones before it.

A bucket of the filter holds the first `bucket_limit` stored paragraphs with its key. So the rows of a bucket stand by
key and place in the feed, and only the first stored ones of one bucket are held at a time.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import kernel
from dedup.settings import Settings
from dedup.store.paragraph_store import LINE, fill_bitmap, overlap_upper_bound, size_of

#: The bits by which the index of the filter knows a key.
TAG = np.uint64(0xF0000000_FFFFFFFF)


class BucketRows(NamedTuple):
    """n rows of buckets, ordered by tag and then by place.

    Attributes:
        tags: (n,) int64, the bits by which the index knows the key.
        places: (n,) int64, the place of the paragraph in the feed.
        ranks: (n,) int64, the number of rows before it in its bucket.
        bitmaps: (n, 8) uint64, the bitmap of its shingle set; see `ParagraphColumns`.
    """

    tags: NDArray[np.int64]
    places: NDArray[np.int64]
    ranks: NDArray[np.int64]
    bitmaps: NDArray[np.uint64]

    def take(self, rows: NDArray[np.int64]) -> "BucketRows":
        """The rows at these positions, (k,)."""
        return BucketRows(self.tags[rows], self.places[rows], self.ranks[rows], self.bitmaps[rows])


class Proposals(NamedTuple):
    """The pairs (new, old) of places of a batch, (k,) int64 each, and the rows of its crowded buckets."""

    new: NDArray[np.int64]
    old: NDArray[np.int64]
    crowded: BucketRows


def fill_bitmaps(hashes: NDArray[np.uint32], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The bitmaps, (n, 8) uint64, of n shingle sets given as hashes, (m,), with offsets, (n + 1,)."""
    bitmaps = np.empty((len(offsets) - 1, LINE), np.uint64)
    _fill_bitmaps(hashes, offsets, bitmaps)
    return bitmaps


def first_pairs(batches: Iterable[BucketRows], settings: Settings) -> Iterator[Proposals]:
    """Pair each row with the first `bucket_limit` rows of its bucket. All of those are in the bucket if stored.

    The ranks of the rows need not be set. A bucket is crowded if another row can be in it for a later one, because one
    of the first is not stored. `later_pairs` takes the rows of crowded buckets.
    """
    limit = settings.bucket_limit
    held, count = _no_rows(), 0
    for rows in batches:
        carried = len(held.tags)
        ranks = _ranks(rows.tags, int(held.tags[-1]) if carried else None, count)
        rows = _joined(held, rows._replace(ranks=ranks))
        new, old, _ = _paired(rows, np.ones(len(rows.tags), np.bool_), 0, carried, settings)
        added = np.arange(len(rows.tags)) >= carried
        # The first rows of a bucket follow when it becomes crowded.
        is_next = added & (rows.ranks == limit + 1)
        is_first = np.isin(rows.tags, rows.tags[is_next]) & (rows.ranks <= limit)
        crowded = rows.take(np.flatnonzero(is_first | (added & (rows.ranks > limit))))
        yield Proposals(new, old, crowded)
        if len(rows.tags):
            last = rows.tags == rows.tags[-1]
            count = int(rows.ranks[-1]) + 1
            held = rows.take(np.flatnonzero(last & (rows.ranks <= limit)))


def later_pairs(batches: Iterable[BucketRows], dropped: NDArray[np.int64], settings: Settings) -> Iterator[Proposals]:
    """Pair each row of a crowded bucket with the rows that are in it only because one of the first is not stored.

    Args:
        batches: The rows of crowded buckets.
        dropped: (k,) ascending, the places of paragraphs that are not stored.
        settings: The settings.
    """
    held = _no_rows()
    for rows in batches:
        carried = len(held.tags)
        rows = _joined(held, rows)
        new, old, anchors = _paired(rows, ~is_among(rows.places, dropped), settings.bucket_limit, carried, settings)
        yield Proposals(new, old, _no_rows())
        held = rows.take(anchors)


def is_among(values: NDArray[np.int64], ascending: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each of `values`, (n,), is among the `ascending` ones, (k,)."""
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    found: NDArray[np.bool_] = ascending[np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)] == values
    return found


def _no_rows() -> BucketRows:
    nothing = np.zeros(0, np.int64)
    return BucketRows(nothing, nothing, nothing, np.zeros((0, LINE), np.uint64))


def _joined(one: BucketRows, other: BucketRows) -> BucketRows:
    return BucketRows(*(np.concatenate(columns) for columns in zip(one, other, strict=True)))


def _ranks(tags: NDArray[np.int64], before: int | None, count: int) -> NDArray[np.int64]:
    """The number of rows before each in its bucket, if `count` rows with the tag `before` were read earlier."""
    if not len(tags):
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], tags[1:] != tags[:-1]]))
    lengths = np.diff(np.append(starts, len(tags)))
    ranks = np.arange(len(tags)) - np.repeat(starts, lengths)
    if tags[0] == before:
        ranks[: lengths[0]] += count
    return ranks


def _paired(
    rows: BucketRows, stored: NDArray[np.bool_], first_rank: int, begin: int, settings: Settings
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of the rows from `begin` on, as places (new, old), and the stored rows of the last bucket."""
    limit = settings.bucket_limit
    pairs = np.empty((2, limit * max(1, len(rows.tags) - begin)), np.int64)
    anchors = np.empty(limit, np.int64)
    count, held = _pair(
        *rows, stored, first_rank, begin, float(settings.threshold), float(settings.coverage), anchors, pairs
    )
    return pairs[0, :count], pairs[1, :count], anchors[:held]


@kernel
def _fill_bitmaps(hashes, offsets, bitmaps):
    for i in range(len(bitmaps)):
        fill_bitmap(hashes, offsets[i], offsets[i + 1], bitmaps[i])


@kernel
def _pair(tags, places, ranks, bitmaps, stored, first_rank, begin, threshold, coverage, anchors, pairs):
    """Write the pairs of the rows from `begin` on to `pairs`, (2, k), unless their bitmaps exclude a match.

    Returns (the number of pairs, the number of stored rows of the last bucket, which are in `anchors`).
    """
    found = 0
    count = 0
    for i in range(len(tags)):
        if i > 0 and tags[i] != tags[i - 1]:
            count = 0
        size = size_of(bitmaps[i])
        for k in range(count if i >= begin else 0):
            other = anchors[k]
            if ranks[other] < first_rank or places[other] == places[i]:
                continue
            most = overlap_upper_bound(bitmaps[i], bitmaps[other])
            if most / size >= coverage or most / (size + size_of(bitmaps[other]) - most) >= threshold:
                pairs[0, found] = places[i]
                pairs[1, found] = places[other]
                found += 1
        if stored[i] and count < len(anchors):
            anchors[count] = i
            count += 1
    return found, count
