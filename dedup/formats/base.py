"""The base classes of all formats, and the batches of records and the rejected input that they produce."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InputError
from dedup.formats.byte_reader import ByteStream, Lines, Piece, lines, read_all
from dedup.formats.json_values import dump, get
from dedup.model.types import Labels

#: The byte order mark. It may precede the first record of an input, and is not part of the text.
BOM = b"\xef\xbb\xbf"
#: Bytes of the largest feed, page or JSON array. These are held in memory whole.
MAX_DOCUMENT = 64 << 20
#: The default fields of the text and the id of a record.
TEXT_FIELD, ID_FIELD = "text", "id"
_NAMES = 12  # the largest number of names in a message
_NAME = 40  # characters to show of each


def list_names(names: Sequence[str]) -> str:
    """A short list of field names for a message. Control characters are escaped, and long lists are shortened."""
    short = [name if name.isprintable() else ascii(name) for name in (name[:_NAME] for name in names[:_NAMES])]
    return ", ".join(short) + (", …" if len(names) > _NAMES else "")


def check_one_column(source: str, names: Sequence[str], places: Sequence[int]) -> None:
    """Check that a requested name means one column at most.

    Args:
        source: The name of the input, for the message.
        names: The names of all columns.
        places: The indexes of the columns that the requested name means.

    Raises:
        InputError: There are several.
    """
    if len(places) > 1:
        numbers = " and ".join(str(place + 1) for place in places)
        raise InputError(f"{source}: columns {numbers} are both called {names[places[0]]!r}; rename one of them")


@dataclass(frozen=True, slots=True)
class RejectedInput:
    """Input that cannot be read as a record.

    A record that is too long to hold arrives in several pieces. Only the first piece has a reason.

    Attributes:
        name: The name of the input.
        ordinal: The ordinal of the record in the input, from 1; 0 for bytes that are not a record of their own.
        raw: The bytes, or a piece of them.
        reason: The reason for people; None for a further piece.
    """

    name: str
    ordinal: int
    raw: bytes
    reason: str | None

    def __str__(self) -> str:
        place = f"{self.name}:{self.ordinal}" if self.ordinal else self.name
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Source:
    """How to read an input.

    Attributes:
        name: The name of the input in messages and generated ids.
        split: How texts are split into paragraphs: at each `line` end, at `blank` lines, or `auto`.
        text_field: The dotted path of the text in a record.
        id_field: The dotted path of the id in a record.
        time_field: The dotted path of the time in a record, if requested.
        max_bytes: The length of the longest record in bytes.
        source_field: The dotted path of the publisher in a record, if requested.
        trim: Whether to remove unwanted paragraphs from feed items.
        extract: Whether to read only the main text of a page.
        labelled: Whether the caller uses the labels or the fields of records.
    """

    name: str
    split: str = "auto"
    text_field: str = TEXT_FIELD
    id_field: str = ID_FIELD
    time_field: str | None = None
    max_bytes: int = 4 << 20
    source_field: str | None = None
    trim: bool = False
    extract: bool = False
    labelled: bool = True

    def fields(self) -> Iterator[str]:
        """The requested fields of a record."""
        return filter(None, (self.text_field, self.id_field, self.time_field, self.source_field))


class Records(ABC):
    """A batch of records.

    Attributes:
        texts: The UTF-8 of each paragraph of all records, in order.
        separator: The bytes between two records in an output.
        header: The bytes before the first record in an output.
        split: How the input was split into paragraphs, if the format decided that: at each `line` end or at `blank`
            lines.
        tabular: Whether records are written as rows of an Arrow table and not as bytes.
    """

    texts: list[bytes]
    separator: bytes = b"\n"
    header: bytes = b""
    split: str | None = None
    tabular: bool = False

    @abstractmethod
    def labels(self) -> Labels:
        """The id, the time and the source of each paragraph."""

    @abstractmethod
    def fields(self, paragraph: int) -> dict[str, Any]:
        """The record of a paragraph as an object. Its text is that paragraph alone."""

    def owners(self) -> Sequence[int]:
        """The index of the record of each paragraph."""
        return range(len(self.texts))

    def names(self) -> list[str]:
        """The fields of the first record."""
        return list(self.fields(0))

    def count_filled(self, field: str) -> int:
        """The number of paragraphs with a value in a field, given as a dotted path."""
        return sum(get(self.fields(k), field) not in (None, "") for k in range(len(self.texts)))

    def report(self, paragraph: int, decision: dict[str, Any]) -> bytes:
        """The record of a paragraph as JSON on one line, without a line end, with its decision under `dedup`.

        Its text is that paragraph alone. Other values are written as they are in the input.
        """
        return dump(self.fields(paragraph) | {"dedup": decision})

    @abstractmethod
    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        """The records as bytes, unchanged but for unwanted paragraphs. Records without a wanted one are left out.

        Args:
            wanted: (paragraphs,) bool.
        """


class Format(ABC):
    """Reads the records of one input."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @abstractmethod
    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        """Read the records in batches, as they arrive, and the rejected input.

        Raises:
            InputError: The input cannot be read.
        """


class Stream(Format):
    """A format with records that can be read one by one, as soon as they arrive.

    Attributes:
        only_line_feeds: Whether a carriage return does not end a line.
    """

    only_line_feeds = False

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        source = self.source
        ordinal = 1
        for batch in self.split_records(lines(stream, source.max_bytes, only_line_feeds=self.only_line_feeds)):
            if isinstance(batch, Piece):
                reason = f"longer than max-bytes {source.max_bytes}" if batch.first else None
                yield RejectedInput(source.name, ordinal if batch.first else ordinal - 1, batch.data, reason)
                ordinal += batch.first
            else:
                yield from self.parse(batch, ordinal)
                ordinal += len(batch)

    def split_records(self, batches: Iterator[Lines]) -> Iterator[Lines]:
        """Split lines into the bytes of records. By default each line is a record."""
        return batches

    @abstractmethod
    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | RejectedInput]:
        """Read the records with the bytes `raws`. The first one has the ordinal `first`."""


class Document(Format):
    """A format that can be read only when the whole input has arrived."""

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        if data := read_document(stream, self.source.name):
            yield from self.parse(data)

    @abstractmethod
    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        """Read the records of a whole document."""


def read_document(stream: ByteStream, name: str) -> bytes:
    """All bytes of an input.

    Raises:
        InputError: The input is longer than `MAX_DOCUMENT`.
    """
    data = read_all(stream, MAX_DOCUMENT)
    if data is None:
        raise InputError(
            f"{name}: larger than {MAX_DOCUMENT >> 20} MiB, the limit for a feed, a page or a JSON array; split it, or "
            f"convert it to JSON Lines"
        )
    return data
