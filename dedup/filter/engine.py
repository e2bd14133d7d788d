"""Decides batches of texts against the stored paragraphs, and stores what is new.

Only one thread at a time may use an `Engine`. `NoveltyFilter` ensures that, and commits only decisions that were
delivered.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dedup.filter.batch import (
    EXACT,
    MATCHES,
    REWORDED,
    UPDATE,
    BatchDecisions,
    PendingBatch,
    SketchedBatch,
    is_emitted,
    rule_of,
    workspace,
)
from dedup.filter.blocks import Blocks
from dedup.filter.comparison import NOT_COMPARED, Comparison, Outcome
from dedup.filter.description import describe
from dedup.filter.matcher import match_batch
from dedup.filter.questions import ask_about_batch
from dedup.filter.restore import enter_page, sketched_pages
from dedup.filter.second_opinion import SecondOpinion
from dedup.filter.similarity import similarity_workspace
from dedup.filter.sketcher import Sketcher
from dedup.model.types import Decision, Labels, Paragraph
from dedup.settings import Settings
from dedup.sketch.normalize import Batch
from dedup.store.clock import NO_TIMESTAMPS, Clock
from dedup.store.dropped_texts import DroppedTexts
from dedup.store.hash_index import HashIndex
from dedup.store.paragraph_store import ParagraphStore
from dedup.store.retention import Retention
from dedup.store.row_labels import RowLabels
from dedup.store.state_codec import StatePage

if TYPE_CHECKING:
    from dedup.filter.commit_log import CommitLog
    from dedup.store.state_file import State

_CROWDED = 2 / 3  # share of live rows up to which a full store is compacted instead of extended


class Engine:
    """Sketches and matches batches, and remembers them in memory and in a state file.

    Args:
        settings: The settings.
        state: The state file or its path, None to remember in memory only.
        sync: Whether each commit is synced to disk.
        second_opinion: Whom to ask about repeats that are not certain.
        same_id_again: Whether a repeat of a paragraph by itself, with its own id, gets its first decision again.

    Raises:
        StateError: The state file cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        state: "Path | State | None" = None,
        *,
        sync: bool = False,
        second_opinion: SecondOpinion | None = None,
        same_id_again: bool = False,
    ) -> None:
        self.settings = settings
        self._sketcher = Sketcher(settings)
        self.layout = self._sketcher.layout
        self.rule = rule_of(settings)
        self.read = 0  # paragraphs
        self.second_opinion = second_opinion
        self._same_id_again = same_id_again
        self._char_classes = self._sketcher.char_classes
        self._index = HashIndex(1 + self.layout.bands)
        self.store = ParagraphStore()
        self.longest = 0
        self._blocks = Blocks()
        self._dropped = DroppedTexts()
        self._position: str | None = None  # without a state
        self.commit_log = None if state is None else _open(state, settings, sync)
        stored = self.commit_log.state if self.commit_log else None
        self.clock = Clock(
            settings.seconds,
            *((stored.checkpoint.now, stored.checkpoint.latest, stored.checkpoint.lowest) if stored else ()),
        )
        self.retention = Retention(settings, settings.forgets or bool(stored and stored.forgot))
        self.row_labels = RowLabels(self.retention)
        self.comparison = Comparison(
            settings, self.store, self.retention, self.row_labels, self._char_classes, second_opinion
        )
        if stored:
            try:
                self._resume(stored)
            except BaseException:
                self.close()
                raise

    def _resume(self, stored: "State") -> None:
        self.read = stored.checkpoint.read
        self._index.expect(stored.paragraphs)
        for _ in self.store_pages(stored.page_loaders(), known=True):
            pass
        self._blocks.resume(stored.checkpoint.blocks)
        if self.retention.forgets:
            self.retention.rebuild_queue(len(self.store), stored.checkpoint.number, self.read, self.clock)
            live_ids = self.retention.live_ids(len(self.store))
            if len(live_ids) < len(self.store):  # expired entries would take the places of live ones
                self._index.renumber(live_ids, live_ids)
        self._dropped.restore(stored.dropped(), len(self.store), self.retention.columns, self.clock, self.read)

    def __len__(self) -> int:
        """The number of paragraphs that are remembered."""
        return len(self.retention) if self.retention.forgets else len(self.store)

    @property
    def position(self) -> str | None:
        """The position of the last commit as JSON; None without one."""
        return self._position if self.commit_log is None else self.commit_log.state.position

    def close(self) -> None:
        """Release the state file. What was not committed is not in it."""
        if self.commit_log is not None:
            self.commit_log.close()

    def commit(self, position: str | None = None) -> None:
        """Start to write to the state what was decided since the last commit, if there is a state.

        Args:
            position: The new position as JSON; by default the last one stays.
        """
        if self.commit_log is None:
            self._position = self._position if position is None else position
        if self.commit_log is not None:
            from dedup.store.state_schema import Checkpoint  # late, for the sake of the start

            rows, retention, clock = len(self.store), self.retention, self.clock
            first_tick = retention.first_tick(self.read) if retention.forgets else 0
            checkpoint = Checkpoint(
                self.read, retention.next_number(rows), first_tick, clock.now, clock.latest, clock.lowest,
                self._blocks.state(),
            )  # fmt: skip
            self.commit_log.commit(
                checkpoint, len(self),
                lambda: retention.numbers(retention.linked_rows(rows) if retention.forgets else np.arange(rows)),
                len(self._dropped), lambda: self._dropped.entries(rows, retention.columns, self.clock, self.read),
                position,
            )  # fmt: skip

    def expect(self, paragraphs: int) -> None:
        """Hint that about `paragraphs` more will be stored, so that the index grows in fewer steps."""
        self._index.expected = 1 if self.retention.forgets else 1 + paragraphs / max(1, len(self.store))

    def sketch_batch(self, texts: Sequence[bytes]) -> SketchedBatch:
        """Compute all that does not depend on stored paragraphs. Any thread may call this at any time."""
        return self._sketcher.sketch(texts)

    def begin(self, batch: SketchedBatch, labels: Labels | None) -> PendingBatch:
        """Begin a batch. `advance` decides its paragraphs, and `end` ends it before the next batch begins."""
        n = len(batch.words)
        # Before the clock moves: paragraphs that expire within the batch are needed until then.
        self._reserve(n, _bytes(batch.raw) + (_bytes(batch.texts) if batch.normalised.any() else 0))
        before = self.clock.copy()
        forgets = self.retention.forgets
        timed = forgets or self.commit_log is not None
        timestamps = self.clock.read(labels, n, self.read, with_records=forgets) if timed else NO_TIMESTAMPS
        batch = batch.with_labels(labels)
        self.longest = max(self.longest, batch.longest)
        return PendingBatch(
            batch,
            self.rule,
            labels,
            BatchDecisions.empty(n, MATCHES if self.rule.collect_all_matches else 0),
            timestamps,
            before,
            similarity_workspace(len(batch.sets.hashes), batch.largest_set, self.longest),
            workspace(batch.keys.shape[1], self.settings.bucket_limit, n if self.commit_log else 0),
            len(self.store),
        )

    def advance(self, work: PendingBatch, stop: int) -> None:
        """Decide the paragraphs of a batch up to `stop`, and store those that are new."""
        begin, rows = work.done, len(self.store)
        ask_about_batch(self, work)
        self.match(work, stop)
        if work.labels is not None:
            some = slice(begin, stop)
            stored = (work.decisions.rows[some] >= 0).tolist()
            if any(stored):
                self.row_labels.add(rows, work.labels.part(some).choose(stored))
            self.mark_again(work, some)
            repeats = ~is_emitted(work.decisions.kinds[some])
            numbers = self.retention.numbers(work.decisions.matches[some])
            work.decisions.blocks[some] = self._blocks.follow(np.where(repeats, numbers, -1))

    def match(self, work: PendingBatch, stop: int) -> None:
        """Match the paragraphs of a batch up to `stop`, and compare their facts."""
        outcome = NOT_COMPARED
        while work.done < stop:
            compared = work.done
            matches = self.call_kernel(work, stop, outcome)
            if outcome.kind in (UPDATE, REWORDED) and not self.rule.collect_all_matches and not work.preview:
                self.comparison.follow(work, compared)
            outcome = NOT_COMPARED
            if matches and self.rule.collect_all_matches:
                outcome = self.comparison.link_repeats(work, matches)
            elif matches:
                outcome = self.comparison.compare(work, abs(matches), again=matches < 0)
            elif work.done < stop:
                self._index.grow(self.retention.live_ids(len(self.store)) if self.retention.forgets else None)

    def mark_again(self, work: PendingBatch, some: slice) -> None:
        """Give each paragraph of a slice that is its match, with the same id, the kind that it was stored under."""
        if not self._same_id_again or work.labels is None:
            return
        found = work.decisions
        for i in (some.start + np.flatnonzero(found.kinds[some] == EXACT)).tolist():
            row = int(found.matches[i])
            if self.row_labels[row].id == work.labels.ids[i]:
                found.kinds[i], found.again[i] = self.comparison.first_kind(row), True

    def call_kernel(self, work: PendingBatch, stop: int, outcome: Outcome = NOT_COMPARED) -> int:
        """Call `match_batch` for the next paragraphs of a batch."""
        work.done, matches = match_batch(
            work.done, stop, *outcome, work.preview, work.batch, self.rule, self._index.table, self.store.columns,
            self.retention.columns, work.timestamps, self._dropped.table, self._char_classes.char_table, work.work,
            work.workspace, work.decisions,
        )  # fmt: skip
        return int(matches)

    def end(self, work: PendingBatch) -> BatchDecisions:
        """End a batch after the paragraphs that are decided, as if it had no others. Returns their decisions."""
        done = slice(0, work.done)
        batch, decisions, timestamps, labels = work.batch, work.decisions, work.timestamps, work.labels
        if work.done < len(batch.words):
            batch, decisions = batch.part(done), decisions.part(done)
            labels = None if labels is None else labels.part(done)
            if timestamps is not NO_TIMESTAMPS:
                timestamps = timestamps.part(done)
                self.clock = work.clock
                self.clock.read(labels, work.done, self.read, with_records=False)
        if self.commit_log is not None:
            stored = decisions.rows >= 0
            end = len(self.store)
            begin = end - int(stored.sum())
            names = self.row_labels.unnamed(begin, end) if labels is None else labels.choose(stored.tolist())
            not_indexed = work.workspace.not_indexed[done]
            self.commit_log.record_batch(
                batch, decisions, names, timestamps, not_indexed, self.retention, self.comparison.stories
            )
        self.read += work.done
        return decisions

    def match_batch(self, batch: SketchedBatch, labels: Labels | None = None) -> BatchDecisions:
        """Decide a sketched batch. The rows in the result are valid until the next batch."""
        work = self.begin(batch, labels)
        self.advance(work, len(batch.words))
        return self.end(work)

    def _reserve(self, rows: int, size: int) -> None:
        """Make room for more rows and bytes of text, if possible by removing expired paragraphs."""
        before = len(self.store)
        if self.retention.forgets and not self.store.has_room(rows, size):
            linked_rows = self.retention.linked_rows(before)
            if len(linked_rows) <= _CROWDED * before:
                self.store.compact(linked_rows)
                self.retention.compact(linked_rows)
                self.row_labels.compact(linked_rows)
                self.comparison.stories.forget()
        if self.retention.exhausted(rows):
            self._index.renumber(*self.retention.renumber(len(self.store)))
        self.store.reserve(rows, size)
        self.retention.reserve(len(self.store) + rows)
        self._dropped.reserve(2 * rows, len(self.store), self.retention.columns, self.clock, self.read)

    def store_pages(
        self, page_loaders: Iterator[Callable[[], StatePage | None]], *, known: bool = False
    ) -> Iterator[StatePage]:
        """Store the paragraphs of pages without judging them. Yields each page as `enter_page` returns it."""
        for page, batch in sketched_pages(page_loaders, self.sketch_batch):
            self._reserve(len(page.labels), _bytes(batch.raw) + _bytes(batch.texts))
            self.longest = max(self.longest, batch.longest)
            self.row_labels.add(len(self.store), page.labels)
            self.comparison.stories.restore(page.stories)
            yield enter_page(
                page, batch, self.rule, self._index, self.store, self.retention, self._char_classes.char_table,
                self.longest, known,
            )  # fmt: skip

    def story(self, decisions: BatchDecisions, i: int) -> tuple[str | None, int | None]:
        """The story of paragraph i of a batch, or of its match, and the version; None if there is neither."""
        row = int(decisions.rows[i] if decisions.rows[i] >= 0 else decisions.matches[i])
        return self.comparison.story_of(row) if row >= 0 else (None, None)

    def decision(self, decisions: BatchDecisions, i: int, paragraph: Paragraph) -> Decision:
        """Decision i of a batch as an object."""
        return describe(self, decisions, i, paragraph)


def _bytes(texts: Batch) -> int:
    """The bytes of all texts of a batch."""
    return int(texts.offsets[-1] - texts.offsets[0])


def _open(state: "Path | State", settings: Settings, sync: bool) -> "CommitLog":
    from dedup.filter.commit_log import CommitLog  # late, for the sake of the start
    from dedup.store.state_file import State

    return CommitLog(State(state, settings, sync=sync) if isinstance(state, Path) else state)
