"""Parquet files. Rows are read in batches, and the chosen rows are written with the same columns."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import compress
from stat import S_ISREG
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dedup.errors import InputError, OutputError, SettingsError
from dedup.formats import arrow
from dedup.formats.base import Format, Records, RejectedInput, Source, check_one_column, list_names
from dedup.formats.byte_reader import ByteStream
from dedup.formats.json_values import dump, put
from dedup.formats.split_paragraphs import cut, join, masks, numbered, separator
from dedup.model.types import Label, Labels
from dedup.model.utf8 import decode, encode

_ROWS = 4096  # rows of a batch, if they are small
_BATCH = 16 << 20  # bytes of a batch, if rows are large
_BUFFER = 1 << 20  # bytes to read ahead in each column
_MESSAGE = 120  # characters to show of a pyarrow error message
_GROUP = 32 << 20  # bytes of an output row group
#: The columns of `--output-format parquet` if the input is not Parquet.
PARAGRAPHS = pa.schema(
    [(name, pa.string()) for name in ("id", "time", "source", "title", "text", "decision")]
    + [("certain", pa.bool_())]
    + [(name, pa.float64()) for name in ("jaccard", "coverage")]
    + [("story", pa.string()), ("version", pa.int64())]
    + [(name, pa.string()) for name in ("match_id", "match_text", "match_seen", "match_source")]
)


class Parquet(Format):
    """Reads a table with a text column. A row group is never held whole."""

    def read(self, stream: ByteStream) -> Iterator[Records | RejectedInput]:
        with open_table(stream, self.source.name) as table:
            schema = table.schema_arrow
            plain = arrow.without_views(schema)
            self._check(plain)
            yield Rows(self.source, [], _empty_batch(plain), schema)  # so that a table without rows keeps its columns
            first = 1
            for batch in batches(table):
                yield from self._within_limit(batch, first, schema)
                first += batch.num_rows

    def _within_limit(self, batch: Any, first: int, schema: Any) -> Iterator[Records | RejectedInput]:
        """The rows of a batch with texts of at most `max_bytes` bytes. Other rows are rejected."""
        limit = self.source.max_bytes
        ordinals = range(first, first + batch.num_rows)
        column = arrow.column_at(batch, self.source.text_field)
        if column.nbytes <= limit:
            yield Rows(self.source, ordinals, batch, schema)
            return
        short = [_size(text) <= limit for text in arrow.texts(column)]
        for row, ordinal in enumerate(ordinals):
            if not short[row]:
                raw = dump(_fields(batch, row)) + b"\n"
                yield RejectedInput(self.source.name, ordinal, raw, f"longer than max-bytes {limit}")
        yield Rows(self.source, list(compress(ordinals, short)), batch.filter(pa.array(short, pa.bool_())), schema)

    def _check(self, schema: Any) -> None:
        """Check that the table has one column for each field, and that the text column holds text.

        Raises:
            InputError: It does not.
        """
        source = self.source
        if not schema.names:
            raise InputError(f"{source.name}: the table has no columns")
        for path in source.fields():
            check_one_column(source.name, schema.names, arrow.columns_at(schema, path))
        name = source.text_field
        try:
            kind = arrow.type_at(schema, name)
        except LookupError:
            raise InputError(
                f"{source.name}: no column {name!r} among {list_names(schema.names)}; name one with --text-field"
            ) from None
        if not arrow.is_text(kind):
            raise InputError(
                f"{source.name}: column {name!r} holds {kind}, not text; name a text column with --text-field"
            )


def _short_message(error: Exception) -> str:
    """The first line of a pyarrow error message, shortened if it is long."""
    return (str(error).splitlines() or [type(error).__name__])[0][:_MESSAGE]


@contextmanager
def open_table(stream: ByteStream, name: str) -> Iterator[Any]:
    """Open the table of an input.

    Raises:
        InputError: The table is broken. This may also happen while it is read, within the `with` block.
    """
    with tempfile.TemporaryFile() as spool:
        try:
            yield pq.ParquetFile(_seekable(stream, spool), buffer_size=_BUFFER, pre_buffer=False)
        except pa.ArrowNotImplementedError as error:
            raise InputError(f"{name}: pyarrow cannot read this Parquet: {_short_message(error)}") from None
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:  # a column name may have any bytes
            if getattr(error, "errno", None) is not None:  # the file failed, and not its content
                raise
            raise InputError(f"{name}: broken Parquet: {_short_message(error)}") from None


def batches(table: Any) -> Iterator[Any]:
    """The rows of a table in batches of a bounded size, with plain strings instead of string views."""
    schema = table.schema_arrow
    plain = arrow.without_views(schema)
    for batch in table.iter_batches(_rows_at_a_time(table.metadata)):
        if plain.equals(schema):
            yield batch
        else:
            yield pa.Table.from_batches([batch]).cast(plain).combine_chunks().to_batches()[0]


def _seekable(stream: ByteStream, spool: BinaryIO) -> BinaryIO:
    """The file itself if it is a regular file, or else a copy of it in `spool`."""
    try:
        number = stream.fileno()
        if S_ISREG(os.fstat(number).st_mode):
            return open(number, "rb", closefd=False)
    except OSError:
        pass
    while data := stream.read(_BUFFER):
        spool.write(data)
    spool.seek(0)
    return spool


def _rows_at_a_time(metadata: Any) -> int:
    """The number of rows of a batch. It is smaller if rows are large."""
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(_ROWS, _BATCH // max(largest, 1)))


def _empty_batch(schema: Any) -> Any:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


class Rows(Records):
    """A batch of rows.

    As in JSON Lines, a text with blank lines is an article, and so is a list of texts. A row without a text passes
    through.

    Args:
        source: How the input is read.
        ordinals: The ordinal of each row.
        batch: The rows, an Arrow RecordBatch without string views.
        schema: The schema of the file, which may have string views. Rows are written with it.
    """

    tabular = True

    def __init__(self, source: Source, ordinals: Sequence[int], batch: Any, schema: Any) -> None:
        self.schema = schema
        self._source = source
        self._ordinals = ordinals
        self._batch = batch
        self._raw = arrow.texts(arrow.column_at(batch, source.text_field))
        between = separator(source.split)
        self._parts = [
            [decode(part or b"") for part in text] or [""]
            if isinstance(text, list)
            else cut(decode(text or b""), between)
            for text in self._raw
        ]
        self.texts = [encode(part.strip("\r\n")) for parts in self._parts for part in parts]

    @cached_property
    def _places(self) -> list[tuple[int, int | None]]:
        return numbered(self._parts)

    def _named(self, path: str | None) -> list[str | None]:
        """The value of a field in each row, as a string."""
        try:
            if path is not None and arrow.type_at(self._batch.schema, path):
                values = map(arrow.as_python, arrow.column_at(self._batch, path))
                return [None if value is None else str(value) for value in values]
        except LookupError:
            pass
        return [None] * len(self._parts)

    @cached_property
    def _labels(self) -> list[Label]:
        source = self._source
        named = (self._named(path) for path in (source.id_field, source.time_field, source.source_field))
        return [
            Label(name or f"{source.name}:{ordinal}", time, by or source.name)
            for ordinal, name, time, by in zip(self._ordinals, *named, strict=True)
        ]

    def _label(self, row: int, k: int | None) -> Label:
        label = self._labels[row]
        return label if k is None else label._replace(id=f"{label.id}#{k}")

    def labels(self) -> Labels:
        return Labels.of(self._label(row, k) for row, k in self._places)

    def owners(self) -> Sequence[int]:
        return [record for record, _ in self._places]

    def fields(self, paragraph: int) -> dict[str, Any]:
        row, k = self._places[paragraph]
        values = _fields(self._batch, row)
        for path, value in (
            (self._source.id_field, self._label(row, k).id),
            (self._source.text_field, decode(self.texts[paragraph])),
        ):
            column, *rest = arrow.field_path(self._batch.schema, path)
            values[column] = put(values.get(column) or {}, ".".join(rest), value) if rest else value
        return values

    def names(self) -> list[str]:
        return list(self._batch.schema.names)

    def count_filled(self, field: str) -> int:
        named = self._named(field)
        return sum(bool(named[row]) for row, _ in self._places)

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        raise SettingsError("Parquet rows cannot be written as bytes")  # see `table`

    def table(self, wanted: NDArray[np.bool_]) -> Any:
        """The rows with a wanted paragraph, as an Arrow table. Articles keep only their wanted paragraphs.

        Args:
            wanted: (paragraphs,) bool.
        """
        chosen = masks(self._parts, wanted)
        batch, path = self._batch, self._source.text_field
        kind = arrow.type_at(batch.schema, path)
        if arrow.can_shrink(kind) and any(any(mask) and not all(mask) for mask in chosen):
            new = [
                text if all(mask) or not any(mask) else _without(text, parts, mask)
                for text, parts, mask in zip(self._raw, self._parts, chosen, strict=True)
            ]
            batch = arrow.replace_column(batch, path, arrow.text_array(new, kind))
        return pa.Table.from_batches([batch.filter(pa.array([any(mask) for mask in chosen], pa.bool_()))])


def _without(
    text: bytes | list[bytes | None] | None, parts: Sequence[str], mask: Sequence[bool]
) -> bytes | list[bytes | None]:
    """A text, or a list of paragraphs, with only the wanted paragraphs."""
    return list(compress(text, mask)) if isinstance(text, list) else encode(join(parts, mask))


def _size(text: bytes | list[bytes | None] | None) -> int:
    return sum(len(part or b"") for part in text) if isinstance(text, list) else len(text or b"")


def as_objects(batch: Any) -> list[dict[str, Any]]:
    """The rows of a batch as objects, with the types of Python unless a text is not UTF-8."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except UnicodeDecodeError:
        rows = [_fields(batch, row) for row in range(batch.num_rows)]
    return rows


