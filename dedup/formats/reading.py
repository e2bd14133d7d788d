"""Opens inputs, detects their format, and reads their records. This is the table of known formats."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from warnings import warn

from dedup.errors import InputError
from dedup.formats.base import Format, Records, RejectedInput, Source
from dedup.formats.byte_reader import ByteStream, read_some
from dedup.formats.compression import SHORT, Decompressed, decompressed
from dedup.formats.detect import ENOUGH, guess, recognise
from dedup.formats.input_checks import InputCheck
from dedup.formats.jsonl import JsonLines
from dedup.formats.text import Text
from dedup.model.types import Paragraph
from dedup.model.utf8 import decode

__all__ = ["FORMATS", "guess", "input_name", "open_input", "read", "records"]


def _json(source: Source) -> Format:
    from dedup.formats.jsonfeed import JsonArray

    return JsonArray(source)


def _csv(source: Source) -> Format:
    from dedup.formats.csv import Csv

    return Csv(source)


def _feed(source: Source) -> Format:
    from dedup.formats.documents import Documents

    return Documents(source, "feed", only="feed")


def _html(source: Source) -> Format:
    from dedup.formats.documents import Documents

    return Documents(source, "html", only="html")


def _documents(source: Source, first: str) -> Format:
    from dedup.formats.documents import Documents

    return Documents(source, first)


def _parquet(source: Source) -> Format:
    try:
        from dedup.formats.parquet import Parquet
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise InputError(f"{source.name}: Parquet needs pyarrow: pip install 'news-dedup[corpus]'") from None
    return Parquet(source)


#: What is read, by name. A library is imported when an input needs it.
FORMATS: dict[str, Callable[[Source], Format]] = {
    "text": Text,
    "jsonl": JsonLines,
    "json": _json,
    "csv": _csv,
    "feed": _feed,
    "html": _html,
    "parquet": _parquet,
}


def records(file: ByteStream, source: Source, format: str = "auto") -> Iterator[Records | RejectedInput]:
    """The records of one input in the batches in which it comes, and what had to be rejected.

    Raises InputError where the input cannot be read.
    """
    try:
        stream, packed = peek(file, source.name)
        found = format
        if format == "auto":
            try:
                found = stream.recognised(source.text_field)
            except InputError as error:
                raise InputError(f"{source.name}: {error}") from None
        mixed = format == "auto" and found in ("feed", "html")
        yield from (_documents(source, found) if mixed else FORMATS[found](source)).read(stream)
        if packed is not None and packed.broken is not None:
            yield RejectedInput(source.name, 0, b"", packed.broken)
    except OSError as error:
        raise InputError(f"{source.name}: {error.strerror or error}") from None


def peek(file: ByteStream, name: str) -> "tuple[Peeked, Decompressed | None]":
    """The bytes of an input, decompressed, and the decompressor where there is one.

    Raises InputError where the input is compressed and nothing of it can be read.
    """
    stream = Peeked(file)
    packed = decompressed(stream, stream.head(SHORT))
    if packed is not None:
        stream = Peeked(packed)
        stream.head(SHORT)
        if packed.broken is not None and not stream.head(0):
            raise InputError(f"{name}: {packed.broken}")
    return stream, packed


class Peeked:
    """A file whose first bytes were looked at."""

    def __init__(self, file: ByteStream | Decompressed) -> None:
        self._file = file
        self._first = b""

        self._ended = False

    def head(self, size: int) -> bytes:
        """What comes first: a line, `size` bytes, or all there is."""
        while len(self._first) < size and b"\n" not in self._first and self._more():
            pass
        return self._first

    def recognised(self, text_field: str) -> str:
        """The format of what comes first, of which no more is awaited than it takes to say so."""
        while (found := recognise(self._first, self._ended or len(self._first) > ENOUGH, text_field)) is None:
            self._more()
        return found

    def _more(self) -> bool:
        more = b"" if self._ended else read_some(self._file, 1 << 18)
        self._first += more
        self._ended = not more
        return bool(more)

    def read(self, size: int, /) -> bytes | None:
        if self._first:
            first, self._first = self._first[:size], self._first[size:]
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
    rejected: Callable[[RejectedInput], None] | None = None,
    split: str = "auto",
    text_field: str = "text",
    id_field: str = "id",
    time_field: str | None = None,
    source_field: str | None = None,
) -> Iterator[Paragraph]:
    """The paragraphs of a file, or of standard input for `-`, as `NoveltyFilter.judge` takes them.

    What is no record goes to `rejected`. Warns of a field that was asked for and is nowhere, and of times that cannot
    be read. Raises InputError where the file cannot be read, and for the first bad record where no `rejected` is given.
    """
    source = Source(input_name(str(path)), split, text_field, id_field, time_field, source_field=source_field)
    check = InputCheck(source)
    with open_input(str(path)) as file:
        for batch in records(file, source, format):
            if isinstance(batch, RejectedInput):
                if rejected is None:
                    raise InputError(str(batch))
                rejected(batch)
                continue
            labels = batch.labels()
            check.see(batch, labels)
            for text, label in zip(batch.texts, labels, strict=True):
                yield Paragraph(decode(text), *label)
    for line in check.notices(ended=True):
        warn(line, stacklevel=2)
