"""What every format gives: a batch of records, the paragraphs in them, and what had to be rejected."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InputError
from dedup.formats.byte_reader import ByteStream, Lines, Piece, lines, whole
from dedup.formats.json_values import dump, get
from dedup.model.types import Labels

#: What may stand before the first record of an input, and is no part of its text.
BOM = b"\xef\xbb\xbf"
#: The largest feed, page or JSON array; each is held whole.
MAX_DOCUMENT = 64 << 20
#: Where a record's text and its id stand, where nobody says otherwise.
TEXT_FIELD, ID_FIELD = "text", "id"
_NAMES = 12  # fields that a message lists
_NAME = 40  # letters of each


def listed(names: Sequence[str]) -> str:
    """The names of fields, for a message: without what would steer a terminal, and not more than one can read."""
    short = [name if name.isprintable() else ascii(name) for name in (name[:_NAME] for name in names[:_NAMES])]
    return ", ".join(short) + (", …" if len(names) > _NAMES else "")


def check_one_column(source: str, names: Sequence[str], places: Sequence[int]) -> None:
    """Raise InputError where a table has several columns of a name that was asked for, which stand at these places."""
    if len(places) > 1:
        said = " and ".join(str(place + 1) for place in places)
        raise InputError(f"{source}: columns {said} are both called {names[places[0]]!r}; rename one of them")


@dataclass(frozen=True, slots=True)
class RejectedInput:
    """Input that is no record: where it stood, its bytes (or a piece of them), and why.

    A record too long to hold comes in several pieces, of which only the first has a reason. What is no record
    of its own has the ordinal 0.
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
    """How an input is read: its name in messages, and where in a record things stand.

    `trim` cuts the paragraphs that are not wanted out of a feed's items; `extract` takes the main text of a page.
    `labelled` is whether anybody will ask for the labels or fields of the records.
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
        """The fields of a record that are asked for."""
        return filter(None, (self.text_field, self.id_field, self.time_field, self.source_field))


class Records(ABC):
    """A batch of records. `texts` holds the UTF-8 of each paragraph, in order, over all records."""

    texts: list[bytes]
    separator: bytes = b"\n"  # what must stand between a record and the next
    header: bytes = b""  # what must stand before the first of them
    split: str | None = None  # how a text was cut: at each `line` end, or at `blank` lines
    tabular: bool = False  # whether it is rows of a table, and no bytes, that are written

    @abstractmethod
    def labels(self) -> Labels:
        """What each paragraph is called, its time and its source."""

    @abstractmethod
    def fields(self, paragraph: int) -> dict[str, Any]:
        """The record of a paragraph as an object, with that paragraph alone for its text."""

    def owners(self) -> Sequence[int]:
        """The record of each paragraph, by its place in the batch."""
        return range(len(self.texts))

    def names(self) -> list[str]:
        """The fields of the first record."""
        return list(self.fields(0))

    def having(self, field: str) -> int:
        """How many paragraphs have something in a field, at a dotted path."""
        return sum(get(self.fields(k), field) not in (None, "") for k in range(len(self.texts)))

    def report(self, paragraph: int, decision: dict[str, Any]) -> bytes:
        """The record of a paragraph as a line of JSON, with that paragraph alone for its text, and its decision.

        Values that are not ours are written as they came.
        """
        return dump(self.fields(paragraph) | {"dedup": decision})

    @abstractmethod
    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        """The records as they came, with only the wanted paragraphs ((paragraphs,) bool) and none without any."""


class Format(ABC):
    """Reads one input: bytes in, records out."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @abstractmethod
    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        """The records in the batches in which they come, and what had to be rejected.

        Raises InputError where the input cannot be read.
        """


class Stream(Format):
    """A format whose records are judged as soon as they are there."""

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        source = self.source
        ordinal = 1
        for batch in self.cut(lines(stream, source.max_bytes)):
            if isinstance(batch, Piece):
                reason = f"longer than max-bytes {source.max_bytes}" if batch.first else None
                yield RejectedInput(source.name, ordinal if batch.first else ordinal - 1, batch.data, reason)
                ordinal += batch.first
            else:
                yield from self.parse(batch, ordinal)
                ordinal += len(batch)

    def cut(self, batches: Iterator[Lines]) -> Iterator[Lines]:
        """The bytes of records, of the lines: each is one, or a format knows better."""
        return batches

    @abstractmethod
    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | RejectedInput]:
        """The records that stand in `raws`, the first of them with ordinal `first`."""


class Document(Format):
    """A format that has to be seen to its end before anything can be said of it."""

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        if data := document(stream, self.source.name):
            yield from self.parse(data)

    @abstractmethod
    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        """The records of a whole document."""


def document(stream: ByteStream, name: str) -> bytes:
    """All bytes of an input. Raises InputError where they are more than `MAX_DOCUMENT`."""
    data = whole(stream, MAX_DOCUMENT)
    if data is None:
        raise InputError(
            f"{name}: larger than {MAX_DOCUMENT >> 20} MiB, the most that is held of one feed, page or array; "
            f"split it, or give it as JSON Lines"
        )
    return data
