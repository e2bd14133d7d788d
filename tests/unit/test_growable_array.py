"""Arrays that grow and keep their contents."""

import sys

import numpy as np
import pytest
from helpers.running import python

from dedup.store.growable_array import GrowableArray

GROW = """
import numpy as np
from dedup.store.growable_array import GrowableArray
memory, rows = GrowableArray(np.uint32, 4), 1
while rows < 3_000_000:
    array = memory.array(rows)
    assert array.shape[0] >= rows and array.shape[1] == 4 and array.dtype == np.uint32
    last = rows // 3
    assert (array[:last, 0] == np.arange(last)).all() and not array[last:].any()
    array[:rows, 0] = np.arange(rows)
    array[:rows, 1:] = 7
    HELD
    rows *= 3
"""
SMALL = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no address space")
@pytest.mark.parametrize("held", ["del array", "held = array"])
def test_arrays_grow(held: str) -> None:
    """An array keeps its rows as it grows, also one that somebody holds; what is new is zero, and few addresses do."""
    run = python(SMALL + GROW.replace("HELD", held))
    assert (run.returncode, run.stderr) == (0, b"")


def test_too_large_an_array_is_refused() -> None:
    """An impossible size raises a MemoryError, and the array is unchanged."""
    memory = GrowableArray(np.uint64)
    memory.array(10)[:] = 3
    with pytest.raises(MemoryError):
        memory.array(1 << 50)
    assert memory.array(10)[:10].tolist() == [3] * 10
