"""What a filter has come to remember since its last commit, on the way to the state file."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.clock import Clock, When
from dedup.decide import Prepared, Verdicts, is_emitted
from dedup.header import Mark
from dedup.life import Lives
from dedup.model import Label
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

    def note(
        self,
        batch: Prepared,
        verdicts: Verdicts,
        labels: Sequence[Label],
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
        """Make all of it last."""
        pages = split(join(self._pages), _PAGE) if self._pages else []
        mark = Mark(self._read, self._number, self._tick, first_tick, clock.now, clock.own, blocks)
        self.state.commit(pages, join_sightings(self._sightings), mark, remembered, standing)
        self._pages, self._sightings = [], []
