"""Retention: how long stored paragraphs are remembered, and the queue in which they are evicted.

Stored paragraphs form a queue, oldest first; a refreshed one moves to the back. The first one is evicted when the clock
has advanced by more than the window since it was last read and `RECENT` paragraphs have been read since then, or when
more than `max_paragraphs` are stored. So a feed that is polled again is recognised, whatever dates it has.

All of this happens paragraph by paragraph. Reusing the memory of an evicted row does not change any decision.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import inline, kernel, part
from dedup.settings import Settings
from dedup.store.clock import Clock
from dedup.store.growable_array import GrowableArray

#: The last paragraphs that were read are remembered even if they are older than the window.
RECENT = 20_000
_FIRST, _LAST, _COUNT, _ID, _NUMBER = range(5)  # in RetentionColumns.ends
_NOBODY = -1
_LARGEST = (1 << 31) - 2  # largest id that fits into a slot of the index


class RetentionColumns(NamedTuple):
    """The columns, for kernels. Row i belongs to paragraph i of `ParagraphColumns`. They are empty without `forgets`.

    Attributes:
        forgets: Whether any paragraph is ever forgotten.
        refresh: Whether every repeat refreshes the paragraph that it repeats.
        most: The largest number of stored paragraphs.
        recent: The number of paragraphs read last that the window does not evict.
        ends: (5,) int64: the first and the last row of the queue, its length, the next id, and the next number.
        times: (rows,) float64, seconds since 1970, the latest time of the paragraph; -inf for an evicted row.
        clocks: (rows,) float64, the clock when it was last read.
        ids: (rows,) int32, ascending, its id in the index.
        numbers: (rows,) int64, ascending, the number of paragraphs that were ever stored before it.
        ticks: (rows,) int64, ascending along the queue, the number of paragraphs read before it was last read.
        records: (rows,) uint64, the key of its record, 0 for none.
        before: (rows,) int32, the previous row in the queue, -1 for none.
        after: (rows,) int32, the next row in the queue, -1 for none.
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
def is_past(retention, clock, tick, expiry_cutoff, early, now):
    """Whether a paragraph last read at `clock` and `tick` has expired when paragraph `now` is read."""
    return (clock < expiry_cutoff or tick < early) and tick + retention.recent < now


@part
def expire_before(retention, expiry_cutoff, early, tick):
    """Evict paragraphs that have expired when paragraph `tick` is read; see `clock.Timestamps`."""
    while retention.ends[_COUNT] > 0:
        first = retention.ends[_FIRST]
        if not is_past(retention, retention.clocks[first], retention.ticks[first], expiry_cutoff, early, tick):
            break
        _evict_oldest(retention)


@inline
def is_live(retention, row):
    """Whether a row is not evicted."""
    return retention.times[row] > -np.inf


@part
def admit(retention, row, time, clock, tick, record):
    """Add a stored row to the end of the queue. Returns its id for the index."""
    id_ = retention.ends[_ID]
    retention.times[row] = time
    retention.clocks[row] = clock
    retention.ticks[row] = tick
    retention.records[row] = record
    retention.ids[row] = id_
    retention.numbers[row] = retention.ends[_NUMBER]
    retention.ends[_ID] += 1
    retention.ends[_NUMBER] += 1
    _append(retention, row)
    if retention.ends[_COUNT] > retention.most:
        _evict_oldest(retention)
    return id_


@inline
def restore_row(retention, row, number, tick, time, clock, record):
    """Restore a row, except for its place in the queue; see `Retention.rebuild_queue`. Returns its id."""
    retention.ids[row] = row
    retention.numbers[row] = number
    retention.ticks[row] = tick
    retention.times[row] = time
    retention.clocks[row] = clock
    retention.records[row] = record
    return row


@part
def refresh(retention, row, time, clock, tick):
    """Move a row to the end of the queue. Its time never becomes earlier."""
    retention.times[row] = max(retention.times[row], time)
    retention.clocks[row] = clock
    retention.ticks[row] = tick
    before, after = retention.before[row], retention.after[row]
    if before == _NOBODY:
        retention.ends[_FIRST] = after
    else:
        retention.after[before] = after
    if after == _NOBODY:
        retention.ends[_LAST] = before
    else:
        retention.before[after] = before
    retention.ends[_COUNT] -= 1
    _append(retention, row)


@inline
def _append(retention, row):
    last = retention.ends[_LAST]
    retention.before[row] = last
    retention.after[row] = _NOBODY
    if last == _NOBODY:
        retention.ends[_FIRST] = row
    else:
        retention.after[last] = row
    retention.ends[_LAST] = row
    retention.ends[_COUNT] += 1


@inline
def _evict_oldest(retention):
    row = retention.ends[_FIRST]
    after = retention.after[row]
    retention.times[row] = -np.inf
    retention.ends[_FIRST] = after
    retention.ends[_COUNT] -= 1
    if after == _NOBODY:
        retention.ends[_LAST] = _NOBODY
    else:
        retention.before[after] = _NOBODY


@kernel
def _catch_up(retention, expiry_cutoff, early, tick):
    """Evict expired paragraphs, and the oldest ones above the largest number."""
    expire_before(retention, expiry_cutoff, early, tick)
    while retention.ends[_COUNT] > retention.most:
        _evict_oldest(retention)


