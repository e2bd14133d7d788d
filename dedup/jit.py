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
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

Function = TypeVar("Function", bound=Callable[..., Any])
_COPIED = 150  # instructions of a part that may be copied to where it is called
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "no_rewrites": True}


@cache
def _source() -> str:
    """A hash of every module of the package."""
    modules = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()


class _KernelCache(FunctionCache):  # type: ignore[misc]  # numba is untyped
    """Compiled kernels on disk, where a change in any module counts.

    Numba's own cache compares only the file in which a kernel stands, and kernels are made of parts
    from other files: after an upgrade it would go on with parts of the old ones.
    """

    def _index_key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:
        return (*super()._index_key(signature, codegen), _source())

    def load_overload(self, signature: Any, target: Any) -> Any:
        try:
            return super().load_overload(signature, target)
        except (AttributeError, ImportError):  # it was made by another version, which had other names
            with suppress(OSError):
                self.flush()
            return None

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


class _PartLibrary(JITCodeLibrary):  # type: ignore[misc]  # numba is untyped
    """The code of a part as it is before optimisation, to be linked into kernels, and never run by itself.

    Numba optimises and compiles each function with all that it calls, so that one ten calls deep is compiled ten times.
    """

    class _NoEnvironment:
        """What would tell the machine code of its environment, which ours never asks for."""

        def set_env(self, name: str, environment: object) -> None:
            pass

    codegen = _NoEnvironment()

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            size = sum(1 for block in function.blocks for _ in block.instructions)
            if size > _COPIED and not {b"noinline", b"alwaysinline"} & set(function.attributes):
                function.add_function_attribute("noinline")

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        return 0


class _PartCompiler(Compiler):  # type: ignore[misc]  # numba is untyped
    def __init__(self, typingctx: Any, targetctx: Any, library: Any, *arguments: Any) -> None:
        super().__init__(typingctx, targetctx, _PartLibrary(targetctx.codegen(), "part"), *arguments)


def part(function: Function) -> Function:
    """A part of kernels as a function of its own, which is compiled with the kernel that calls it, and once there.

    It makes no array and returns none: references are not counted in it.
    """
    compiled = numba.njit(**_OPTIONS, no_cpython_wrapper=True, _nrt=False, pipeline_class=_PartCompiler)(function)
    template = compiled.get_call_template

    def plain(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Without this, a number that is written in a call makes a compilation of its own."""
        return template(tuple(map(numba.types.unliteral, arguments)), keywords)

    compiled.get_call_template = plain
    return compiled  # type: ignore[no-any-return]  # numba is untyped


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
