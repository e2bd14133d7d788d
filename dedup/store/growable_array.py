"""Arrays that grow without copying, if the system can remap memory.

Memory that was never written takes no space, and new memory is zero. Huge pages, if the system has them, keep random
access cheap.
"""

import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_HUGE = 1 << 21  # bytes of a huge page; longer arrays are a multiple of it


class GrowableArray:
    """The memory of one array of `dtype`, whose rows have the shape `row`."""

    def __init__(self, dtype: DTypeLike, *row: int) -> None:
        self._dtype = np.dtype(dtype)
        self._row = row
        self._row_bytes = self._dtype.itemsize * int(np.prod(row, dtype=np.int64))
        self._map = _mapping(mmap.PAGESIZE)

    def array(self, rows: int) -> NDArray[Any]:
        """The array, extended to at least `rows` rows. New rows are zero.

        The array is valid until the next call. Drop all views of it before that, or growing has to copy it.

        Raises:
            MemoryError: There is not enough memory.
        """
        size = rows * self._row_bytes
        unit = _HUGE if size > _HUGE else mmap.PAGESIZE
        size = max(1, -(-size // unit)) * unit
        if size > len(self._map):
            self._extend(size)
        rows = size // self._row_bytes
        numbers = rows * self._row_bytes // self._dtype.itemsize
        return np.frombuffer(self._map, self._dtype, numbers).reshape(rows, *self._row)

    def _extend(self, size: int) -> None:
        try:
            self._map.resize(size)
        except (SystemError, BufferError):  # the system cannot remap, or a view still exists
            old = self._map
            self._map = _mapping(size)
            self._map[: len(old)] = old[:]
        except OSError as error:
            raise MemoryError(f"no memory for {size} bytes") from error
        if size > _HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
            self._map.madvise(mmap.MADV_HUGEPAGE)


def _mapping(size: int) -> mmap.mmap:
    try:
        if sys.platform == "win32":
            return mmap.mmap(-1, size)
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"no memory for {size} bytes") from error
