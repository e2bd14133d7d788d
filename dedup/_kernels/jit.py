"""How kernels are compiled: numba, without the GIL, cached on disk where a cache can be written."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import llvmlite.binding as llvm
import numba
from numba import types
from numba.core import event, typed_passes, untyped_passes
from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import PassManager

from dedup._kernels.views import lent

Function = TypeVar("Function", bound=Callable[..., Any])
_COPIED = 150  # lines of LLVM code of a part that may be copied to where it is called
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "no_rewrites": True, "_nrt": False}


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
        """The kernel, without all that numba would load for compiling another one: that takes 0.2 s."""
        try:
            with self._guard_against_spurious_io_errors():
                return self._load_overload(signature, target)
        except (AttributeError, ImportError):  # it was made by another version, which had other names
            with suppress(OSError):
                self.flush()
        return None

    def save_overload(self, signature: Any, data: Any) -> None:
        with suppress(OSError):  # a full disk costs the cache, not the run
            super().save_overload(signature, data)


_PASSES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    untyped_passes.IRProcessing,
    untyped_passes.ReconstructSSA,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.InlineOverloads,
    typed_passes.IRLegalization,
    typed_passes.AnnotateTypes,
    typed_passes.NativeLowering,
    typed_passes.NoPythonBackend,
)


class _Typing:
    """A typing context that remembers: numba's asks dozens of rules, each time anew, what the sum of two int64 is."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._known: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, arguments: Any, keywords: Any) -> Any:
        if keywords or not isinstance(function, types.Function):
            return self._context.resolve_function_type(function, arguments, keywords)
        asked = function, arguments
        if asked not in self._known:
            self._known[asked] = self._context.resolve_function_type(function, arguments, keywords)
        return self._known[asked]


_remembering = cache(_Typing)


class _KernelCompiler(Compiler):  # type: ignore[misc]  # numba is untyped
    """Numba's, with only those of its passes that our kernels have a use for."""

    def __init__(self, typing: Any, *arguments: Any) -> None:
        super().__init__(_remembering(typing), *arguments)

    def define_pipelines(self) -> list[PassManager]:
        """The one way to machine code."""
        passes = PassManager("kernel")
        for step in _PASSES:
            passes.add_pass(step, step.name())
        passes.finalize()
        return [passes]


class _PartLibrary(JITCodeLibrary):  # type: ignore[misc]  # numba is untyped
    """The code of a part as it is before optimisation, to be linked into kernels, and never run by itself.

    Numba optimises and compiles each function with all that it calls, so that one ten calls deep is compiled ten times.
    """

    class _NoEnvironment:
        """What would tell the machine code of its environment, which ours never asks for."""

        def set_env(self, name: str, environment: object) -> None:
            pass

    codegen = _NoEnvironment()

    def _optimize_functions(self, module: Any) -> None:
        """Make the code small, and no more, as it is optimised with the kernel."""
        module.data_layout = self._codegen._data_layout
        passes, builder = llvm.create_new_function_pass_manager(), self._codegen._pass_builder()
        passes.add_sroa_pass()
        passes.add_instruction_combine_pass()
        passes.add_simplify_cfg_pass()
        for function in module.functions:
            if not function.is_declaration:
                passes.run(function, builder)

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if str(function).count("\n") > _COPIED and not {b"noinline", b"alwaysinline"} & set(function.attributes):
                function.add_function_attribute("noinline")

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        return 0


class _PartCompiler(_KernelCompiler):
    def __init__(self, typing: Any, target: Any, library: Any, *arguments: Any) -> None:
        super().__init__(typing, target, _PartLibrary(target.codegen(), "part"), *arguments)


def kernel(function: Function) -> Function:
    """Compile `function` when it is first called.

    It makes no array, nor gives one back: references are counted neither in kernels nor in parts.

    The compiled code is cached beside the source, or where NUMBA_CACHE_DIR says. An installation
    where neither can be written compiles in each process instead: slower to start, never broken.
    """
    compiled = numba.njit(**_OPTIONS, pipeline_class=_KernelCompiler)(function)
    with suppress(RuntimeError, OSError):  # no place for a cache
        compiled._cache = _KernelCache(function)
    return compiled  # type: ignore[no-any-return]  # numba is untyped


def part(function: Function) -> Function:
    """A part of kernels as a function of its own, which is compiled with the kernel that calls it, and once there.

    Python cannot call it. Arrays and named tuples are lent to it, see `views`.
    """
    return _part(function)


def inline(function: Function) -> Function:
    """A part that is copied to where it is called."""
    return _part(function, forceinline=True)


def _part(function: Function, **options: bool) -> Function:
    compiled = numba.njit(**_OPTIONS, **options, no_cpython_wrapper=True, pipeline_class=_PartCompiler)(function)
    template = compiled.get_call_template

    def lending(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Numbers that are written in a call count as their type, or each would make a compilation of its own."""
        return template(tuple(lent(types.unliteral(argument)) for argument in arguments), keywords)

    compiled.get_call_template = lending
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


class _Uncached(Exception):  # noqa: N818  # it never leaves this module
    """A kernel would have to be compiled."""


class _Refusal(event.Listener):  # type: ignore[misc]  # numba is untyped
    """Stops every compilation at its beginning."""

    def on_start(self, event: object) -> None:
        raise _Uncached

    def on_end(self, event: object) -> None:
        pass


def has_cache(function: Callable[..., Any]) -> bool:
    """Whether there is a place where the compiled code of a kernel is cached."""
    return isinstance(getattr(function, "_cache", None), _KernelCache)


def is_compiled(function: Callable[[], Any]) -> bool:
    """Whether a kernel without arguments is in memory or in the cache; it is called if it is."""
    try:
        with event.install_listener("numba:compile", _Refusal()):
            function()
    except _Uncached:
        return False
    return True
