"""How long a kept paragraph is remembered: the times, and the order in which paragraphs are forgotten.

Kept paragraphs stand in the order in which they were kept, and a renewed one goes to its end. Time never runs
backwards: what is older than the window, seen from the latest time so far, is forgotten at once, wherever it
stands. It is struck from the order when it comes to be the first there, so that a look at the first is
all that a paragraph costs; until then it counts. Where more stand in the order than may, the first is forgotten.

All of this happens paragraph by paragraph. That the memory of what was forgotten is used again later makes no
difference to a decision.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.clock import BEGINNING
from dedup.jit import inline, kernel
from dedup.memory import Memory
from dedup.settings import Settings

_FIRST, _LAST, _COUNT, _ID, _NUMBER, _TICK = range(6)  # in Life.ends
_NOBODY = -1
_LARGEST = (1 << 31) - 2  # id that a slot of the index holds


class Life(NamedTuple):
    """What kernels see; row i is paragraph i of `kept.Columns`. Without `forgets` nothing of it is used.

    forgets, refresh: whether anything is forgotten; whether a repeat renews what it repeats.
    most: how many may stand in the order.
    horizon: (1,) float64, what is of an earlier time is forgotten.
    ends: (6,) int64, the first and the last row of the order, how many stand in it, and the next id, number and tick.
    times: (rows,) float64, seconds since 1970 of the last sighting; -inf for what was struck from the order.
    ids: (rows,) int32, ascending, what the index calls a row.
    numbers: (rows,) int64, ascending, how many were kept before it, over the life of the memory.
    ticks: (rows,) int64, ascending along the order.
    before, after: (rows,) int32, the neighbours in the order, -1 at its ends.
    """

    forgets: bool
    refresh: bool
    most: int
    horizon: NDArray[np.float64]
    ends: NDArray[np.int64]
    times: NDArray[np.float64]
    ids: NDArray[np.int32]
    numbers: NDArray[np.int64]
    ticks: NDArray[np.int64]
    before: NDArray[np.int32]
    after: NDArray[np.int32]


@inline
def pass_time(life, horizon):  # type: ignore[no-untyped-def]  # typed by numba
    """Forget what is of a time before `horizon`."""
    life.horizon[0] = horizon
    while life.ends[_COUNT] > 0 and life.times[life.ends[_FIRST]] < horizon:
        _strike_first(life)


@inline
def lives(life, row):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a row is still remembered."""
    return life.times[row] >= life.horizon[0]


@inline
def begin(life, row, time):  # type: ignore[no-untyped-def]  # typed by numba
    """Remember a row that was kept; the id that the index is to know it by."""
    id_ = life.ends[_ID]
    life.times[row] = time
    life.ids[row] = id_
    life.numbers[row] = life.ends[_NUMBER]
    life.ends[_ID] += 1
    life.ends[_NUMBER] += 1
    _append(life, row)
    if life.ends[_COUNT] > life.most:
        _strike_first(life)
    return id_


@inline
def enter(life, row, number, tick, time):  # type: ignore[no-untyped-def]  # typed by numba
    """Remember a row as it was before, but for its neighbours, which `Lives.link` finds; its id."""
    life.ids[row] = row
    life.numbers[row] = number
    life.ticks[row] = tick
    life.times[row] = time
    return row


@inline
def renew(life, row, time):  # type: ignore[no-untyped-def]  # typed by numba
    """Remember a row as if it had been kept now, but never for shorter than before."""
    life.times[row] = max(life.times[row], time)
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
def _append(life, row):  # type: ignore[no-untyped-def]  # typed by numba
    last = life.ends[_LAST]
    life.before[row] = last
    life.after[row] = _NOBODY
    life.ticks[row] = life.ends[_TICK]
    life.ends[_TICK] += 1
    if last == _NOBODY:
        life.ends[_FIRST] = row
    else:
        life.after[last] = row
    life.ends[_LAST] = row
    life.ends[_COUNT] += 1


@inline
def _strike_first(life):  # type: ignore[no-untyped-def]  # typed by numba
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
def _catch_up(life):  # type: ignore[no-untyped-def]  # typed by numba
    """Forget what is too old, or too much, by now."""
    pass_time(life, life.horizon[0])
    while life.ends[_COUNT] > life.most:
        _strike_first(life)


class Lives:
    """The columns of `Life` and their memory. `forgets` says whether they are needed."""

    def __init__(self, settings: Settings, forgets: bool) -> None:
        self._settings = settings
        self.forgets = forgets
        self._largest = _LARGEST
        self._horizon = np.full(1, BEGINNING)
        self._ends = np.array([_NOBODY, _NOBODY, 0, 0, 0, 0])
        self._memory = (
            Memory(np.float64),
            Memory(np.int32),
            Memory(np.int64),
            Memory(np.int64),
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
            self.forgets, self.forgets and self._settings.refresh, int(most), self._horizon, self._ends,
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
        """Those of the first `rows` rows that stand in the order, ascending."""
        return np.flatnonzero(self.columns.times[:rows] > -np.inf)

    def living(self, rows: int) -> NDArray[np.int32]:
        """The ids of those of the first `rows` rows that are still remembered, ascending."""
        remembered: NDArray[np.bool_] = self.columns.times[:rows] >= self._horizon[0]
        return self.columns.ids[:rows][remembered]

    def condense(self, wanted: NDArray[np.int64]) -> None:
        """Leave only the wanted rows, (k,) ascending, which all that stand in the order are among."""
        life, k = self.columns, len(wanted)
        place = np.full(len(life.after) + 1, _NOBODY, np.int32)  # the last is that of nobody
        place[wanted] = np.arange(k, dtype=np.int32)
        for column in (life.times, life.ids, life.numbers, life.ticks):
            column[:k] = column[wanted]
        for neighbours in (life.before, life.after):
            neighbours[:k] = place[neighbours[wanted]]
        self._ends[[_FIRST, _LAST]] = place[self._ends[[_FIRST, _LAST]]]

    def link(self, rows: int, number: int, tick: int, horizon: float) -> None:
        """Set the `rows` rows that came by `enter` in order; the next number and tick, and the time that is too old."""
        life = self.columns
        order = np.argsort(life.ticks[:rows])
        life.before[order[1:]], life.after[order[:-1]] = order[:-1], order[1:]
        life.before[order[:1]] = life.after[order[-1:]] = _NOBODY
        ends = (order[0], order[-1]) if rows else (_NOBODY, _NOBODY)
        self._ends[:] = *ends, rows, rows, number, tick
        self._horizon[0] = horizon
        _catch_up(life)

    def first_tick(self) -> int:
        """The tick of what will be forgotten next; of the next paragraph where nothing is remembered."""
        first = self._ends[_FIRST]
        return int(self._ends[_TICK] if first == _NOBODY else self.columns.ticks[first])

    def exhausted(self, more: int) -> bool:
        """Whether ids for so `more` rows would be too large for the index."""
        return bool(self._ends[_ID] + more > self._largest)

    def renumber(self, rows: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give the first `rows` rows the smallest ids there are; the ids they had, and those they have."""
        old = self.columns.ids[:rows].copy()
        self.columns.ids[:rows] = np.arange(rows)
        self._ends[_ID] = rows
        return old, self.columns.ids[:rows]
