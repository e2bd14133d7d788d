"""Writes records to the outputs of a run."""

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from dedup.errors import OutputError
from dedup.formats.base import BOM
from dedup.formats.byte_reader import split_lines
from dedup.formats.output_files import Output


@dataclass(slots=True)
class RecordWriter:
    """Writes records to an output, and separates them even if an input lacked its last line end."""

    output: Output
    _line_ends: int = 2  # line ends at the end of the output so far, at most 2
    _header: bytes = b""  # the header of the records that were written last
    _used: bool = False

    @property
    def file(self) -> BinaryIO:
        """The file itself."""
        return self.output.file

    @property
    def used(self) -> bool:
        """Whether anything was written."""
        return self._used

    def write(self, records: Sequence[bytes], separator: bytes = b"\n", header: bytes = b"") -> None:
        """Write whole records and flush them. A header is written if it differs from the last one.

        Only the last line of a header is compared, not comments above it.
        """
        header = header.removeprefix(BOM) if self._used else header
        columns = b"".join(split_lines(header.removeprefix(BOM))[-1:])
        if columns != self._header:
            self._header = columns
            records = [header, *records] if header else records
        if records:
            last = records[-1]
            self._used = True
            self.file.write(separator[self._line_ends :] + b"".join(records))
            self.file.flush()
            ends = [line.endswith((b"\n", b"\r")) for line in split_lines(last[len(last.rstrip()) :])]
            self._line_ends = min(2, sum(ends))

    def sync(self) -> None:
        """Flush the output, and sync it to disk if it is a regular file."""
        self.file.flush()
        if stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
            os.fsync(self.file.fileno())


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs of a run. `novel` is the main output, whatever `emit` sends there; the others are optional."""

    novel: RecordWriter
    duplicates: RecordWriter | None
    errors: RecordWriter | None
    warn: Callable[[str], None]


def write_beside(sink: RecordWriter, records: Sequence[bytes], separator: bytes = b"\n") -> None:
    """Write to a secondary output. A closed pipe is an error here, unlike for the main output."""
    try:
        sink.write(records, separator)
    except OSError as error:
        raise OutputError(f"{sink.output.path}: {error.strerror}") from None
