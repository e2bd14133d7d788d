"""Computes everything about a batch of texts that does not depend on stored paragraphs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedup.filter.batch import SketchedBatch
from dedup.settings import Settings
from dedup.sketch.char_classes import CharClasses
from dedup.sketch.lsh import TEXT_BIT, band_keys, layout_for
from dedup.sketch.minhash import permutations, sign
from dedup.sketch.normalize import Batch, canonicalise, count_words, pack, prenormalize
from dedup.sketch.shingles import UNITS, shingle
from dedup.sketch.signs import signs


class Sketcher:
    """Sketches batches under fixed settings. Threads may use one at the same time.

    Args:
        settings: The settings.

    Attributes:
        layout: The bands and rows of the LSH.
        char_classes: The classes of characters.
    """

    def __init__(self, settings: Settings) -> None:
        self.layout = layout_for(settings)
        self.char_classes = CharClasses()
        self._permutations = permutations(settings.num_perm, settings.seed)
        self._seed = settings.seed
        unit, self._size = settings.shingle_parts()
        self._unit = UNITS[unit]

    def sketch(self, texts: Sequence[bytes]) -> SketchedBatch:
        """Sketch UTF-8 texts."""
        raw = pack(texts)
        prepared, normalised = prenormalize(raw, self.char_classes)
        (data, offsets), tokens = canonicalise(prepared, normalised, self.char_classes)
        sets = shingle(data, offsets, tokens, self._unit, self._size)
        signatures = sign(sets.hashes, sets.offsets, self._permutations)
        sign_hashes = signs(prepared, normalised, self.char_classes)
        keys = band_keys(data, offsets, signatures, self.layout.bands, self.layout.rows, self._seed)
        keys[:, 0] ^= sign_hashes & ~TEXT_BIT
        return SketchedBatch(
            raw, prepared, normalised, Batch(data, offsets), count_words(tokens, offsets), sign_hashes, sets, keys,
            max(_longest(raw.offsets), _longest(prepared.offsets)), _longest(sets.offsets),
        )  # fmt: skip


def _longest(offsets: NDArray[np.int64]) -> int:
    """The length of the longest text, given the offsets of n texts, (n + 1,) int64."""
    return int(np.diff(offsets).max(initial=0))
