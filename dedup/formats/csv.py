"""CSV and TSV: rows under a header, with one column of texts.

A quoted cell may contain line ends. In a table with tabs, a row is one line and a quotation mark is ordinary text,
unless the first rows are a table only with quoted cells. The reason is that paragraphs of news begin with a quotation
mark more often than tables with tabs quote cells.

A row that repeats the column names is the header of another table, as in `cat a.csv b.csv`, and not a paragraph. If
the names come in another order, the following rows have that order. The lines above the first header may be repeated
above later ones.
"""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InputError
from dedup.formats.base import BOM, Format, Records, RejectedInput, Source, check_one_column, list_names
from dedup.formats.byte_reader import ByteStream, Piece, lines, split_lines
from dedup.formats.split_paragraphs import cut, join, masks, numbered, separator
from dedup.formats.tables import Dialect, count_lines_above, detect_dialect, find_column, find_columns, separator_line
from dedup.model.types import Label, Labels
from dedup.model.utf8 import decode, encode

_EXAMINED = 1000  # lines to examine when the dialect of a table is detected


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        ordinal: The number of its first line, from 1.
        raw: Its bytes.
        cells: Its cells.
    """

    ordinal: int
    raw: bytes
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table.

    Attributes:
        raw: The bytes above the first row, which may begin with comments.
        columns: The names of the columns.
        dialect: The dialect of the rows.
    """

    raw: bytes
    columns: list[str]
    dialect: Dialect


class Csv(Format):
    """Reads a table, or several with the same columns.

    If the end of a row cannot be found, the row is rejected together with the next ones.
    """

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        source = self.source
        csv.field_size_limit(max(csv.field_size_limit(), source.max_bytes))  # global, so never lower it
        input_lines = _LineReader(stream, source.max_bytes)
        header = self._header(input_lines)
        if header is None:
            return
        yield Rows(source, header, [])  # so that a table without rows keeps its header
        columns = sorted(header.columns)
        rows: list[Row] = []
        for found in _rows(source.name, input_lines, header):
            is_header = isinstance(found, Row) and found.cells[0] in header.columns and sorted(found.cells) == columns
            if isinstance(found, Row) and not is_header:
                rows.append(found)
            elif rows:
                yield Rows(source, header, rows)
                rows = []
            if isinstance(found, Row) and is_header and found.cells != header.columns:
                header = Header(found.raw, found.cells, header.dialect)
            input_lines.has_pending_rows = bool(rows)
            if isinstance(found, RejectedInput):
                yield found

    def _header(self, input_lines: "_LineReader") -> Header | None:
        """Read the header, or return None if the input is empty.

        Raises:
            InputError: The header cannot be read, or it lacks the text column.
        """
        name, wanted = self.source.name, self.source.text_field
        try:
            line = next((line for line in input_lines if line.strip()), None)
            if line is None:
                return None
            lines_ = [line, *input_lines.waiting()]
            for _ in range(count_lines_above(lines_, wanted) or 0):
                line = next(input_lines)
                del lines_[0]
            delimiter = separator_line(line)
            if delimiter is not None:
                written = Dialect(delimiter)
                line = next((line for line in input_lines if line.strip()), "")
            else:
                written = detect_dialect(lines_, wanted)
            names = next(written.read(chain([line], input_lines)), [])
        except csv.Error as error:
            raise InputError(f"{name}: the header cannot be read: {error}") from None
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        if find_column(names, wanted) is None:
            raise InputError(
                f"{name}: no column {wanted!r} among {list_names(names)}; name one with --text-field, or read its "
                f"lines with --format text"
            )
        for field in self.source.fields():
            check_one_column(name, names, find_columns(names, field))
        return Header(input_lines.reset().lstrip(b"\r\n"), names, written)


class _MoreNeededError(Exception):
    """The reader needs more input, and complete rows must not wait for that."""


class _LineReader:
    """Iterates over the lines of a stream, and holds the bytes of the current row.

    Args:
        stream: The input.
        limit: The length of the longest row in bytes.

    Attributes:
        ordinal: The number of the first line of the current row, from 1.
        has_pending_rows: Whether the caller has rows that it did not pass on yet. Then a row that needs more input
            raises _MoreNeededError.
        continues: Whether the current row begins with the rest of a line that was too long.
    """

    def __init__(self, stream: ByteStream, limit: int) -> None:
        self.ordinal = 1
        self.has_pending_rows = False
        self.continues = False
        self._batches = lines(stream, limit)
        self._limit = limit
        self._queue: deque[bytes | Piece] = deque()
        self._held: list[bytes] = []
        self._size = 0
        self._lines = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self._queue:
            if self.has_pending_rows:
                self._queue.extend(self._held)  # the current row is read again from its beginning
                self._lines -= len(self._held)
                self.reset()
                raise _MoreNeededError
            batch = next(self._batches)
            self._queue.extend([batch] if isinstance(batch, Piece) else batch)
        line = self._queue.popleft()
        data = line.data if isinstance(line, Piece) else line
        is_first = not self._held
        if is_first:
            self.continues = isinstance(line, Piece) and not line.first
        self._held.append(data)
        self._size += len(data)
        self._lines += not (isinstance(line, Piece) and not line.first)
        if isinstance(line, Piece) or self._size > self._limit:
            raise csv.Error(f"longer than max-bytes {self._limit}")
        return decode(data.removeprefix(BOM) if is_first else data)

    def waiting(self) -> list[str]:
        """The next lines that have already arrived. They stay in the queue."""
        return [decode(line) for line in islice(self._queue, _EXAMINED) if isinstance(line, bytes)]

    def reset(self) -> bytes:
        """Return the bytes of the current row, and begin the next row."""
        raw = b"".join(self._held)
        self._held = []
        self._size = 0
        self.ordinal = self._lines + 1
        return raw


