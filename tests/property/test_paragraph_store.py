"""Stored paragraphs: their texts, and an upper bound of their overlap."""

import numba
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.model.utf8 import decode
from dedup.store.paragraph_store import ParagraphStore, append, fill_bitmap, overlap_upper_bound, size_of

# So few hashes that sets share some, including different ones of the same class.
hashes = st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1), st.integers(0, 40).map(lambda k: k << 8))


@numba.njit
def _bound(both, cut):
    one = np.empty(8, np.uint64)
    other = np.empty(8, np.uint64)
    fill_bitmap(both, 0, cut, one)
    fill_bitmap(both, cut, len(both), other)
    return overlap_upper_bound(one, other), size_of(one), size_of(other)


@numba.njit
def _keep(kept, data, start, end, prepared, normalised, bitmap):
    return append(kept, data, start, end, prepared, 0, len(prepared), normalised, bitmap)


def array(data: bytes) -> NDArray[np.uint8]:
    """Bytes as a writable array."""
    return np.frombuffer(bytearray(data), np.uint8)


@given(st.sets(hashes, max_size=90), st.sets(hashes, max_size=90))
def test_overlap_upper_bound_is_never_too_small(one: set[int], other: set[int]) -> None:
    """Two sets never share more than the bound."""
    both = np.array([*one, *other], np.uint32)
    bound, *sizes = _bound(both, len(one))
    assert sizes == [len(one), len(other)]
    assert len(one & other) <= bound <= min(sizes)


def test_overlap_upper_bound_of_disjoint_and_equal_sets() -> None:
    """Sets without a common class have the bound 0. Equal sets have the bound of all."""
    spread = np.arange(100, dtype=np.uint32) * np.uint32(2**32 // 100)
    assert _bound(spread, 50)[0] == 0
    assert _bound(np.array([*spread[:50], *spread[:50]], np.uint32), 50)[0] == 50


@given(st.lists(st.tuples(st.binary(max_size=60), st.booleans(), st.integers(0, 3)), max_size=40))
def test_texts_come_back(given_: list[tuple[bytes, bool, int]]) -> None:
    """Every text is unchanged after the columns grow, with or without a normalised form after it."""
    kept = ParagraphStore()
    for row, (data, normalised, spare) in enumerate(given_):
        kept.reserve(1 + spare, len(data) + len(b"normalised") + 50 * spare)
        line = np.full(8, row, np.uint64)
        text = array(b"<<" + data + b">>")
        assert _keep(kept.columns, text, 2, 2 + len(data), array(b"normalised"), normalised, line) == row
    assert len(kept) == len(given_)
    for row, (data, normalised, _) in enumerate(given_):
        assert kept.text(row) == decode(data)
        start, end = kept.columns.starts[row : row + 2]
        assert kept.columns.data[start:end].tobytes() == data + b"normalised" * normalised
        assert kept.columns.bitmaps[row].tolist() == [row] * 8
