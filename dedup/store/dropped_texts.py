"""Dropped texts: a text that was dropped before repeats the same paragraph again, without a search.

The table maps the key of each dropped text to the stored paragraph that it repeats. That paragraph is only a candidate:
it is verified like any other. If paragraphs are forgotten, the table also has a key for each dropped record and its
text, to distinguish a record that is still there from another one with the same text. An entry lasts as long as the
stored paragraph, and no longer than a paragraph that was read when the entry was made.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import inline, kernel, part
from dedup.sketch.lsh import TEXT_BIT
from dedup.store.clock import Clock
from dedup.store.hash_index import bisect_ids
from dedup.store.retention import RetentionColumns, is_live, is_past

_NOBODY = -1
_SMALLEST = 64  # slots
_FIXED_BITS = np.uint64(5)  # the lowest bits of a key; one of them, TEXT_BIT, is the same in all texts


class DroppedColumns(NamedTuple):
    """An open-addressing hash table, for kernels. Each column is (slots,), a power of two.

    Attributes:
        keys: uint64, the key of a canonical text, or that key XOR the key of a record with this text.
        targets: int64, the number of the stored paragraph that was repeated, -1 for an empty slot.
        clocks: float64, the clock when the entry was made; see `RetentionColumns`.
        ticks: int64, the tick when the entry was made; see `RetentionColumns`.
        used: (1,) int64, the number of entries.
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
    slot = key >> _FIXED_BITS & mask
    while dropped.targets[slot] != _NOBODY and dropped.keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@part
def note_dropped(dropped, key, target, clock, tick):
    """Add or update the entry of `key`, which repeats stored paragraph number `target`. There must be room."""
    slot = find_dropped(dropped, key)
    if dropped.targets[slot] == _NOBODY:
        dropped.used[0] += 1
    dropped.keys[slot] = key
    dropped.targets[slot] = target
    dropped.clocks[slot] = clock
    dropped.ticks[slot] = tick


@inline
def row_of(number, rows, retention):
    """The row of stored paragraph `number` among the first `rows`, -1 if it was evicted."""
    if not retention.forgets:
        return number if number < rows else np.int64(-1)
    row = bisect_ids(retention.numbers, rows, number)
    return row if row >= 0 and is_live(retention, row) else np.int64(-1)


@part
def repeated_row(dropped, slot, rows, retention, expiry_cutoff, early, tick):
    """The row that the entry in a slot refers to, -1 if the slot is empty or the entry has expired."""
    number = dropped.targets[slot]
    if number == _NOBODY:
        return np.int64(-1)
    if retention.forgets:
        if is_past(retention, dropped.clocks[slot], dropped.ticks[slot], expiry_cutoff, early, tick):
            return np.int64(-1)
        if tick - dropped.ticks[slot] > max(retention.most, retention.recent):
            return np.int64(-1)
    return row_of(number, rows, retention)


@kernel
def _remembered(dropped, rows, retention, expiry_cutoff, early, tick, out):
    """Write to `out`, (slots,) bool, whether each slot has an entry that has not expired."""
    for slot in range(len(out)):
        out[slot] = repeated_row(dropped, np.uint64(slot), rows, retention, expiry_cutoff, early, tick) >= 0


@kernel
def _note_all(dropped, keys, targets, clocks, ticks):
    for i in range(len(keys)):
        note_dropped(dropped, keys[i], targets[i], clocks[i], ticks[i])


class DroppedEntries(NamedTuple):
    """n entries in the order in which they were made; the columns of `DroppedColumns`, (n,) each."""

    keys: NDArray[np.uint64]
    targets: NDArray[np.int64]
    clocks: NDArray[np.float64]
    ticks: NDArray[np.int64]


def with_text_bits(entries: DroppedEntries) -> DroppedEntries:
    """Entries of a state file whose keys have no `TEXT_BIT`, with it.

    The key of a text and of a record does not show whether the bit of the text was set before. So each entry is there
    twice, with either bit; no text has the other key.
    """
    keys = np.stack([entries.keys, entries.keys ^ TEXT_BIT], axis=1).ravel()
    targets, clocks, ticks = np.repeat(entries.targets, 2), np.repeat(entries.clocks, 2), np.repeat(entries.ticks, 2)
    return DroppedEntries(keys, targets, clocks, ticks)


class DroppedTexts:
    """The hash table of dropped texts."""

    def __init__(self) -> None:
        self.table = _empty(_SMALLEST)

    def __len__(self) -> int:
        return int(self.table.used[0])

    def reserve(self, more: int, rows: int, retention: RetentionColumns, clock: Clock, tick: int) -> None:
        """Make room for `more` texts. If the table must grow, entries expired at paragraph `tick` are removed."""
        if 2 * (len(self) + more) <= len(self.table.keys):
            return
        entries = self.entries(rows, retention, clock, tick)
        slots = _SMALLEST
        while slots < 4 * (len(entries.keys) + more):
            slots *= 2
        self.table = _empty(slots)
        _note_all(self.table, *entries)

    def entries(self, rows: int, retention: RetentionColumns, clock: Clock, tick: int) -> DroppedEntries:
        """The entries that have not expired when paragraph `tick` is read, in no order."""
        remembered = np.zeros(len(self.table.keys), np.bool_)
        _remembered(self.table, rows, retention, clock.expiry_cutoff(), clock.early(), tick, remembered)
        table = self.table
        return DroppedEntries(
            table.keys[remembered], table.targets[remembered], table.clocks[remembered], table.ticks[remembered]
        )

    def restore(self, entries: DroppedEntries, rows: int, retention: RetentionColumns, clock: Clock, tick: int) -> None:
        """Add entries in order. The last entry of a text counts."""
        self.reserve(len(entries.keys), rows, retention, clock, tick)
        _note_all(self.table, *entries)


def _empty(slots: int) -> DroppedColumns:
    return DroppedColumns(
        np.zeros(slots, np.uint64),
        np.full(slots, _NOBODY, np.int64),
        np.zeros(slots, np.float64),
        np.zeros(slots, np.int64),
        np.zeros(1, np.int64),
    )
