"""The LSH index: a hash table from 64-bit keys to the ids of stored paragraphs.

The table is cut into shards of one size by the top bits of a key. A shard is a row of buckets of sixteen 8-byte slots,
which one or two vector instructions compare at once. A slot holds 32 bits of the key above the id plus one; zero is
empty. The 32 bits of an entry are scaled to the number of its home bucket. If that bucket is full, the entry goes to
the next one with a free slot, and each full bucket on the way gets a mark in the slot numbered by the last 4 bits of
the entry; a lookup continues only past such a mark. Scaling keeps the order, so a shard can have any size, and one pass
rehashes it.

Expired entries are removed when their shard is full, or when another id replaces them under the same key.

A key is identified by its top 4 and its low 32 bits. With 36 million entries, about one lookup in 2,000 returns an
unrelated paragraph, which verification rejects.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import ones, prefetch, tagged16, used16
from dedup._kernels.jit import inline, kernel, part
from dedup.store.growable_array import GrowableArray

_FULL = 0.8
_ENOUGH = 0.75  # a shard less full than this share of its limit need not grow
_GROWTH = 1.25
_LEAP = 2.0  # largest growth at once if more paragraphs are expected
_SPARE = 1.02  # room beyond the expected number, because shards differ in size
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
_PASSED = np.uint64(0x80000000)  # mark: an entry whose bits end in the slot's number is in a later bucket


class IndexTable(NamedTuple):
    """The shards, for kernels.

    Attributes:
        slots: (slots of all shards,) uint64, shard by shard.
        counts: (shards,) int64, the number of entries.
        limit: The number of entries at which a shard is full.
    """

    slots: NDArray[np.uint64]
    counts: NDArray[np.int64]
    limit: int


@inline
def _home(tag, size):
    """The first slot of the home bucket of `tag`, 32 bits, in a shard of `size` slots."""
    return ((tag * (size >> BUCKET_BITS)) >> _HALF) << BUCKET_BITS


@inline
def _shard_of(key):
    """The number of a key's shard."""
    return key >> (np.uint64(64) - _SHARD_BITS)


@inline
def _open(slots, key):
    """(the first slot of the home bucket, the first slot of the shard, the end of the shard) of a key."""
    size = np.uint64(len(slots)) >> _SHARD_BITS
    begin = _shard_of(key) * size
    return begin + _home(key & _LOW, size), begin, begin + size


@inline
def prefetch_bucket(table, key):
    """Prefetch the bucket of `key`."""
    at, _, _ = _open(table.slots, key)
    _prefetch(table.slots, at)


@inline
def _prefetch(slots, at):
    """Prefetch the bucket at a slot."""
    prefetch(slots, at)
    prefetch(slots, at + _LINE)


@part
def find(table, key, ids):
    """Write the ids under `key` to `ids` (int64, as long as the bucket limit). Returns their number."""
    slots = table.slots
    at, begin, end = _open(slots, key)
    tag = key & _LOW
    # Most often an entry for this key is inserted soon, into one of the next buckets if this one is full.
    full = BUCKET if slots[at + _LAST] != _ZERO else _ZERO
    _prefetch(slots, at + full)
    _prefetch(slots, at + full + full)
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
    """Add `id_` under `key`."""
    at, begin, end = _open(table.slots, key)
    _place(table.slots, at, begin, end, (key & _LOW) << _HALF | np.uint64(id_ + 1))
    table.counts[_shard_of(key)] += 1


@part
def replace(table, key, old, new):
    """Replace id `old`, which is under `key`, by `new`."""
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
def bisect_ids(ids, count, id_):
    """The place of `id_` among the first `count` of `ids`, which ascend; -1 if it is not there."""
    if count == 0 or id_ < ids[0]:
        return np.int64(-1)
    high = min(np.int64(id_ - ids[0]), count - 1)  # its place if no id before it is missing
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
    """Whether all of `keys`, (k,) uint64, can be inserted without overfilling a shard."""
    for k in range(len(keys)):  # noqa: SIM110  # numba has no all()
        if table.counts[_shard_of(keys[k])] + len(keys) > table.limit:
            return False
    return True


