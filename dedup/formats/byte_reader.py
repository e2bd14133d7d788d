"""Bytes -> records' bytes: what is there now is cut at line ends, or at blank lines, and handed on.

Reading never waits while something is there: a slow feed is answered line by line, a fast one comes in
large batches. Whatever is longer than the limit is passed through in pieces and never held.
"""

import os
import re
import select
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol

_READ = 1 << 20  # bytes read at a time, and about the size of a batch
_FIRST = 1 << 17  # of the first one, for the first answer to come soon; each after it may be twice as long
_LINE = re.compile(rb"[^\r\n]*+(?>\r\r?\n|\n|\r)|[^\r\n]++")
_SPOOLED = 1 << 20  # bytes of a pipe that are recalled from memory and not from disk


class ByteStream(Protocol):
    """What is read from: an unbuffered file, whose reads give what is there."""

    def read(self, size: int, /) -> bytes | None: ...

    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a record that is longer than the limit; `first` marks where such a record begins."""

    data: bytes
    first: bool


#: A batch of lines or other records, or a part of one that is too long.
Lines = list[bytes] | Piece


class ReplayBuffer:
    """A stream of which everything can be had once more, until that is forgotten."""

    def __init__(self, file: ByteStream) -> None:
        self._file = file
        self._start: int | None = None
        self._copy: IO[bytes] | None = None
        try:
            self._start = os.lseek(file.fileno(), 0, os.SEEK_CUR)
        except OSError:  # a pipe
            self._copy = SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115  # it ends with this object

    def read(self, size: int, /) -> bytes | None:
        data = self._file.read(size)
        if data and self._copy is not None:
            self._copy.write(data)
        return data

    def fileno(self) -> int:
        return self._file.fileno()

    def forget(self) -> None:
        """Keep no more of it than is in the file anyway."""
        self._copy = None

    def again(self) -> Iterator[bytes]:
        """Everything from the beginning, read or not; of what was forgotten, the rest."""
        if self._start is not None:
            os.lseek(self._file.fileno(), self._start, os.SEEK_SET)
        if self._copy is not None:
            self._copy.seek(0)
            while data := self._copy.read(_READ):
                yield data
        while data := read_some(self._file, _READ):
            yield data


def ready(file: ByteStream) -> bool:
    """Whether a read would give something at once."""
    try:
        return bool(select.select([file], [], [], 0)[0])
    except (OSError, ValueError):  # no file of the operating system, or a system that selects only sockets
        return False


def read_some(file: ByteStream, size: int) -> bytes:
    """What a read gives, of a file that does not block too; nothing at its end only."""
    while (data := file.read(size)) is None:
        select.select([file], [], [])
    return data


def chunks(file: ByteStream) -> Iterator[bytes]:
    """What is there, waiting only while nothing is."""
    most = _FIRST
    while data := read_some(file, most):
        parts = [data]
        size = len(data)
        while size < most and ready(file) and (more := file.read(most - size)):
            parts.append(more)
            size += len(more)
        yield b"".join(parts)
        most = min(2 * most, _READ)


def split_lines(data: bytes) -> list[bytes]:
    r"""The lines of some bytes, each with its end: `\n`, `\r\n`, a lone `\r`, or `\r\r\n` (a faulty conversion)."""
    if b"\r" not in data:
        return BytesIO(data).readlines()
    return _LINE.findall(data) if b"\r\r\n" in data else data.splitlines(keepends=True)


def _whole_ends(file: ByteStream) -> Iterator[bytes]:
    """The chunks, cut so that none ends within a line end."""
    held = b""
    for chunk in chunks(file):
        data = held + chunk
        returns = len(data) - len(data.rstrip(b"\r"))
        known = len(data) - min(returns, 2)
        held = data[known:]
        if known:
            yield data[:known]
    if held:
        yield held


def lines(file: ByteStream, limit: int) -> Iterator[Lines]:
    """The lines, each with its line end, in the batches in which they come; a long one in pieces.

    A line that ends in a lone return is given when the next byte is there, which could be a line feed.
    """
    parts: list[bytes] = []  # of a line whose end was not seen yet
    size = 0
    overflow = False
    for chunk in _whole_ends(file):
        if overflow:
            rest = split_lines(chunk)
            yield Piece(rest[0], first=False)
            if not rest[0].endswith((b"\n", b"\r")):
                continue
            overflow = False
            chunk = chunk[len(rest[0]) :]
        parts.append(chunk)
        size += len(chunk)
        if b"\n" in chunk or b"\r" in chunk:
            batch = split_lines(b"".join(parts))
            parts = [] if batch[-1].endswith((b"\n", b"\r")) else [batch.pop()]
            size = sum(map(len, parts))
            if max(map(len, batch)) > limit:
                yield from _cut(batch, limit)
            else:
                yield batch
        if size > limit:
            yield Piece(b"".join(parts), first=True)
            parts = []
            size = 0
            overflow = True
    if size:
        yield [b"".join(parts)]


def blocks(batches: Iterator[Lines], limit: int) -> Iterator[Lines]:
    """Runs of lines up to and with a blank one, in batches; a run that is too long in pieces.

    Further blank lines belong to the block after them.
    """
    block: list[bytes] = []
    size = 0
    filled = False  # whether the block has a line that is not blank
    overflow = False
    for batch in batches:
        ready: list[bytes] = []
        for line in [batch] if isinstance(batch, Piece) else batch:
            long = isinstance(line, Piece)
            data = line.data if isinstance(line, Piece) else line
            blank = not long and not data.strip()
            block.append(data)
            size += len(data)
            filled = filled or not blank
            if overflow or long or size > limit:
                if ready:
                    yield ready
                    ready = []
                yield Piece(b"".join(block), first=not overflow)
                overflow = not blank
            elif not (blank and filled):
                continue
            else:
                ready.append(b"".join(block))
            block = []
            size = 0
            filled = overflow
        if ready:
            yield ready
    if block:
        yield [b"".join(block)]


def _cut(batch: list[bytes], limit: int) -> Iterator[Lines]:
    """A batch with lines over the limit, those lines apart."""
    short: list[bytes] = []
    for line in batch:
        if len(line) <= limit:
            short.append(line)
            continue
        if short:
            yield short
            short = []
        yield Piece(line, first=True)
    if short:
        yield short


def whole(file: ByteStream, limit: int) -> bytes | None:
    """All there is, or None where that is more than `limit`."""
    parts: list[bytes] = []
    size = 0
    while data := read_some(file, _READ):
        parts.append(data)
        size += len(data)
        if size > limit:
            return None
    return b"".join(parts)
