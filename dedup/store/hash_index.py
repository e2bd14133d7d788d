"""Band keys -> candidates: a hash table from 64-bit keys to the ids of kept paragraphs.

The table is cut into shards of one size by the top bits of a key. A shard is a row of buckets of sixteen 8-byte slots,
which one or two vector instructions compare at once. A slot holds 32 bits of the key above the id plus one; zero is
empty. An entry lives in the bucket its 32 bits are scaled to, or, where that is full, in the next with a free slot; in
each bucket that it had to pass, the slot with the number of its last 4 bits is marked, and only who looks for these
goes on. Scaling keeps the order, so a shard can be of any size, and growing it is one sweep.

What is forgotten goes when a shard is full, or when another id takes its place under the same key.

A key is known by its top 4 and its low 32 bits: with 36 million entries, one look-up in two thousand also
names a stranger, which verification turns away.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import ones, prefetch, tagged16, used16
from dedup._kernels.jit import inline, kernel, part
from dedup.store.growable_array import Memory

_FULL = 0.8
_ENOUGH = 0.75  # of a full shard: with less it need not grow
_GROWTH = 1.25
_LEAP = 2.0  # at most at once, where more is expected
_SPARE = 1.02  # of what is expected, as shards are not all alike
_ZERO, _ONE, _HALF = np.uint64(0), np.uint64(1), np.uint64(32)
_SHARD_BITS = np.uint64(4)
_SHARDS = 1 << int(_SHARD_BITS)
BUCKET_BITS = np.uint64(4)
BUCKET = np.uint64(1) << BUCKET_BITS  # slots
_LAST = BUCKET - _ONE
_ALL = (_ONE << BUCKET) - _ONE  # a bit for each slot
_LINE = BUCKET >> _ONE  # slots in a cache line
_LOW = np.uint64(0xFFFFFFFF)
_ID = np.uint64(0x7FFFFFFF)
_PASSED = np.uint64(0x80000000)  # in a slot: an entry whose bits end in the slot's number went on to the next bucket


class Table(NamedTuple):
    """The shards as kernels see them.

    slots: (slots of all shards,) uint64, one shard after the other. counts: (shards,) int64, entries. limit: entries at
    which a shard is full.
    """

    slots: NDArray[np.uint64]
    counts: NDArray[np.int64]
    limit: int


@inline
def _home(tag, size):
    """The first slot of the bucket that the 32 bits of `tag` are scaled to, of `size` slots."""
    return ((tag * (size >> BUCKET_BITS)) >> _HALF) << BUCKET_BITS


@inline
def _shard_of(key):
    """The number of a key's shard."""
    return key >> (np.uint64(64) - _SHARD_BITS)


@inline
def _open(slots, key):
    """Where a key belongs: (the first slot of its bucket, the first slot of its shard, the end of the shard)."""
    size = np.uint64(len(slots)) >> _SHARD_BITS
    begin = _shard_of(key) * size
    return begin + _home(key & _LOW, size), begin, begin + size


@inline
def touch(table, key):
    """Ask for the bucket of `key`, so that it is in the cache when it is needed."""
    at, _, _ = _open(table.slots, key)
    _ask(table.slots, at)


@inline
def _ask(slots, at):
    """Ask for the bucket at a slot."""
    prefetch(slots, at)
    prefetch(slots, at + _LINE)


@part
def find(table, key, ids):
    """Write the ids kept under `key` to `ids` (int64, as long as the bucket limit); how many."""
    slots = table.slots
    at, begin, end = _open(slots, key)
    tag = key & _LOW
    # An entry for this key comes soon, most often, and goes to one of the next buckets where this one is full.
    full = BUCKET if slots[at + _LAST] != _ZERO else _ZERO
    _ask(slots, at + full)
    _ask(slots, at + full + full)
    found = 0
    while True:
        same = tagged16(slots, at, tag)
        if same != _ZERO:
            for k in range(BUCKET):
                if same >> k & _ONE and slots[at + k] != _ZERO and found < len(ids):
                    ids[found] = np.int64(slots[at + k] & _ID) - 1
                    found += 1
        if slots[at + (tag & _LAST)] & _PASSED == _ZERO or found == len(ids):
            return found
        at += BUCKET
        if at == end:
            at = begin


@part
def _place(slots, at, begin, end, slot):
    """Put an entry into the first free slot from the bucket at slot `at` on, in the shard from `begin` to `end`."""
    passed = slot >> _HALF & _LAST
    while True:
        used = used16(slots, at)
        if used != _ALL:
            slots[at + ones(used)] = slot
            return
        slots[at + passed] |= _PASSED
        at += BUCKET
        if at == end:
            at = begin


