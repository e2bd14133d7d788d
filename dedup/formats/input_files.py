"""Finds the files that paths, directories and patterns name, and tells how far an open file was read."""

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from typing import Protocol

from dedup.errors import InputError


def find(paths: Sequence[str]) -> Iterator[str]:
    """Find the files of each path, in order.

    A path is a file, a directory with all files below it, or a pattern such as `news/*.xml`. The files of a directory
    or pattern are sorted. Names that begin with a dot are left out, as by a shell.

    Raises:
        InputError: A path does not exist, or is a directory without files.
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
    """An object with a file descriptor."""

    def fileno(self) -> int: ...


def extent(file: Numbered) -> tuple[int, int]:
    """The position and the size of a regular file in bytes; (0, 0) for a pipe or device, which has no known size."""
    try:
        status = os.fstat(file.fileno())
        return (os.lseek(file.fileno(), 0, os.SEEK_CUR), status.st_size) if stat.S_ISREG(status.st_mode) else (0, 0)
    except (OSError, ValueError):
        return 0, 0
