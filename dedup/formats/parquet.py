"""Parquet -> rows in batches, and the same table with some of them."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import compress
from stat import S_ISREG
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dedup.canonical import decode, encode
from dedup.errors import InputError, SettingsError
from dedup.formats.articles import cut, join, masks, numbered, separator
from dedup.formats.objects import dump, get
from dedup.formats.pieces import ByteStream
from dedup.formats.records import Format, Records, Rejected, Source
from dedup.model import Label, Labels

_ROWS = 4096  # judged at a time, or fewer where they are large
_BATCH = 16 << 20  # bytes of such rows
_BUFFER = 1 << 20  # bytes read ahead of each column
_SAID = 80  # characters of what the library says
_GROUP = 32 << 20  # bytes of a row group that is written
_PARAGRAPHS = pa.schema(
    [(name, pa.string()) for name in ("id", "time", "source", "title", "text", "decision")]
    + [(name, pa.float64()) for name in ("jaccard", "coverage")]
    + [(name, pa.string()) for name in ("match_id", "match_text")]
)


class Parquet(Format):
    """Rows of a table, of which one column is a text; a row group is never held whole."""

    def read(self, stream: ByteStream) -> Iterator[Records | Rejected]:
        with tempfile.TemporaryFile() as spool:
            try:
                table = pq.ParquetFile(_seekable(stream, spool), buffer_size=_BUFFER, pre_buffer=False)
                self._check(table.schema_arrow)
                yield Rows(self.source, [], _nothing(table.schema_arrow))  # the columns, where there is no row
                first = 1
                for batch in table.iter_batches(_rows_at_a_time(table.metadata)):
                    yield from self._within_limit(batch, first)
                    first += batch.num_rows
            except (pa.ArrowException, OSError) as error:
                if getattr(error, "errno", None) is not None:  # the file, not what is in it
                    raise
                raise InputError(f"{self.source.name}: broken Parquet: {str(error).splitlines()[0][:_SAID]}") from None

    def _within_limit(self, batch: Any, first: int) -> Iterator[Records | Rejected]:
        """The rows of a batch whose text is no longer than max-bytes, and those that had to be rejected."""
        limit = self.source.max_bytes
        ordinals = range(first, first + batch.num_rows)
        column = batch.column(self.source.text_field)
        if column.nbytes <= limit:
            yield Rows(self.source, ordinals, batch)
            return
        short = [len(_bytes(text)) <= limit for text in _texts(column)]
        for row, ordinal in enumerate(ordinals):
            if not short[row]:
                raw = dump({name: _plain(value[row].as_py()) for name, value in _columns(batch)}) + b"\n"
                yield Rejected(self.source.name, ordinal, raw, f"longer than max-bytes {limit}")
        yield Rows(self.source, list(compress(ordinals, short)), batch.filter(pa.array(short, pa.bool_())))

    def _check(self, schema: Any) -> None:
        """Refuse a table in which nothing can be judged."""
        name = self.source.text_field
        if name not in schema.names:
            raise InputError(
                f"{self.source.name}: no column {name!r}, but {', '.join(schema.names)}; name one with --text-field"
            )
        kind = schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not any(kind == text for text in (pa.string(), pa.large_string(), pa.string_view(), pa.binary())):
            raise InputError(f"{self.source.name}: column {name!r} holds {kind}, not text; name one with --text-field")


def _seekable(stream: ByteStream, spool: BinaryIO) -> BinaryIO:
    """The file itself where it can be read from any place, or else a copy of it on disk."""
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
    """How many rows are held together, which are few where a row is large."""
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(_ROWS, _BATCH // max(largest, 1)))


def _nothing(schema: Any) -> Any:
    return pa.RecordBatch.from_pylist([], schema)


class Rows(Records):
    """A batch of rows, which are written as rows.

    A text with blank lines is an article, as in JSON Lines; a row without a text passes through.
    """

    tabular = True

    def __init__(self, source: Source, ordinals: Sequence[int], batch: Any) -> None:
        self._source = source
        self._ordinals = ordinals
        self._batch = batch
        between = separator(source.split)
        self._parts = [cut(_string(text), between) for text in _texts(batch.column(source.text_field))]
        self.texts = [encode(part.strip("\r\n")) for parts in self._parts for part in parts]

    @cached_property
    def _places(self) -> list[tuple[int, int | None]]:
        return numbered(self._parts)

    def _named(self, row: int, field: str | None) -> str | None:
        if field is None:
            return None
        column, _, rest = field.partition(".")
        value = self._batch.column(column)[row].as_py() if column in self._batch.schema.names else None
        value = get(value, rest) if rest else value
        return None if value is None else str(value)

    def _label(self, row: int, k: int | None) -> Label:
        source = self._source
        name = self._named(row, source.id_field) or f"{source.name}:{self._ordinals[row]}"
        by = self._named(row, source.source_field) or source.name
        return Label(name if k is None else f"{name}#{k}", self._named(row, source.time_field), by)

    def labels(self) -> Labels:
        return Labels.of(self._label(row, k) for row, k in self._places)

    def fields(self, paragraph: int) -> dict[str, Any]:
        row, k = self._places[paragraph]
        values = {name: _plain(column[row].as_py()) for name, column in _columns(self._batch)}
        return values | {
            self._source.id_field: self._label(row, k).id,
            self._source.text_field: decode(self.texts[paragraph]),
        }

    def names(self) -> list[str]:
        return list(self._batch.schema.names)

    def having(self, field: str) -> int:
        return sum(self._named(row, field) not in (None, "") for row, _ in self._places)

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        raise SettingsError("rows have no bytes of their own")  # see `table`

    def table(self, wanted: NDArray[np.bool_]) -> Any:
        """The rows with a wanted paragraph, (rows,) of the input's schema, and of articles only the wanted ones."""
        chosen = masks(self._parts, wanted)
        batch = self._batch
        if any(any(mask) and not all(mask) for mask in chosen):
            place = batch.schema.get_field_index(self._source.text_field)
            kind = batch.schema.field(place).type
            old = batch.column(place).to_pylist()
            new = [
                text if all(mask) or not any(mask) else join(parts, mask)
                for text, parts, mask in zip(old, self._parts, chosen, strict=True)
            ]
            if pa.types.is_binary(kind):
                new = [encode(text) if isinstance(text, str) else text for text in new]
            column = pa.array(new, pa.string()).cast(kind) if pa.types.is_dictionary(kind) else pa.array(new, kind)
            batch = batch.set_column(place, batch.schema.field(place), column)
        return pa.Table.from_batches([batch.filter(pa.array([any(mask) for mask in chosen], pa.bool_()))])


