"""Arrays and tuples of them, lent to parts of kernels, are what they are in NumPy."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup._kernels.jit import inline, kernel, part
from dedup._kernels.views import address, lend


class Inner(NamedTuple):
    """What lies in another tuple."""

    bytes: NDArray[np.uint8]
    flags: NDArray[np.bool_]


class Outer(NamedTuple):
    """One field of each kind that is lent."""

    table: NDArray[np.int64]
    inner: Inner
    share: float
    values: NDArray[np.float64]


@part
def _change(outer, row, column, byte):  # type: ignore[no-untyped-def]  # typed by numba
    """Use a lent tuple in all ways; what was read of it."""
    read = outer.table[row, column] + outer.table[row][column] + outer.inner.bytes[row]
    outer.table[row, column] = byte
    outer.table[row][column] += len(outer.table) * 1000 + len(outer.table[row])
    outer.inner.bytes[row] = byte
    outer.inner.flags[row] = not outer.inner.flags[row]
    outer.values[np.uint64(row)] = outer.share
    rows, width = outer.table.shape
    return read, rows * 100 + width


@kernel
def _lent_by_call(outer, row, column, byte):  # type: ignore[no-untyped-def]  # typed by numba
    return _change(outer, row, column, byte)  # type: ignore[no-untyped-call]  # typed by numba


@kernel
def _lent_at_first(outer, row, column, byte):  # type: ignore[no-untyped-def]  # typed by numba
    outer = lend(outer)
    return _change(outer, row, column, byte)  # type: ignore[no-untyped-call]  # typed by numba


@inline
def _first(array):  # type: ignore[no-untyped-def]  # typed by numba
    return address(array), array[0, 0]


@kernel
def _addresses(array):  # type: ignore[no-untyped-def]  # typed by numba
    at, first = _first(array)  # type: ignore[no-untyped-call]  # typed by numba
    return address(array), at, first


@pytest.mark.parametrize("compiled", [_lent_by_call, _lent_at_first])
@settings(max_examples=20)
@given(data=st.data(), rows=st.integers(1, 5), width=st.integers(1, 4), byte=st.integers(0, 255))
def test_what_is_lent_is_read_and_written_in_place(
    compiled: object, data: st.DataObject, rows: int, width: int, byte: int
) -> None:
    """Each field of a lent tuple is read and written where NumPy has it, and nothing else is touched."""
    row, column = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, width - 1))
    table = np.arange(rows * width, dtype=np.int64).reshape(rows, width)
    inner = Inner(np.arange(rows, dtype=np.uint8), np.arange(rows) % 2 == 0)
    outer = Outer(table, inner, 0.5, np.zeros(rows))
    wanted = [field.copy() for field in (table, *inner, outer.values)]
    read = 2 * int(table[row, column]) + row
    wanted[0][row, column] = byte + 1000 * rows + width
    wanted[1][row] = byte
    wanted[2][row] ^= True
    wanted[3][row] = 0.5
    assert compiled(outer, row, column, byte) == (read, 100 * rows + width)  # type: ignore[operator]  # one of two kernels
    for field, expected in zip((table, *inner, outer.values), wanted, strict=True):
        np.testing.assert_array_equal(field, expected)


def test_a_view_begins_where_its_array_does() -> None:
    """The address of an array and of its view is that of NumPy's data."""
    array = np.full((3, 2), 7, np.int64)
    assert _addresses(array) == (array.ctypes.data, array.ctypes.data, 7)  # type: ignore[no-untyped-call]  # typed by numba
