"""Finds all pairs of texts that share a shingle exactly, as the ground truth for the engines.

Shingles are strings, and sets are built in plain Python from the canonical text according to the rule, not by the
kernels. So the kernels can be checked against them.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.utf8 import decode, encode

_BATCH = 4096


class Texts(NamedTuple):
    """The data that the program computes for n texts before it compares them.

    Attributes:
        canonical: The canonical texts.
        words: (n,) int64, the numbers of words according to the rule.
        keys: (n, 1 + bands) uint64.
    """

    canonical: list[str]
    words: NDArray[np.int64]
    keys: NDArray[np.uint64]


class ShingleSets(NamedTuple):
    """Shingle sets, with shingles as numbers, and the inverted index.

    Set i is `shingles[offsets[i]:offsets[i + 1]]`. The sets that contain shingle s are `rows[starts[s]:starts[s + 1]]`,
    ascending.
    """

    shingles: NDArray[np.int64]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]


class Shared(NamedTuple):
    """The overlap of set `row` with the earlier sets that share a shingle with it.

    Attributes:
        others: (k,) int64, ascending.
        jaccard: (k,) float64.
        coverage: (k,) float64.
    """

    row: int
    others: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]


def canonical(texts: Sequence[str], novelty: NoveltyFilter) -> Texts:
    """The canonical texts, word counts and keys that `novelty` computes for texts."""
    found: list[str] = []
    words = []
    keys = []
    for start in range(0, len(texts), _BATCH):
        batch = novelty.sketch_batch([encode(text) for text in texts[start : start + _BATCH]])
        data = batch.canonical.data.tobytes()
        ends = batch.canonical.offsets.tolist()
        found += [decode(data[begin:end]) for begin, end in pairwise(ends)]
        words.append(batch.words)
        keys.append(batch.keys)
    return Texts(found, np.concatenate(words), np.concatenate(keys))


def shingles(text: str, unit: str, size: int) -> set[str]:
    """The `word:N` or `char:N` shingles of a canonical text. A shorter text is one shingle, an empty text has none."""
    units = text.split(" ") if unit == "word" else list(text)
    glue = " " if unit == "word" else ""
    if not text:
        return set()
    return {glue.join(units[k : k + size]) for k in range(max(1, len(units) - size + 1))}


def index(canonical_texts: Sequence[str], unit: str, size: int) -> ShingleSets:
    """The shingle sets of canonical texts."""
    numbers: dict[str, int] = {}
    flat: list[int] = []
    offsets = [0]
    for text in canonical_texts:
        flat += [numbers.setdefault(part, len(numbers)) for part in shingles(text, unit, size)]
        offsets.append(len(flat))
    held = np.array(flat, np.int64)
    bounds = np.array(offsets, np.int64)
    owners = np.repeat(np.arange(len(canonical_texts)), np.diff(bounds))
    starts = np.zeros(len(numbers) + 1, np.int64)
    np.cumsum(np.bincount(held, minlength=len(numbers)), out=starts[1:])
    return ShingleSets(held, bounds, owners[np.argsort(held, kind="stable")], starts)


def compare(sets: ShingleSets) -> Iterator[Shared]:
    """The comparison of each set with all earlier ones that share a shingle with it."""
    sizes = np.diff(sets.offsets)
    counts = np.zeros(len(sizes), np.int64)
    for row in range(len(sizes)):
        others = np.sort(_overlaps(row, sets, counts))
        both = counts[others]
        counts[others] = 0
        yield Shared(row, others, both / (sizes[row] + sizes[others] - both), both / sizes[row])


@numba.njit(cache=True)
def _overlaps(row, sets, counts):
    """The earlier sets that share shingles with `row`.

    Their numbers of shared shingles are added to `counts`, zero at first.
    """
    met = np.empty(row, np.int64)
    found = 0
    for at in range(sets.offsets[row], sets.offsets[row + 1]):
        shingle = sets.shingles[at]
        for place in range(sets.starts[shingle], sets.starts[shingle + 1]):
            other = sets.rows[place]
            if other >= row:
                break
            if counts[other] == 0:
                met[found] = other
                found += 1
            counts[other] += 1
    return met[:found].copy()
