"""The filter: paragraphs in, decisions out, in order. The only room that remembers anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dedup.alphabet import Alphabet
from dedup.blocks import Blocks
from dedup.canonical import Batch, canonicalise, encode, pack, prepare, words
from dedup.clock import NO_TIMES, Clock, own_times
from dedup.decide import MATCHES, Prepared, Rule, Verdicts, is_emitted, search, settle
from dedup.errors import InputError, SettingsError
from dedup.facts import Facts
from dedup.index import Index
from dedup.kept import Kept
from dedup.life import Lives
from dedup.lsh import keys, served
from dedup.minhash import permutations, sign
from dedup.model import KINDS, Decision, Labels, Match, Paragraph
from dedup.moments import written
from dedup.names import Names
from dedup.pages import Page
from dedup.paragraphs import as_paragraph
from dedup.restore import enter_page, prepared
from dedup.settings import Settings
from dedup.shingles import UNITS, shingle
from dedup.verify import scratch

if TYPE_CHECKING:
    from dedup.journal import Journal
    from dedup.state import State

_CROWDED = 2 / 3  # of the rows: where no more than that are remembered, the others' room is used again


class NoveltyFilter:
    """Judges paragraphs in feed order, each against the novel ones before it; first seen wins.

    Takes `Settings`, or its fields as keywords. With `state`, a file, it goes on where that was left, and `commit`
    writes to it; `sync` makes each commit outlast also a failure of power. Such a filter holds the file until it is
    closed, best by `with`. Raises SettingsError for settings that cannot work, and StateError for a file that cannot be
    used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        state: str | PathLike[str] | None = None,
        sync: bool = False,
        **fields: Any,
    ) -> None:
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
        self._blocks = Blocks()
        self._journal = None if state is None else _open(Path(state), self.settings, sync)
        stored = self._journal.state if self._journal else None
        self._read = stored.mark.read if stored else 0
        clock = (stored.mark.now, stored.mark.own) if stored else ()
        self._clock = Clock(self.settings.seconds, *clock)
        self._lives = Lives(self.settings, self.settings.forgets or bool(stored and stored.forgot))
        self._names = Names(self._lives)
        if stored:
            try:
                self._resume(stored)
            except BaseException:
                self.close()
                raise

    def _resume(self, stored: "State") -> None:
        self._index.expect(stored.paragraphs)
        for _ in self.remember(stored.makers(), known=True):
            pass
        self._blocks.resume(stored.mark.blocks)
        if self._lives.forgets:
            self._lives.link(len(self._kept), stored.mark.number, stored.mark.tick, self._clock.horizon())
            living = self._lives.living(len(self._kept))
            if len(living) < len(self._kept):  # or what is forgotten would crowd out who took its place
                self._index.rename(living, living)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def durable(self) -> bool:
        """Whether what is remembered goes to a state file."""
        return self._journal is not None

    def close(self) -> None:
        """Let go of the state file. What was not committed is not in it."""
        if self._journal is not None:
            self._journal.close()

    def commit(self, *, wait: bool = True) -> None:
        """Write to the state what was judged since the last time, where there is one; all of it or nothing.

        Call it when what was decided is where it should go: after that, none of it is emitted again. Without `wait`
        it is written in the background, and `wait`, the next commit or `close` raises StateError where that failed.
        """
        if self._journal is not None:
            rows, lives = len(self._kept), self._lives
            first_tick = lives.first_tick() if lives.forgets else 0
            remembered = len(lives) if lives.forgets else rows
            self._journal.commit(
                first_tick, self._clock, self._blocks.state(), remembered,
                lambda: lives.numbers(lives.standing(rows) if lives.forgets else np.arange(rows)),
            )  # fmt: skip
            if wait:
                self.wait()

    def wait(self) -> None:
        """Return when all that is to be committed is in the state. Raises StateError where it cannot be."""
        if self._journal is not None:
            self._journal.wait()

    def expect(self, paragraphs: int) -> None:
        """About so many more are to be remembered: a hint, for which the index grows in fewer steps."""
        self._index.expected = 1 if self._lives.forgets else 1 + paragraphs / max(1, len(self._kept))

    def __len__(self) -> int:
        """How many paragraphs are remembered."""
        rows = len(self._kept)
        return len(self._lives.living(rows)) if self._lives.forgets else rows

    def judge(
        self, paragraphs: Iterable[str | Paragraph | Mapping[str, Any]], *, batch_size: int = 1024
    ) -> Iterator[Decision]:
        """The decision of each paragraph, in order, lazily.

        A paragraph is a str, a Paragraph, or a mapping with `text` and perhaps `id`, `time` and `source`. `batch_size`
        paragraphs are taken at a time; it changes how soon a decision comes, never what it says. A
        paragraph without an id is called `paragraph:N`, N its ordinal over the life of the filter. With a state, a
        batch is committed when all of its decisions were taken.

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
            labels = Labels(
                [
                    f"paragraph:{ordinal}" if paragraph.id is None else paragraph.id
                    for ordinal, paragraph in enumerate(batch, self._read + 1)
                ],
                [written(paragraph.time) for paragraph in batch],
                [paragraph.source for paragraph in batch],
            )
            self._read += len(batch)
            verdicts = self.decide(texts, labels)
            decisions = (self.decision(verdicts, i, paragraph) for i, paragraph in enumerate(batch))
            # Where rows may be used again, nothing is put off until who knows when.
            yield from list(decisions) if self._lives.forgets else decisions
            self.commit()
        raise wrong

    def encoded(self, text: str) -> bytes:
        """A text as UTF-8. Raises InputError where it is longer than `max_bytes`."""
        data = encode(text)
        if len(data) > self.settings.max_bytes:
            raise InputError(f"a paragraph of {len(data)} bytes is over max_bytes {self.settings.max_bytes}")
        return data

    def decide(self, texts: Sequence[bytes], labels: Labels | None = None) -> Verdicts:
        """The verdicts of a batch of UTF-8 texts, as arrays.

        `labels` are for each text what later matches name it by; a filter that is never
        given any needs no memory for them, and follows no blocks. Paragraphs without a time in their label have
        that of their arrival, or, once one had its own, the latest so far. The rows that verdicts name are good
        until the next call.
        """
        return self.settle(self.prepare(texts), labels)

    def prepare(self, texts: Sequence[bytes]) -> Prepared:
        """The part of deciding that needs no memory of earlier paragraphs."""
        raw = pack(texts)
        prepared, normalised = prepare(raw, self._alphabet)
        (data, offsets), tokens = canonicalise(prepared, normalised, self._alphabet)
        sets = shingle(data, offsets, tokens, self._rule.unit, self._rule.size)
        signatures = sign(sets.hashes, sets.offsets, self._permutations)
        found_by = keys(data, offsets, signatures, self.layout.bands, self.layout.rows, self.settings.seed)
        return Prepared(raw, prepared, normalised, Batch(data, offsets), words(tokens, offsets), sets, found_by)

    def settle(self, batch: Prepared, labels: Labels | None = None) -> Verdicts:
        """The verdicts of a prepared batch; its novel paragraphs are remembered."""
        n = len(batch.words)
        verdicts = Verdicts(
            np.zeros(n, np.uint8),
            np.full(n, -1, np.int64),
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.full(n, -1, np.int64),
            np.zeros(n, np.int64),
            np.full((n, MATCHES if self._rule.linked else 0), -1, np.int64),
        )
        clocked = self._lives.forgets or self._journal is not None
        when = self._clock.read(own_times(labels, n)) if clocked else NO_TIMES
        self._reserve(n, len(batch.raw.data) + (len(batch.texts.data) if batch.normalised.any() else 0))
        before = len(self._kept)
        self._note_longest(batch)
        work = scratch(len(batch.sets.hashes), int(np.diff(batch.sets.offsets).max(initial=0)), self._longest)
        memory = search(batch.keys.shape[1], self.settings.bucket_limit, n if self._journal else 0)
        self._facts.prepare(self._longest)
        done = waiting = 0
        while done < n:
            done, waiting, missing = settle(
                done, waiting, batch, self._rule, self._index.table, self._kept.columns, self._lives.columns, when,
                self._alphabet.letters, work, memory,
                self._facts.lexicon.columns, self._facts.room, verdicts,
            )  # fmt: skip
            if missing:
                self._facts.learn(missing, self._kept.columns.data, batch.raw.data)
            elif done < n:
                self._index.grow(self._lives.living(len(self._kept)) if self._lives.forgets else None)
        told = None if labels is None else labels.choose((verdicts.rows >= 0).tolist())
        if told is not None:
            self._names.add(before, told)
            repeats = ~is_emitted(verdicts.kinds)
            numbers = self._lives.numbers(verdicts.matches)
            verdicts.blocks[:] = self._blocks.follow(np.where(repeats, numbers, -1))
        if self._journal is not None:
            names = told or self._names.unnamed(before, len(self._kept))
            self._journal.note(batch, verdicts, names, when, memory.left_out, self._lives)
        return verdicts

    def _reserve(self, rows: int, size: int) -> None:
        """Make room for more rows and bytes of text, where possible in the place of what was forgotten."""
        before = len(self._kept)
        if self._lives.forgets and not self._kept.has_room(rows, size):
            standing = self._lives.standing(before)
            if len(standing) <= _CROWDED * before:
                self._kept.condense(standing)
                self._lives.condense(standing)
                self._names.condense(standing)
        if self._lives.exhausted(rows):
            self._index.rename(*self._lives.renumber(len(self._kept)))
        self._kept.reserve(rows, size)
        self._lives.reserve(len(self._kept) + rows)

    def _note_longest(self, batch: Prepared) -> None:
        for texts in (batch.raw, batch.texts):
            self._longest = max(self._longest, int(np.diff(texts.offsets).max(initial=0)))

    def remember(self, makers: Iterator[Callable[[], Page | None]], *, known: bool = False) -> Iterator[Page]:
        """Keep the paragraphs of pages without judging them, and give each page as it is kept; see `enter_page`."""
        for page, batch in prepared(makers, self.prepare):
            self._reserve(len(page.labels), len(batch.raw.data) + len(batch.texts.data))
            self._note_longest(batch)
            self._names.add(len(self._kept), page.labels)
            yield enter_page(page, batch, self._rule, self._index, self._kept, self._lives, known)

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
        label = self._names[row]
        return Match(label.id, self._kept.text(row), label.time, label.source)


def _open(path: Path, settings: Settings, sync: bool) -> "Journal":
    from dedup.journal import Journal  # late, for the sake of the start
    from dedup.state import State

    return Journal(State(path, settings, sync=sync))
