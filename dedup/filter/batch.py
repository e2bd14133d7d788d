"""The arrays of a batch: what is computed in advance, how it is matched, and what is decided."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from dedup.filter.similarity import SimilarityWorkspace
from dedup.filter.stories import MOST_MEMBERS
from dedup.model.types import EMITTED, KINDS, Labels
from dedup.model.utf8 import decode
from dedup.settings import Settings
from dedup.sketch.lsh import TEXT_BIT
from dedup.sketch.normalize import Batch
from dedup.sketch.shingles import UNITS, ShingleSets
from dedup.store.clock import Clock, Timestamps, record_key
from dedup.store.paragraph_store import LINE

NOVEL, EXACT, NEAR, CONTAINED, UPDATE, REWORDED = range(len(KINDS))
MATCHES = 8  # whose facts are compared at most, so that a template with many variants costs bounded time
_IS_EMITTED = np.array([kind in EMITTED for kind in KINDS])


class BatchDecisions(NamedTuple):
    """The decisions on a batch of n paragraphs.

    Attributes:
        kinds: (n,) uint8, positions in `model.KINDS`.
        matches: (n,) int64, rows of the matching stored paragraphs, -1 for none.
        jaccard: (n,) float64, nan without a match.
        coverage: (n,) float64, nan without a match.
        rows: (n,) int64, the row where a new paragraph was stored, -1 if it was not stored.
        blocks: (n,) int64, the block of a repeat, 0 for none or if labels are missing.
        links: (n, MATCHES) int64, rows of all matches that a paragraph repeats, padded by -1; (n, 0) if the rule does
            not collect them.
        refreshed: (n,) bool, whether the match was refreshed.
        noted: (n, 2) bool, whether an entry of dropped texts was made for the text, and for its record.
        superseded: (n,) uint64, the key of the record whose equal but expired text the paragraph replaces, or 0.
        again: (n,) bool, whether a paragraph is its match, which came again under its own id. Its kind is then the one
            under which it was stored.
    """

    kinds: NDArray[np.uint8]
    matches: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]
    rows: NDArray[np.int64]
    blocks: NDArray[np.int64]
    links: NDArray[np.int64]
    refreshed: NDArray[np.bool_]
    noted: NDArray[np.bool_]
    superseded: NDArray[np.uint64]
    again: NDArray[np.bool_]

    @classmethod
    def empty(cls, n: int, links: int) -> Self:
        """Allocate the decisions of n paragraphs, with room for `links` links each. Nothing is decided yet."""
        return cls(
            np.zeros(n, np.uint8),
            np.full(n, -1, np.int64),
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.full(n, -1, np.int64),
            np.zeros(n, np.int64),
            np.full((n, links), -1, np.int64),
            np.zeros(n, np.bool_),
            np.zeros((n, 2), np.bool_),
            np.zeros(n, np.uint64),
            np.zeros(n, np.bool_),
        )

    def part(self, some: slice) -> "BatchDecisions":
        """The decisions of a slice, as views."""
        columns: Iterator[NDArray[Any]] = (column[some] for column in self)
        return BatchDecisions(*columns)


def is_emitted(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether decisions of these `kinds`, (n,) uint8, are emitted: (n,) bool."""
    return _IS_EMITTED[kinds]


class SketchedBatch(NamedTuple):
    """A batch of n paragraphs with everything that does not depend on stored paragraphs.

    Attributes:
        raw: The texts.
        texts: The texts, of which the `normalised` ones are in NFKC.
        normalised: (n,) bool.
        canonical: The canonical texts.
        words: (n,) int64, the number of words.
        signs: (n,) uint64, the signs that carry meaning, from `signs.signs`.
        sets: The shingle sets.
        keys: (n, 1 + bands) uint64, the key of the whole text and the band keys.
        longest: Bytes of the longest text.
        largest_set: Shingles of the largest set.
        labelled: Whether texts without a word have a key that depends on their record.
    """

    raw: Batch
    texts: Batch
    normalised: NDArray[np.bool_]
    canonical: Batch
    words: NDArray[np.int64]
    signs: NDArray[np.uint64]
    sets: ShingleSets
    keys: NDArray[np.uint64]

    longest: int
    largest_set: int
    labelled: bool = False

    def text(self, i: int) -> str:
        """The text of paragraph i."""
        data, offsets = self.raw
        return decode(data[offsets[i] : offsets[i + 1]].tobytes())

    def with_labels(self, labels: Labels | None) -> "SketchedBatch":
        """Give each text without a word a key that only the same text of the same record has; 0 without a record."""
        wordless = np.flatnonzero(self.words == 0)
        if labels is None or not len(wordless):
            return self
        keys = self.keys.copy()
        data, offsets = self.raw
        for i in wordless.tolist():
            record = record_key(labels.ids[i])
            text = data[offsets[i] : offsets[i + 1]].tobytes()
            keys[i, 0] = xxh3_64_intdigest(text, seed=record) | int(TEXT_BIT) if record else 0
        return self._replace(keys=keys, labelled=True)

    def part(self, some: slice) -> "SketchedBatch":
        """The paragraphs of a slice with a start and a stop as a batch of its own, as views."""
        ends = slice(some.start, some.stop + 1)
        return self._replace(
            raw=self.raw._replace(offsets=self.raw.offsets[ends]),
            texts=self.texts._replace(offsets=self.texts.offsets[ends]),
            normalised=self.normalised[some],
            canonical=self.canonical._replace(offsets=self.canonical.offsets[ends]),
            words=self.words[some],
            signs=self.signs[some],
            sets=self.sets._replace(offsets=self.sets.offsets[ends]),
            keys=self.keys[some],
        )


