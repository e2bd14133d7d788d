"""Prepares a corpus for the runs: plain JSON Lines, limited to a number of lines, with its hash."""

import hashlib
import lzma
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast


class Corpus(NamedTuple):
    """A regular file and its properties."""

    path: Path
    lines: int
    sha256: str


def opened(path: Path) -> BinaryIO:
    """Open a file for reading. Decompresses it if it is .xz."""
    return cast(BinaryIO, lzma.open(path)) if path.suffix == ".xz" else path.open("rb")


def copy_lines(source: Path, lines: int | None, place: Path) -> Corpus:
    """Copy the first `lines` lines of `source`, which may be .xz, to a file in `place`. None copies all."""
    path = place / f"corpus-{lines or 'all'}.jsonl"
    digest = hashlib.sha256()
    count = 0
    with opened(source) as read, path.open("wb") as write:
        for line in islice(read, lines):
            write.write(line)
            digest.update(line)
            count += 1
    return Corpus(path, count, digest.hexdigest())


def head(path: Path, lines: int) -> Path:
    """A file next to `path` with its first lines."""
    shorter = path.with_name(f"{path.stem}-head-{lines}.jsonl")
    with path.open("rb") as read, shorter.open("wb") as write:
        write.writelines(islice(read, lines))
    return shorter


def texts(path: Path, lines: int | None = None) -> list[str]:
    """The text of each record of a JSON Lines file, which may be .xz."""
    import orjson

    with opened(path) as file:
        return [orjson.loads(line)["text"] for line in islice(file, lines)]