def paragraphs(objects: Sequence[dict[str, Any]]) -> Any:
    """A table of what `--output jsonl` writes of paragraphs: the columns that every input has, and the decision."""
    rows = []
    for each in objects:
        decision = each["dedup"]
        match = decision.get("match", {})
        row = {name: each.get(name) for name in ("id", "time", "source", "title", "text")}
        row |= {name: decision[name] for name in ("decision", "jaccard", "coverage")}
        rows.append(row | {"match_id": match.get("id"), "match_text": match.get("text")})
    return pa.Table.from_pylist(
        [{name: _plain_text(value) for name, value in row.items()} for row in rows], _PARAGRAPHS
    )


def _plain_text(value: Any) -> Any:
    """A value as a column takes it: bytes that were not UTF-8 are replaced."""
    return value if value is None or isinstance(value, float) else encode(str(value)).decode(errors="replace")


def _columns(batch: Any) -> Iterator[tuple[str, Any]]:
    return zip(batch.schema.names, batch, strict=True)


def _texts(column: Any) -> list[str | bytes | None]:
    texts: list[str | bytes | None] = (
        column if pa.types.is_binary(column.type) else column.cast(pa.string())
    ).to_pylist()
    return texts


def _bytes(text: str | bytes | None) -> bytes:
    return text if isinstance(text, bytes) else encode(text or "")


def _string(text: str | bytes | None) -> str:
    return "" if text is None else decode(text) if isinstance(text, bytes) else text


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value if isinstance(value, str | int | float | list | dict | None) else str(value)


class TableSink:
    """A Parquet file that is written row group by row group, each of about 32 MiB."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: Any = None
        self._held: list[Any] = []
        self._size = 0

    def write(self, table: Any) -> None:
        """Write rows; raises InputError where their columns are not those of the rows before."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, table.schema, compression="zstd")
        elif not table.schema.equals(self._writer.schema):
            raise InputError("the inputs have different columns; filter them one by one, or with --output jsonl")
        self._held.append(table)
        self._size += table.nbytes
        if self._size > _GROUP:
            self._write()

    def _write(self) -> None:
        table = pa.concat_tables(self._held)
        self._held = []
        self._size = 0
        if table.num_rows:
            self._writer.write_table(table)

    def close(self) -> None:
        """Write what is held, and the end of the file, without which nobody can read it."""
        if self._writer is not None:
            self._write()
            self._writer.close()
            self._file.flush()
