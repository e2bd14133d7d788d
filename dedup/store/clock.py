"""The clock of a feed, which follows the times of its records and not the time of the machine.

The clock is the third-latest of the different record times, so one or two wrong dates do not move it, and a second run
over the same input sees the same clock. Until three different times are known, it is the earliest of them. If no record
has ever had a time, it is the time of arrival.
"""

import re
from collections.abc import Iterator, Sequence
from time import time as arrival
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from dedup._kernels.jit import kernel
from dedup.model.times import moment
from dedup.model.types import Labels
from dedup.model.utf8 import encode

BEGINNING = -np.finfo(np.float64).max  # before every time
SUPPORT = 3  # different record times at or after the clock
AUTOMATIC = "paragraph:"  # prefix of the id of a paragraph that came without one
_PART = re.compile(r"#(?:[0-9]+|title)\Z")  # of a paragraph of a record


class Timestamps(NamedTuple):
    """The times of a batch of n paragraphs, in seconds since 1970, (n,) float64 unless noted.

    Attributes:
        tick: The number of paragraphs read before the batch.
        records: (n,) uint64, the key of each paragraph's record, 0 for none.
        timeless: (n,) bool, whether a record has no time although others have one.
        times: Each paragraph's own time or the clock, whichever is later.
        match_cutoffs: The paragraph's own time, or the clock if it has none, minus the window. Stored paragraphs with
            an earlier time do not match it.
        clocks: The clock when the paragraph is read.
        expiry_cutoffs: The clock minus the window.
        early: (n,) int64. Paragraphs read before this tick count as read at the lowest clock, which is before the
            expiry cutoff; 0 if it is not.
    """

    tick: int
    records: NDArray[np.uint64]
    timeless: NDArray[np.bool_]
    times: NDArray[np.float64]
    match_cutoffs: NDArray[np.float64]
    clocks: NDArray[np.float64]
    expiry_cutoffs: NDArray[np.float64]
    early: NDArray[np.int64]

    def part(self, some: slice) -> "Timestamps":
        """The timestamps of a slice, as views."""
        columns: Iterator[NDArray[Any]] = (column[some] for column in self[1:])
        return Timestamps(self.tick + some.start, *columns)


#: For a filter that never forgets paragraphs.
NO_TIMESTAMPS = Timestamps(
    0,
    np.zeros(0, np.uint64),
    np.zeros(0, np.bool_),
    np.zeros(0),
    np.zeros(0),
    np.zeros(0),
    np.zeros(0),
    np.zeros(0, np.int64),
)


class LatestTime(NamedTuple):
    """One of the latest record times, the id of the first record that had it, and whether it was reported."""

    time: float
    id: str | None = None
    reported: bool = False


def record_times(labels: Labels | None, n: int) -> NDArray[np.float64]:
    """The times of the records of n paragraphs, (n,) float64; nan without a readable time."""
    times = np.full(n, np.nan)
    if labels is not None and any(labels.times):
        for i, text in enumerate(labels.times):
            if (time := moment(text)) is not None:
                times[i] = time
    return times


def record_key(id_: str) -> int:
    """A 64-bit hash of the id of a record. `id#2` and `id#title` are parts of the record `id`.

    It is 0 for a paragraph that came without an id.
    """
    return 0 if id_.startswith(AUTOMATIC) else int(xxh3_64_intdigest(encode(_PART.sub("", id_))))


def record_keys(labels: Labels | None, n: int) -> NDArray[np.uint64]:
    """The key of each paragraph's record, (n,) uint64, 0 without labels."""
    return np.zeros(n, np.uint64) if labels is None else np.array([*map(record_key, labels.ids)], np.uint64)


