"""CSV and TSV: rows under a header, one column of which is a text.

A quoted cell may go on over line ends. Between tabs a row is a line, and a quotation mark is text like any other,
unless only quoted cells make a table of the first rows: paragraphs of news begin with one more often than such tables
quote.

A row with the names of the columns is the header of another table, as in `cat a.csv b.csv`, and no paragraph. In
another order, they are the columns of the rows after it. What stood above the first header may stand there again.
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

_EXAMINED = 1000  # lines, to see how a table is written


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line where it begins, its bytes, its cells."""

    ordinal: int
    raw: bytes
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the rows, the names of the columns, and how rows are written."""

    raw: bytes
    columns: list[str]
    dialect: Dialect


class Csv(Format):
    """A table, or several with the same columns; a row that cannot be told from the next ones is rejected with them."""

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        source = self.source
        csv.field_size_limit(max(csv.field_size_limit(), source.max_bytes))  # one for the process: it is only raised
        input_lines = _LineReader(stream, source.max_bytes)
        header = self._header(input_lines)
        if header is None:
            return
        yield Rows(source, header, [])  # the columns, where there is no row
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
        """What stands above the rows; None where nothing stands there. Raises InputError without the wanted column."""
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
            raise InputError(f"{name}: the header is {error}") from None
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        if find_column(names, wanted) is None:
            raise InputError(
                f"{name}: no column {wanted!r}, but {list_names(names)}; name one with --text-field, or read its lines "
                f"with --format text"
            )
        for field in self.source.fields():
            check_one_column(name, names, find_columns(names, field))
        return Header(input_lines.reset().lstrip(b"\r\n"), names, written)


class _MoreNeededError(Exception):
    """More is needed to go on, and rows are there that must not wait for it."""


class _LineReader:
    """The lines of a stream as they are asked for, of which those since the last `reset` are held, up to a limit."""

    def __init__(self, stream: ByteStream, limit: int) -> None:
        self.ordinal = 1  # of the first line that is held
        self.has_pending_rows = False  # whether rows were read and not given yet
        self.continues = False  # whether that is the rest of a line that was too long to be held
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
                self._queue.extend(self._held)  # the begun row is read from its beginning
                self._lines -= len(self._held)
                self.reset()
                raise _MoreNeededError
            batch = next(self._batches)
            self._queue.extend([batch] if isinstance(batch, Piece) else batch)
        line = self._queue.popleft()
        data = line.data if isinstance(line, Piece) else line
        begins = not self._held
        if begins:
            self.continues = isinstance(line, Piece) and not line.first
        self._held.append(data)
        self._size += len(data)
        self._lines += not (isinstance(line, Piece) and not line.first)
        if isinstance(line, Piece) or self._size > self._limit:
            raise csv.Error(f"longer than max-bytes {self._limit}")
        return decode(data.removeprefix(BOM) if begins else data)

    def waiting(self) -> list[str]:
        """The next lines, as far as they are there; they are not input_lines."""
        return [decode(line) for line in islice(self._queue, _EXAMINED) if isinstance(line, bytes)]

    def reset(self) -> bytes:
        """The bytes that are held, and are no longer."""
        raw = b"".join(self._held)
        self._held = []
        self._size = 0
        self.ordinal = self._lines + 1
        return raw


def _rows(name: str, input_lines: _LineReader, header: Header) -> Iterator[Row | RejectedInput | None]:
    """Every row, or what cannot be one; None where more has to be awaited."""
    reader = header.dialect.read(input_lines)
    above = {line.removeprefix(BOM).strip() for line in split_lines(header.raw)[:-1]} - {b""}
    while True:
        try:
            cells = next(reader, None)
            if cells is None:
                return
            wrong = f"{len(cells)} columns, not {len(header.columns)}" if len(cells) != len(header.columns) else None
        except _MoreNeededError:
            yield None
            continue
        except csv.Error as error:
            cells, wrong = [], str(error) if "max-bytes" in str(error) else f"not valid CSV: {error}"
        ordinal, continues = input_lines.ordinal, input_lines.continues
        raw = input_lines.reset()
        if above and raw.removeprefix(BOM).strip() in above:
            continue  # another table begins
        if cells and wrong is None:
            yield Row(ordinal, raw, cells)
        elif raw.strip():
            yield RejectedInput(name, ordinal, raw, None if continues else wrong)


class Rows(Records):
    """Rows as they came; a text with blank lines in it is an article, as in JSON Lines."""

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
        """The ordinal of each row, its bytes, and its cells by their columns."""
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
        named = self._source.id_field if self._id is None else names[self._id]
        return dict(zip(names, self._rows[place].cells, strict=True)) | {
            named: self._label(place, k).id,
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
        """A row with another text."""
        cells = [text if place == self._place else cell for place, cell in enumerate(row.cells)]
        out = StringIO()
        csv.writer(out, delimiter=self._header.dialect.delimiter).writerow(
            cells
        )  # only with its own \r\n it quotes a lone \r
        end = row.raw[len(row.raw.rstrip(b"\r\n")) :] or b"\n"
        return encode(out.getvalue().removesuffix("\r\n")) + end
