"""Opens inputs, detects their format, and reads their records. This is the table of known formats."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from warnings import warn

from dedup.errors import InputError, extra_needed
from dedup.formats.base import Format, Records, RejectedInput, Source
from dedup.formats.byte_reader import ByteStream, read_some
from dedup.formats.compression import MAGIC_SIZE, Decompressed, decompressed
from dedup.formats.detect import DETECTION_LIMIT, guess, recognise
from dedup.formats.input_checks import InputCheck
from dedup.formats.jsonl import JsonLines
from dedup.formats.text import Text
from dedup.model.types import Paragraph
from dedup.model.utf8 import decode

__all__ = ["FORMATS", "guess", "input_name", "open_input", "read", "records"]


def _json(source: Source) -> Format:
    from dedup.formats.jsonfeed import JsonArray

    return JsonArray(source)


def _answered(source: Source) -> Format:
    from dedup.formats.answered_lines import AnsweredLines

    return AnsweredLines(source)


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
    with extra_needed(f"{source.name}: Parquet", "corpus"):
        from dedup.formats.parquet import Parquet
    return Parquet(source)


#: The formats by name. A library is imported only when an input needs it. `answered` is JSON Lines whose lines all get
#: an output.
FORMATS: dict[str, Callable[[Source], Format]] = {
    "text": Text,
    "jsonl": JsonLines,
    "json": _json,
    "csv": _csv,
    "feed": _feed,
    "html": _html,
    "parquet": _parquet,
    "answered": _answered,
}


def records(file: ByteStream, source: Source, format: str = "auto") -> Iterator[Records | RejectedInput]:
    """Read the records of one input, in batches as they arrive, and the rejected input.

    Args:
        file: The input, which may be compressed.
        source: How to read it.
        format: A key of `FORMATS`, or `auto` to detect the format from the content.

    Raises:
        InputError: The input cannot be read.
    """
    try:
        stream, decompressor = peek(file, source.name)
        detected = format
        if format == "auto":
            try:
                detected = stream.detect_format(source.text_field)
            except InputError as error:
                raise InputError(f"{source.name}: {error}") from None
        mixed = format == "auto" and detected in ("feed", "html")  # feeds and pages may follow each other
        yield from (_documents(source, detected) if mixed else FORMATS[detected](source)).read(stream)
        if decompressor is not None and decompressor.broken is not None:
            yield RejectedInput(source.name, 0, b"", decompressor.broken)
    except OSError as error:
        raise InputError(f"{source.name}: {error.strerror or error}") from None


def peek(file: ByteStream, name: str) -> "tuple[Peeked, Decompressed | None]":
    """Look at the first bytes of an input, and decompress it if necessary.

    Returns:
        The decompressed stream, and the decompressor if the input is compressed.

    Raises:
        InputError: The input is compressed, and not even its beginning can be read.
    """
    stream = Peeked(file)
    decompressor = decompressed(stream, stream.head(MAGIC_SIZE))
    if decompressor is not None:
        stream = Peeked(decompressor)
        stream.head(MAGIC_SIZE)
        if decompressor.broken is not None and not stream.head(0):
            raise InputError(f"{name}: {decompressor.broken}")
    return stream, decompressor


class Peeked:
    """A stream with a look at its first bytes, which are read again later."""

    def __init__(self, file: ByteStream | Decompressed) -> None:
        self._file = file
        self._first = b""
        self._ended = False

    def head(self, size: int) -> bytes:
        """The first bytes: at least a line or `size` bytes, or the whole stream if it is shorter."""
        while len(self._first) < size and b"\n" not in self._first and self._more():
            pass
        return self._first

    def detect_format(self, text_field: str) -> str:
        """The format of the stream, from as few of its first bytes as possible.

        Raises:
            InputError: The stream is not a feed. The message does not name the input.
        """
        while (
            detected := recognise(self._first, self._ended or len(self._first) > DETECTION_LIMIT, text_field)
        ) is None:
            self._more()
        return detected

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
    """Open a file, or standard input for `-`.

    Raises:
        InputError: The file cannot be opened.
    """
    try:
        file = open(0 if path == "-" else path, "rb", buffering=0, closefd=path != "-")  # noqa: SIM115  # `with` below
    except OSError as error:
        raise InputError(f"{input_name(path)}: {error.strerror}") from None
    with file:
        yield file


def input_name(path: str) -> str:
    """The name of an input in messages and in the ids of its paragraphs."""
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
    """Read the paragraphs of a file. `NoveltyFilter.judge` takes them.

    Warns if a requested field is in no record, or if times cannot be read.

    Args:
        path: The path of the file, which may be compressed; `-` is standard input.
        format: `text`, `jsonl`, `json`, `csv`, `feed`, `html`, `parquet`, or `auto` to detect it from the content.
        rejected: Called with each piece of input that cannot be read. Without it, the first one raises InputError.
        split: How texts are split into paragraphs: at each `line` end, at `blank` lines, or `auto`.
        text_field: The dotted path of the text in a record.
        id_field: The dotted path of the id in a record.
        time_field: The dotted path of the time in a record.
        source_field: The dotted path of the publisher in a record.

    Returns:
        The paragraphs, in order.

    Raises:
        InputError: The file cannot be read, or a record cannot be read and `rejected` is not given.
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
