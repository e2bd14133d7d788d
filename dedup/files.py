"""Paths, directories and patterns -> the files they name, in order."""

import glob
import os
from collections.abc import Iterator, Sequence

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
