"""Band keys -> candidates: a hash table from 64-bit keys to the ids of kept paragraphs.

The table is cut into shards by the top bits of a key, so that it grows a shard at a time and never stops
a live feed for long. A shard is a row of buckets of sixteen 8-byte slots, which one or two vector
instructions compare at once. A slot holds 32 bits of the key above the id plus one; zero is empty. An entry
lives in the bucket its 32 bits are scaled to, or, where that is full, in the next with a free slot; in each
bucket that it had to pass, the slot with the number of its last 4 bits is marked, and only who looks for these
goes on. Scaling keeps the order, so a shard can be of any size, and growing it is one sweep.

What is forgotten goes when its shard is full, or when another id takes its place under the same key.

A key is known by its top 4 and its low 32 bits: with 36 million entries, one look-up in two thousand also
names a stranger, which verification turns away.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import ones, prefetch
from dedup._kernels.jit import inline, kernel
from dedup._kernels.views import address
from dedup.store.buckets import BUCKET, BUCKET_BITS, in_use, slots_at, with_tag
from dedup.store.growable_array import Memory

_FULL = 0.8
_ENOUGH = 0.75  # of a full shard: with less it need not grow
_GROWTH = 1.25
_LEAP = 2.0  # at most at once, where more is expected
_SPARE = 1.02  # of what is expected, as shards are not all alike; some get more, to be full one after the other
_ZERO, _ONE, _HALF = np.uint64(0), np.uint64(1), np.uint64(32)
_SHARD_BITS = np.uint64(4)
_SHARDS = 1 << int(_SHARD_BITS)
_LAST = BUCKET - _ONE
_ALL = (_ONE << BUCKET) - _ONE  # a bit for each slot
_SLOT_BITS = np.uint64(3)  # of the bytes of a slot
_LINE = np.uint64(64)  # bytes
_LOW = np.uint64(0xFFFFFFFF)
_ID = np.uint64(0x7FFFFFFF)
_PASSED = np.uint64(0x80000000)  # in a slot: an entry whose bits end in the slot's number went on to the next bucket


class Table(NamedTuple):
    """The shards as kernels see them; each field is (shards,).

    addresses: uint64, where the slots begin. sizes: int64, slots. counts: int64, entries. limits: int64, entries
    at which a shard is full.
    """

    addresses: NDArray[np.uint64]
    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]
    limits: NDArray[np.int64]


@inline
def _home(tag, size):  # type: ignore[no-untyped-def]  # typed by numba
    """The first slot of the bucket that the 32 bits of `tag` are scaled to, of `size` slots."""
    return ((tag * (size >> BUCKET_BITS)) >> _HALF) << BUCKET_BITS


@inline
def _open(table, key):  # type: ignore[no-untyped-def]  # typed by numba
    """The shard of a key: (its number, its slots, how many slots)."""
    shard = key >> (np.uint64(64) - _SHARD_BITS)
    size = np.uint64(table.sizes[shard])
    return shard, slots_at(table.addresses[shard], size), size


@inline
def touch(table, key):  # type: ignore[no-untyped-def]  # typed by numba
    """Ask for the bucket of `key`, so that it is in the cache when it is needed."""
    shard = key >> (np.uint64(64) - _SHARD_BITS)
    _ask(table.addresses[shard] + (_home(key & _LOW, np.uint64(table.sizes[shard])) << _SLOT_BITS))


@inline
def _ask(address):  # type: ignore[no-untyped-def]  # typed by numba
    """Ask for the bucket at an address."""
    prefetch(address)
    prefetch(address + _LINE)


@inline
def find(table, key, ids):  # type: ignore[no-untyped-def]  # typed by numba
    """Write the ids kept under `key` to `ids` (int64, as long as the bucket limit); how many."""
    shard, slots, size = _open(table, key)
    tag = key & _LOW
    at = _home(tag, size)
    # An entry for this key comes soon, most often, and goes to one of the next buckets where this one is full.
    full = BUCKET if slots[at + _LAST] != _ZERO else _ZERO
    _ask(table.addresses[shard] + (at + full << _SLOT_BITS))
    _ask(table.addresses[shard] + (at + full + full << _SLOT_BITS))
    found = 0
    while True:
        same = with_tag(table.addresses[shard] + (at << _SLOT_BITS), tag)
        if same != _ZERO:
            for k in range(BUCKET):
                if same >> k & _ONE and slots[at + k] != _ZERO and found < len(ids):
                    ids[found] = np.int64(slots[at + k] & _ID) - 1
                    found += 1
        if slots[at + (tag & _LAST)] & _PASSED == _ZERO or found == len(ids):
            return found
        at += BUCKET
        if at == size:
            at = _ZERO


@inline
def _place(slots, address, size, slot):  # type: ignore[no-untyped-def]  # typed by numba
    """Put an entry into the first free slot from its bucket on; the number of the bucket it came to."""
    tag = slot >> _HALF
    at = _home(tag, size)
    while True:
        used = in_use(address + (at << _SLOT_BITS))
        if used != _ALL:
            slots[at + ones(used)] = slot
            return at >> BUCKET_BITS
        slots[at + (tag & _LAST)] |= _PASSED
        at += BUCKET
        if at == size:
            at = _ZERO


@inline
def insert(table, key, id_):  # type: ignore[no-untyped-def]  # typed by numba
    """Keep `id_` under `key`."""
    shard, slots, size = _open(table, key)
    _place(slots, table.addresses[shard], size, (key & _LOW) << _HALF | np.uint64(id_ + 1))
    table.counts[shard] += 1


@inline
def replace(table, key, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Keep id `new` under `key` in the place of `old`, which is kept under it."""
    shard, slots, size = _open(table, key)
    tag = key & _LOW
    at = _home(tag, size)
    while True:
        same = with_tag(table.addresses[shard] + (at << _SLOT_BITS), tag)
        for k in range(BUCKET):
            if same >> k & _ONE and np.int64(slots[at + k] & _ID) - 1 == old:
                slots[at + k] = slots[at + k] & ~_ID | np.uint64(new + 1)
                return
        at += BUCKET
        if at == size:
            at = _ZERO


