"""Reads whole records as objects from JSON Lines, JSON arrays, CSV, TSV and Parquet, compressed or not."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from dedup.errors import InputError
from dedup.formats.base import BOM, RejectedInput, Source, check_one_column, read_document
from dedup.formats.byte_reader import ByteStream, Piece, lines
from dedup.formats.json_values import load
from dedup.formats.reading import FORMATS, Peeked, peek
from dedup.formats.splice import is_ambiguous
from dedup.formats.tables import find_columns
from dedup.model.utf8 import decode


@dataclass(frozen=True, slots=True)
class Object:
    """A record.

    Attributes:
        name: The name of its input.
        ordinal: Its ordinal in the input, from 1.
        raw: Its bytes.
        value: Its value.
        typed: Whether its fields have types. If not, as in CSV, every field is a string.
    """

    name: str
    ordinal: int
    raw: bytes
    value: Any
    typed: bool = True

    def rejected(self, reason: str) -> RejectedInput:
        """The record as rejected input, with a reason."""
        return RejectedInput(self.name, self.ordinal, self.raw, reason)


def objects(
    file: ByteStream, name: str, columns: Sequence[str], max_bytes: int, fields: Sequence[str] = ()
) -> Iterator[Object | RejectedInput]:
    """Read the records of one input, in order.

    Args:
        file: The bytes of the input.
        name: The name of the input in messages.
        columns: A table must have a column with one of these names. They also help to distinguish CSV from text.
        max_bytes: The length of the longest record in bytes. Longer ones are rejected.
        fields: The names of fields. The columns of a table may spell them in any case; the records have them as they
            are spelled here. A JSON record with one of them twice, with different values, is rejected.

    Raises:
        InputError: The input cannot be read, or it has another format.
    """
    try:
        stream, decompressor = peek(file, name)
        yield from _records(stream, Source(name, max_bytes=max_bytes), columns, fields)
        if decompressor is not None and decompressor.broken is not None:
            yield RejectedInput(name, 0, b"", decompressor.broken)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from None


def _records(
    stream: Peeked, source: Source, columns: Sequence[str], fields: Sequence[str]
) -> Iterator[Object | RejectedInput]:
    formats = _recognised(stream, source.name, columns)
    if "csv" in formats:
        yield from _csv(stream, source, columns, fields)
    elif formats[0] == "jsonl":
        yield from _json_lines(stream, source, fields)
    elif formats[0] == "json":
        yield from _json_array(stream, source, fields)
    elif formats[0] == "parquet":
        yield from _parquet(stream, source, fields)
    elif stream.head(0).strip():
        wanted = " or ".join(map(repr, columns))
        raise InputError(
            f"{source.name}: the format is {formats[0]}; use JSON Lines, a JSON array, CSV, TSV or Parquet with a "
            f"field {wanted}"
        )


def _recognised(stream: Peeked, name: str, columns: Sequence[str]) -> list[str]:
    """The formats that an input can have, one for each column name that it could be a table with.

    Raises:
        InputError: There are none.
    """
    found = []
    for column in columns:
        try:
            found.append(stream.detect_format(column))
        except InputError as error:
            wrong = error
    if not found:
        raise InputError(f"{name}: {wrong}")
    return found


def _json_lines(stream: ByteStream, source: Source, fields: Sequence[str]) -> Iterator[Object | RejectedInput]:
    """Read one object per line. Blank lines are ignored."""
    ordinal = 0
    for batch in lines(stream, source.max_bytes):
        if isinstance(batch, Piece):
            ordinal += batch.first
            yield RejectedInput(source.name, ordinal, batch.data, _too_long(source) if batch.first else None)
            continue
        for raw in batch:
            ordinal += 1
            if raw.strip():
                yield _loaded(source, ordinal, raw, fields)


def _json_array(stream: ByteStream, source: Source, fields: Sequence[str]) -> Iterator[Object | RejectedInput]:
    from dedup.formats.jsonfeed import values

    for first, found, _ in values(source.name, read_document(stream, source.name)):
        if isinstance(found, RejectedInput):
            yield found
            continue
        for ordinal, raw in enumerate(found, first):
            if len(raw) > source.max_bytes:
                yield RejectedInput(source.name, ordinal, raw + b"\n", _too_long(source))
            else:
                yield _loaded(source, ordinal, raw + b"\n", fields)


def _loaded(source: Source, ordinal: int, raw: bytes, fields: Sequence[str]) -> Object | RejectedInput:
    own = raw.removeprefix(BOM) if ordinal == 1 else raw
    try:
        value = load(own)
        twice = next((name for name in fields if isinstance(value, dict) and is_ambiguous(own.strip(), name)), None)
        if twice is not None:
            raise ValueError(f"field {twice!r} occurs twice with different values")
        return Object(source.name, ordinal, raw, value)
    except ValueError as error:
        return RejectedInput(source.name, ordinal, raw, str(error))


def _too_long(source: Source) -> str:
    return f"longer than max-bytes {source.max_bytes}"


def _as_written(source: str, names: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """The field of each column, by the name of the column.

    Raises:
        InputError: Two columns mean the same field.
    """
    field_of = {name: name for name in names}
    for field in fields:
        found = find_columns(names, field)
        check_one_column(source, names, found)
        field_of |= {names[place]: field for place in found}
    return field_of


def _csv(
    stream: Peeked, source: Source, columns: Sequence[str], fields: Sequence[str]
) -> Iterator[Object | RejectedInput]:
    """Read one object per row. Every value is a string."""
    from dedup.formats.csv import Csv, Rows

    def has(column: str) -> bool:
        try:
            next(iter(Csv(replace(source, text_field=column)).read(_Bytes(stream.head(0)))), None)
        except InputError:
            return False
        return True

    text_field = next(filter(has, columns), None)
    if text_field is None:
        raise InputError(f"{source.name}: this is a table without a column {' or '.join(map(repr, columns))}")
    for batch in Csv(replace(source, text_field=text_field)).read(stream):
        if isinstance(batch, RejectedInput):
            yield batch
        elif isinstance(batch, Rows):
            field_of = _as_written(source.name, batch.names(), fields)
            for ordinal, raw, row in batch.objects():
                value = {field_of[name]: cell for name, cell in row.items()}
                yield Object(source.name, ordinal, raw, value, typed=False)


class _Bytes(BytesIO):
    """A stream of bytes in memory."""

    def fileno(self) -> int:
        raise OSError("a stream in memory is not a file of the operating system")


def _parquet(stream: ByteStream, source: Source, fields: Sequence[str]) -> Iterator[Object | RejectedInput]:
    """Read one object per row. Text in binary columns need not be UTF-8. NaN, which pandas writes, is read as null."""
    FORMATS["parquet"](source)  # without pyarrow, this raises an error that says how to install it
    from dedup.formats.parquet import as_objects, batches, open_table

    with open_table(stream, source.name) as table:
        field_of = _as_written(source.name, table.schema_arrow.names, fields)
        rows = (row for batch in batches(table) for row in as_objects(batch))
        for ordinal, row in enumerate(rows, 1):
            value = {field_of[name]: _plain(cell) for name, cell in row.items()}
            raw = json.dumps(value, default=str).encode() + b"\n"
            if len(raw) > source.max_bytes:
                yield RejectedInput(source.name, ordinal, raw, _too_long(source))
            else:
                yield Object(source.name, ordinal, raw, value)


def _plain(cell: Any) -> Any:
    if isinstance(cell, bytes):
        return decode(cell)
    return None if isinstance(cell, float) and math.isnan(cell) else cell
