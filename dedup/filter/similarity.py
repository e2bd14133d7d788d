"""Counts the shingles that two paragraphs share, exactly.

For the shingle sets S of a new paragraph p and a stored paragraph q, Jaccard is |S(p) & S(q)| / |S(p) | S(q)|, and
coverage is |S(p) & S(q)| / |S(p)|.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import ONE
from dedup._kernels.jit import inline, part
from dedup.sketch.normalize import canonicalise_one
from dedup.sketch.shingles import (
    LANES,
    MOST_STEPS,
    NO_SECRET,
    SECRET,
    clear_table,
    hash_slices,
    mask_of,
    place_of,
    same,
    slices,
)
from dedup.sketch.signs import signs_of

_ZERO = np.int64(0)


class SimilarityWorkspace(NamedTuple):
    """Working memory, so that kernels allocate nothing per paragraph.

    Attributes:
        slots: (power of two,) int64, an open-addressing table of rows of shingles, at least four times as long as the
            largest set; -1 for an empty slot.
        seen: (m,) int64, the last stored paragraph in which each shingle was found; -1 at first.
        text: uint8, the canonical text of a stored paragraph.
        starts: int64, the starts of its shingles.
        ends: int64, the ends of its shingles.
        hashes: uint32, the xxh32 of its shingles.
        lanes: Working memory of `hash_slices`.
        secrets: (2,) uint64, the secret with which the table is filled now, 0 for none, and the one to use.
    """

    slots: NDArray[np.int64]
    seen: NDArray[np.int64]
    text: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint32]
    lanes: NDArray[np.uint32]
    secrets: NDArray[np.uint64]


def similarity_workspace(rows: int, largest_set: int, longest_text: int) -> SimilarityWorkspace:
    """Allocate working memory for a batch of `rows` shingles, and texts of up to `longest_text` bytes."""
    return SimilarityWorkspace(
        np.full(1 << max(4, (4 * largest_set).bit_length()), -1, np.int64),
        np.full(rows, -1, np.int64),
        np.empty(2 * longest_text + 64, np.uint8),  # 64 more, because shingles are cut in chunks of 64 bytes
        np.empty(longest_text * 2 + 1, np.int64),
        np.empty(longest_text * 2 + 1, np.int64),
        np.empty(longest_text * 2 + 1, np.uint32),
        np.empty((6, LANES), np.uint32),
        np.array([NO_SECRET, SECRET]),
    )


@inline
def build_probe_table(data, sets, first, last, workspace):
    """Fill the table with the shingles in rows `first` to `last`. Rows must ascend from call to call."""
    mask = np.uint64(mask_of(last - first))
    workspace.secrets[0] = NO_SECRET
    if not _fill(data, sets, first, last, mask, workspace):
        workspace.secrets[0] = workspace.secrets[1]
        clear_table(workspace.slots, mask)
        _fill(data, sets, first, last, mask, workspace)


@part
def _fill(data, sets, first, last, mask, workspace):
    """Put shingles into the table. False if it has no secret and one of them is too far from its hash."""
    table, secret = workspace.slots, workspace.secrets[0]
    for row in range(first, last):
        place = place_of(data, sets.starts[row], sets.ends[row], sets.hashes[row], secret, mask)
        steps = 0
        while table[place] >= first:
            place = (place + ONE) & mask
            steps += 1
            if steps == MOST_STEPS and secret == NO_SECRET:
                return False
        table[place] = row
    return True


@inline
def probe(data, sets, first, mask, text, begin, stop, hash_, workspace):
    """The row, from `first` on, of the shingle `text[begin:stop]` in the table; -1 for none."""
    table, secret = workspace.slots, workspace.secrets[0]
    place = place_of(text, begin, stop, hash_, secret, mask)
    steps = 0
    while table[place] >= first and (steps < MOST_STEPS or secret != NO_SECRET):
        row = table[place]
        if sets.hashes[row] == hash_ and same(data, sets.starts[row], sets.ends[row], text, begin, stop):
            return row
        place = (place + ONE) & mask
        steps += 1
    return np.int64(-1)


@inline
def _text_of(other, store):
    """(start, end, whether it is normalised) of the text from which a stored paragraph's canonical text is made."""
    start = store.starts[other]
    end = store.starts[other + 1]
    normalised = start + store.lengths[other] < end
    if normalised:
        start += store.lengths[other]
    return start, end, normalised


@inline
def _canonical(other, store, char_table, workspace):
    """Write the canonical text of a stored paragraph to `workspace.text`. Returns its length."""
    start, end, normalised = _text_of(other, store)
    length, _ = canonicalise_one(store.data, start, end, normalised, char_table, workspace.text, _ZERO)
    return length


@inline
def count_overlap(data, sets, first, last, other, least, store, char_table, unit, size, workspace):
    """The number of shingles in rows `first` to `last` that the stored paragraph `other` also has.

    The count stops when `least` is out of reach, so a result below `least` may be too low.
    """
    length = _canonical(other, store, char_table, workspace)
    grams = slices(workspace.text, _ZERO, length, unit, size, workspace.starts, workspace.ends, _ZERO)
    mask = np.uint64(mask_of(last - first))
    count = 0
    hash_slices(workspace.text, workspace.starts, workspace.ends, _ZERO, grams, workspace.lanes, workspace.hashes)
    for gram in range(grams):
        if count + grams - gram < least:
            break
        begin = workspace.starts[gram]
        stop = workspace.ends[gram]
        row = probe(data, sets, first, mask, workspace.text, begin, stop, workspace.hashes[gram], workspace)
        if row >= 0 and workspace.seen[row] != other:
            workspace.seen[row] = other
            count += 1
    return count


@inline
def min_overlap(size, their_size, threshold, coverage):
    """A lower bound on the shared shingles of two sets that reach one of the measures.

    From both / (size + their_size - both) >= threshold, and both / size >= coverage; one less, for rounding.
    """
    return min(threshold * (size + their_size) / (1 + threshold), coverage * size) - 1


@part
def equal(data, start, end, signs, other, store, char_table, workspace):
    """Whether the stored paragraph `other` has the canonical text `data[start:end]` and the same signs."""
    length = _canonical(other, store, char_table, workspace)
    if not same(data, start, end, workspace.text, _ZERO, length):
        return False
    begin, stop, normalised = _text_of(other, store)
    return signs_of(store.data, begin, stop, normalised, char_table) == signs
