"""What a filter has come to remember since its last commit, on the way to the state file.

It is compressed and written in a thread of its own, while the next paragraphs are judged. No more than one commit is
under way.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StateError
from dedup.filter.matcher import Prepared, Verdicts
from dedup.model.types import Labels
from dedup.store.clock import Clock, Readings
from dedup.store.dropped_texts import DroppedEntries
from dedup.store.retention import Lives
from dedup.store.state_codec import Page, Sightings, choose_texts, join, join_dropped, join_sightings, split
from dedup.store.state_file import State
from dedup.store.state_schema import Mark

_PAGE = 4096  # paragraphs at most


class Journal:
    """Collects what batches change, and commits it to an open `State`."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._read = state.mark.read
        self._number = state.mark.number
        self._pages: list[Page] = []
        self._sightings: list[Sightings] = []
        self._dropped: list[DroppedEntries] = []
        self._writer = ThreadPoolExecutor(1)
        self._commit: Future[None] | None = None  # the one under way, and what it is of
        self._given: tuple[list[Page], list[Sightings], list[DroppedEntries]] = ([], [], [])

    def note(
        self,
        batch: Prepared,
        verdicts: Verdicts,
        labels: Labels,
        when: Readings,
        left_out: NDArray[np.bool_],
        lives: Lives,
    ) -> None:
        """Take down a settled batch; `labels` are those of the paragraphs that were stored."""
        stored = verdicts.rows >= 0
        ticks = when.tick + np.arange(len(stored))
        count = int(stored.sum())
        if count:
            numbers = self._number + np.arange(count)
            texts = choose_texts(batch.raw, stored)
            page = Page(
                numbers, ticks[stored], when.times[stored], when.clocks[stored], texts, labels, left_out[stored]
            )  # fmt: skip
            self._pages.append(page)
        renewed, noted = verdicts.renewed, verdicts.noted
        if renewed.any():
            numbers = lives.numbers(verdicts.matches[renewed])
            self._sightings.append(Sightings(numbers, when.times[renewed], when.clocks[renewed], ticks[renewed]))
        if noted.any():
            keys = np.column_stack([batch.keys[:, 0], batch.keys[:, 0] ^ when.records])[noted]
            places = np.nonzero(noted)[0]
            targets = lives.numbers(verdicts.matches[places])
            self._dropped.append(DroppedEntries(keys, targets, when.clocks[places], ticks[places]))
        places = np.flatnonzero(verdicts.superseded)
        if len(places):
            keys = batch.keys[places, 0] ^ verdicts.superseded[places]
            targets = lives.numbers(verdicts.rows[places])
            self._dropped.append(DroppedEntries(keys, targets, when.clocks[places], ticks[places]))
        self._read += len(stored)
        self._number += count

    def commit(
        self,
        first_tick: int,
        clock: Clock,
        blocks: Sequence[Any],
        remembered: int,
        standing: Callable[[], NDArray[np.int64]],
        dropped: int,
        entries: Callable[[], DroppedEntries],
    ) -> None:
        """Begin to make all of it last, as soon as the commit before it has come to its end.

        Raises StateError where that one failed; what it was of is then part of the next one.
        """
        self.wait()
        mark = Mark(self._read, self._number, first_tick, clock.now, clock.latest, clock.lowest, blocks)
        # Now, because the memory will have changed by the time that it is written.
        numbers = standing() if self.state.is_crowded(remembered) else None
        every = entries() if self.state.has_many_dropped(dropped) else None
        self._given = self._pages, self._sightings, self._dropped
        self._pages, self._sightings, self._dropped = [], [], []
        self._commit = self._writer.submit(self._write, *self._given, mark, numbers, every)

    def _write(
        self,
        pages: list[Page],
        sightings: list[Sightings],
        dropped: list[DroppedEntries],
        mark: Mark,
        standing: NDArray[np.int64] | None,
        entries: DroppedEntries | None,
    ) -> None:
        written = split(join(pages), _PAGE) if pages else []
        self.state.commit(written, join_sightings(sightings), join_dropped(dropped), mark, standing, entries)

    def wait(self) -> None:
        """Return when what was to be committed is in the file. Raises StateError where it cannot be."""
        if self._commit is None:
            return
        try:
            self._commit.result()
        except StateError:
            pages, sightings, dropped = self._given
            self._pages, self._sightings = pages + self._pages, sightings + self._sightings
            self._dropped = dropped + self._dropped
            self._commit = None
            raise
        self._commit = None

    def close(self) -> None:
        """Let go of the file, when what was to be committed is in it."""
        try:
            self.wait()
        finally:
            self._writer.shutdown()
            self.state.close()