@inline
def insert(table, key, id_):
    """Keep `id_` under `key`."""
    at, begin, end = _open(table.slots, key)
    _place(table.slots, at, begin, end, (key & _LOW) << _HALF | np.uint64(id_ + 1))
    table.counts[_shard_of(key)] += 1


@part
def replace(table, key, old, new):
    """Keep id `new` under `key` in the place of `old`, which is kept under it."""
    slots = table.slots
    at, begin, end = _open(slots, key)
    while True:
        same = tagged16(slots, at, key & _LOW)
        for k in range(BUCKET):
            if same >> k & _ONE and np.int64(slots[at + k] & _ID) - 1 == old:
                slots[at + k] = slots[at + k] & ~_ID | np.uint64(new + 1)
                return
        at += BUCKET
        if at == end:
            at = begin


@part
def place_of(ids, count, id_):
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
def has_room(table, keys):
    """Whether every one of `keys`, (k,) uint64, can be inserted without making a shard too full."""
    for k in range(len(keys)):  # noqa: SIM110  # numba has no all()
        if table.counts[_shard_of(keys[k])] + len(keys) > table.limit:
            return False
    return True


@kernel
def _spread(slots, old, used, waiting, held):
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
        _place(slots, _home(waiting[k] >> _HALF, size), _ZERO, size, waiting[k])


@kernel
def _sweep(slots, ids, names, staying):
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
    size = np.uint64(len(slots))
    for k in range(count):
        _place(slots, _home(staying[k] >> _HALF, size), _ZERO, size, staying[k])
    return count


class Index:
    """The table and its memory. `keys` is how many keys a paragraph is kept under.

    `expected` may be set to about how many times as much there will be: the table grows to that in fewer steps.
    """

    def __init__(self, keys: int) -> None:
        self.expected = 1.0
        self._keys = keys
        self._memory = Memory(np.uint64, _SHARDS, int(BUCKET))
        self.table = Table(np.zeros(0, np.uint64), np.zeros(_SHARDS, np.int64), 0)
        self._extend(max(64, 4 * keys // int(BUCKET)))

    def _buckets(self) -> int:
        """How many buckets a shard has."""
        return len(self.table.slots) // (_SHARDS * int(BUCKET))

    def expect(self, paragraphs: int) -> None:
        """Make room for about so many paragraphs at once."""
        buckets = math.ceil(paragraphs * self._keys / (_SHARDS * int(BUCKET) * _FULL) * _SPARE)
        if buckets > self._buckets():
            self._extend(buckets)

    def grow(self, living: NDArray[np.int32] | None = None) -> None:
        """Make room in every shard for one more paragraph.

        Where the `living` ids are given, (k,) ascending, all others leave it, and it grows if it stays rather full.
        """
        if living is not None:
            self.rename(living, living)
            if int(self.table.counts.max()) + self._keys <= self.table.limit * _ENOUGH:
                return
        now = self._buckets()
        enough = _SPARE * self.expected * int(self.table.counts.max()) / (int(BUCKET) * _FULL)
        leap = min(enough, now * _LEAP)
        self._extend(math.ceil(leap if leap > now * _SPARE else now * _GROWTH))

    def rename(self, ids: NDArray[np.int32], names: NDArray[np.int32]) -> None:
        """Call each of `ids`, (k,) ascending, by its name; all others leave the index."""
        size = len(self.table.slots) // _SHARDS
        for shard in range(_SHARDS):
            slots = self.table.slots[shard * size : (shard + 1) * size]
            self.table.counts[shard] = _sweep(slots, ids, names, np.empty_like(slots))

    def _extend(self, buckets: int) -> None:
        """Give every shard at least so many buckets, the last one first, as each moves towards the end."""
        counts, old = self.table.counts, len(self.table.slots) // _SHARDS
        del self.table  # or its memory could not be extended
        slots = self._memory.array(buckets).reshape(-1)
        size = len(slots) // _SHARDS
        bucket = int(BUCKET)
        for shard in reversed(range(_SHARDS)):
            whole = slots[shard * size : (shard + 1) * size]
            whole[:old] = slots[shard * old : (shard + 1) * old].copy()
            whole[old:] = 0
            _spread(
                whole, old, np.zeros(size // bucket, np.uint8), np.empty(old, np.uint64), np.empty(bucket, np.uint64)
            )
        self.table = Table(slots, counts, int(size * _FULL))