_is_past = is_past.py_func  # type: ignore[attr-defined]  # of numba


class Retention:
    """The retention columns and their memory. `forgets` says whether they are used."""

    def __init__(self, settings: Settings, forgets: bool) -> None:
        self._settings = settings
        self.forgets = forgets
        self._largest = _LARGEST
        self._recent = RECENT
        self._ends = np.array([_NOBODY, _NOBODY, 0, 0, 0])
        self._memory = (
            GrowableArray(np.float64),
            GrowableArray(np.float64),
            GrowableArray(np.int32),
            GrowableArray(np.int64),
            GrowableArray(np.int64),
            GrowableArray(np.uint64),
            GrowableArray(np.int32),
            GrowableArray(np.int32),
        )
        self.columns = self._view(0)

    def __len__(self) -> int:
        """The length of the queue."""
        return int(self._ends[_COUNT])

    def _view(self, rows: int) -> RetentionColumns:
        self._room = rows  # some columns may be longer
        most = self._settings.max_paragraphs or np.iinfo(np.int64).max
        return RetentionColumns(
            self.forgets, self.forgets and self._settings.refresh, int(most), self._recent, self._ends,
            *(memory.array(rows) for memory in self._memory),
        )  # fmt: skip

    def reserve(self, rows: int) -> None:
        """Make room for `rows` rows in total."""
        if self.forgets and rows > self._room:
            del self.columns  # a view would keep the memory from being extended
            self.columns = self._view(rows + rows // 2)

    def numbers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of `rows`: how many paragraphs were ever stored before each."""
        return self.columns.numbers[rows] if self.forgets else rows

    def next_number(self, rows: int) -> int:
        """The number of the next stored paragraph, if `rows` rows are in use."""
        return int(self._ends[_NUMBER]) if self.forgets else rows

    def live_row(self, number: int, rows: int) -> int:
        """The live row with this number among the first `rows`, -1 if there is none."""
        row = int(np.searchsorted(self.columns.numbers[:rows], number))
        is_found = row < rows and self.columns.numbers[row] == number and self.columns.times[row] > -np.inf
        return row if is_found else -1

    def linked_rows(self, rows: int) -> NDArray[np.int64]:
        """The live rows among the first `rows`, ascending."""
        return np.flatnonzero(self.columns.times[:rows] > -np.inf)

    def live_ids(self, rows: int) -> NDArray[np.int32]:
        """The ids of the live rows among the first `rows`, ascending."""
        return self.columns.ids[:rows][self.linked_rows(rows)]

    def compact(self, wanted: NDArray[np.int64]) -> None:
        """Keep only the wanted rows, (k,) ascending, which must include all live ones."""
        retention, k = self.columns, len(wanted)
        place = np.full(len(retention.after) + 1, _NOBODY, np.int32)  # the last entry maps -1 to -1
        place[wanted] = np.arange(k, dtype=np.int32)
        for column in (
            retention.times,
            retention.clocks,
            retention.ids,
            retention.numbers,
            retention.ticks,
            retention.records,
        ):
            column[:k] = column[wanted]
        for neighbours in (retention.before, retention.after):
            neighbours[:k] = place[neighbours[wanted]]
        self._ends[[_FIRST, _LAST]] = place[self._ends[[_FIRST, _LAST]]]

    def rebuild_queue(self, rows: int, number: int, tick: int, clock: Clock) -> None:
        """Queue the `rows` rows that were restored. `number` and `tick` are the next ones."""
        retention = self.columns
        order = np.argsort(retention.ticks[:rows])
        retention.before[order[1:]], retention.after[order[:-1]] = order[:-1], order[1:]
        retention.before[order[:1]] = retention.after[order[-1:]] = _NOBODY
        ends = (order[0], order[-1]) if rows else (_NOBODY, _NOBODY)
        self._ends[:] = *ends, rows, rows, number
        _catch_up(retention, clock.expiry_cutoff(), clock.early(), tick - 1)  # as of the last paragraph read

    def as_of(self, expiry_cutoff: float, early: int, tick: int) -> RetentionColumns:
        """The columns as they are when paragraph `tick` is read, a copy if anything expires until then."""
        columns, first = self.columns, self._ends[_FIRST]
        if first == _NOBODY or not _is_past(
            columns, columns.clocks[first], columns.ticks[first], expiry_cutoff, early, tick
        ):
            return columns
        own = {name: getattr(columns, name).copy() for name in ("ends", "times", "before")}
        later = columns._replace(**own)
        _catch_up(later, expiry_cutoff, early, tick)
        return later

    def first_tick(self, tick: int) -> int:
        """The tick of the paragraph that is evicted next; `tick`, the next one, if nothing is stored."""
        first = self._ends[_FIRST]
        return tick if first == _NOBODY else int(self.columns.ticks[first])

    def exhausted(self, more: int) -> bool:
        """Whether ids for `more` rows would be too large for the index."""
        return bool(self._ends[_ID] + more > self._largest)

    def renumber(self, rows: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give the first `rows` rows the smallest ids. Returns their old and their new ids."""
        old = self.columns.ids[:rows].copy()
        self.columns.ids[:rows] = np.arange(rows)
        self._ends[_ID] = rows
        return old, self.columns.ids[:rows]
