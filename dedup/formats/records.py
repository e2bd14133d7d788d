"""What every format gives: a batch of records, the paragraphs in them, and what had to be rejected."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What may stand before the first record of an input, and is no part of its text.
BOM = b"\xef\xbb\xbf"
Label = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Input that is no record: where it stood, its bytes (or a piece of them), and why.

    A record too long to hold comes in several pieces, of which only the first has a reason.
    """

    name: str
    ordinal: int
    raw: bytes
    reason: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """How an input is read: its name in messages, and where in a record things stand."""

    name: str
    split: str = "auto"
    text_field: str = "text"
    id_field: str = "id"
    time_field: str | None = None
    max_bytes: int = 4 << 20


class Records(ABC):
    """A batch of records. `texts` holds the UTF-8 of each paragraph, in order, over all records."""

    texts: list[bytes]
    separator: bytes = b"\n"  # what must stand between a record and the next

    @abstractmethod
    def labels(self) -> list[Label]:
        """The (id, time) of each paragraph."""

    @abstractmethod
    def fields(self, paragraph: int) -> dict[str, Any]:
        """The record of a paragraph as an object, with that paragraph alone for its text."""

    @abstractmethod
    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        """The records as they came, with only the wanted paragraphs ((paragraphs,) bool) and none without any."""


class Format(ABC):
    """Reads one input: pieces of it in, records out."""

    def __init__(self, source: Source) -> None:
        self.source = source

    #: Whether a record ends at a blank line, rather than at the end of a line.
    blank_lines: bool = False

    @abstractmethod
    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | Rejected]:
        """The records that stand in `raws`, the first of them with ordinal `first`."""
