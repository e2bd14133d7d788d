"""How long a stored paragraph is remembered: its times, and the queue in which paragraphs are forgotten.

Stored paragraphs form a queue, the one read longest ago first; a refreshed one moves to the back. The first in the
queue is forgotten when the clock has moved on by more than the window since it was last read and `RECENT` paragraphs
have been read since then, or when more are stored than may be. So a feed that is polled again is recognised, whatever
dates it carries.

All of this happens paragraph by paragraph. That the memory of a forgotten row is used again later makes no difference
to a decision.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import inline, kernel, part
from dedup.settings import Settings
from dedup.store.clock import Clock
from dedup.store.growable_array import Memory

#: The paragraphs read last are remembered even if they are older than the window.
RECENT = 20_000
_FIRST, _LAST, _COUNT, _ID, _NUMBER = range(5)  # in Life.ends
_NOBODY = -1
_LARGEST = (1 << 31) - 2  # id that a slot of the index holds


class Life(NamedTuple):
    """The columns as kernels see them; row i is paragraph i of `kept.Columns`. Without `forgets` none is used.

    forgets, refresh: whether anything is forgotten; whether every repeat refreshes what it repeats.
    most: how many paragraphs may be stored. recent: how many of the paragraphs read last the window leaves alone.
    ends: (5,) int64, the first and the last row of the queue, its length, and the next id and number.
    times: (rows,) float64, seconds since 1970, until when the paragraph was said; -inf for a forgotten row.
    clocks: (rows,) float64, the clock when it was last read.
    ids: (rows,) int32, ascending, the row's name in the index.
    numbers: (rows,) int64, ascending, how many were stored before it over the life of the memory.
    ticks: (rows,) int64, ascending along the queue, how many paragraphs had been read before it was last read.
    records: (rows,) uint64, the key of the record that it belongs to, 0 for none.
    before, after: (rows,) int32, the neighbours in the queue, -1 at its ends.
    """

    forgets: bool
    refresh: bool
    most: int
    recent: int
    ends: NDArray[np.int64]
    times: NDArray[np.float64]
    clocks: NDArray[np.float64]
    ids: NDArray[np.int32]
    numbers: NDArray[np.int64]
    ticks: NDArray[np.int64]
    records: NDArray[np.uint64]
    before: NDArray[np.int32]
    after: NDArray[np.int32]


@inline
def is_past(life, clock, tick, horizon, early, now):
    """Whether what was last read at `clock` and `tick` is outside the window, when paragraph `now` is read."""
    return (clock < horizon or tick < early) and tick + life.recent < now


@part
def pass_time(life, horizon, early, tick):
    """Forget what is outside the window when paragraph `tick` is read; see `clock.Readings`."""
    while life.ends[_COUNT] > 0:
        first = life.ends[_FIRST]
        if not is_past(life, life.clocks[first], life.ticks[first], horizon, early, tick):
            break
        _forget_first(life)


@inline
def lives(life, row):
    """Whether a row is still remembered."""
    return life.times[row] > -np.inf


@part
def begin(life, row, time, clock, tick, record):
    """Add a stored row to the queue; the id for the index."""
    id_ = life.ends[_ID]
    life.times[row] = time
    life.clocks[row] = clock
    life.ticks[row] = tick
    life.records[row] = record
    life.ids[row] = id_
    life.numbers[row] = life.ends[_NUMBER]
    life.ends[_ID] += 1
    life.ends[_NUMBER] += 1
    _append(life, row)
    if life.ends[_COUNT] > life.most:
        _forget_first(life)
    return id_


@inline
def enter(life, row, number, tick, time, clock, record):
    """Restore a row, without its neighbours, which `Lives.link` finds; its id."""
    life.ids[row] = row
    life.numbers[row] = number
    life.ticks[row] = tick
    life.times[row] = time
    life.clocks[row] = clock
    life.records[row] = record
    return row


@part
def renew(life, row, time, clock, tick):
    """Refresh a row, as if it had been stored now, but never for shorter than before."""
    life.times[row] = max(life.times[row], time)
    life.clocks[row] = clock
    life.ticks[row] = tick
    before, after = life.before[row], life.after[row]
    if before == _NOBODY:
        life.ends[_FIRST] = after
    else:
        life.after[before] = after
    if after == _NOBODY:
        life.ends[_LAST] = before
    else:
        life.before[after] = before
    life.ends[_COUNT] -= 1
    _append(life, row)


@inline
def _append(life, row):
    last = life.ends[_LAST]
    life.before[row] = last
    life.after[row] = _NOBODY
    if last == _NOBODY:
        life.ends[_FIRST] = row
    else:
        life.after[last] = row
    life.ends[_LAST] = row
    life.ends[_COUNT] += 1


@inline
def _forget_first(life):
    row = life.ends[_FIRST]
    after = life.after[row]
    life.times[row] = -np.inf
    life.ends[_FIRST] = after
    life.ends[_COUNT] -= 1
    if after == _NOBODY:
        life.ends[_LAST] = _NOBODY
    else:
        life.before[after] = _NOBODY


@kernel
def _catch_up(life, horizon, early, tick):
    """Forget what is too old, or too much, by now."""
    pass_time(life, horizon, early, tick)
    while life.ends[_COUNT] > life.most:
        _forget_first(life)


class Lives:
    """The columns of `Life` and their memory. `forgets` says whether they are needed."""

    def __init__(self, settings: Settings, forgets: bool) -> None:
        self._settings = settings
        self.forgets = forgets
        self._largest = _LARGEST
        self._recent = RECENT
        self._ends = np.array([_NOBODY, _NOBODY, 0, 0, 0])
        self._memory = (
            Memory(np.float64),
            Memory(np.float64),
            Memory(np.int32),
            Memory(np.int64),
            Memory(np.int64),
            Memory(np.uint64),
            Memory(np.int32),
            Memory(np.int32),
        )
        self.columns = self._view(0)

    def __len__(self) -> int:
        """How many stand in the order."""
        return int(self._ends[_COUNT])

    def _view(self, rows: int) -> Life:
        self._room = rows  # some columns may have more
        most = self._settings.max_paragraphs or np.iinfo(np.int64).max
        return Life(
            self.forgets, self.forgets and self._settings.refresh, int(most), self._recent, self._ends,
            *(memory.array(rows) for memory in self._memory),
        )  # fmt: skip

    def reserve(self, rows: int) -> None:
        """Make room for so many rows in all."""
        if self.forgets and rows > self._room:
            del self.columns  # or its memory could not be extended
            self.columns = self._view(rows + rows // 2)

    def numbers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many paragraphs were kept before those of `rows`, over the life of the memory."""
        return self.columns.numbers[rows] if self.forgets else rows

    def standing(self, rows: int) -> NDArray[np.int64]:
        """Those of the first `rows` rows that are remembered, ascending."""
        return np.flatnonzero(self.columns.times[:rows] > -np.inf)

    def living(self, rows: int) -> NDArray[np.int32]:
        """The ids of those of the first `rows` rows that are remembered, ascending."""
        return self.columns.ids[:rows][self.standing(rows)]

    def condense(self, wanted: NDArray[np.int64]) -> None:
        """Leave only the wanted rows, (k,) ascending, which all that stand in the order are among."""
        life, k = self.columns, len(wanted)
        place = np.full(len(life.after) + 1, _NOBODY, np.int32)  # the last is that of nobody
        place[wanted] = np.arange(k, dtype=np.int32)
        for column in (life.times, life.clocks, life.ids, life.numbers, life.ticks, life.records):
            column[:k] = column[wanted]
        for neighbours in (life.before, life.after):
            neighbours[:k] = place[neighbours[wanted]]
        self._ends[[_FIRST, _LAST]] = place[self._ends[[_FIRST, _LAST]]]

    def link(self, rows: int, number: int, tick: int, clock: Clock) -> None:
        """Queue the `rows` rows that `enter` restored; `number` and `tick` are the next ones."""
        life = self.columns
        order = np.argsort(life.ticks[:rows])
        life.before[order[1:]], life.after[order[:-1]] = order[:-1], order[1:]
        life.before[order[:1]] = life.after[order[-1:]] = _NOBODY
        ends = (order[0], order[-1]) if rows else (_NOBODY, _NOBODY)
        self._ends[:] = *ends, rows, rows, number
        _catch_up(life, clock.horizon(), clock.early(), tick - 1)  # what was forgotten when the last one was read

    def first_tick(self, tick: int) -> int:
        """The tick of the paragraph that will be forgotten next; `tick`, the next one, where nothing is remembered."""
        first = self._ends[_FIRST]
        return tick if first == _NOBODY else int(self.columns.ticks[first])

    def exhausted(self, more: int) -> bool:
        """Whether the ids of `more` rows would be too large for the index."""
        return bool(self._ends[_ID] + more > self._largest)

    def renumber(self, rows: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give the first `rows` rows the smallest ids there are; the ids they had, and those they have."""
        old = self.columns.ids[:rows].copy()
        self.columns.ids[:rows] = np.arange(rows)
        self._ends[_ID] = rows
        return old, self.columns.ids[:rows]
