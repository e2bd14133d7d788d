"""Arrays that grow where they are.

Each has a range of addresses to itself, far longer than it will need, so that it never moves: what was never written
is backed by nothing, and what is new comes cleared. Huge pages, where the system has them, keep random access cheap;
memory that moved would lose them. Where no range is to be had (a limit on address space), arrays are moved instead.
"""

import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_HUGE = 1 << 21  # bytes of a huge page; what is longer is whole ones
_RANGE = 1 << 35  # bytes of addresses for one array, at first
_NO_RESERVE = 0x4000  # Linux's MAP_NORESERVE, which Python names from 3.13 on: the range counts as no memory in use


class Memory:
    """The memory of one array of `dtype`, whose rows have the shape `row`."""

    def __init__(self, dtype: DTypeLike, *row: int) -> None:
        self._dtype = np.dtype(dtype)
        self._row = row
        self._row_bytes = self._dtype.itemsize * int(np.prod(row, dtype=np.int64))
        self._map = _range() or _mapping(mmap.PAGESIZE)
        self._start = _to_huge_page(self._map) if len(self._map) > _HUGE else 0

    def array(self, rows: int) -> NDArray[Any]:
        """The array, with at least `rows` rows; those that were never written are zero.

        It begins at a page, and is valid until the next call. Raises MemoryError where there is no more.
        """
        size = rows * self._row_bytes
        unit = _HUGE if size > _HUGE else mmap.PAGESIZE
        size = max(1, -(-size // unit)) * unit
        if self._start + size > len(self._map):
            self._extend(self._start + size)
        if size > _HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
            self._map.madvise(mmap.MADV_HUGEPAGE, self._start, size)
        rows = size // self._row_bytes
        numbers = rows * self._row_bytes // self._dtype.itemsize
        return np.frombuffer(self._map, self._dtype, numbers, self._start).reshape(rows, *self._row)

    def _extend(self, size: int) -> None:
        try:
            self._map.resize(size)
        except (SystemError, BufferError):  # a system that cannot, or somebody still looks at the array
            old = self._map
            self._map = _mapping(size)
            self._map[: len(old)] = old[:]
        except OSError as error:
            raise MemoryError(f"no memory for {size} bytes") from error


def _range() -> mmap.mmap | None:
    """A range of addresses with nothing behind it yet, or None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return mmap.mmap(-1, _RANGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE)
    except (OSError, ValueError):
        return None


def _to_huge_page(mapping: mmap.mmap) -> int:
    """The bytes from the start of a mapping to the first huge page in it."""
    return -np.frombuffer(mapping, np.uint8, 1).ctypes.data % _HUGE


def _mapping(size: int) -> mmap.mmap:
    try:
        if sys.platform == "win32":
            return mmap.mmap(-1, size)
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"no memory for {size} bytes") from error