class Clock:
    """The clock of a feed. It never runs backwards after three different times are known.

    Args:
        window: The seconds for which a paragraph is remembered, None for ever.
        now: The latest time of arrival, while no record has had a time.
        latest: The latest different times, latest first, at most `SUPPORT`.
        lowest: The lowest clock so far, and the tick of the paragraph with which the clock fell to it. Before that
            tick, the clock may have been far too late.
    """

    def __init__(
        self,
        window: float | None,
        now: float | None = None,
        latest: Sequence[Sequence[Any]] = (),
        lowest: Sequence[Any] = (-BEGINNING, 0),
    ) -> None:
        self._window = window
        self.now = now
        self.latest = [LatestTime(*entry) for entry in latest]
        self.lowest = float(lowest[0]), int(lowest[1])

    def read(self, labels: Labels | None, n: int, tick: int, *, with_records: bool = True) -> Timestamps:
        """Read the clock for a batch of n paragraphs, and advance it by their times.

        Only a filter that forgets needs the keys of records; without `with_records` they are 0.
        """
        own = record_times(labels, n)
        clocks = np.empty(n)
        early = np.zeros(n, np.int64)
        known = ~np.isnan(own)
        first = 0 if self.latest else int(known.argmax()) if known.any() else n
        if first:
            self.now = max(arrival(), -np.inf if self.now is None else self.now)
            clocks[:first] = self.now
        if first < n:
            self._advance(own, clocks, first, labels, early, tick)
        given = np.where(known, own, clocks)
        window = np.inf if self._window is None else self._window
        return Timestamps(
            tick,
            record_keys(labels if with_records else None, n),
            ~known & (np.arange(n) >= first),
            np.maximum(given, clocks),
            np.maximum(given - window, BEGINNING),
            clocks,
            np.maximum(clocks - window, BEGINNING),
            early,
        )

    def copy(self) -> "Clock":
        """An independent copy."""
        return Clock(self._window, self.now, self.latest, self.lowest)

    def _advance(
        self,
        own: NDArray[np.float64],
        clocks: NDArray[np.float64],
        first: int,
        labels: Labels | None,
        early: NDArray[np.int64],
        tick: int,
    ) -> None:
        before = {entry.time: entry for entry in self.latest}
        latest = np.full(SUPPORT, -np.inf)
        latest[: len(before)] = list(before)
        lowest = np.array([self.lowest[0], self.lowest[1]])
        _advance(own, first, latest, clocks, self._window or np.inf, lowest, early, tick)
        self.lowest = float(lowest[0]), int(lowest[1])
        self.latest = []
        for time in latest[latest > -np.inf].tolist():
            id_ = labels.ids[int((own == time).argmax())] if labels is not None and time not in before else None
            self.latest.append(before.get(time, LatestTime(time, id_)))

    def time(self) -> float:
        """The clock in seconds since 1970; `BEGINNING` before anything was read."""
        if self.latest:
            return self.latest[-1].time
        return BEGINNING if self.now is None else self.now

    def expiry_cutoff(self) -> float:
        """The clock minus the window."""
        return BEGINNING if self._window is None else max(self.time() - self._window, BEGINNING)

    def early(self) -> int:
        """The tick before which paragraphs count as read at the lowest clock; 0 if that has not expired."""
        return self.lowest[1] if self.lowest[0] < self.expiry_cutoff() else 0

    def too_far_ahead(self) -> list[LatestTime]:
        """The latest times that are more than a window ahead of the clock. Each is returned once."""
        if self._window is None or len(self.latest) < SUPPORT:
            return []
        found = [entry for entry in self.latest if entry.time > self.time() + self._window and not entry.reported]
        self.latest = [entry._replace(reported=entry.reported or entry in found) for entry in self.latest]
        return found


@kernel
def _advance(own, first, latest, clocks, window, lowest, early, tick):
    """Write the clock at each paragraph from `first` on to `clocks`, and `early` as in `Timestamps`.

    latest: (SUPPORT,) float64, descending, and lowest: (2,) float64, as in `Clock`; they go on.
    """
    for i in range(first, len(own)):
        time = own[i]
        if time > latest[-1]:  # not for nan
            place = len(latest) - 1
            while place > 0 and time > latest[place - 1]:
                place -= 1
            if place == 0 or time != latest[place - 1]:
                for k in range(len(latest) - 1, place, -1):
                    latest[k] = latest[k - 1]
                latest[place] = time
        clocks[i] = latest[0]
        for k in range(1, len(latest)):
            if latest[k] > -np.inf:
                clocks[i] = latest[k]
        if clocks[i] < lowest[0]:
            lowest[0] = clocks[i]
            lowest[1] = tick + i
        early[i] = np.int64(lowest[1]) if lowest[0] < clocks[i] - window else np.int64(0)
