"""Arrays that grow where they are.

Large memory is asked of the system, which can extend a mapping without copying it, clears only what
is new, and backs what is never touched with nothing. Huge pages, where the system has them, keep random
access cheap.
"""

import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_HUGE = 1 << 21  # bytes of a huge page; longer mappings are whole ones, or the system could not use them


class Memory:
    """The memory of one array of `dtype`, whose rows have the shape `row`."""

    def __init__(self, dtype: DTypeLike, *row: int) -> None:
        self._dtype = np.dtype(dtype)
        self._row = row
        self._row_bytes = self._dtype.itemsize * int(np.prod(row, dtype=np.int64))
        self._map = _mapping(mmap.PAGESIZE)

    def array(self, rows: int) -> NDArray[Any]:
        """The array, with at least `rows` rows; those that were never written are zero.

        It begins at a page, and is valid until the next call. Raises MemoryError where there is no more.
        """
        size = rows * self._row_bytes
        if size > len(self._map):
            self._extend(size)
        rows = len(self._map) // self._row_bytes
        return np.frombuffer(self._map, self._dtype, rows * self._row_bytes // self._dtype.itemsize).reshape(
            rows, *self._row
        )

    def _extend(self, size: int) -> None:
        unit = _HUGE if size > _HUGE else mmap.PAGESIZE
        size = -(-size // unit) * unit
        try:
            self._map.resize(size)
        except (SystemError, BufferError):  # a system that cannot, or somebody still looks at the array
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
