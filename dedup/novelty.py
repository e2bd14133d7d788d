"""The filter: paragraphs in, decisions out, in order. The only room that remembers anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.alphabet import Alphabet
from dedup.canonical import Batch, ascii_table, canonicalise, encode, pack, prepare
from dedup.errors import InputError, SettingsError
from dedup.index import Index, find, has_room, insert, touch
from dedup.jit import kernel
from dedup.kept import Kept, bitmap, foresee, keep, most_shared
from dedup.lsh import keys, layout
from dedup.minhash import permutations, sign
from dedup.model import KINDS, Decision, Match, Paragraph
from dedup.settings import Settings
from dedup.shingles import UNITS, Sets, shingle
from dedup.verify import equal, open_set, scratch, shared

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


class _Rule(NamedTuple):
    threshold: float
    coverage: float
    min_words: int
    bucket_limit: int
    unit: int
    size: int


class NoveltyFilter:
    """Judges paragraphs in feed order, each against the novel ones before it; first seen wins.

    Takes `Settings`, or its fields as keywords. Raises SettingsError for settings that cannot work.
    """

    def __init__(self, settings: Settings | None = None, **fields: Any) -> None:
        if settings is not None and fields:
            raise SettingsError("give either a Settings or its fields, not both")
        try:
            self.settings = settings if settings is not None else Settings(**fields)
        except TypeError as error:
            raise SettingsError(str(error)) from None
        self.layout = layout(self.settings.threshold, self.settings.num_perm, self.settings.recall)
        unit, size = self.settings.shingle_parts()
        self._rule = _Rule(
            float(self.settings.threshold),
            float(self.settings.coverage),
            self.settings.min_words,
            self.settings.bucket_limit,
            UNITS[unit],
            size,
        )
        self._permutations = permutations(self.settings.num_perm, self.settings.seed)
        self._alphabet = Alphabet()
        self._index = Index(1 + self.layout.bands)
        self._kept = Kept()
        self._longest = 0
        self._labels: list[tuple[str, str | None]] = []
        self._read = 0

    def __len__(self) -> int:
        """How many paragraphs are remembered."""
        return len(self._kept)

    def judge(
        self, paragraphs: Iterable[str | Paragraph | Mapping[str, Any]], *, batch_size: int = 1024
    ) -> Iterator[Decision]:
        """The decision of each paragraph, in order, lazily.

        A paragraph is a str, a Paragraph, or a mapping with `text` and perhaps `id` and `time`. `batch_size`
        paragraphs are taken at a time; it changes how soon a decision comes, never what it says. A
        paragraph without an id is called `paragraph:N`, N its ordinal over the life of the filter.

        Raises InputError for what is no paragraph, or is longer than `max_bytes`, and SettingsError for a
        `batch_size` below 1.
        """
        if batch_size < 1:
            raise SettingsError(f"batch_size must be at least 1, not {batch_size}")
        source = iter(paragraphs)
        while batch := [_paragraph(item) for item in islice(source, batch_size)]:
            texts = [encode(paragraph.text) for paragraph in batch]
            for text in texts:
                if len(text) > self.settings.max_bytes:
                    raise InputError(f"a paragraph of {len(text)} bytes is over max_bytes {self.settings.max_bytes}")
            labels = [
                (f"paragraph:{ordinal}" if paragraph.id is None else paragraph.id, paragraph.time)
                for ordinal, paragraph in enumerate(batch, self._read + 1)
            ]
            self._read += len(batch)
            verdicts = self.decide(texts, labels)
            for i, paragraph in enumerate(batch):
                yield self.decision(verdicts, i, paragraph)

    def decide(self, texts: Sequence[bytes], labels: Sequence[tuple[str, str | None]] | None = None) -> Verdicts:
        """The verdicts of a batch of UTF-8 texts, as arrays.

        `labels` are (id, time) for each text, by which later matches name them; a filter that is never
        given any needs no memory for them.
        """
        return self.settle(self.prepare(texts), labels)

    def prepare(self, texts: Sequence[bytes]) -> Prepared:
        """The part of deciding that needs no memory of earlier paragraphs."""
        raw = pack(texts)
        prepared, normalised = prepare(raw, self._alphabet)
        data, offsets, tokens = canonicalise(
            prepared.data, prepared.offsets, normalised, self._alphabet.kinds, self._alphabet.folds
        )
        sets = Sets(*shingle(data, offsets, tokens, self._rule.unit, self._rule.size))
        signatures = sign(sets.hashes, sets.offsets, self._permutations)
        found_by = keys(data, offsets, signatures, self.layout.bands, self.layout.rows, self.settings.seed)
        return Prepared(raw, prepared, normalised, Batch(data, offsets), tokens, sets, found_by)

    def settle(self, batch: Prepared, labels: Sequence[tuple[str, str | None]] | None = None) -> Verdicts:
        """The verdicts of a prepared batch; its novel paragraphs are remembered."""
        n = len(batch.tokens)
        verdicts = Verdicts(
            np.zeros(n, np.uint8),
            np.full(n, -1, np.int64),
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.full(n, -1, np.int64),
        )
        self._kept.reserve(n, len(batch.raw.data) + (len(batch.texts.data) if batch.normalised.any() else 0))
        self._longest = max(self._longest, int(np.diff(batch.texts.offsets).max(initial=0)))
        work = scratch(len(batch.sets.hashes), int(np.diff(batch.sets.offsets).max(initial=0)), self._longest)
        done = 0
        while True:
            done = _settle(
                done, batch, self._rule, self._index.table, self._kept.columns,
                self._alphabet.kinds, self._alphabet.folds, work, verdicts,
            )  # fmt: skip
            if done == n:
                break
            self._index.grow()
        if labels is not None:
            self._labels += [labels[i] for i in np.flatnonzero(verdicts.rows >= 0).tolist()]
        return verdicts

    def decision(self, verdicts: Verdicts, i: int, paragraph: Paragraph) -> Decision:
        """Verdict i of a batch as an object, for the paragraph it is of."""
        row = int(verdicts.matches[i])
        if row < 0:
            return Decision(paragraph, "novel")
        return Decision(
            paragraph,
            KINDS[verdicts.kinds[i]],
            float(verdicts.jaccard[i]),
            float(verdicts.coverage[i]),
            self.match(row),
        )

    def match(self, row: int) -> Match:
        """The kept paragraph of a row."""
        id_, time = self._labels[row]
        return Match(id_, self._kept.text(row), time)


def _paragraph(item: str | Paragraph | Mapping[str, Any]) -> Paragraph:
    if isinstance(item, Paragraph):
        paragraph = item
    elif isinstance(item, str):
        paragraph = Paragraph(item)
    elif isinstance(item, Mapping):
        id_ = item.get("id")
        time = item.get("time")
        paragraph = Paragraph(
            item.get("text"),  # type: ignore[arg-type]  # checked below
            None if id_ is None else str(id_),
            None if time is None else str(time),
        )
    else:
        raise InputError(f"a paragraph is a str, a Paragraph or a mapping with `text`, not {type(item).__name__}")
    if not isinstance(paragraph.text, str):
        raise InputError(f"the text of a paragraph is a str, not {type(paragraph.text).__name__}")
    return paragraph


@kernel
def _settle(begin, batch, rule, table, kept, kinds, folds, work, verdicts):  # type: ignore[no-untyped-def]
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
                    # The rows of kept paragraphs are below 2**32, as the slots of the index have it.
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
                both = shared(data, batch.sets, first, last, other, kept, kinds, folds, rule.unit, rule.size, work)
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
