"""Bytes -> records of paragraphs, and back; one table of the formats that are known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dedup.canonical import decode
from dedup.errors import InputError
from dedup.formats.jsonl import JsonLines
from dedup.formats.pieces import ByteStream, Piece, blocks, lines, read_some
from dedup.formats.records import BOM, Format, Records, Rejected, Source
from dedup.formats.text import Text
from dedup.model import Paragraph

FORMATS: dict[str, Callable[[Source], Format]] = {"text": Text, "jsonl": JsonLines}


def guess(head: bytes) -> str:
    """The format of an input that begins with `head`: JSON Lines begin with an object."""
    return "jsonl" if head.removeprefix(BOM).lstrip().startswith(b"{") else "text"


def records(file: ByteStream, source: Source, format: str = "auto") -> Iterator[Records | Rejected]:
    """The records of one input in the batches in which it comes, and what had to be rejected.

    Raises InputError where the input cannot be read.
    """
    ordinal = 1
    try:
        reader: Format | None = None
        stream = _Peeked(file)
        if format == "auto":
            format = guess(stream.head())
        reader = FORMATS[format](source)
        for batch in (blocks if reader.blank_lines else lines)(stream, source.max_bytes):
            if isinstance(batch, Piece):
                reason = f"longer than max-bytes {source.max_bytes}" if batch.first else None
                yield Rejected(source.name, ordinal if batch.first else ordinal - 1, batch.data, reason)
                ordinal += batch.first
            else:
                yield from reader.parse(batch, ordinal)
                ordinal += len(batch)
    except OSError as error:
        raise InputError(f"{source.name}: {error.strerror or error}") from None


class _Peeked:
    """A file whose first bytes were looked at."""

    def __init__(self, file: ByteStream) -> None:
        self._file = file
        self._first = b""

    def head(self) -> bytes:
        """What comes first, up to something that is not white space."""
        while (BOM.startswith(self._first) or not self._first.removeprefix(BOM).strip()) and (
            more := read_some(self._file, 1 << 18)
        ):
            self._first += more
            if len(self._first) > 1 << 20:
                break
        return self._first

    def read(self, size: int, /) -> bytes | None:
        if self._first:
            first, self._first = self._first, b""
            return first
        return self._file.read(size)

    def fileno(self) -> int:
        return self._file.fileno()


@contextmanager
def open_input(path: str) -> Iterator[ByteStream]:
    """The bytes of a file, or of standard input for `-`. Raises InputError where it cannot be opened."""
    try:
        file = open(0 if path == "-" else path, "rb", buffering=0, closefd=path != "-")  # noqa: SIM115  # below
    except OSError as error:
        raise InputError(f"{input_name(path)}: {error.strerror}") from None
    with file:
        yield file


def input_name(path: str) -> str:
    """What an input is called in messages and in the ids of its paragraphs."""
    return "stdin" if path == "-" else path


def read(
    path: str | Path,
    *,
    format: str = "auto",
    rejected: Callable[[Rejected], None] | None = None,
    split: str = "auto",
    text_field: str = "text",
    id_field: str = "id",
    time_field: str | None = None,
) -> Iterator[Paragraph]:
    """The paragraphs of a file, or of standard input for `-`, as `NoveltyFilter.judge` takes them.

    What is no record goes to `rejected`. Raises InputError where the file cannot be read, and for the
    first bad record where no `rejected` is given.
    """
    source = Source(input_name(str(path)), split, text_field, id_field, time_field)
    with open_input(str(path)) as file:
        for batch in records(file, source, format):
            if isinstance(batch, Rejected):
                if rejected is None:
                    raise InputError(f"{batch.name}:{batch.ordinal}: {batch.reason}")
                rejected(batch)
                continue
            for text, (id_, time) in zip(batch.texts, batch.labels(), strict=True):
                yield Paragraph(decode(text), id_, time)
