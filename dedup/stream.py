"""A feed in, what is novel out: the run of `dedup filter`, batch by batch."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np

from dedup.ahead import ahead
from dedup.canonical import decode
from dedup.decide import Prepared, Verdicts
from dedup.errors import OutputClosed
from dedup.formats import open_input, records
from dedup.formats.jsonl import dump
from dedup.formats.records import Records, Rejected, Source
from dedup.model import KINDS, Paragraph
from dedup.novelty import NoveltyFilter

if TYPE_CHECKING:
    from concurrent.futures import Future

Emit = Literal["novel", "all", "duplicates"]


@dataclass(slots=True)
class Counts:
    """What became of everything that was read; `kinds` counts paragraphs by decision."""

    kinds: Counter[str] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def read(self) -> int:
        """Everything that was read."""
        return self.kinds.total() + self.rejected

    def __str__(self) -> str:
        kept = self.kinds["novel"]
        dropped = {kind: self.kinds[kind] for kind in KINDS[1:] if self.kinds[kind]}
        told = f"read {self.read}, kept {kept}, dropped {sum(dropped.values())}"
        if dropped:
            told += ": " + ", ".join(f"{count} {kind}" for kind, count in dropped.items())
        return told + (f"; rejected {self.rejected}" if self.rejected else "")


@dataclass(slots=True)
class Sink:
    """A file for records, which it keeps apart also where an input lacked its last line end."""

    file: BinaryIO
    _line_ends: int = 2  # at the end of what was written, at most two

    def write(self, records: Sequence[bytes], separator: bytes = b"\n") -> None:
        """Write whole records, and see that they are on their way."""
        if records:
            last = records[-1]
            self.file.write(separator[self._line_ends :] + b"".join(records))
            self.file.flush()
            self._line_ends = min(2, last[len(last.rstrip()) :].count(b"\n"))


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where things go. `novel` is the main output, whatever `emit` sends there; the others are optional."""

    novel: Sink
    duplicates: Sink | None
    errors: Sink | None
    complain: Callable[[str], None]


class Run:
    """One run over several inputs; `counts` tells what happened so far."""

    def __init__(self, novelty: NoveltyFilter, outputs: Outputs, emit: Emit, as_json: bool, jobs: int = 1) -> None:
        self.counts = Counts()
        self._novelty = novelty
        self._outputs = outputs
        self._emit = emit
        self._as_json = as_json
        self._jobs = jobs
        # Ids and times are looked up only where somebody will see them.
        self._labelled = as_json or outputs.duplicates is not None

    def read(self, path: str, format: str, source: Source) -> None:
        """Run one input through. Raises InputError where it cannot be read."""
        with open_input(path) as file:
            for batch, prepared in self._prepared(records(file, source, format)):
                if isinstance(batch, Rejected):
                    self._reject(batch)
                else:
                    self._judge(batch, self._novelty.prepare(batch.texts) if prepared is None else prepared.result())

    def _prepared(
        self, batches: Iterator[Records | Rejected]
    ) -> Iterator[tuple[Records | Rejected, "Future[Prepared] | None"]]:
        """Each batch, and with several jobs its preparation, which other threads began ahead of time."""
        if self._jobs == 1:
            yield from ((batch, None) for batch in batches)
            return
        from concurrent.futures import ThreadPoolExecutor  # late, for the sake of the start

        with ThreadPoolExecutor(self._jobs - 1) as pool:
            yield from ahead(
                (
                    (batch, None if isinstance(batch, Rejected) else pool.submit(self._novelty.prepare, batch.texts))
                    for batch in batches
                ),
                2 * self._jobs,
            )

    def _reject(self, rejected: Rejected) -> None:
        if rejected.reason is not None:
            self.counts.rejected += 1
            self._outputs.complain(f"{rejected.name}:{rejected.ordinal}: {rejected.reason}")
        if self._outputs.errors is not None:
            # The pieces of one record follow each other as they are.
            self._outputs.errors.write([rejected.raw], b"\n" if rejected.reason is not None else b"")

    def _judge(self, batch: Records, prepared: Prepared) -> None:
        labels = batch.labels() if self._labelled else None
        verdicts = self._novelty.settle(prepared, labels)
        codes, counts = np.unique(verdicts.kinds, return_counts=True)
        self.counts.kinds.update({KINDS[code]: int(count) for code, count in zip(codes, counts, strict=True)})
        novel = verdicts.kinds == 0
        wanted = {"novel": novel, "all": np.ones_like(novel), "duplicates": ~novel}[self._emit]
        if self._as_json:
            written = [self._object(batch, verdicts, i) for i in np.flatnonzero(wanted).tolist()]
        else:
            written = batch.select(wanted)
        try:
            self._outputs.novel.write(written, b"\n" if self._as_json else batch.separator)
        except BrokenPipeError:
            raise OutputClosed("the output was closed") from None
        if self._outputs.duplicates is not None:
            dropped = np.flatnonzero(~novel).tolist()
            self._outputs.duplicates.write([self._object(batch, verdicts, i) for i in dropped])

    def _object(self, batch: Records, verdicts: Verdicts, i: int) -> bytes:
        fields = batch.fields(i)
        decision = {"dedup": self._novelty.decision(verdicts, i, Paragraph("")).as_dict()}
        try:
            return dump(fields | decision) + b"\n"
        except RecursionError:  # a record nested deeper than can be written again
            return dump({"id": batch.labels()[i][0], "text": decode(batch.texts[i])} | decision) + b"\n"
