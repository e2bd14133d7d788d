"""Batches of texts in, verdicts out: the rule together with everything that is remembered.

One thread at a time may use an `Engine`. `NoveltyFilter` sees to that, and commits no more than was handed out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedup.facts import Text, TextPair, difference, novel_spans
from dedup.filter.blocks import Blocks
from dedup.filter.matcher import (
    MATCHES,
    NONE,
    NOT_AGAIN,
    UNKNOWN,
    Prepared,
    Rule,
    Search,
    Verdicts,
    first_repeat,
    is_emitted,
    search,
    settle,
)
from dedup.filter.restore import enter_page, prepared
from dedup.filter.similarity import Scratch, scratch
from dedup.model.types import KINDS, Decision, Labels, Match, Paragraph
from dedup.settings import Settings
from dedup.sketch.char_classes import Alphabet
from dedup.sketch.lsh import keys, served
from dedup.sketch.minhash import permutations, sign
from dedup.sketch.normalize import Batch, canonicalise, pack, prepare, words
from dedup.sketch.shingles import UNITS, shingle
from dedup.sketch.signs import signs
from dedup.store.clock import NO_READINGS, Clock, Readings
from dedup.store.dropped_texts import Dropped
from dedup.store.hash_index import Index
from dedup.store.paragraph_store import Kept
from dedup.store.retention import Lives
from dedup.store.row_labels import Names
from dedup.store.state_codec import Page

if TYPE_CHECKING:
    from dedup.filter.commit_log import Journal
    from dedup.store.state_file import State

_CROWDED = 2 / 3  # of the rows: where no more than that are remembered, the others' room is used again


@dataclass(slots=True)
class Pass:
    """A prepared batch on its way through the engine, of which the first `done` paragraphs are settled.

    clock: the clock before the batch.
    """

    batch: Prepared
    labels: Labels | None
    verdicts: Verdicts
    readings: Readings
    clock: Clock
    work: Scratch
    search: Search
    done: int = 0

    @property
    def size(self) -> int:
        """The number of paragraphs in the batch."""
        return len(self.batch.words)


class Engine:
    """Prepares and settles batches, and keeps what they leave behind, in memory and in a state file.

    Raises StateError for a file that cannot be used.
    """

    def __init__(self, settings: Settings, state: "Path | State | None" = None, *, sync: bool = False) -> None:
        self.settings = settings
        self.layout = served(settings)
        self.rule = rule_of(settings)
        self.read = 0  # paragraphs
        self._permutations = permutations(settings.num_perm, settings.seed)
        self._alphabet = Alphabet()
        self._index = Index(1 + self.layout.bands)
        self._kept = Kept()
        self._longest = 0
        self._blocks = Blocks()
        self._dropped = Dropped()
        self.journal = None if state is None else _open(state, settings, sync)
        stored = self.journal.state if self.journal else None
        self.clock = Clock(
            settings.seconds, *((stored.mark.now, stored.mark.latest, stored.mark.lowest) if stored else ())
        )
        self._lives = Lives(settings, settings.forgets or bool(stored and stored.forgot))
        self._names = Names(self._lives)
        if stored:
            try:
                self._resume(stored)
            except BaseException:
                self.close()
                raise

    def _resume(self, stored: "State") -> None:
        self.read = stored.mark.read
        self._index.expect(stored.paragraphs)
        for _ in self.remember(stored.makers(), known=True):
            pass
        self._blocks.resume(stored.mark.blocks)
        if self._lives.forgets:
            self._lives.link(len(self._kept), stored.mark.number, self.read, self.clock)
            living = self._lives.living(len(self._kept))
            if len(living) < len(self._kept):  # or what is forgotten would crowd out who took its place
                self._index.rename(living, living)
        self._dropped.restore(stored.dropped(), len(self._kept), self._lives.columns, self.clock, self.read)

    def __len__(self) -> int:
        """The number of paragraphs that are remembered."""
        return len(self._lives) if self._lives.forgets else len(self._kept)

    def close(self) -> None:
        """Release the state file. What was not committed is not in it."""
        if self.journal is not None:
            self.journal.close()

    def commit(self) -> None:
        """Begin to write to the state what was settled since the last time, where there is a state."""
        if self.journal is not None:
            rows, lives = len(self._kept), self._lives
            first_tick = lives.first_tick(self.read) if lives.forgets else 0
            self.journal.commit(
                first_tick, self.clock, self._blocks.state(), len(self),
                lambda: lives.numbers(lives.standing(rows) if lives.forgets else np.arange(rows)),
                len(self._dropped), lambda: self._dropped.entries(rows, lives.columns, self.clock, self.read),
            )  # fmt: skip

    def expect(self, paragraphs: int) -> None:
        """Hint that about `paragraphs` more will be stored, so that the index grows in fewer steps."""
        self._index.expected = 1 if self._lives.forgets else 1 + paragraphs / max(1, len(self._kept))

    def prepare(self, texts: Sequence[bytes]) -> Prepared:
        """The part of deciding that needs no memory of earlier paragraphs; any thread may call it at any time."""
        raw = pack(texts)
        prepared, normalised = prepare(raw, self._alphabet)
        (data, offsets), tokens = canonicalise(prepared, normalised, self._alphabet)
        sets = shingle(data, offsets, tokens, self.rule.unit, self.rule.size)
        signatures = sign(sets.hashes, sets.offsets, self._permutations)
        meant = signs(prepared, normalised, self._alphabet)
        found_by = keys(data, offsets, signatures, self.layout.bands, self.layout.rows, self.settings.seed)
        found_by[:, 0] ^= meant
        return Prepared(
            raw, prepared, normalised, Batch(data, offsets), words(tokens, offsets), meant, sets, found_by,
            max(longest(raw.offsets), longest(prepared.offsets)), longest(sets.offsets),
        )  # fmt: skip

    def begin(self, batch: Prepared, labels: Labels | None) -> Pass:
        """Make room for a batch, which is to be settled by `advance` and ended by `end`, one batch at a time."""
        n = len(batch.words)
        # Before the clock moves: what is forgotten only at the end of the batch is needed until then.
        self._reserve(n, _bytes(batch.raw) + (_bytes(batch.texts) if batch.normalised.any() else 0))
        before = self.clock.copy()
        forgets = self._lives.forgets
        timed = forgets or self.journal is not None
        readings = self.clock.read(labels, n, self.read, with_records=forgets) if timed else NO_READINGS
        batch = batch.with_labels(labels)
        self._longest = max(self._longest, batch.longest)
        return Pass(
            batch,
            labels,
            Verdicts.empty(n, MATCHES if self.rule.linked else 0),
            readings,
            before,
            scratch(len(batch.sets.hashes), batch.largest_set, self._longest),
            search(batch.keys.shape[1], self.settings.bucket_limit, n if self.journal else 0),
        )

    def advance(self, work: Pass, stop: int) -> None:
        """Settle the paragraphs of a batch up to `stop`; those that say something new are remembered."""
        begin, rows = work.done, len(self._kept)
        repeated = UNKNOWN
        while work.done < stop:
            work.done, matches = settle(
                work.done, stop, repeated, work.batch, self.rule, self._index.table, self._kept.columns,
                self._lives.columns, work.readings, self._dropped.table, self._alphabet.letters, work.work, work.search,
                work.verdicts,
            )  # fmt: skip
            repeated = UNKNOWN
            if matches:
                repeated = self._compared(work, abs(matches))
                if repeated == NONE and matches < 0:
                    repeated = NOT_AGAIN
            elif work.done < stop:
                self._index.grow(self._lives.living(len(self._kept)) if self._lives.forgets else None)
        if work.labels is not None:
            some = slice(begin, stop)
            stored = (work.verdicts.rows[some] >= 0).tolist()
            if any(stored):
                self._names.add(rows, work.labels.part(some).choose(stored))
            repeats = ~is_emitted(work.verdicts.kinds[some])
            numbers = self._lives.numbers(work.verdicts.matches[some])
            work.verdicts.blocks[some] = self._blocks.follow(np.where(repeats, numbers, -1))

    def _compared(self, work: Pass, matches: int) -> int:
        """Which of the matches of the next paragraph it repeats."""
        stored = map(self._kept.text, work.search.rows[:matches].tolist())
        return first_repeat(work.batch.text(work.done), stored, self.rule, work.search, work.verdicts.links[work.done])

    def end(self, work: Pass) -> Verdicts:
        """End a batch after the paragraphs that were settled, as if it had held no others; their verdicts."""
        done = slice(0, work.done)
        batch, verdicts, readings, labels = work.batch, work.verdicts, work.readings, work.labels
        if work.done < len(batch.words):
            batch, verdicts = batch.part(done), verdicts.part(done)
            labels = None if labels is None else labels.part(done)
            if readings is not NO_READINGS:
                readings = readings.part(done)
                self.clock = work.clock
                self.clock.read(labels, work.done, self.read, with_records=False)
        if self.journal is not None:
            stored = verdicts.rows >= 0
            end = len(self._kept)
            begin = end - int(stored.sum())
            names = self._names.unnamed(begin, end) if labels is None else labels.choose(stored.tolist())
            self.journal.note(batch, verdicts, names, readings, work.search.left_out[done], self._lives)
        self.read += work.done
        return verdicts

    def settle(self, batch: Prepared, labels: Labels | None = None) -> Verdicts:
        """The verdicts of a prepared batch; the rows that they name are good until the next batch."""
        work = self.begin(batch, labels)
        self.advance(work, len(batch.words))
        return self.end(work)

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
        self._dropped.reserve(2 * rows, len(self._kept), self._lives.columns, self.clock, self.read)

    def remember(self, makers: Iterator[Callable[[], Page | None]], *, known: bool = False) -> Iterator[Page]:
        """Store the paragraphs of pages without judging them, and give each page as it is stored; see `enter_page`."""
        for page, batch in prepared(makers, self.prepare):
            self._reserve(len(page.labels), _bytes(batch.raw) + _bytes(batch.texts))
            self._longest = max(self._longest, batch.longest)
            self._names.add(len(self._kept), page.labels)
            yield enter_page(
                page, batch, self.rule, self._index, self._kept, self._lives, self._alphabet.letters, self._longest,
                known,
            )  # fmt: skip

    def decision(self, verdicts: Verdicts, i: int, paragraph: Paragraph) -> Decision:
        """Verdict i of a batch as an object, for its paragraph."""
        row = int(verdicts.matches[i])
        if row < 0:
            return Decision(paragraph, "novel")
        label = self._names[row]
        match = Match(label.id, self._kept.text(row), label.time, label.source)
        kind = KINDS[verdicts.kinds[i]]
        measures = float(verdicts.jaccard[i]), float(verdicts.coverage[i])
        decision = Decision(paragraph, kind, *measures, match, block=int(verdicts.blocks[i]) or None)
        if kind == "exact":
            return decision
        pair = TextPair(Text(match.text), Text(paragraph.text))
        changed, added = difference(pair, self.settings.max_new_words)
        return replace(decision, changed=changed, added=added, novel_spans=novel_spans(pair))


def rule_of(settings: Settings) -> Rule:
    """The settings as kernels see them."""
    unit, size = settings.shingle_parts()
    return Rule(
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


def longest(offsets: NDArray[np.int64]) -> int:
    """The length of the longest part, of parts between offsets."""
    return int(np.diff(offsets).max(initial=0))


def _bytes(texts: Batch) -> int:
    """The bytes of all texts of a batch."""
    return int(texts.offsets[-1] - texts.offsets[0])


def _open(state: "Path | State", settings: Settings, sync: bool) -> "Journal":
    from dedup.filter.commit_log import Journal  # late, for the sake of the start
    from dedup.store.state_file import State

    return Journal(State(state, settings, sync=sync) if isinstance(state, Path) else state)
