"""Makes a state file of the output of `dedup spark`, so that a stream goes on where a corpus ended."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dedup.errors import InputError, StateError
from dedup.filter.sketcher import Sketcher
from dedup.model.types import EMITTED, Labels
from dedup.pipeline.state_maintenance import indexed_pages, write_new
from dedup.settings import Settings
from dedup.sketch.normalize import pack
from dedup.store.clock import AUTOMATIC, Clock
from dedup.store.dropped_texts import DroppedEntries
from dedup.store.state_codec import StatePage, StoryMember, join_dropped
from dedup.store.state_schema import Checkpoint

_BATCH = 4096  # rows
_ID = "id"  # the column of ids where none is named


class Columns(NamedTuple):
    """The names of the columns that hold the text, the id, the time and the source; None for none."""

    text: str = "text"
    id: str | None = None
    time: str | None = None
    source: str | None = None


def import_decisions(source: Path, target: Path, settings: Settings, columns: Columns) -> int:
    """Write a state that remembers what `dedup filter` would after the rows of a Parquet file or folder.

    Args:
        source: The output of `dedup spark`.
        target: The new state. It must not exist.
        settings: The settings of that run.
        columns: The names of its columns.

    Returns:
        The number of stored paragraphs.

    Raises:
        InputError: The source is no output of `dedup spark`.
        StateError: The target exists, or cannot be written.
    """
    if target.exists():
        raise StateError(f"{target}: the file exists; name a new one")
    reader = _Reader(source, settings, columns)
    pages = list(indexed_pages(settings, reader.pages()))
    write_new(target, settings, pages, join_dropped(reader.dropped), reader.checkpoint())
    return len(reader.numbers)


class _Reader:
    """Reads decisions in feed order."""

    def __init__(self, source: Path, settings: Settings, columns: Columns) -> None:
        self._source = source
        self._columns = columns
        self._sketcher = Sketcher(settings)
        self._clock = Clock(None)
        self._read = 0
        self.numbers: dict[str, int] = {}  # of stored paragraphs, by id
        self.dropped: list[DroppedEntries] = []

    def checkpoint(self) -> Checkpoint:
        """The progress after the last row."""
        clock = self._clock
        return Checkpoint(self._read, len(self.numbers), 0, clock.now, clock.latest, clock.lowest)

    def pages(self) -> Iterator[StatePage]:
        """The stored paragraphs."""
        for rows in self._rows():
            page = self._page(rows)
            if len(page.numbers):
                yield page

    def _rows(self) -> Iterator[list[dict[str, Any]]]:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        wanted = [name for name in self._columns if name is not None]
        try:
            files = sorted(self._source.glob("*.parquet")) if self._source.is_dir() else [self._source]
            if not files:
                raise InputError(f"{self._source}: there are no Parquet files")
            for path in files:
                with parquet.ParquetFile(path) as file:
                    names = file.schema_arrow.names
                    if self._columns.id is None and _ID in names:
                        self._columns = self._columns._replace(id=_ID)
                        wanted.append(_ID)
                    if missing := [name for name in (*wanted, "dedup") if name not in names]:
                        raise InputError(f"{path}: there is no column {missing[0]}; name the output of `dedup spark`")
                    for batch in file.iter_batches(_BATCH, columns=[*wanted, "dedup"]):
                        yield batch.to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{self._source}: {error}".partition("\n")[0]) from None

    def _number_of(self, name: str) -> int:
        """The number of a stored paragraph. Raises InputError if no row before has its id."""
        if name not in self.numbers:
            raise InputError(f"{self._source}: a row repeats {name!r}, which no row before it is; name the --id-field")
        return self.numbers[name]

    def _page(self, rows: Sequence[dict[str, Any]]) -> StatePage:
        text, id_, time, source = self._columns
        count, decisions = len(rows), [row["dedup"] for row in rows]

        def column(name: str | None) -> list[str | None]:
            return [None if name is None or row[name] is None else str(row[name]) for row in rows]

        ids = [given or f"{AUTOMATIC}{self._read + at + 1}" for at, given in enumerate(column(id_))]
        labels = Labels(ids, column(time), column(source))
        texts = [row[text].encode() for row in rows]
        timestamps = self._clock.read(labels, count, self._read, with_records=False)
        ticks = self._read + np.arange(count)
        self._read += count
        stored = np.array([one["decision"] in EMITTED and one["story"] is not None for one in decisions], np.bool_)
        first = len(self.numbers)
        stories: dict[int, StoryMember] = {}
        dropped, targets = [], []
        for at, (name, decision) in enumerate(zip(ids, decisions, strict=True)):
            if stored[at]:
                number = self.numbers[name] = len(self.numbers)
                if decision["story"] != name:
                    story = decision["story"]
                    stories[number] = StoryMember(self._number_of(story), story, decision["version"])
            elif decision["decision"] in ("near", "contained"):
                dropped.append(at)
                targets.append(self._number_of(decision["match"]))
        if dropped:
            keys = self._sketcher.sketch([texts[at] for at in dropped]).keys[:, 0]
            self.dropped.append(
                DroppedEntries(keys, np.array(targets, np.int64), timestamps.clocks[dropped], ticks[dropped])
            )
        chosen = stored.tolist()
        return StatePage(
            np.arange(first, len(self.numbers)),
            ticks[stored],
            timestamps.times[stored],
            timestamps.clocks[stored],
            pack([data for data, is_chosen in zip(texts, chosen, strict=True) if is_chosen]),
            labels.choose(chosen),
            np.zeros((len(self.numbers) - first, 0), np.bool_),
            stories,
        )
