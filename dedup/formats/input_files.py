"""Paths, directories and patterns -> the files they name, in order; and how far an open one is."""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from typing import Protocol

from dedup.errors import InputError


def find(paths: Sequence[str]) -> Iterator[str]:
    """The files of each path: itself, all below a directory, or all that a pattern (`news/*.xml`) fits, sorted.

    Names that begin with a dot are left out, as by a shell. Raises InputError for what names no file.
    """
    for path in paths:
        if path == "-" or os.path.exists(path):
            places = [path]
        else:
            places = sorted(glob.glob(path, recursive=True))
            if not places:
                raise InputError(f"{path!r} does not exist")
        found = False
        for place in places:
            for file in _files(place):
                found = True
                yield file
        if not found:
            raise InputError(f"{path!r} is a directory without files")


def _files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(folder, name) for name in sorted(names) if not name.startswith("."))


class Numbered(Protocol):
    """What has a file descriptor."""

    def fileno(self) -> int: ...  # as of any file


def extent(file: Numbered) -> tuple[int, int]:
    """(bytes read, bytes in all) of a regular file; (0, 0) of what has no end that could be known."""
    try:
        status = os.fstat(file.fileno())
        return (os.lseek(file.fileno(), 0, os.SEEK_CUR), status.st_size) if stat.S_ISREG(status.st_mode) else (0, 0)
    except (OSError, ValueError):
        return 0, 0
