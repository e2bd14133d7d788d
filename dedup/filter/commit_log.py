"""Collects the changes since the last commit, and writes them to the state file.

A thread compresses and writes a commit while the next paragraphs are judged. Only one commit is written at a time.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StateError
from dedup.filter.batch import BatchDecisions, SketchedBatch
from dedup.filter.stories import Stories
from dedup.model.types import Labels
from dedup.store.clock import Timestamps
from dedup.store.dropped_texts import DroppedEntries
from dedup.store.retention import Retention
from dedup.store.state_codec import Refreshes, StatePage, choose_texts, join, join_dropped, join_refreshes, split
from dedup.store.state_file import State
from dedup.store.state_schema import Checkpoint

_PAGE = 4096  # largest number of paragraphs in a page


class CommitLog:
    """Collects the changes of batches, and commits them to an open `State`."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._pages: list[StatePage] = []
        self._refreshes: list[Refreshes] = []
        self._dropped: list[DroppedEntries] = []
        self._position: str | None = None
        self._writer = ThreadPoolExecutor(1)
        self._commit: Future[None] | None = None  # the commit that is being written, and its content
        self._given: tuple[list[StatePage], list[Refreshes], list[DroppedEntries]] = ([], [], [])

    def record_batch(
        self,
        batch: SketchedBatch,
        decisions: BatchDecisions,
        labels: Labels,
        timestamps: Timestamps,
        not_indexed: NDArray[np.bool_],
        retention: Retention,
        stories: Stories,
    ) -> None:
        """Record the changes of a batch. `labels` are those of the stored paragraphs."""
        stored = decisions.rows >= 0
        ticks = timestamps.tick + np.arange(len(stored))
        if stored.any():
            numbers = retention.numbers(decisions.rows[stored])
            texts = choose_texts(batch.raw, stored)
            page = StatePage(
                numbers,
                ticks[stored],
                timestamps.times[stored],
                timestamps.clocks[stored],
                texts,
                labels,
                not_indexed[stored],
                stories.of(numbers.tolist()),
            )
            self._pages.append(page)
        refreshed, noted = decisions.refreshed, decisions.noted
        if refreshed.any():
            numbers = retention.numbers(decisions.matches[refreshed])
            self._refreshes.append(
                Refreshes(numbers, timestamps.times[refreshed], timestamps.clocks[refreshed], ticks[refreshed])
            )
        if noted.any():
            keys = np.column_stack([batch.keys[:, 0], batch.keys[:, 0] ^ timestamps.records])[noted]
            places = np.nonzero(noted)[0]
            targets = retention.numbers(decisions.matches[places])
            self._dropped.append(DroppedEntries(keys, targets, timestamps.clocks[places], ticks[places]))
        places = np.flatnonzero(decisions.superseded)
        if len(places):
            keys = batch.keys[places, 0] ^ decisions.superseded[places]
            targets = retention.numbers(decisions.rows[places])
            self._dropped.append(DroppedEntries(keys, targets, timestamps.clocks[places], ticks[places]))

    def commit(
        self,
        checkpoint: Checkpoint,
        remembered: int,
        live_numbers: Callable[[], NDArray[np.int64]],
        dropped: int,
        entries: Callable[[], DroppedEntries],
        position: str | None = None,
    ) -> None:
        """Start to write everything that was recorded, after the previous commit is complete.

        Args:
            checkpoint: The progress of the memory.
            remembered: The number of remembered paragraphs.
            live_numbers: Computes the numbers of all remembered paragraphs.
            dropped: The number of entries of dropped texts.
            entries: Computes all remembered entries of dropped texts.
            position: The new position as JSON; by default the last one stays.

        Raises:
            StateError: The previous commit failed. Its content is then part of the next one.
        """
        self.wait()
        self._position = self._position if position is None else position
        # Computed now, because the memory changes before the commit is written.
        numbers = live_numbers() if self.state.is_crowded(remembered) else None
        every = entries() if self.state.has_many_dropped(dropped) else None
        self._given = self._pages, self._refreshes, self._dropped
        self._pages, self._refreshes, self._dropped = [], [], []
        self._commit = self._writer.submit(self._write, *self._given, checkpoint, numbers, every, self._position)

    def _write(
        self,
        pages: list[StatePage],
        refreshes: list[Refreshes],
        dropped: list[DroppedEntries],
        checkpoint: Checkpoint,
        live_numbers: NDArray[np.int64] | None,
        entries: DroppedEntries | None,
        position: str | None,
    ) -> None:
        written = split(join(pages), _PAGE) if pages else []
        self.state.commit(
            written, join_refreshes(refreshes), join_dropped(dropped), checkpoint, live_numbers, entries, position
        )

    def wait(self) -> None:
        """Wait for the commit that is being written. Raises StateError if it failed."""
        if self._commit is None:
            return
        try:
            self._commit.result()
        except StateError:
            pages, refreshes, dropped = self._given
            self._pages, self._refreshes = pages + self._pages, refreshes + self._refreshes
            self._dropped = dropped + self._dropped
            self._commit = None
            raise
        self._commit = None

    def close(self) -> None:
        """Wait for the last commit, and close the file."""
        try:
            self.wait()
        finally:
            self._writer.shutdown()
            self.state.close()
