"""The filter: paragraphs in, decisions out, in order. The only room that remembers anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from dedup.alphabet import Alphabet
from dedup.blocks import Blocks
from dedup.canonical import Batch, canonicalise, encode, pack, prepare
from dedup.decide import MATCHES, Prepared, Rule, Verdicts, search, settle
from dedup.errors import InputError, SettingsError
from dedup.facts import Facts
from dedup.index import Index
from dedup.kept import Kept
from dedup.lsh import keys, served
from dedup.minhash import permutations, sign
from dedup.model import EMITTED, KINDS, Decision, Label, Match, Paragraph
from dedup.settings import Settings
from dedup.shingles import UNITS, Sets, shingle
from dedup.verify import scratch


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
        self.layout = served(self.settings)
        unit, size = self.settings.shingle_parts()
        self._rule = Rule(
            float(self.settings.threshold),
            float(self.settings.coverage),
            self.settings.min_words,
            self.settings.bucket_limit,
            UNITS[unit],
            size,
            self.settings.updates == "keep",
            self.settings.max_new_words,
            False,
        )
        self._permutations = permutations(self.settings.num_perm, self.settings.seed)
        self._alphabet = Alphabet()
        self._index = Index(1 + self.layout.bands)
        self._kept = Kept()
        self._facts = Facts()
        self._longest = 0
        self._labels: list[Label] = []
        self._blocks = Blocks()
        self._read = 0

    def __len__(self) -> int:
        """How many paragraphs are remembered."""
        return len(self._kept)

    def judge(
        self, paragraphs: Iterable[str | Paragraph | Mapping[str, Any]], *, batch_size: int = 1024
    ) -> Iterator[Decision]:
        """The decision of each paragraph, in order, lazily.

        A paragraph is a str, a Paragraph, or a mapping with `text` and perhaps `id`, `time` and `source`. `batch_size`
        paragraphs are taken at a time; it changes how soon a decision comes, never what it says. A
        paragraph without an id is called `paragraph:N`, N its ordinal over the life of the filter.

        Raises InputError for what is no paragraph, or is longer than `max_bytes`, and SettingsError for a
        `batch_size` below 1.
        """
        if batch_size < 1:
            raise SettingsError(f"batch_size must be at least 1, not {batch_size}")
        source = iter(paragraphs)
        wrong: InputError | None = None
        while wrong is None:
            batch: list[Paragraph] = []
            texts: list[bytes] = []
            try:
                for item in islice(source, batch_size):
                    paragraph = as_paragraph(item)
                    texts.append(self.encoded(paragraph.text))
                    batch.append(paragraph)
            except InputError as error:
                wrong = error  # raised in its turn, after the decisions before it
            if not batch and wrong is None:
                return
            labels = [
                Label(
                    f"paragraph:{ordinal}" if paragraph.id is None else paragraph.id, paragraph.time, paragraph.source
                )
                for ordinal, paragraph in enumerate(batch, self._read + 1)
            ]
            self._read += len(batch)
            verdicts = self.decide(texts, labels)
            for i, paragraph in enumerate(batch):
                yield self.decision(verdicts, i, paragraph)
        raise wrong

    def encoded(self, text: str) -> bytes:
        """A text as UTF-8. Raises InputError where it is longer than `max_bytes`."""
        data = encode(text)
        if len(data) > self.settings.max_bytes:
            raise InputError(f"a paragraph of {len(data)} bytes is over max_bytes {self.settings.max_bytes}")
        return data

    def decide(self, texts: Sequence[bytes], labels: Sequence[Label] | None = None) -> Verdicts:
        """The verdicts of a batch of UTF-8 texts, as arrays.

        `labels` are for each text what later matches name it by; a filter that is never
        given any needs no memory for them, and follows no blocks.
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

    def settle(self, batch: Prepared, labels: Sequence[Label] | None = None) -> Verdicts:
        """The verdicts of a prepared batch; its novel paragraphs are remembered."""
        n = len(batch.tokens)
        verdicts = Verdicts(
            np.zeros(n, np.uint8),
            np.full(n, -1, np.int64),
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.full(n, -1, np.int64),
            np.zeros(n, np.int64),
            np.full((n, MATCHES if self._rule.linked else 0), -1, np.int64),
        )
        before = len(self._kept)
        self._kept.reserve(n, len(batch.raw.data) + (len(batch.texts.data) if batch.normalised.any() else 0))
        for texts in (batch.raw, batch.texts):
            self._longest = max(self._longest, int(np.diff(texts.offsets).max(initial=0)))
        work = scratch(len(batch.sets.hashes), int(np.diff(batch.sets.offsets).max(initial=0)), self._longest)
        memory = search(batch.keys.shape[1], self.settings.bucket_limit)
        self._facts.prepare(self._longest)
        done = waiting = 0
        while done < n:
            done, waiting, missing = settle(
                done, waiting, batch, self._rule, self._index.table, self._kept.columns,
                self._alphabet.kinds, self._alphabet.folds, work, memory,
                self._facts.lexicon.columns, self._facts.room, verdicts,
            )  # fmt: skip
            if missing:
                self._facts.learn(missing, self._kept.columns.data, batch.raw.data)
            elif done < n:
                self._index.grow()
        if labels is not None:
            self._labels += [Label(f"unnamed:{row + 1}") for row in range(len(self._labels), before)]
            self._labels += [labels[i] for i in np.flatnonzero(verdicts.rows >= 0).tolist()]
            repeats = np.isin(verdicts.kinds, [KINDS.index(kind) for kind in EMITTED], invert=True)
            verdicts.blocks[:] = self._blocks.follow(np.where(repeats, verdicts.matches, -1).tolist())
        return verdicts

    def decision(self, verdicts: Verdicts, i: int, paragraph: Paragraph) -> Decision:
        """Verdict i of a batch as an object, for the paragraph it is of."""
        row = int(verdicts.matches[i])
        if row < 0:
            return Decision(paragraph, "novel")
        match = self.match(row)
        kind = KINDS[verdicts.kinds[i]]
        measures = float(verdicts.jaccard[i]), float(verdicts.coverage[i])
        decision = Decision(paragraph, kind, *measures, match, block=int(verdicts.blocks[i]) or None)
        if kind == "exact":
            return decision
        told = self._facts.weigh(match.text, paragraph.text, self.settings.max_new_words)
        return replace(decision, changed=told.difference.changed, added=told.difference.added, novel_spans=told.novel)

    def match(self, row: int) -> Match:
        """The kept paragraph of a row; one that came without a label is called `unnamed:N`."""
        label = self._labels[row] if row < len(self._labels) else Label(f"unnamed:{row + 1}")
        return Match(label.id, self._kept.text(row), label.time, label.source)


def as_paragraph(item: str | Paragraph | Mapping[str, Any]) -> Paragraph:
    """What `judge` takes, as a Paragraph. Raises InputError for what is none."""
    if isinstance(item, Paragraph):
        paragraph = item
    elif isinstance(item, str):
        paragraph = Paragraph(item)
    elif isinstance(item, Mapping):
        id_ = item.get("id")
        time = item.get("time")
        source = item.get("source")
        paragraph = Paragraph(
            item.get("text"),  # type: ignore[arg-type]  # checked below
            None if id_ is None else str(id_),
            None if time is None else str(time),
            None if source is None else str(source),
        )
    else:
        raise InputError(f"a paragraph is a str, a Paragraph or a mapping with `text`, not {type(item).__name__}")
    if not isinstance(paragraph.text, str):
        raise InputError(f"the text of a paragraph is a str, not {type(paragraph.text).__name__}")
    return paragraph
