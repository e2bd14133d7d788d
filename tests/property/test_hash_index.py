"""The hash table against a dict of lists."""

from collections import defaultdict

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.store.hash_index import HashIndex, find, has_room, insert, prefetch_bucket


@numba.njit
def _insert_all(table, rows, first, begin, ids):
    """Insert rows of keys from `begin` on, row i with id `first` + i, until `ids` or the table is full.

    Returns how far.
    """
    for i in range(begin, len(rows)):
        if not has_room(table, rows[i]):
            return i
        for key in rows[i]:
            prefetch_bucket(table, key)
            if find(table, key, ids) < len(ids):
                insert(table, key, first + i)
    return len(rows)


@numba.njit
def _find(table, key, ids):
    return find(table, key, ids)


def insert_all(index: HashIndex, rows: NDArray[np.uint64], limit: int, first: int = 0) -> int:
    """Insert rows of keys as the filter does. Returns how often the table grew."""
    ids = np.empty(limit, np.int64)
    done = 0
    growths = 0
    while (done := int(_insert_all(index.table, rows, first, done, ids))) < len(rows):
        index.grow()
        growths += 1
    return growths


def found(index: HashIndex, key: int, limit: int) -> list[int]:
    """The ids under a key."""
    ids = np.empty(limit, np.int64)
    return ids[: int(_find(index.table, np.uint64(key), ids))].tolist()  # type: ignore[no-any-return]  # an array of numbers


def reference(rows: NDArray[np.uint64], limit: int) -> dict[int, list[int]]:
    """The same as a dict of lists. Keys with equal top 4 and low 32 bits are one key."""
    kept: dict[int, list[int]] = defaultdict(list)
    for id_, row in enumerate(rows.tolist()):
        for key in map(known_by, row):
            if len(kept[key]) < limit:
                kept[key].append(id_)
    return kept


def known_by(key: int) -> int:
    """The bits of a key that identify it in the table."""
    return key & 0xF0000000_FFFFFFFF


# Keys of one shard whose home is its last bucket, so that they continue in its first one, and two ordinary keys.
crowded = st.integers(0, 5).map(lambda k: 0xFFFFFFFF - k)
keys = st.one_of(crowded, st.integers(0, 2**64 - 1), st.sampled_from([0, 2**64 - 1]))


@given(st.lists(st.lists(keys, min_size=3, max_size=3), max_size=120), st.sampled_from([1, 2, 7, 1000]))
def test_equals_a_dict(rows: list[list[int]], limit: int) -> None:
    """Each key has the first ids inserted under it, up to the limit, even if buckets are full."""
    array = np.array(rows, np.uint64).reshape(-1, 3)
    index = HashIndex(3)
    insert_all(index, array, limit)
    for key, ids in reference(array, limit).items():
        assert sorted(found(index, key, limit)) == ids


@pytest.mark.parametrize("columns", [1, 5, 36])
def test_many_growths(columns: int) -> None:
    """Entries are neither lost nor moved to another key while the table grows many times."""
    draw = np.random.default_rng(11)
    rows = draw.integers(0, 2**64, (60_000 // columns, columns), dtype=np.uint64)
    rows[1::2, 0] = rows[::2, 0][: len(rows[1::2])]
    index = HashIndex(columns)
    assert insert_all(index, rows, 8) > 5
    kept = reference(rows, 8)
    assert sum(index.table.counts.tolist()) == rows.size
    for key in rows[::7].ravel().tolist():
        assert sorted(found(index, key, 8)) == kept[known_by(key)]


@pytest.mark.parametrize("expected", [1.5, 4.0, 40.0])
def test_a_hint_saves_growths(expected: float) -> None:
    """With a hint, the table grows in fewer steps. Nothing is lost if fewer or more paragraphs come than expected."""
    rows = np.random.default_rng(5).integers(0, 2**64, (40_000, 2), dtype=np.uint64)
    hinted, unhinted = HashIndex(2), HashIndex(2)
    for index in hinted, unhinted:
        insert_all(index, rows[:10_000], 8)
    hinted.expected = expected
    assert insert_all(hinted, rows[10_000:], 8, 10_000) < insert_all(unhinted, rows[10_000:], 8, 10_000)
    kept = reference(rows, 8)
    for key in rows[::9].ravel().tolist():
        assert sorted(found(hinted, key, 8)) == kept[known_by(key)]


def test_never_full() -> None:
    """No shard becomes so full that a lookup would not end."""
    rows = np.full((5_000, 4), 7, np.uint64)
    index = HashIndex(4)
    insert_all(index, rows, 10**6)
    assert (index.table.counts < len(index.table.slots) // len(index.table.counts)).all()
    assert sorted(found(index, 7, 20_000)) == [id_ for id_ in range(5_000) for _ in range(4)]


def test_bucket_limit() -> None:
    """A key shared by a hundred thousand paragraphs has the first of them only, and uses no more memory."""
    rows = np.full((100_000, 2), 12345678901234567890, np.uint64)
    index = HashIndex(2)
    assert insert_all(index, rows, 64) == 0 or index.table.counts.sum() == 64
    assert index.table.counts.sum() == 64
    assert sorted(found(index, 12345678901234567890, 64)) == [id_ for id_ in range(32) for _ in range(2)]


def test_find_fills_at_most_the_array() -> None:
    """A lookup returns at most as many ids as fit into the given array."""
    index = HashIndex(1)
    insert_all(index, np.full((30, 1), 99, np.uint64), 30)
    assert len(found(index, 99, 10)) == 10
    assert len(found(index, 99, 30)) == 30


def test_insertion_order() -> None:
    """Before the table grows, ids under a key are in the order of insertion."""
    index = HashIndex(60)
    assert insert_all(index, np.full((40, 1), 0xFFFFFFFF, np.uint64), 40) == 0
    assert found(index, 0xFFFFFFFF, 40) == list(range(40))


def test_unknown_key() -> None:
    """A lookup of a missing key finds nothing, in an empty table or next to other keys."""
    index = HashIndex(2)
    assert found(index, 0, 4) == []
    insert_all(index, np.array([[1, 2]], np.uint64), 4)
    assert found(index, 3, 4) == []
    assert found(index, 1, 4) == [0]


def test_largest_id() -> None:
    """The largest ids that fit into a slot are found."""
    index = HashIndex(1)
    insert_all(index, np.array([[5]], np.uint64), 4, first=2**31 - 2)
    assert found(index, 5, 4) == [2**31 - 2]


def test_index_purges_before_it_grows() -> None:
    """A full shard first drops expired entries, and grows only if they are few."""
    draw = np.random.default_rng(3)
    index = HashIndex(4)
    ids = np.empty(8, np.int64)
    first, sizes = 0, []
    for _ in range(300):
        rows = draw.integers(0, 2**64, (100, 4), dtype=np.uint64)
        done = 0
        while (done := int(_insert_all(index.table, rows, first, done, ids))) < len(rows):
            index.grow(np.arange(max(0, first + done - 500), first + done, dtype=np.int32))
        first += 100
        sizes.append(len(index.table.slots))
    assert sizes[-1] == sizes[50]
    assert (index.table.counts < len(index.table.slots) // len(index.table.counts)).all()
