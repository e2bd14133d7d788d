"""Decides batches of texts against the stored paragraphs, and stores what is new.

Only one thread at a time may use an `Engine`. `NoveltyFilter` ensures that, and commits only decisions that were
delivered.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedup.facts import Text, TextPair, difference, is_certain, new_words, novel_spans
from dedup.filter.batch import (
    MATCHES,
    REWORDED,
    UPDATE,
    BatchDecisions,
    MatchSettings,
    PendingBatch,
    SketchedBatch,
    is_emitted,
    workspace,
)
from dedup.filter.blocks import Blocks
from dedup.filter.comparison import Comparison, Outcome
from dedup.filter.matcher import UNKNOWN, match_batch
from dedup.filter.restore import enter_page, sketched_pages
from dedup.filter.second_opinion import Pair, SecondOpinion
from dedup.filter.similarity import similarity_workspace
from dedup.model.types import KINDS, Decision, Labels, Match, Paragraph
from dedup.settings import Settings
from dedup.sketch.char_classes import CharClasses
from dedup.sketch.lsh import band_keys, layout_for
from dedup.sketch.minhash import permutations, sign
from dedup.sketch.normalize import Batch, canonicalise, count_words, pack, prenormalize
from dedup.sketch.shingles import UNITS, shingle
from dedup.sketch.signs import signs
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

_NOT_COMPARED = Outcome(UNKNOWN, 0)
_CROWDED = 2 / 3  # share of live rows up to which a full store is compacted instead of extended


class Engine:
    """Sketches and matches batches, and remembers them in memory and in a state file.

    Args:
        settings: The settings.
        state: The state file or its path, None to remember in memory only.
        sync: Whether each commit is synced to disk.
        second_opinion: Whom to ask about repeats that are not certain.

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
    ) -> None:
        self.settings = settings
        self.layout = layout_for(settings)
        self.rule = rule_of(settings)
        self.read = 0  # paragraphs
        self._permutations = permutations(settings.num_perm, settings.seed)
        self._char_classes = CharClasses()
        self._index = HashIndex(1 + self.layout.bands)
        self._store = ParagraphStore()
        self._longest = 0
        self._blocks = Blocks()
        self._dropped = DroppedTexts()
        self.commit_log = None if state is None else _open(state, settings, sync)
        stored = self.commit_log.state if self.commit_log else None
        self.clock = Clock(
            settings.seconds,
            *((stored.checkpoint.now, stored.checkpoint.latest, stored.checkpoint.lowest) if stored else ()),
        )
        self._retention = Retention(settings, settings.forgets or bool(stored and stored.forgot))
        self._row_labels = RowLabels(self._retention)
        self._comparison = Comparison(
            settings, self._store, self._retention, self._row_labels, self._char_classes, second_opinion
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
        if self._retention.forgets:
            self._retention.rebuild_queue(len(self._store), stored.checkpoint.number, self.read, self.clock)
            live_ids = self._retention.live_ids(len(self._store))
            if len(live_ids) < len(self._store):  # expired entries would take the places of live ones
                self._index.renumber(live_ids, live_ids)
        self._dropped.restore(stored.dropped(), len(self._store), self._retention.columns, self.clock, self.read)

    def __len__(self) -> int:
        """The number of paragraphs that are remembered."""
        return len(self._retention) if self._retention.forgets else len(self._store)

    def close(self) -> None:
        """Release the state file. What was not committed is not in it."""
        if self.commit_log is not None:
            self.commit_log.close()

    def commit(self) -> None:
        """Start to write to the state what was decided since the last commit, if there is a state."""
        if self.commit_log is not None:
            from dedup.store.state_schema import Checkpoint  # late, for the sake of the start

            rows, retention, clock = len(self._store), self._retention, self.clock
            first_tick = retention.first_tick(self.read) if retention.forgets else 0
            checkpoint = Checkpoint(
                self.read, retention.next_number(rows), first_tick, clock.now, clock.latest, clock.lowest,
                self._blocks.state(),
            )  # fmt: skip
            self.commit_log.commit(
                checkpoint, len(self),
                lambda: retention.numbers(retention.linked_rows(rows) if retention.forgets else np.arange(rows)),
                len(self._dropped), lambda: self._dropped.entries(rows, retention.columns, self.clock, self.read),
            )  # fmt: skip

    def expect(self, paragraphs: int) -> None:
        """Hint that about `paragraphs` more will be stored, so that the index grows in fewer steps."""
        self._index.expected = 1 if self._retention.forgets else 1 + paragraphs / max(1, len(self._store))

    def sketch_batch(self, texts: Sequence[bytes]) -> SketchedBatch:
        """Compute all that does not depend on stored paragraphs. Any thread may call this at any time."""
        raw = pack(texts)
        prepared, normalised = prenormalize(raw, self._char_classes)
        (data, offsets), tokens = canonicalise(prepared, normalised, self._char_classes)
        sets = shingle(data, offsets, tokens, self.rule.unit, self.rule.size)
        signatures = sign(sets.hashes, sets.offsets, self._permutations)
        sign_hashes = signs(prepared, normalised, self._char_classes)
        keys = band_keys(data, offsets, signatures, self.layout.bands, self.layout.rows, self.settings.seed)
        keys[:, 0] ^= sign_hashes
        return SketchedBatch(
            raw, prepared, normalised, Batch(data, offsets), count_words(tokens, offsets), sign_hashes, sets, keys,
            max(longest(raw.offsets), longest(prepared.offsets)), longest(sets.offsets),
        )  # fmt: skip

    def begin(self, batch: SketchedBatch, labels: Labels | None) -> PendingBatch:
        """Begin a batch. `advance` decides its paragraphs, and `end` ends it before the next batch begins."""
        n = len(batch.words)
        # Before the clock moves: paragraphs that expire within the batch are needed until then.
        self._reserve(n, _bytes(batch.raw) + (_bytes(batch.texts) if batch.normalised.any() else 0))
        before = self.clock.copy()
        forgets = self._retention.forgets
        timed = forgets or self.commit_log is not None
        timestamps = self.clock.read(labels, n, self.read, with_records=forgets) if timed else NO_TIMESTAMPS
        batch = batch.with_labels(labels)
        self._longest = max(self._longest, batch.longest)
        return PendingBatch(
            batch,
            self.rule,
            labels,
            BatchDecisions.empty(n, MATCHES if self.rule.collect_all_matches else 0),
            timestamps,
            before,
            similarity_workspace(len(batch.sets.hashes), batch.largest_set, self._longest),
            workspace(batch.keys.shape[1], self.settings.bucket_limit, n if self.commit_log else 0),
            len(self._store),
        )

    def advance(self, work: PendingBatch, stop: int) -> None:
        """Decide the paragraphs of a batch up to `stop`, and store those that are new."""
        begin, rows = work.done, len(self._store)
        if begin == 0 and self._comparison.second_opinion is not None:
            self._comparison.second_opinion.prepare(self._uncertain_pairs(work))
        outcome = _NOT_COMPARED
        while work.done < stop:
            compared = work.done
            matches = self._match(work, stop, outcome, preview=False)
            if outcome.kind in (UPDATE, REWORDED) and not self.rule.collect_all_matches:
                self._comparison.follow(work, compared)
            outcome = _NOT_COMPARED
            if matches and self.rule.collect_all_matches:
                outcome = self._comparison.link_repeats(work, matches)
            elif matches:
                outcome = self._comparison.compare(work, abs(matches), again=matches < 0)
            elif work.done < stop:
                self._index.grow(self._retention.live_ids(len(self._store)) if self._retention.forgets else None)
        if work.labels is not None:
            some = slice(begin, stop)
            stored = (work.decisions.rows[some] >= 0).tolist()
            if any(stored):
                self._row_labels.add(rows, work.labels.part(some).choose(stored))
            repeats = ~is_emitted(work.decisions.kinds[some])
            numbers = self._retention.numbers(work.decisions.matches[some])
            work.decisions.blocks[some] = self._blocks.follow(np.where(repeats, numbers, -1))

    def _match(self, work: PendingBatch, stop: int, outcome: Outcome, *, preview: bool) -> int:
        """Call `match_batch` for the next paragraphs of a batch."""
        work.done, matches = match_batch(
            work.done, stop, *outcome, preview, work.batch, self.rule, self._index.table, self._store.columns,
            self._retention.columns, work.timestamps, self._dropped.table, self._char_classes.char_table, work.work,
            work.workspace, work.decisions,
        )  # fmt: skip
        return int(matches)

    def _uncertain_pairs(self, work: PendingBatch) -> Iterator[Pair]:
        """The pairs of a batch about which a second opinion will be asked, without those within the batch."""
        n = len(work.batch.words)
        preview = replace(
            work,
            decisions=BatchDecisions.empty(n, 0),
            work=similarity_workspace(len(work.batch.sets.hashes), work.batch.largest_set, self._longest),
            workspace=workspace(work.batch.keys.shape[1], self.settings.bucket_limit),
        )
        while preview.done < n:
            if matches := self._match(preview, n, _NOT_COMPARED, preview=True):
                pair = self._comparison.uncertain_pair(preview, abs(matches), again=matches < 0)
                if pair is not None:
                    yield pair
                preview.done += 1

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
            end = len(self._store)
            begin = end - int(stored.sum())
            names = self._row_labels.unnamed(begin, end) if labels is None else labels.choose(stored.tolist())
            not_indexed = work.workspace.not_indexed[done]
            self.commit_log.record_batch(
                batch, decisions, names, timestamps, not_indexed, self._retention, self._comparison.stories
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
        before = len(self._store)
        if self._retention.forgets and not self._store.has_room(rows, size):
            linked_rows = self._retention.linked_rows(before)
            if len(linked_rows) <= _CROWDED * before:
                self._store.compact(linked_rows)
                self._retention.compact(linked_rows)
                self._row_labels.compact(linked_rows)
                self._comparison.stories.forget()
        if self._retention.exhausted(rows):
            self._index.renumber(*self._retention.renumber(len(self._store)))
        self._store.reserve(rows, size)
        self._retention.reserve(len(self._store) + rows)
        self._dropped.reserve(2 * rows, len(self._store), self._retention.columns, self.clock, self.read)

    def store_pages(
        self, page_loaders: Iterator[Callable[[], StatePage | None]], *, known: bool = False
    ) -> Iterator[StatePage]:
        """Store the paragraphs of pages without judging them. Yields each page as `enter_page` returns it."""
        for page, batch in sketched_pages(page_loaders, self.sketch_batch):
            self._reserve(len(page.labels), _bytes(batch.raw) + _bytes(batch.texts))
            self._longest = max(self._longest, batch.longest)
            self._row_labels.add(len(self._store), page.labels)
            self._comparison.stories.restore(page.stories)
            yield enter_page(
                page, batch, self.rule, self._index, self._store, self._retention, self._char_classes.char_table,
                self._longest, known,
            )  # fmt: skip

    def story(self, decisions: BatchDecisions, i: int) -> tuple[str | None, int | None]:
        """The story of paragraph i of a batch, or of its match, and the version; None if there is neither."""
        row = int((decisions.rows if is_emitted(decisions.kinds[i]) else decisions.matches)[i])
        return self._comparison.story_of(row) if row >= 0 else (None, None)

    def decision(self, decisions: BatchDecisions, i: int, paragraph: Paragraph) -> Decision:
        """Decision i of a batch as an object."""
        row = int(decisions.matches[i])
        kind = KINDS[decisions.kinds[i]]
        story, version = self.story(decisions, i)
        if row < 0:
            return Decision(paragraph, kind, story=story, version=version)
        label = self._row_labels[row]
        match = Match(label.id, self._store.text(row), label.time, label.source)
        decision = Decision(
            paragraph,
            kind,
            float(decisions.jaccard[i]),
            float(decisions.coverage[i]),
            match,
            story=story,
            version=version,
            block=int(decisions.blocks[i]) or None,
        )
        if kind == "exact":
            return replace(decision, certain=True)
        pair = TextPair(Text(match.text), Text(paragraph.text))
        if kind == "update" or not self.rule.detect_updates:
            found = difference(pair, self.settings.max_new_words)
            decision = replace(decision, changed=found.changed, added=found.added)
        certain = None if kind == "update" else is_certain(pair)
        return replace(decision, certain=certain, new_words=new_words(pair), novel_spans=novel_spans(pair))


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


def longest(offsets: NDArray[np.int64]) -> int:
    """The length of the longest text, given the offsets of n texts, (n + 1,) int64."""
    return int(np.diff(offsets).max(initial=0))


def _bytes(texts: Batch) -> int:
    """The bytes of all texts of a batch."""
    return int(texts.offsets[-1] - texts.offsets[0])


def _open(state: "Path | State", settings: Settings, sync: bool) -> "CommitLog":
    from dedup.filter.commit_log import CommitLog  # late, for the sake of the start
    from dedup.store.state_file import State

    return CommitLog(State(state, settings, sync=sync) if isinstance(state, Path) else state)
