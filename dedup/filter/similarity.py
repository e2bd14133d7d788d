"""Two paragraphs -> how many shingles they share, exactly: Jaccard and coverage.

For shingle sets S of a newcomer p and a kept q, Jaccard is |S(p) & S(q)| / |S(p) | S(q)| and coverage
|S(p) & S(q)| / |S(p)|.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import inline, part
from dedup.sketch.normalize import canonicalise_one
from dedup.sketch.shingles import LANES, hash_slices, mask_of, same, slices
from dedup.sketch.signs import signs_of

_ZERO = np.int64(0)


class Scratch(NamedTuple):
    """Working memory of one call, so that kernels allocate nothing a paragraph.

    slots: (power of two,) int64, at least four times the largest set; rows of sets, all -1 at first.
    seen: (m,) int64, all -1 at first; the last kept paragraph that was found to hold this shingle.
    text, starts, ends, hashes: a kept paragraph's canonical text (uint8), its shingles (int64), their xxh32 (uint32).
    lanes: working memory of `hash_slices`.
    """

    slots: NDArray[np.int64]
    seen: NDArray[np.int64]
    text: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint32]
    lanes: NDArray[np.uint32]


def scratch(rows: int, largest_set: int, longest_text: int) -> Scratch:
    """Working memory for a batch of this many shingles, for texts up to this many bytes."""
    return Scratch(
        np.full(1 << max(4, (4 * largest_set).bit_length()), -1, np.int64),
        np.full(rows, -1, np.int64),
        np.empty(2 * longest_text + 64, np.uint8),  # 64 more, for shingles to be cut by the chunk
        np.empty(longest_text * 2 + 1, np.int64),
        np.empty(longest_text * 2 + 1, np.int64),
        np.empty(longest_text * 2 + 1, np.uint32),
        np.empty((6, LANES), np.uint32),
    )


@inline
def open_set(hashes, first, last, scratch):
    """Make the set of rows `first` to `last` the one that `shared` looks in. Sets come in rising order."""
    table = scratch.slots
    mask = mask_of(last - first)
    for row in range(first, last):
        place = np.int64(hashes[row]) & mask
        while table[place] >= first:
            place = (place + 1) & mask
        table[place] = row


@inline
def held(data, sets, first, mask, text, begin, stop, hash_, scratch):
    """The row of the opened set, which begins at `first`, that holds the shingle `text[begin:stop]`; -1 for none."""
    table = scratch.slots
    place = np.int64(hash_) & mask
    while table[place] >= first:
        row = table[place]
        if sets.hashes[row] == hash_ and same(data, sets.starts[row], sets.ends[row], text, begin, stop):
            return row
        place = (place + 1) & mask
    return np.int64(-1)


@inline
def _text_of(other, kept):
    """(start, end, whether it is normalised) of the text that the canonical form of a kept paragraph is made of."""
    start = kept.starts[other]
    end = kept.starts[other + 1]
    normalised = start + kept.lengths[other] < end
    if normalised:
        start += kept.lengths[other]
    return start, end, normalised


@inline
def _canonical(other, kept, letters, scratch):
    """Write the canonical text of a kept paragraph to `scratch.text`; its length."""
    start, end, normalised = _text_of(other, kept)
    length, _ = canonicalise_one(kept.data, start, end, normalised, letters, scratch.text, _ZERO)
    return length


@inline
def shared(data, sets, first, last, other, least, kept, letters, unit, size, scratch):
    """How many shingles of the opened set, rows `first` to `last`, the kept paragraph `other` holds.

    Less than `least` may be less than the truth: nothing is looked at any more when `least` is out of reach.
    """
    length = _canonical(other, kept, letters, scratch)
    grams = slices(scratch.text, _ZERO, length, unit, size, scratch.starts, scratch.ends, _ZERO)
    mask = mask_of(last - first)
    count = 0
    hash_slices(scratch.text, scratch.starts, scratch.ends, _ZERO, grams, scratch.lanes, scratch.hashes)
    for gram in range(grams):
        if count + grams - gram < least:
            break
        begin = scratch.starts[gram]
        stop = scratch.ends[gram]
        row = held(data, sets, first, mask, scratch.text, begin, stop, scratch.hashes[gram], scratch)
        if row >= 0 and scratch.seen[row] != other:
            scratch.seen[row] = other
            count += 1
    return count


@inline
def least_shared(size, their_size, threshold, coverage):
    """A number of shared shingles below which sets of these sizes reach neither measure.

    From both / (size + their_size - both) >= threshold, and both / size >= coverage; one less, for rounding.
    """
    return min(threshold * (size + their_size) / (1 + threshold), coverage * size) - 1


@part
def equal(data, start, end, signs, other, kept, letters, scratch):
    """Whether the kept paragraph `other` has the canonical text `data[start:end]`, and these signs."""
    length = _canonical(other, kept, letters, scratch)
    if not same(data, start, end, scratch.text, _ZERO, length):
        return False
    begin, stop, normalised = _text_of(other, kept)
    return signs_of(kept.data, begin, stop, normalised, letters) == signs
