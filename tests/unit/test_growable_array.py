"""Arrays that grow where they are."""

import sys

import numpy as np
import pytest
from helpers.running import python

from dedup.store.growable_array import Memory

GROW = """
import numpy as np
from dedup.store.growable_array import Memory
memory, rows, address = Memory(np.uint32, 4), 1, None
moved = 0
while rows < 3_000_000:
    array = memory.array(rows)
    moved += address not in (None, array.ctypes.data)
    address = array.ctypes.data
    assert array.shape[0] >= rows and array.shape[1] == 4 and array.dtype == np.uint32
    last = rows // 3
    assert (array[:last, 0] == np.arange(last)).all() and not array[last:].any()
    array[:rows, 0] = np.arange(rows)
    array[:rows, 1:] = 7
    del array
    rows *= 3
print(moved)
"""
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ranges of addresses are for Linux")
def test_arrays_stay_where_they_are() -> None:
    """An array keeps its rows and its place as it grows, and what is new is zero."""
    run = python(GROW)
    assert run.stderr == b""
    assert run.stdout == b"0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no address space")
def test_arrays_grow_where_addresses_are_few() -> None:
    """Under a limit on address space an array keeps its rows too, though it has to move."""
    run = python(LIMITED + GROW)
    assert run.stderr == b""


def test_too_much_is_refused() -> None:
    """What no machine has is refused as memory, and what was there stays."""
    memory = Memory(np.uint64)
    memory.array(10)[:] = 3
    with pytest.raises(MemoryError):
        memory.array(1 << 50)
    assert memory.array(10)[:10].tolist() == [3] * 10
