"""Compiles kernels with numba, without the GIL, and caches them on disk if a cache can be written.

Python calls a kernel, and kernels call inline functions. Numba considers a cached kernel current as long as its own
file is unchanged, but much of a kernel comes from other files. So the name of the cache folder contains a hash of all
modules that kernels take functions or constants from: a change in any of them starts a new cache.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

from dedup._kernels.private import can_others_write

Function = TypeVar("Function", bound=Callable[..., Any])
_PACKAGE = Path(__file__).parents[1]
_SOURCES = ("_kernels", "filter", "model", "sketch", "store", "errors.py", "settings.py")  # what kernels are made of
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}  # C calls none of ours
_refused: list[Path] = []  # by `_folder`
_ROOM = 100 << 20  # bytes that a disk must have left for a cache


def kernel(function: Function) -> Function:
    """Compile `function` when it is first called, or load it from the cache.

    The cache is in the folder that NUMBA_CACHE_DIR names, or beside the source, or in the user's cache folder. Where
    none of these can be written, each process compiles anew: slower to start, never broken. A place that another user
    can write is not used: numba unpickles what is in the cache.
    """
    with _cache_in(_folder()) as has_cache:
        compiled: Function = numba.njit(**_OPTIONS, cache=has_cache)(function)
    return compiled


def part(function: Function) -> Function:
    """Compile `function` for kernels, which call it; Python cannot."""
    compiled: Function = numba.njit(**_OPTIONS, no_cpython_wrapper=True)(function)
    return compiled


def inline(function: Function) -> Function:
    """Compile `function` as a part of the kernels that call it, copied to where it is called."""
    compiled: Function = numba.njit(**_OPTIONS, no_cpython_wrapper=True, forceinline=True)(function)
    return compiled


def refused() -> list[Path]:
    """The places that could hold the cache, but are not used because another user can write there."""
    _folder()
    return list(_refused)


@cache
def _folder() -> Path | None:
    """The folder of the cache, None where there is no place for one."""
    digest = hashlib.sha256()
    for module in sorted(_PACKAGE.rglob("*.py")):
        if module.relative_to(_PACKAGE).parts[0] in _SOURCES:
            digest.update(module.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"
    beside = _PACKAGE / "__pycache__"
    users = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "news-dedup"
    for place in (os.environ.get("NUMBA_CACHE_DIR"), beside, users):
        if place and _is_usable(folder := Path(place).absolute() / name):
            if place == beside:  # nobody else uses it
                for old in set(beside.glob("kernels-*")) - {folder}:
                    shutil.rmtree(old, ignore_errors=True)
            return folder
    return None


def _is_usable(folder: Path) -> bool:
    """Whether files can be written to a folder, which is made for that."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if can_others_write(folder):
            _refused.append(folder.parent)
            return False
        with tempfile.TemporaryFile(dir=folder):
            return shutil.disk_usage(folder).free > _ROOM
    except (OSError, RuntimeError):  # RuntimeError: no home
        return False


@contextmanager
def _cache_in(folder: Path | None) -> Iterator[bool]:
    """Let kernels that are made meanwhile be cached in a folder; whether there is one."""
    before = numba.config.CACHE_DIR
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    try:
        yield folder is not None
    finally:
        numba.config.CACHE_DIR = before