class MatchSettings(NamedTuple):
    """The settings of a match, for kernels.

    `detect_updates` makes a match with changed facts or added news an update. `collect_all_matches` collects every
    match that a paragraph repeats, and stores the paragraph even so.
    """

    threshold: float
    coverage: float
    min_words: int
    bucket_limit: int
    unit: int
    size: int
    detect_updates: bool
    max_new_words: int
    collect_all_matches: bool


def rule_of(settings: Settings) -> MatchSettings:
    """The settings as kernels see them."""
    unit, size = settings.shingle_parts()
    return MatchSettings(
        float(settings.threshold),
        float(settings.coverage),
        settings.min_words,
        settings.bucket_limit,
        UNITS[unit],
        size,
        settings.updates == "keep",
        settings.max_new_words,
        False,
    )


class Workspace(NamedTuple):
    """Working memory of the search, and its results for the last paragraph.

    Attributes:
        ids: (bucket limit,) int64, the ids in a bucket.
        candidates: (at least keys * bucket limit,) int64, rows of candidates.
        seen_candidates: (power of two,) int64, a hash set of (paragraph, candidate) pairs, -1 for an empty slot.
        bucket_full: (keys,) bool, whether the bucket of a key is full.
        expired_ids: (keys,) int64, the id of an expired paragraph in the bucket of a key, -1 for none.
        expired_match: (1,) int64, the row of an equal text that is too old for the paragraph, -1 for none.
        not_indexed: (paragraphs, keys) bool, the keys whose bucket was full when a paragraph was stored; (0, keys) if
            there is no state file.
        bitmap: (8,) uint64, of the new paragraph; see `ParagraphColumns`.
        rows: (MATCHES,) int64, the best matches: highest Jaccard first, then highest coverage, then earliest.
        jaccard: (MATCHES,) float64, of the best matches.
        coverage: (MATCHES,) float64, of the best matches.
    """

    ids: NDArray[np.int64]
    candidates: NDArray[np.int64]
    seen_candidates: NDArray[np.int64]
    bucket_full: NDArray[np.bool_]
    expired_ids: NDArray[np.int64]
    expired_match: NDArray[np.int64]
    not_indexed: NDArray[np.bool_]
    bitmap: NDArray[np.uint64]
    rows: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]


def workspace(keys: int, bucket_limit: int, paragraphs: int = 0) -> Workspace:
    """Allocate working memory for paragraphs with `keys` keys. `paragraphs` is the number of rows of `not_indexed`."""
    most = keys * bucket_limit
    return Workspace(
        np.empty(bucket_limit, np.int64),
        np.empty(max(most, MATCHES + MOST_MEMBERS), np.int64),
        np.full(1 << max(6, (2 * most - 1).bit_length()), -1, np.int64),
        np.zeros(keys, np.bool_),
        np.full(keys, -1, np.int64),
        np.full(1, -1, np.int64),
        np.zeros((paragraphs, keys), np.bool_),
        np.empty(LINE, np.uint64),
        np.empty(MATCHES, np.int64),
        np.empty(MATCHES, np.float64),
        np.empty(MATCHES, np.float64),
    )


@dataclass(slots=True)
class PendingBatch:
    """A sketched batch of which the first `done` paragraphs are decided.

    Attributes:
        batch: The batch.
        rule: The settings of the match.
        labels: The labels of its paragraphs, if they have any.
        decisions: The decisions so far.
        timestamps: When each paragraph is read.
        clock: The clock before the batch.
        work: Working memory for similarities.
        workspace: Working memory for the search.
        first_row: The row in which its first new paragraph is stored.
        done: The number of paragraphs that are decided.
        preview: Whether to store nothing.
        asked: Whether the second opinion was asked about it.
    """

    batch: SketchedBatch
    rule: MatchSettings
    labels: Labels | None
    decisions: BatchDecisions
    timestamps: Timestamps
    clock: Clock
    work: SimilarityWorkspace
    workspace: Workspace
    first_row: int
    done: int = 0
    preview: bool = False
    asked: bool = False

    @property
    def size(self) -> int:
        """The number of paragraphs in the batch."""
        return len(self.batch.words)