@kernel
def _rehash(slots, old, used, waiting, held):
    """Distribute the entries in the first `old` slots of a shard over all of its `slots`, after it was extended.

    This goes from the last bucket to the first, because the new bucket of an entry is rarely before its old one. The
    few entries that would go before it, or past the end, wait until the rest is placed.

    Args:
        slots: uint64, the slots of the shard.
        old: The number of slots before it was extended.
        used: (buckets,) uint8, 0 at first, the number of used slots of each finished bucket.
        waiting: (old,) uint64, working memory.
        held: (16,) uint64, working memory.
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
def _purge(slots, ids, names, staying):
    """Keep only entries whose ids are among `ids`, (k,) ascending, and give them new ids. Returns their number.

    Removed entries would leave gaps at which a lookup stops, so the remaining ones are inserted again. `names` are
    the new ids, (k,). `staying` is working memory, as long as the slots.
    """
    count = 0
    for at in range(len(slots)):
        slot = slots[at] & ~_PASSED
        slots[at] = _ZERO
        if slot != _ZERO:
            place = bisect_ids(ids, len(ids), np.int64(slot & _ID) - 1)
            if place >= 0:
                staying[count] = slot & ~_ID | np.uint64(names[place] + 1)
                count += 1
    size = np.uint64(len(slots))
    for k in range(count):
        _place(slots, _home(staying[k] >> _HALF, size), _ZERO, size, staying[k])
    return count


class HashIndex:
    """The hash table and its memory.

    Args:
        keys: The number of keys of a paragraph.

    Attributes:
        table: The table, for kernels.
        expected: A hint how many times as many paragraphs there will be. The table then grows in fewer steps.
    """

    def __init__(self, keys: int) -> None:
        self.expected = 1.0
        self._keys = keys
        self._memory = GrowableArray(np.uint64, _SHARDS, int(BUCKET))
        self.table = IndexTable(np.zeros(0, np.uint64), np.zeros(_SHARDS, np.int64), 0)
        self._extend(max(64, 4 * keys // int(BUCKET)))

    def _buckets(self) -> int:
        """The number of buckets of a shard."""
        return len(self.table.slots) // (_SHARDS * int(BUCKET))

    def expect(self, paragraphs: int) -> None:
        """Make room for about `paragraphs` paragraphs at once."""
        buckets = math.ceil(paragraphs * self._keys / (_SHARDS * int(BUCKET) * _FULL) * _SPARE)
        if buckets > self._buckets():
            self._extend(buckets)

    def grow(self, live_ids: NDArray[np.int32] | None = None) -> None:
        """Make room in every shard for one more paragraph.

        If `live_ids` are given, (k,) ascending, all other entries are removed first, and the table grows only if it is
        still rather full.
        """
        if live_ids is not None:
            self.renumber(live_ids, live_ids)
            if int(self.table.counts.max()) + self._keys <= self.table.limit * _ENOUGH:
                return
        now = self._buckets()
        enough = _SPARE * self.expected * int(self.table.counts.max()) / (int(BUCKET) * _FULL)
        leap = min(enough, now * _LEAP)
        self._extend(math.ceil(leap if leap > now * _SPARE else now * _GROWTH))

    def renumber(self, ids: NDArray[np.int32], names: NDArray[np.int32]) -> None:
        """Replace each of `ids`, (k,) ascending, by the id in `names`, (k,). All other entries are removed."""
        size = len(self.table.slots) // _SHARDS
        for shard in range(_SHARDS):
            slots = self.table.slots[shard * size : (shard + 1) * size]
            self.table.counts[shard] = _purge(slots, ids, names, np.empty_like(slots))

    def _extend(self, buckets: int) -> None:
        """Extend every shard to `buckets` buckets, the last one first, because each moves towards the end."""
        counts, old = self.table.counts, len(self.table.slots) // _SHARDS
        del self.table  # a view would keep the memory from being extended
        slots = self._memory.array(buckets).reshape(-1)
        size = len(slots) // _SHARDS
        bucket = int(BUCKET)
        for shard in reversed(range(_SHARDS)):
            whole = slots[shard * size : (shard + 1) * size]
            whole[:old] = slots[shard * old : (shard + 1) * old].copy()
            whole[old:] = 0
            _rehash(
                whole, old, np.zeros(size // bucket, np.uint8), np.empty(old, np.uint64), np.empty(bucket, np.uint64)
            )
        self.table = IndexTable(slots, counts, int(size * _FULL))