def _fields(batch: Any, row: int) -> dict[str, Any]:
    """A row as an object."""
    return {
        name: arrow.as_python(column[row]) for name, column in zip(arrow.unique_names(batch.schema), batch, strict=True)
    }


def paragraphs(labels: Sequence[Label], texts: Sequence[bytes], records: Sequence[dict[str, Any]]) -> Any:
    """The Arrow table that `--output-format parquet` writes for paragraphs of other formats.

    Args:
        labels: The label of each paragraph.
        texts: The UTF-8 of each paragraph.
        records: The record of each paragraph, with its decision under `dedup`.
    """
    objects = []
    for label, text, record in zip(labels, map(decode, texts), records, strict=True):
        decision = record["dedup"]
        match = decision.get("match", {})
        row = {"id": label.id, "time": label.time or record.get("time"), "title": record.get("title"), "text": text}
        row |= {"source": record.get("source") or label.source, "decision": decision["decision"]}
        row |= {f"match_{name}": value for name, value in match.items()}
        row["story"] = decision["story"]
        strings = {name: None if value is None else _valid(value) for name, value in row.items()}
        objects.append(strings | {name: decision[name] for name in ("certain", "jaccard", "coverage", "version")})
    return pa.Table.from_pylist(objects, PARAGRAPHS)