@inline
def place_of(ids, count, id_):  # type: ignore[no-untyped-def]  # typed by numba
    """Where `id_` stands among the first `count` of `ids`, which ascend; -1 where it does not."""
    if count == 0 or id_ < ids[0]:
        return np.int64(-1)
    high = min(np.int64(id_ - ids[0]), count - 1)  # it is there if none before it is missing
    if ids[high] == id_:
        return high
    low = np.int64(0)
    while low < high:
        middle = (low + high) >> 1
        if ids[middle] < id_:
            low = middle + 1
        else:
            high = middle
    return low if ids[low] == id_ else np.int64(-1)


@inline
def has_room(table, keys):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether every one of `keys`, (k,) uint64, can be inserted without making a shard too full."""
    for k in range(len(keys)):
        shard = keys[k] >> (np.uint64(64) - _SHARD_BITS)
        if table.counts[shard] + len(keys) > table.limits[shard]:
            return False
    return True


@kernel
def _spread(slots, old, used, waiting, held):  # type: ignore[no-untyped-def]  # typed by numba
    """Spread the entries of the first `old` of the `slots`, a shard that was made longer, over all of them.

    From the last bucket to the first, as an entry's new bucket is seldom before its old one, and what is
    behind it has been dealt with. The few entries that would go before it, or past the end, wait.

    used: (buckets,) uint8, 0 at first, slots of each bucket that has been dealt with. waiting: (old,) uint64.
    held: (16,) uint64.
    """
    size = np.uint64(len(slots))
    count = 0
    at = np.uint64(old)
    while at > _ZERO:
        at -= BUCKET
        for k in range(BUCKET):
            held[k] = slots[at + k] & ~_PASSED
            slots[at + k] = _ZERO
        for k in range(BUCKET):
            slot = held[k]
            if slot == _ZERO:
                break
            to = _home(slot >> _HALF, size)
            while to >= at and to < size and used[to >> BUCKET_BITS] == BUCKET:
                slots[to + (slot >> _HALF & _LAST)] |= _PASSED
                to += BUCKET
            if to < at or to == size:
                waiting[count] = slot
                count += 1
            else:
                slots[to + np.uint64(used[to >> BUCKET_BITS])] = slot
                used[to >> BUCKET_BITS] += 1
    for k in range(count):
        _place(slots, address(slots), size, waiting[k])


@kernel
def _sweep(slots, ids, names, staying):  # type: ignore[no-untyped-def]  # typed by numba
    """Leave only the entries whose ids are among `ids`, (k,) ascending, and call them by their `names`, (k,); how many.

    Entries that go would leave gaps that a search stops at, so those that stay are placed anew; they are held in
    `staying`, as long as the slots.
    """
    count = 0
    for at in range(len(slots)):
        slot = slots[at] & ~_PASSED
        slots[at] = _ZERO
        if slot != _ZERO:
            place = place_of(ids, len(ids), np.int64(slot & _ID) - 1)
            if place >= 0:
                staying[count] = slot & ~_ID | np.uint64(names[place] + 1)
                count += 1
    for k in range(count):
        _place(slots, address(slots), np.uint64(len(slots)), staying[k])
    return count


class Index:
    """The table and its memory. `keys` is how many keys a paragraph is kept under.

    `expected` may be set to about how many times as much there will be: the table grows to that in fewer steps.
    """

    def __init__(self, keys: int) -> None:
        self.expected = 1.0
        self._keys = keys
        self._memory = [Memory(np.uint64, int(BUCKET)) for _ in range(_SHARDS)]
        self.table = Table(
            np.zeros(_SHARDS, np.uint64),
            np.zeros(_SHARDS, np.int64),
            np.zeros(_SHARDS, np.int64),
            np.zeros(_SHARDS, np.int64),
        )
        # Of different sizes, so that they grow one after the other, and the index is never much too large.
        first = max(64, 4 * keys // int(BUCKET))
        self._buckets = [first * _GROWTH ** (shard / _SHARDS) for shard in range(_SHARDS)]
        for shard in range(_SHARDS):
            self._extend(shard)

    def expect(self, paragraphs: int) -> None:
        """Make room for about so many paragraphs at once."""
        for shard in range(_SHARDS):
            while self._buckets[shard] * int(BUCKET) * _FULL * _SHARDS < paragraphs * self._keys:
                self._buckets[shard] *= _GROWTH
            self._extend(shard)

    def grow(self, living: NDArray[np.int32] | None = None) -> None:
        """Make room in every shard that is too full for one more paragraph.

        Where the `living` ids are given, (k,) ascending, all others leave it, and it grows if it stays rather full.
        """
        for shard in np.flatnonzero(self.table.counts + self._keys > self.table.limits).tolist():
            if living is not None:
                self._sweep(shard, living, living)
                if self.table.counts[shard] + self._keys <= self.table.limits[shard] * _ENOUGH:
                    continue
            enough = _SPARE * self.expected * int(self.table.counts[shard]) / (int(BUCKET) * _FULL)
            while int(now := self._buckets[shard]) * int(BUCKET) <= self.table.sizes[shard]:
                leap = min(enough * _SPARE ** (2 * shard / _SHARDS), now * _LEAP)
                self._buckets[shard] = leap if leap > now * _SPARE else now * _GROWTH
            self._extend(shard)

    def rename(self, ids: NDArray[np.int32], names: NDArray[np.int32]) -> None:
        """Call each of `ids`, (k,) ascending, by its name; all others leave the index."""
        for shard in range(_SHARDS):
            self._sweep(shard, ids, names)

    def _sweep(self, shard: int, ids: NDArray[np.int32], names: NDArray[np.int32]) -> None:
        slots = self._memory[shard].array(int(self._buckets[shard])).reshape(-1)[: self.table.sizes[shard]]
        self.table.counts[shard] = _sweep(slots, ids, names, np.empty_like(slots))

    def _extend(self, shard: int) -> None:
        slots = self._memory[shard].array(int(self._buckets[shard])).reshape(-1)
        old, size = int(self.table.sizes[shard]), int(BUCKET)
        _spread(slots, old, np.zeros(len(slots) // size, np.uint8), np.empty(old, np.uint64), np.empty(size, np.uint64))
        self.table.addresses[shard] = slots.ctypes.data
        self.table.sizes[shard] = len(slots)
        self.table.limits[shard] = int(len(slots) * _FULL)