def _rows(name: str, input_lines: _LineReader, header: Header) -> Iterator[Row | RejectedInput | None]:
    """Read the rows of a table and the rejected input. None means that more input has to arrive first."""
    reader = header.dialect.read(input_lines)
    above = {line.removeprefix(BOM).strip() for line in split_lines(header.raw)[:-1]} - {b""}
    while True:
        try:
            cells = next(reader, None)
            if cells is None:
                return
            reason = f"{len(cells)} columns, not {len(header.columns)}" if len(cells) != len(header.columns) else None
        except _MoreNeededError:
            yield None
            continue
        except csv.Error as error:
            cells, reason = [], str(error) if "max-bytes" in str(error) else f"not valid CSV: {error}"
        ordinal, continues = input_lines.ordinal, input_lines.continues
        raw = input_lines.reset()
        if above and raw.removeprefix(BOM).strip() in above:
            continue  # the lines above the header of another table
        if cells and reason is None:
            yield Row(ordinal, raw, cells)
        elif raw.strip():
            yield RejectedInput(name, ordinal, raw, None if continues else reason)


class Rows(Records):
    """A batch of rows. As in JSON Lines, a text with blank lines is an article."""

    def __init__(self, source: Source, header: Header, rows: Sequence[Row]) -> None:
        self.header = header.raw
        self._header = header
        self._source = source
        self._rows = rows
        self._place = find_column(header.columns, source.text_field) or 0
        self._id, self._time, self._by = (
            find_column(header.columns, name) for name in (source.id_field, source.time_field, source.source_field)
        )
        between = separator(source.split)
        self._parts = [cut(row.cells[self._place], between) for row in rows]
        self.texts = [encode(part.strip("\r\n")) for parts in self._parts for part in parts]

    def objects(self) -> Iterator[tuple[int, bytes, dict[str, str]]]:
        """The ordinal, the bytes and the cells by column of each row."""
        for row in self._rows:
            yield row.ordinal, row.raw, dict(zip(self._header.columns, row.cells, strict=True))

    @cached_property
    def _places(self) -> list[tuple[int, int | None]]:
        return numbered(self._parts)

    def _label(self, place: int, k: int | None) -> Label:
        source, row = self._source, self._rows[place]
        name, time, by = (None if at is None else row.cells[at] or None for at in (self._id, self._time, self._by))
        name = name or f"{source.name}:{row.ordinal}"
        return Label(name if k is None else f"{name}#{k}", time, by or source.name)

    def labels(self) -> Labels:
        return Labels.of(self._label(place, k) for place, k in self._places)

    def owners(self) -> Sequence[int]:
        return [record for record, _ in self._places]

    def fields(self, paragraph: int) -> dict[str, Any]:
        place, k = self._places[paragraph]
        names = self._header.columns
        id_column = self._source.id_field if self._id is None else names[self._id]
        return dict(zip(names, self._rows[place].cells, strict=True)) | {
            id_column: self._label(place, k).id,
            names[self._place]: decode(self.texts[paragraph]),
        }

    def names(self) -> list[str]:
        return self._header.columns

    def count_filled(self, field: str) -> int:
        at = find_column(self._header.columns, field)
        return 0 if at is None else sum(bool(self._rows[place].cells[at]) for place, _ in self._places)

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        chosen = []
        for row, parts, mask in zip(self._rows, self._parts, masks(self._parts, wanted), strict=True):
            if all(mask):
                chosen.append(row.raw)
            elif any(mask):
                chosen.append(self._trim(row, join(parts, mask)))
        return chosen

    def _trim(self, row: Row, text: str) -> bytes:
        """The bytes of a row with another text."""
        cells = [text if place == self._place else cell for place, cell in enumerate(row.cells)]
        out = StringIO()
        # The writer quotes a cell with a lone \r only with its default line end \r\n, which is removed below.
        csv.writer(out, delimiter=self._header.dialect.delimiter).writerow(cells)
        end = row.raw[len(row.raw.rstrip(b"\r\n")) :] or b"\n"
        return encode(out.getvalue().removesuffix("\r\n")) + end
