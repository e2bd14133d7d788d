"""What a filter has come to remember since its last commit, on the way to the state file.

It is compressed and written in a thread of its own, while the next paragraphs are judged. No more than one commit is
under way.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.clock import Clock, When
from dedup.decide import Prepared, Verdicts, is_emitted
from dedup.errors import StateError
from dedup.header import Mark
from dedup.life import Lives
from dedup.model import Labels
from dedup.pages import Page, Sightings, choose_texts, join, join_sightings, split
from dedup.state import State

_PAGE = 4096  # paragraphs at most


class Journal:
    """Collects what batches change, and commits it to an open `State`."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._read = state.mark.read
        self._number = state.mark.number
        self._tick = state.mark.tick
        self._pages: list[Page] = []
        self._sightings: list[Sightings] = []
        self._writer = ThreadPoolExecutor(1)
        self._commit: Future[None] | None = None  # the one under way, and what it is of
        self._given: tuple[list[Page], list[Sightings]] = ([], [])

    def note(
        self,
        batch: Prepared,
        verdicts: Verdicts,
        labels: Labels,
        when: When,
        left_out: NDArray[np.bool_],
        lives: Lives,
    ) -> None:
        """Take down a settled batch; `labels` are those of the paragraphs that were kept."""
        kept = verdicts.rows >= 0
        renewed = np.zeros(len(kept), np.bool_)
        if lives.columns.refresh:
            renewed = ~is_emitted(verdicts.kinds)
        ticks = self._tick + np.cumsum(kept | renewed) - 1
        count = int(kept.sum())
        if count:
            numbers = self._number + np.arange(count)
            texts = choose_texts(batch.raw, kept)
            page = Page(numbers, ticks[kept], when.times[kept], texts, labels, left_out[kept])
            self._pages.append(page)
        if renewed.any():
            numbers = lives.numbers(verdicts.matches[renewed])
            self._sightings.append(Sightings(numbers, when.times[renewed], ticks[renewed]))
        self._read += len(kept)
        self._number += count
        self._tick += count + int(renewed.sum())

    def commit(
        self,
        first_tick: int,
        clock: Clock,
        blocks: Sequence[Any],
        remembered: int,
        standing: Callable[[], NDArray[np.int64]],
    ) -> None:
        """Begin to make all of it last, as soon as the commit before it has come to its end.

        Raises StateError where that one failed; what it was of is then part of the next one.
        """
        self.wait()
        mark = Mark(self._read, self._number, self._tick, first_tick, clock.now, clock.own, blocks)
        # Now, as the memory will have changed by the time that it is written.
        numbers = standing() if self.state.is_crowded(remembered) else None
        self._given, self._pages, self._sightings = (self._pages, self._sightings), [], []
        self._commit = self._writer.submit(self._write, *self._given, mark, numbers)

    def _write(
        self, pages: list[Page], sightings: list[Sightings], mark: Mark, standing: NDArray[np.int64] | None
    ) -> None:
        written = split(join(pages), _PAGE) if pages else []
        self.state.commit(written, join_sightings(sightings), mark, standing)

    def wait(self) -> None:
        """Return when what was to be committed is in the file. Raises StateError where it cannot be."""
        if self._commit is None:
            return
        try:
            self._commit.result()
        except StateError:
            pages, sightings = self._given
            self._pages, self._sightings = pages + self._pages, sightings + self._sightings
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
