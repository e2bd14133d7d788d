"""How kernels are compiled: numba, without the GIL, cached on disk where a cache can be written."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import event
from numba.core.caching import FunctionCache

Function = TypeVar("Function", bound=Callable[..., Any])
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


@cache
def _source() -> str:
    """A hash of every module of the package."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()


class _KernelCache(FunctionCache):  # type: ignore[misc]  # numba is untyped
    """Compiled kernels on disk, where a change in any module counts.

    Numba's own cache compares only the file in which a kernel stands, and kernels are made of parts
    from other files: after an upgrade it would go on with parts of the old ones.
    """

    def _index_key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(signature, codegen), _source())

    def save_overload(self, signature: Any, data: Any) -> None:
        with suppress(OSError):  # a full disk costs the cache, not the run
            super().save_overload(signature, data)


def kernel(function: Function) -> Function:
    """Compile `function` when it is first called.

    The compiled code is cached beside the source, or where NUMBA_CACHE_DIR says. An installation
    where neither can be written compiles in each process instead: slower to start, never broken.
    """
    compiled = numba.njit(**_OPTIONS)(function)
    with suppress(RuntimeError, OSError):  # no place for a cache
        compiled._cache = _KernelCache(function)
    return compiled  # type: ignore[no-any-return]  # numba is untyped


def inline(function: Function) -> Function:
    """A part of kernels, which Python cannot call: no wrapper for that is compiled."""
    return numba.njit(**_OPTIONS, no_cpython_wrapper=True, forceinline=True)(function)  # type: ignore[no-any-return]


@contextmanager
def without_blas() -> Iterator[None]:
    """Keep numba from importing scipy for its BLAS when the first kernel is loaded.

    That takes 0.2 s and our kernels need none. It is for a process that is ours alone: kernels loaded
    later by others would have no linear algebra.
    """
    absent = "scipy.linalg" not in sys.modules
    if absent:
        sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # which makes its import fail
    try:
        yield
    finally:
        if absent:
            del sys.modules["scipy.linalg"]


@contextmanager
def on_compile(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` once, before the first kernel that is not in the cache gets compiled."""

    class Once(event.Listener):  # type: ignore[misc]  # numba is untyped
        told = False

        def on_start(self, event: object) -> None:
            if not self.told:
                self.told = True
                tell()

        def on_end(self, event: object) -> None:
            pass

    with event.install_listener("numba:compile", Once()):
        yield
