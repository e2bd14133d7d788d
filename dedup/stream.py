"""A feed in, what is novel out: the run of `dedup filter`, batch by batch."""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedup.ahead import ahead
from dedup.canonical import decode
from dedup.complaints import Complaints
from dedup.decide import Prepared, Verdicts, is_emitted
from dedup.errors import InputError, OutputClosed
from dedup.files import extent
from dedup.formats import open_input, records
from dedup.formats.jsonl import dump
from dedup.formats.pieces import ByteStream, Recalled, ready
from dedup.formats.records import BOM, Records, Rejected, Source
from dedup.model import EMITTED, KINDS, Paragraph
from dedup.novelty import NoveltyFilter

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dedup.formats.parquet import TableSink

Emit = Literal["novel", "all", "duplicates"]
Output = Literal["same", "jsonl", "parquet"]
Batch = TypeVar("Batch")
#: Is told of the file that is being read, how many paragraphs were, and how many of them were dropped.
Watch = Callable[[ByteStream, int, int], None]


@dataclass(slots=True)
class Counts:
    """What became of everything that was read; `kinds` counts paragraphs by decision."""

    kinds: Counter[str] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def read(self) -> int:
        """Everything that was read."""
        return self.kinds.total() + self.rejected

    @property
    def kept(self) -> int:
        """Paragraphs that say something new."""
        return sum(self.kinds[kind] for kind in EMITTED)

    @property
    def dropped(self) -> int:
        """Paragraphs that repeat."""
        return self.kinds.total() - self.kept

    def __str__(self) -> str:
        dropped = {kind: self.kinds[kind] for kind in KINDS if kind not in EMITTED and self.kinds[kind]}
        updates = f" ({self.kinds['update']} updates)" if self.kinds["update"] else ""
        told = f"read {self.read}, kept {self.kept}{updates}, dropped {sum(dropped.values())}"
        if dropped:
            told += ": " + ", ".join(f"{count} {kind}" for kind, count in dropped.items())
        return told + (f"; rejected {self.rejected}" if self.rejected else "")


