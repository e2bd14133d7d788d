"""Reads a stream in batches of lines, or of blocks between blank lines.

Each batch holds the input that is available now. So a slow feed is read line by line, and a fast one in large batches.
A record that is longer than the limit is passed on in pieces and never held whole.
"""

import os
import re
import select
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol

_READ = 1 << 20  # bytes of a read, and about the size of a batch
_FIRST = 1 << 17  # bytes of the first batch, so that output starts soon; each next one may be twice as long
_LINE = re.compile(rb"[^\r\n]*+(?>\r\r?\n|\n|\r)|[^\r\n]++")
_SPOOLED = 1 << 20  # bytes of a pipe to hold in memory before they go to disk


class ByteStream(Protocol):
    """An unbuffered file. A read returns the bytes that are available, up to `size`."""

    def read(self, size: int, /) -> bytes | None: ...

    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a record that is longer than the limit. `first` is whether the record begins with it."""

    data: bytes
    first: bool


#: A batch of lines or other records, or a piece of one that is too long.
Lines = list[bytes] | Piece


class ReplayBuffer:
    """A stream that can be read again from its beginning, until `forget` is called."""

    def __init__(self, file: ByteStream) -> None:
        self._file = file
        self._start: int | None = None
        self._copy: IO[bytes] | None = None
        try:
            self._start = os.lseek(file.fileno(), 0, os.SEEK_CUR)
        except OSError:  # a pipe
            self._copy = SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115  # closed together with this object

    def read(self, size: int, /) -> bytes | None:
        data = self._file.read(size)
        if data and self._copy is not None:
            self._copy.write(data)
        return data

    def fileno(self) -> int:
        return self._file.fileno()

    def forget(self) -> None:
        """Drop the copy of a pipe. A regular file can still be read again."""
        self._copy = None

    def again(self) -> Iterator[bytes]:
        """Read the whole stream again, including unread bytes. After `forget`, a pipe gives only the rest."""
        if self._start is not None:
            os.lseek(self._file.fileno(), self._start, os.SEEK_SET)
        if self._copy is not None:
            self._copy.seek(0)
            while data := self._copy.read(_READ):
                yield data
        while data := read_some(self._file, _READ):
            yield data


def ready(file: ByteStream) -> bool:
    """Whether a read would return at once."""
    try:
        return bool(select.select([file], [], [], 0)[0])
    except (OSError, ValueError):  # not a file of the operating system, or the system selects only sockets
        return False


def read_some(file: ByteStream, size: int) -> bytes:
    """Read the available bytes, up to `size`. This waits if there are none, even for a file that does not block.

    Returns:
        The bytes, which are empty only at the end of the file.
    """
    while (data := file.read(size)) is None:
        select.select([file], [], [])
    return data


def chunks(file: ByteStream) -> Iterator[bytes]:
    """Read a file in chunks of the bytes that are available. This waits only if there are none."""
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
    r"""Split bytes into lines with their ends: `\n`, `\r\n`, a lone `\r`, or `\r\r\n` (from a faulty conversion)."""
    if b"\r" not in data:
        return BytesIO(data).readlines()
    return _LINE.findall(data) if b"\r\r\n" in data else data.splitlines(keepends=True)


def _split_at_line_feeds(data: bytes) -> list[bytes]:
    return BytesIO(data).readlines()


def _whole_ends(file: ByteStream) -> Iterator[bytes]:
    """The chunks of a file, arranged so that none ends inside a line end."""
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


def lines(file: ByteStream, limit: int, *, only_line_feeds: bool = False) -> Iterator[Lines]:
    """Read lines with their line ends, in batches as they arrive. A line over the limit comes in pieces.

    A line that ends in a carriage return is passed on when the next byte arrives, because that could be a line feed.

    Args:
        file: The stream.
        limit: The length of the longest line in bytes.
        only_line_feeds: Whether a carriage return is part of a line, and does not end it.
    """
    split = _split_at_line_feeds if only_line_feeds else split_lines
    ends = (b"\n",) if only_line_feeds else (b"\n", b"\r")
    parts: list[bytes] = []  # of a line without its end so far
    size = 0
    overflow = False
    for chunk in chunks(file) if only_line_feeds else _whole_ends(file):
        if overflow:
            rest = split(chunk)
            yield Piece(rest[0], first=False)
            if not rest[0].endswith(ends):
                continue
            overflow = False
            chunk = chunk[len(rest[0]) :]
        parts.append(chunk)
        size += len(chunk)
        if any(end in chunk for end in ends):
            batch = split(b"".join(parts))
            parts = [] if batch[-1].endswith(ends) else [batch.pop()]
            size = sum(map(len, parts))
            if max(map(len, batch)) > limit:
                yield from _separate_long_lines(batch, limit)
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
    """Join lines to blocks that end with a blank line, in batches. A block over the limit comes in pieces.

    Further blank lines belong to the next block.

    Args:
        batches: Lines in batches, from `lines`.
        limit: The length of the longest block in bytes.
    """
    block: list[bytes] = []
    size = 0
    filled = False  # whether the block has a line that is not blank
    overflow = False  # whether the block is too long, and its first piece was passed on
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


def _separate_long_lines(batch: list[bytes], limit: int) -> Iterator[Lines]:
    """Split a batch so that each line over the limit is a piece of its own."""
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


def read_all(file: ByteStream, limit: int) -> bytes | None:
    """Read a whole file, or return None if it is longer than `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    while data := read_some(file, _READ):
        parts.append(data)
        size += len(data)
        if size > limit:
            return None
    return b"".join(parts)
