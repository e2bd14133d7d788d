"""Prepared paragraphs -> verdicts: each is looked up, verified, and kept where it is novel, in feed order."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import Batch, ascii_table
from dedup.index import find, has_room, insert, touch
from dedup.jit import kernel
from dedup.kept import bitmap, foresee, keep, most_shared
from dedup.model import KINDS
from dedup.shingles import Sets
from dedup.verify import equal, least_shared, open_set, shared

NOVEL, EXACT, NEAR, CONTAINED = range(len(KINDS))
_AHEAD = 2  # a paragraph's buckets are asked for while so many before it are still decided


class Verdicts(NamedTuple):
    """What was decided of a batch of n paragraphs.

    kinds: (n,) uint8, positions in `model.KINDS`. matches: (n,) int64, rows of kept paragraphs, -1 for none.
    jaccard, coverage: (n,) float64, nan where nothing matched.
    rows: (n,) int64, the row under which a novel paragraph was kept, -1 where it was not.
    """

    kinds: NDArray[np.uint8]
    matches: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]
    rows: NDArray[np.int64]


class Prepared(NamedTuple):
    """A batch with everything computed that does not depend on what was seen before."""

    raw: Batch
    texts: Batch
    normalised: NDArray[np.bool_]
    canonical: Batch
    tokens: NDArray[np.int64]
    sets: Sets
    keys: NDArray[np.uint64]


class Rule(NamedTuple):
    """The settings that decide, as kernels see them."""

    threshold: float
    coverage: float
    min_words: int
    bucket_limit: int
    unit: int
    size: int


@kernel
def settle(begin, batch, rule, table, kept, kinds, folds, work, verdicts):  # type: ignore[no-untyped-def]
    """Decide paragraphs from `begin` on, in order; the number decided, less than all where the index must grow."""
    n = len(batch.tokens)
    keys = batch.keys
    ids = np.empty(rule.bucket_limit, np.int64)
    candidates = np.empty(keys.shape[1] * rule.bucket_limit, np.int64)
    width = 64
    while width < 2 * len(candidates):
        width *= 2
    met = np.full(width, np.int64(-1))  # candidates of this paragraph, as (paragraph, candidate) in one number
    bits = np.empty(4, np.uint64)
    work.ascii[:] = ascii_table(kinds, folds)
    crowded = np.zeros(keys.shape[1], np.bool_)  # whether the bucket limit of each key of this paragraph is reached
    data = batch.canonical.data
    for i in range(begin, n):
        if i + _AHEAD < n:
            for key in range(keys.shape[1]):
                touch(table, keys[i + _AHEAD, key])
        tokens = batch.tokens[i]
        if tokens == 0:
            continue
        if not has_room(table, keys[i]):
            return i
        start = batch.canonical.offsets[i]
        end = batch.canonical.offsets[i + 1]
        first = batch.sets.offsets[i]
        last = batch.sets.offsets[i + 1]
        size = last - first

        best = np.int64(-1)
        best_jaccard = 0.0
        best_coverage = 0.0
        for k in range(find(table, keys[i, 0], ids)):
            if equal(data, start, end, ids[k], kept, kinds, folds, work):
                best = ids[k]
                best_jaccard = 1.0
                best_coverage = 1.0
                verdicts.kinds[i] = EXACT
                break
        bitmap(batch.sets.hashes, first, last, bits)
        if best < 0 and tokens >= rule.min_words:
            count = 0
            for band in range(1, keys.shape[1]):
                found = find(table, keys[i, band], ids)
                crowded[band] = found == rule.bucket_limit
                for k in range(found):
                    # The rows of kept paragraphs are below 2**31, as the slots of the index have it.
                    pair = np.int64(i) << 32 | ids[k]
                    place = ids[k] & (width - 1)
                    while met[place] != -1 and met[place] >> 32 == i and met[place] != pair:
                        place = (place + 1) & (width - 1)
                    if met[place] != pair:
                        met[place] = pair
                        foresee(kept, ids[k])
                        candidates[count] = ids[k]
                        count += 1
            opened = False
            for c in range(count):
                other = candidates[c]
                their_size = np.int64(kept.sizes[other])
                most = most_shared(bits, size, kept.bits[other], their_size)
                if most / size < rule.coverage and most / (size + their_size - most) < rule.threshold:
                    continue
                if not opened:
                    open_set(batch.sets.hashes, first, last, work)
                    opened = True
                least = least_shared(size, their_size, rule.threshold, rule.coverage)
                both = shared(
                    data, batch.sets, first, last, other, least, kept, kinds, folds, rule.unit, rule.size, work
                )
                jaccard = both / (size + their_size - both)
                coverage = both / size
                if jaccard < rule.threshold and coverage < rule.coverage:
                    continue
                better = jaccard > best_jaccard or (jaccard == best_jaccard and coverage > best_coverage)
                equally = jaccard == best_jaccard and coverage == best_coverage and other < best
                if best < 0 or better or equally:
                    best = other
                    best_jaccard = jaccard
                    best_coverage = coverage
            if best >= 0:
                verdicts.kinds[i] = NEAR if best_jaccard >= rule.threshold else CONTAINED
        if best >= 0:
            verdicts.matches[i] = best
            verdicts.jaccard[i] = best_jaccard
            verdicts.coverage[i] = best_coverage
            continue
        row = keep(
            kept, batch.raw.data, batch.raw.offsets[i], batch.raw.offsets[i + 1],
            batch.texts.data, batch.texts.offsets[i], batch.texts.offsets[i + 1],
            batch.normalised[i], size, bits,
        )  # fmt: skip
        verdicts.rows[i] = row
        for key in range(keys.shape[1] if tokens >= rule.min_words else 1):
            if not crowded[key]:
                insert(table, keys[i, key], row)
    return n
