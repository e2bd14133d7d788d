"""JSON Lines of which each line gets one line of output, with its decisions or with the reason why it has none."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.formats.base import BOM, Records, RejectedInput, Source
from dedup.formats.byte_reader import ByteStream
from dedup.formats.json_values import dump, load
from dedup.formats.jsonl import JsonLines, JsonRecords
from dedup.formats.splice import append, as_line, replace
from dedup.model.types import Labels
from dedup.model.utf8 import decode


class AnsweredRecords(Records):
    """A batch of lines.

    Args:
        source: How the input is read.
        raws: The bytes of each line.
        first: The ordinal of the first line.
        readable: The records of those lines that can be read, if there are any.
        rejected: The other lines, without blank ones. A line that is too long to hold has no bytes.
    """

    def __init__(
        self,
        source: Source,
        raws: Sequence[bytes],
        first: int,
        readable: JsonRecords | None,
        rejected: Sequence[RejectedInput],
    ) -> None:
        self._readable = readable or JsonRecords(source, [], [], [])
        self._raws = raws
        self._first = first
        self.rejected = rejected
        self.texts = self._readable.texts

    def labels(self) -> Labels:
        return self._readable.labels()

    def fields(self, paragraph: int) -> dict[str, Any]:
        return self._readable.fields(paragraph)

    def owners(self) -> Sequence[int]:
        return self._readable.owners()

    def names(self) -> list[str]:
        return self._readable.names()

    def count_filled(self, field: str) -> int:
        return self._readable.count_filled(field)

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        return self._readable.select(wanted)

    def answers(self, decisions: Sequence[dict[str, Any]]) -> list[bytes]:
        """One line for each line of the batch: the record with a list of its decisions, or with an error, as `dedup`.

        Args:
            decisions: The decision on each paragraph.
        """
        rest = iter(decisions)
        owned = np.bincount(np.asarray(self.owners(), np.int64), minlength=len(self._readable.ordinals)).tolist()
        found: dict[int, Any] = {
            ordinal: list(islice(rest, count)) for ordinal, count in zip(self._readable.ordinals, owned, strict=True)
        }
        reasons = {rejected.ordinal: rejected.reason for rejected in self.rejected}
        lines = []
        for ordinal, raw in enumerate(self._raws, self._first):
            own = (raw.removeprefix(BOM) if ordinal == 1 else raw).strip()
            if ordinal in found:
                lines.append(_with_member(own, found[ordinal]))
            else:
                lines.append(_with_error(own, reasons.get(ordinal) or "a blank line"))
        return lines


def _with_member(own: bytes, value: Any) -> bytes:
    return as_line((replace if b'"dedup"' in own else append)(own, "dedup", dump(value))) + b"\n"


def _with_error(own: bytes, reason: str) -> bytes:
    """An object with its error; with the line as text if it is no object."""
    error = {"error": reason}
    try:
        if isinstance(load(own), Mapping):
            return _with_member(own, error)
    except ValueError:
        pass
    return dump({"dedup": error | ({"line": decode(own)} if own else {})}) + b"\n"


class AnsweredLines(JsonLines):
    """Reads one object per line. Each line is part of a batch, also a blank one or one that cannot be read."""

    only_line_feeds = True  # the program that waits for the answers counts these

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        for found in super().read(stream):
            if isinstance(found, AnsweredRecords):
                yield from found.rejected
            yield found
            if isinstance(found, RejectedInput) and found.reason is not None:  # the first piece of a long line
                yield AnsweredRecords(self.source, [b""], found.ordinal, None, [found])

    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | RejectedInput]:
        readable: JsonRecords | None = None
        rejected = []
        for found in super().parse(raws, first):
            if isinstance(found, RejectedInput):
                rejected.append(found)
            elif isinstance(found, JsonRecords):
                readable = found
        yield AnsweredRecords(self.source, raws, first, readable, rejected)
