"""What time it is in a feed, and what is too old by then."""

from time import time as arrival
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.model import Labels
from dedup.moments import moment

BEGINNING = -np.finfo(np.float64).max  # before every time, and after that of what is forgotten


class When(NamedTuple):
    """Of each of n paragraphs its time, and the time before which nothing is remembered then; both (n,) float64."""

    times: NDArray[np.float64]
    horizons: NDArray[np.float64]


#: Where nobody asks for any.
NO_TIMES = When(np.zeros(0), np.zeros(0))


def own_times(labels: Labels | None, n: int) -> NDArray[np.float64]:
    """The times that n paragraphs say they have, (n,) float64, nan where one has none."""
    times = np.full(n, np.nan)
    if labels is not None and any(labels.times):
        for i, said in enumerate(labels.times):
            if (time := moment(said)) is not None:
                times[i] = time
    return times


class Clock:
    """The latest time that paragraphs gave, or that of their arrival as long as none gave any; it never runs backwards.

    window: seconds that a paragraph is remembered, None for ever.
    now: seconds since 1970, None before the clock was read. own: whether a paragraph ever had a time of its own.
    """

    def __init__(self, window: float | None, now: float | None = None, own: bool = False) -> None:
        self._window = window
        self.now = now
        self.own = own

    def read(self, given: NDArray[np.float64]) -> When:
        """Go on by the times of paragraphs, (n,) float64, nan where one has none: it takes the time that it is."""
        nows = np.empty(len(given))
        first = 0
        if not self.own:
            first = int(np.flatnonzero(~np.isnan(given))[:1].sum()) if not np.isnan(given).all() else len(given)
            if first:
                nows[:first] = self.now = max(self._latest(), arrival())
            if first < len(given):  # from here on the feed's own time counts, whatever it is
                self.own = True
                self.now = None
        if first < len(given):
            nows[first:] = np.fmax(np.fmax.accumulate(given[first:]), self._latest())
            self.now = float(nows[-1])
        return When(np.where(np.isnan(given), nows, given), self._before(nows))

    def horizon(self) -> float:
        """The time before which nothing is remembered now."""
        return float(self._before(np.array([self._latest()]))[0])

    def _latest(self) -> float:
        return -np.inf if self.now is None else self.now

    def _before(self, nows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(len(nows), BEGINNING) if self._window is None else np.maximum(nows - self._window, BEGINNING)
