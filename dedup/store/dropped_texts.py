"""What was dropped before: a text that comes again repeats what it repeated before, without a search.

For each dropped text the table holds its key and the stored paragraph that it repeats. The key only proposes that
paragraph: it is verified like any other candidate. Where paragraphs are forgotten, the table also holds a key for each
dropped record and its text, to tell a record that is still there from another one that says the same. An entry lasts as
long as the stored paragraph, and no longer than a paragraph that was read last when the entry was made.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import inline, kernel, part
from dedup.store.clock import Clock
from dedup.store.hash_index import place_of
from dedup.store.retention import Life, is_past, lives

_NOBODY = -1
_SMALLEST = 64  # slots


class DroppedTexts(NamedTuple):
    """A table with open addressing, as kernels see it; each column is (slots,), a power of two.

    keys: uint64, the key of a whole canonical text, or that key XOR the key of a record with this text. targets: int64,
    the number of the stored paragraph that was repeated, -1 for an empty slot. clocks: float64, ticks: int64, as in
    `life.Life`, when the entry was made. used: (1,) int64, slots with an entry.
    """

    keys: NDArray[np.uint64]
    targets: NDArray[np.int64]
    clocks: NDArray[np.float64]
    ticks: NDArray[np.int64]
    used: NDArray[np.int64]


@inline
def find_dropped(dropped, key):
    """The slot of a key, or the empty slot for it."""
    mask = np.uint64(len(dropped.keys) - 1)
    slot = key & mask
    while dropped.targets[slot] != _NOBODY and dropped.keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@part
def note_dropped(dropped, key, target, clock, tick):
    """Make or renew the entry of `key`: it repeats stored paragraph number `target`. There must be room."""
    slot = find_dropped(dropped, key)
    if dropped.targets[slot] == _NOBODY:
        dropped.used[0] += 1
    dropped.keys[slot] = key
    dropped.targets[slot] = target
    dropped.clocks[slot] = clock
    dropped.ticks[slot] = tick


@inline
def row_of(number, rows, life):
    """The row of stored paragraph `number` among the first `rows`, -1 where it is forgotten."""
    if not life.forgets:
        return number if number < rows else np.int64(-1)
    row = place_of(life.numbers, rows, number)
    return row if row >= 0 and lives(life, row) else np.int64(-1)


@part
def repeated_row(dropped, slot, rows, life, horizon, early, tick):
    """The row that the entry in a slot names, -1 where the slot is empty or the entry is forgotten."""
    number = dropped.targets[slot]
    if number == _NOBODY:
        return np.int64(-1)
    if life.forgets:
        if is_past(life, dropped.clocks[slot], dropped.ticks[slot], horizon, early, tick):
            return np.int64(-1)
        if tick - dropped.ticks[slot] > max(life.most, life.recent):
            return np.int64(-1)
    return row_of(number, rows, life)


@kernel
def _remembered(dropped, rows, life, horizon, early, tick, out):
    """Write to `out`, (slots,) bool, whether the entry of each slot is still remembered."""
    for slot in range(len(out)):
        out[slot] = repeated_row(dropped, np.uint64(slot), rows, life, horizon, early, tick) >= 0


@kernel
def _note_all(dropped, keys, targets, clocks, ticks):
    for i in range(len(keys)):
        note_dropped(dropped, keys[i], targets[i], clocks[i], ticks[i])


class DroppedEntries(NamedTuple):
    """n entries in the order in which they were made; the columns of `DroppedTexts`, (n,) each."""

    keys: NDArray[np.uint64]
    targets: NDArray[np.int64]
    clocks: NDArray[np.float64]
    ticks: NDArray[np.int64]


class Dropped:
    """The table and its memory."""

    def __init__(self) -> None:
        self.table = _empty(_SMALLEST)

    def __len__(self) -> int:
        return int(self.table.used[0])

    def reserve(self, more: int, rows: int, life: Life, clock: Clock, tick: int) -> None:
        """Make room for `more` texts. Where there is none, what is forgotten when paragraph `tick` is read leaves."""
        if 2 * (len(self) + more) <= len(self.table.keys):
            return
        entries = self.entries(rows, life, clock, tick)
        slots = _SMALLEST
        while slots < 4 * (len(entries.keys) + more):
            slots *= 2
        self.table = _empty(slots)
        _note_all(self.table, *entries)

    def entries(self, rows: int, life: Life, clock: Clock, tick: int) -> DroppedEntries:
        """What is remembered when paragraph `tick` is read, in no order."""
        remembered = np.zeros(len(self.table.keys), np.bool_)
        _remembered(self.table, rows, life, clock.horizon(), clock.early(), tick, remembered)
        table = self.table
        return DroppedEntries(
            table.keys[remembered], table.targets[remembered], table.clocks[remembered], table.ticks[remembered]
        )

    def restore(self, entries: DroppedEntries, rows: int, life: Life, clock: Clock, tick: int) -> None:
        """Remember texts that were dropped before; the last entry of a text counts."""
        self.reserve(len(entries.keys), rows, life, clock, tick)
        _note_all(self.table, *entries)


def _empty(slots: int) -> DroppedTexts:
    return DroppedTexts(
        np.zeros(slots, np.uint64),
        np.full(slots, _NOBODY, np.int64),
        np.zeros(slots, np.float64),
        np.zeros(slots, np.int64),
        np.zeros(1, np.int64),
    )