def _valid(value: Any) -> str:
    """Convert a value to a valid string. Bytes that are not UTF-8 are replaced."""
    return encode(str(value)).decode(errors="replace")


class _Sink:
    """The file of a table. pyarrow also writes the end of a table that is given up, when the file is closed."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return len(data) if self._file.closed else self._file.write(data)

    def flush(self) -> None:
        if not self._file.closed:
            self._file.flush()


class TableWriter:
    """Writes a Parquet file in row groups of about 32 MiB."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sink = _Sink(file)
        self._schema: Any = None
        self._writer: Any = None
        self._held: list[Any] = []
        self._size = 0

    def begin(self, schema: Any) -> None:
        """Prepare to write rows of a schema.

        Raises:
            InputError: Earlier rows have another schema.
        """
        if self._writer is None:
            self._schema = schema
            with _convert_errors():
                self._writer = pq.ParquetWriter(self._sink, arrow.writable(schema), compression="zstd")
        elif not schema.equals(self._schema):
            raise InputError("the inputs have different columns; filter them one by one, or with --output-format jsonl")

    def write(self, table: Any) -> None:
        """Write rows of the schema that was given to `begin`."""
        self._held.append(table)
        self._size += table.nbytes
        if self._size > _GROUP:
            self._write()

    def _write(self) -> None:
        tables, self._held, self._size = self._held, [], 0
        if not tables:
            return
        with _convert_errors():
            table = pa.concat_tables(tables).cast(arrow.writable(self._schema))
            if table.num_rows:
                self._writer.write_table(table, row_group_size=table.num_rows)

    def close(self) -> None:
        """Write the buffered rows and the footer of the file, without which it cannot be read."""
        if self._writer is not None:
            self._write()
            self._writer.close()
            self._file.flush()


@contextmanager
def _convert_errors() -> Iterator[None]:
    """Raise OutputError if pyarrow cannot write."""
    try:
        yield
    except pa.ArrowException as error:
        raise OutputError(
            f"pyarrow cannot write these rows as Parquet ({_short_message(error)}); try --output-format jsonl"
        ) from None
