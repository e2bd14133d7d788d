"""Applies the rule to given pairs of texts, without LSH and without stored paragraphs.

The measures are those of the filter and come from the same kernels. They are also given for pairs that do not match.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import kernel
from dedup.facts import Text, TextPair, is_certain, is_repeat
from dedup.filter.batch import CONTAINED, EXACT, NEAR, NOVEL, REWORDED, UPDATE
from dedup.filter.similarity import build_probe_table, probe, similarity_workspace
from dedup.model.utf8 import decode
from dedup.settings import Settings
from dedup.sketch.char_classes import CharClasses
from dedup.sketch.normalize import canonicalise, count_words, pack, prenormalize
from dedup.sketch.shingles import UNITS, mask_of, same, shingle
from dedup.sketch.signs import signs


class Canonical(NamedTuple):
    """The canonical texts of n pairs. Those of pair i are texts 2i and 2i + 1.

    data: (bytes,) uint8. offsets: (2n + 1,) int64. tokens: (2n,) int64. signs: (2n,) uint64, as `signs` gives them.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    tokens: NDArray[np.int64]
    signs: NDArray[np.uint64]


class Overlaps(NamedTuple):
    """The overlaps of n pairs, before any threshold.

    equal: (n,) bool, whether the canonical texts and the signs are equal, and there is a token. jaccard: (n,) float64.
    coverage: (n,) float64, the share of the second's shingles that the first holds. Both are 0 where a
    text has no token. words: (n, 2) int64, of the first and of the second.
    """

    equal: NDArray[np.bool_]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]
    words: NDArray[np.int64]


class PairDecisions(NamedTuple):
    """The decisions on n pairs: `kinds`, (n,) uint8, positions in `model.KINDS`, and the overlaps behind them."""

    kinds: NDArray[np.uint8]
    overlaps: Overlaps


def compare(pairs: Sequence[tuple[bytes, bytes]], settings: Settings) -> PairDecisions:
    """The decision on the second UTF-8 text of each pair, in a feed where only the first came before it."""
    overlaps = overlap(canonical_pairs(pairs), *settings.shingle_parts())
    decided = kinds(overlaps, settings.threshold, settings.coverage, settings.min_words)
    emitted = emitted_as(pairs, overlaps, decided != NOVEL, settings)
    return PairDecisions(np.where(emitted, emitted, decided).astype(np.uint8), overlaps)


def emitted_as(
    pairs: Sequence[tuple[bytes, bytes]], overlaps: Overlaps, matched: NDArray[np.bool_], settings: Settings
) -> NDArray[np.uint8]:
    """Find the pairs whose second text is emitted although they match: the updates, and those that are reworded.

    The result does not depend on thresholds or shingles.

    Args:
        pairs: The UTF-8 texts of n pairs.
        overlaps: Their overlaps.
        matched: (n,) bool, which of them match.
        settings: With `updates="drop"` no pair is an update. With `strict` a repeat that is not certain is reworded.

    Returns:
        (n,) uint8, UPDATE, REWORDED, or 0.
    """
    emitted = np.zeros(len(pairs), np.uint8)
    if settings.updates == "keep":
        for i in np.flatnonzero(matched & ~overlaps.equal).tolist():
            old, new = map(decode, pairs[i])
            pair = TextPair(Text(old), Text(new))
            if not is_repeat(pair, settings.max_new_words):
                emitted[i] = UPDATE
            elif settings.strict and not is_certain(pair):
                emitted[i] = REWORDED
    return emitted


def canonical_pairs(pairs: Sequence[tuple[bytes, bytes]]) -> Canonical:
    """The canonical texts of pairs of UTF-8 texts, for any kind of shingle."""
    char_classes = CharClasses()
    texts, normalised = prenormalize(pack([text for pair in pairs for text in pair]), char_classes)
    batch, tokens = canonicalise(texts, normalised, char_classes)
    return Canonical(*batch, tokens, signs(texts, normalised, char_classes))


def overlap(texts: Canonical, unit: str, size: int) -> Overlaps:
    """The overlaps of pairs on `word:N` or `char:N` shingles."""
    sets = shingle(texts.data, texts.offsets, texts.tokens, UNITS[unit], size)
    sizes = np.diff(sets.offsets).reshape(-1, 2)
    work = similarity_workspace(0, int(sizes.max(initial=0)), 0)
    both, equal = np.zeros(len(sizes), np.int64), np.zeros(len(sizes), np.bool_)
    _shared(texts.data, texts.offsets, sets, work, both, equal)
    equal &= texts.signs[::2] == texts.signs[1::2]
    either = sizes.sum(axis=1) - both
    return Overlaps(
        equal,
        both / np.maximum(1, either),
        both / np.maximum(1, sizes[:, 1]),
        count_words(texts.tokens, texts.offsets).reshape(-1, 2),
    )


def kinds(overlaps: Overlaps, threshold: float, coverage: float, min_words: int) -> NDArray[np.uint8]:
    """The kind of each of n pairs at these thresholds: (n,) uint8, positions in `model.KINDS`."""
    long = (overlaps.words >= max(1, min_words)).all(axis=1)
    near = long & (overlaps.jaccard >= threshold)
    contained = long & (overlaps.coverage >= coverage)
    return np.select([overlaps.equal, near, contained], [EXACT, NEAR, CONTAINED], NOVEL).astype(np.uint8)


@kernel
def _shared(data, offsets, sets, work, both, equal):
    """For texts 2i and 2i + 1: add the number of shared shingles to `both`, and write whether the texts are equal."""
    for i in range(len(both)):
        middle = offsets[2 * i + 1]
        equal[i] = middle > offsets[2 * i] and same(data, offsets[2 * i], middle, data, middle, offsets[2 * i + 2])
        first = sets.offsets[2 * i + 1]
        last = sets.offsets[2 * i + 2]
        build_probe_table(data, sets, first, last, work)
        mask = np.uint64(mask_of(last - first))
        for row in range(sets.offsets[2 * i], first):
            at = probe(data, sets, first, mask, data, sets.starts[row], sets.ends[row], sets.hashes[row], work)
            both[i] += at >= 0