@dataclass(slots=True)
class Sink:
    """A file for records, which it keeps apart also where an input lacked its last line end."""

    file: BinaryIO
    _line_ends: int = 2  # at the end of what was written, at most two, also by others before
    _header: bytes = b""  # what stands above the records that were written last
    _used: bool = False

    @property
    def used(self) -> bool:
        """Whether anything was written."""
        return self._used

    def write(self, records: Sequence[bytes], separator: bytes = b"\n", header: bytes = b"") -> None:
        """Write whole records, under their header where it is not the last one, and see that they are on their way."""
        if header.removeprefix(BOM) != self._header:
            self._header = header.removeprefix(BOM)
            records = [header, *records] if header else records
        if records:
            last = records[-1]
            self._used = True
            self.file.write(separator[self._line_ends :] + b"".join(records))
            self.file.flush()
            self._line_ends = min(2, last[len(last.rstrip()) :].count(b"\n"))

    def sync(self) -> None:
        """See that what was written is on the disk, where it is a file."""
        self.file.flush()
        if stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
            os.fsync(self.file.fileno())


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where things go. `novel` is the main output, whatever `emit` sends there; the others are optional."""

    novel: Sink
    duplicates: Sink | None
    errors: Sink | None
    complain: Callable[[str], None]


class Run:
    """One run over several inputs; `counts` tells what happened so far.

    What the filter remembers is committed when it is written, batch by batch; with `sync`, when it is on the disk.
    Where there is more to read, the next batch is judged meanwhile.
    """

    def __init__(
        self,
        novelty: NoveltyFilter,
        outputs: Outputs,
        emit: Emit,
        output: Output,
        jobs: int = 1,
        watch: Watch | None = None,
        sync: bool = False,
    ) -> None:
        self.counts = Counts()
        self.stopped = False
        self._novelty = novelty
        self._outputs = outputs
        self._complaints = Complaints(outputs.complain)
        self._emit = emit
        self._output = output
        self._table: TableSink | None = None
        self._jobs = jobs
        self._watch = watch
        self._sync = sync
        self._waiting = False
        # Ids and times are looked up only where somebody will see them, or something is forgotten by them.
        self._labelled = (
            output != "same" or outputs.duplicates is not None or novelty.durable or novelty.settings.window is not None
        )

    def read(self, path: str, format: str, source: Source) -> None:
        """Run one input through. Raises InputError where it cannot be read; then all of it is among the errors."""
        source = replace(source, labelled=self._labelled)
        before = self.counts.kept
        with open_input(path) as file:
            stream = file if self._outputs.errors is None else Recalled(file)
            try:
                for batch, prepared in self._until_stopped(self._prepared(records(stream, source, format))):
                    if isinstance(batch, Rejected):
                        self._reject(batch)
                    else:
                        self._judge(
                            batch, self._novelty.prepare(batch.texts) if prepared is None else prepared.result(), file
                        )
                        self._foresee(file, self.counts.kept - before)
                        if isinstance(stream, Recalled) and not batch.tabular:
                            stream.forget()
                    if self._watch is not None:
                        self._watch(file, self.counts.read, self.counts.dropped)
            except InputError:
                if isinstance(stream, Recalled):
                    self._copy(stream)
                raise
            finally:
                self._complaints.close()

    def _foresee(self, feed: ByteStream, kept: int) -> None:
        """Tell the filter what is to come of a file of which so many were kept: the rest will be like it."""
        place, size = extent(feed)
        if 0 < place <= size:
            self._novelty.expect(kept * (size - place) // place)

    def _copy(self, stream: Recalled) -> None:
        """Copy an input that cannot be read to the errors."""
        if self._outputs.errors is not None:
            for k, piece in enumerate(stream.again()):
                self._outputs.errors.write([piece], b"" if k else b"\n")

    def stop(self) -> None:
        """End after the batch that is being judged; for a signal, also while the input is waited for."""
        self.stopped = True
        if self._waiting and self._jobs == 1:
            raise KeyboardInterrupt

    def _until_stopped(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        try:
            while True:
                self._waiting = True
                if self.stopped:
                    return
                batch = next(batches, None)
                self._waiting = False
                if batch is None:
                    return
                yield batch
        except KeyboardInterrupt:
            if not self.stopped:
                raise
        finally:
            self._waiting = False

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
                lambda: self.stopped,
            )

    def refuse(self, error: InputError) -> None:
        """Go on without an input, or the rest of it, that cannot be read."""
        self.counts.rejected += 1
        self._outputs.complain(str(error))

    def _reject(self, rejected: Rejected) -> None:
        if rejected.reason is not None:
            self.counts.rejected += 1
            self._complaints.add(rejected)
        if self._outputs.errors is not None and rejected.raw:
            # The pieces of one record follow each other as they are.
            self._outputs.errors.write([rejected.raw], b"\n" if rejected.reason is not None else b"")

    def _judge(self, batch: Records, prepared: Prepared, feed: ByteStream) -> None:
        labels = batch.labels() if self._labelled else None
        verdicts = self._novelty.settle(prepared, labels)
        codes, counts = np.unique(verdicts.kinds, return_counts=True)
        self.counts.kinds.update({KINDS[code]: int(count) for code, count in zip(codes, counts, strict=True)})
        self._novelty.wait()  # so that no more than this batch is written and not committed
        novel = is_emitted(verdicts.kinds)
        wanted = {"novel": novel, "all": np.ones_like(novel), "duplicates": ~novel}[self._emit]
        try:
            self._write(batch, verdicts, wanted)
        except BrokenPipeError:
            raise OutputClosed("the output was closed") from None
        if self._outputs.duplicates is not None:
            dropped = np.flatnonzero(~novel).tolist()
            self._outputs.duplicates.write([self._object(batch, verdicts, i) for i in dropped])
        if self._table is None:  # a table is good for nothing before its end
            # Where the feed is waited for next, no thread is left at work: it could make us miss the signal to stop.
            self._commit(wait=not ready(feed))

    def _commit(self, *, wait: bool = True) -> None:
        if self._sync:
            for sink in (self._outputs.novel, self._outputs.duplicates, self._outputs.errors):
                if sink is not None:
                    sink.sync()
        self._novelty.commit(wait=wait)

    def _write(self, batch: Records, verdicts: Verdicts, wanted: NDArray[np.bool_]) -> None:
        if self._output == "jsonl":
            chosen = np.flatnonzero(wanted).tolist()
            self._outputs.novel.write([self._object(batch, verdicts, i) for i in chosen])
        elif self._output == "parquet" or batch.tabular:
            self._write_table(batch, verdicts, wanted)
        elif self._table is not None:
            raise InputError("the inputs are Parquet and others; filter them one by one, or with --output jsonl")
        else:
            self._outputs.novel.write(batch.select(wanted), batch.separator, batch.header)

    def _write_table(self, batch: Records, verdicts: Verdicts, wanted: NDArray[np.bool_]) -> None:
        from dedup.formats.parquet import Rows, TableSink, paragraphs  # late: it is large

        if self._table is None:
            if self._outputs.novel.used:
                raise InputError("the inputs are Parquet and others; filter them one by one, or with --output jsonl")
            self._table = TableSink(self._outputs.novel.file)
        if isinstance(batch, Rows):
            self._table.write(batch.table(wanted))
        else:
            chosen = np.flatnonzero(wanted).tolist()
            self._table.write(paragraphs([batch.fields(i) | self._decision(batch, verdicts, i) for i in chosen]))

    def finish(self) -> None:
        """Write what an output needs at its end, and see that all is committed."""
        if self._table is not None:
            self._table.close()
            self._commit()
        self._novelty.wait()

    def _decision(self, batch: Records, verdicts: Verdicts, i: int) -> dict[str, Any]:
        return {"dedup": self._novelty.decision(verdicts, i, Paragraph(decode(batch.texts[i]))).as_dict()}

    def _object(self, batch: Records, verdicts: Verdicts, i: int) -> bytes:
        fields = batch.fields(i)
        decision = self._decision(batch, verdicts, i)
        try:
            return dump(fields | decision) + b"\n"
        except RecursionError:  # a record nested deeper than can be written again
            return dump({"id": batch.labels()[i][0], "text": decode(batch.texts[i])} | decision) + b"\n"
