"""LSH: bands and rows for a threshold, and the band keys of signatures.

A pair of sets with Jaccard t shares all r rows of a band with probability t**r, and at least one of
b bands with probability 1 - (1 - t**r)**b (Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", 3.4).
"""

import math
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import EIGHT, ONE, load64, mix64
from dedup._kernels.jit import kernel
from dedup.errors import SettingsError
from dedup.settings import Settings

#: The bit of a key in the index that is set for the key of a whole text, and clear for a band key.
TEXT_BIT = np.uint64(1 << 4)
#: Jaccard of a paragraph with one three times as long that holds all of it.
CONTAINED = 1 / 3


class Layout(NamedTuple):
    """Bands and rows, and the recall that they guarantee for a pair exactly at the threshold."""

    bands: int
    rows: int
    recall: float


def candidate_probability(jaccard: float, bands: int, rows: int) -> float:
    """The probability that a pair with this Jaccard shares a band: 1 - (1 - jaccard**rows)**bands."""
    return -math.expm1(bands * math.log1p(-(jaccard**rows))) if jaccard < 1 else 1.0


def layout(threshold: float, num_perm: int, recall: float) -> Layout:
    """The cheapest layout within `num_perm` permutations that finds a pair exactly at the threshold with `recall`.

    More rows give fewer unrelated candidates, and each of those costs more than a lookup. So the layout has as many
    rows as the permutations allow, and then as few bands as the recall allows.

    Raises:
        SettingsError: Not even one row per band reaches the recall.
    """
    for rows in range(num_perm, 0, -1):
        missed = math.log1p(-(threshold**rows)) if threshold < 1 else -math.inf
        quotient = math.log(1 - recall) / missed if missed else math.inf
        bands = max(1, math.ceil(quotient) - 1) if quotient <= num_perm + 1 else num_perm + 1
        while bands * rows <= num_perm and candidate_probability(threshold, bands, rows) < recall:
            bands += 1  # once for the one less above, and where the quotient was rounded down
        if bands * rows <= num_perm:
            return Layout(bands, rows, candidate_probability(threshold, bands, rows))
    raise SettingsError(
        f"{num_perm} permutations cannot reach recall {recall} at threshold {threshold}: "
        "raise num_perm or the threshold"
    )


def layout_for(settings: Settings) -> Layout:
    """The layout for everything that these settings call a match.

    LSH depends on Jaccard, which is low if a long paragraph contains a short one. So the layout is for a pair at the
    threshold, or for a paragraph contained in one three times as long, whichever is less similar. If the permutations
    suffice only for the threshold, the layout is for the threshold.

    Raises:
        SettingsError: The permutations do not suffice for the threshold.
    """
    threshold, num_perm, recall = settings.threshold, settings.num_perm, settings.recall
    with suppress(SettingsError):
        return layout(min(threshold, CONTAINED), num_perm, recall)
    return layout(threshold, num_perm, recall)


def band_keys(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    signatures: NDArray[np.uint32],
    bands: int,
    rows: int,
    seed: int,
) -> NDArray[np.uint64]:
    """The keys of n canonical texts in the index: (n, 1 + bands) uint64.

    Column 0 is a hash of the whole text, to find equal texts. Column 1 + k is the key of band k. `TEXT_BIT` keeps the
    two kinds apart, also in the index, which knows a key by some of its bits.
    """
    out = np.empty((len(offsets) - 1, 1 + bands), np.uint64)
    _band_keys(data, offsets, signatures, bands, rows, seed, out)
    return out


@kernel
def _band_keys(data, offsets, signatures, bands, rows, seed, out):
    n = len(out)
    salt = mix64(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15))
    for i in range(n):
        at = np.uint64(offsets[i])
        end = np.uint64(offsets[i + 1])
        hash_ = mix64(salt ^ (end - at))
        while at + EIGHT <= end:
            hash_ = mix64(hash_ ^ load64(data, at))
            at += EIGHT
        word = np.uint64(0)
        while at < end:
            word = word << EIGHT | np.uint64(data[at])
            at += ONE
        hash_ = mix64(hash_ ^ word)
        out[i, 0] = hash_ | TEXT_BIT
        for band in range(bands):
            hash_ = salt + np.uint64(band + 1) * np.uint64(0x9E3779B97F4A7C15)
            for row in range(rows):
                hash_ = mix64(hash_ ^ np.uint64(signatures[i, band * rows + row]))
            out[i, 1 + band] = hash_ & ~TEXT_BIT
