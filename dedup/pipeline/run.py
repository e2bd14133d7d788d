"""The run of `dedup filter`: reads inputs batch by batch, judges them, writes what is novel, and commits."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InputError
from dedup.filter.batch import BatchDecisions, SketchedBatch, is_emitted
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.formats.answered_lines import AnsweredRecords
from dedup.formats.base import Records, RejectedInput, Source
from dedup.formats.byte_reader import ByteStream, ReplayBuffer, ready
from dedup.formats.input_checks import InputCheck
from dedup.formats.input_files import extent
from dedup.formats.json_values import dump
from dedup.formats.reading import open_input, records
from dedup.model.types import KINDS, Labels, Paragraph
from dedup.model.utf8 import decode
from dedup.pipeline.counts import RunCounts
from dedup.pipeline.prefetch import prefetch
from dedup.pipeline.record_writer import Outputs, write_beside
from dedup.pipeline.warnings import Warnings

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dedup.formats.parquet import TableWriter
    from dedup.store.state_file import State

Emit = Literal["novel", "all", "duplicates"]
Output = Literal["same", "jsonl", "records", "parquet"]
Batch = TypeVar("Batch")
#: Called with the file that is being read, and the number of paragraphs read and dropped so far.
Watch = Callable[[ByteStream, int, int], None]


class Run:
    """One run over several inputs. `counts` holds the counts so far.

    Each batch is committed after its output is flushed, or, with `sync`, after it is on disk. If the output appears
    only when it is complete (a file or a table), all commits take effect together after that. While a commit is being
    written, the next batch is judged.

    Args:
        novelty: The filter.
        outputs: Where records and warnings go.
        emit: Which paragraphs go to the main output.
        output: The format of the main output.
        jobs: The number of threads.
        watch: Called after each batch, to show progress.
        sync: Whether to sync outputs to disk before each commit.
        state: The open state of `novelty`, if it has one.
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
        state: "State | None" = None,
    ) -> None:
        self.counts = RunCounts()
        self.stopped = False
        self._novelty = novelty
        self._outputs = outputs
        self._warnings = Warnings(outputs.warn)
        self._emit = emit
        self._output = output
        self._table: TableWriter | None = None
        self._jobs = jobs
        self._watch = watch
        self._sync = sync
        self._state = state
        self._held = False
        if not outputs.novel.output.is_direct:
            self._hold()
        self._waiting = False
        # Ids and times are read only if an output shows them or the filter needs them to forget.
        self._labelled = (
            output != "same" or outputs.duplicates is not None or novelty.durable or novelty.settings.forgets
        )

    def read(self, path: str, format: str, source: Source) -> None:
        """Filter one input.

        Raises:
            InputError: The input cannot be read. All of it is then copied to the rejected records.
        """
        check = InputCheck(source)
        source = replace(source, labelled=self._labelled or check.needs_labels)
        before = self.counts.kept
        with open_input(path) as file:
            stream = file if self._outputs.errors is None else ReplayBuffer(file)
            try:
                for batch, prepared in self._until_stopped(self._prepared(records(stream, source, format))):
                    if isinstance(batch, RejectedInput):
                        self._reject(batch)
                    else:
                        labels = batch.labels() if source.labelled else None
                        check.see(batch, labels)
                        self._warn_about(check, ended=False)
                        ready_ = self._novelty.sketch_batch(batch.texts) if prepared is None else prepared.result()
                        self._judge(batch, labels if self._labelled else None, ready_, file)
                        self._hint_size(file, self.counts.kept - before)
                        if isinstance(stream, ReplayBuffer) and not batch.tabular:
                            stream.forget()
                    if self._watch is not None:
                        self._watch(file, self.counts.read, self.counts.dropped)
            except InputError:
                if isinstance(stream, ReplayBuffer):
                    self._copy_rejected(stream)
                raise
            finally:
                self._warn_about(check, ended=True)
                self.counts.add(check)
                self._warnings.close()

    def _warn_about(self, check: InputCheck, *, ended: bool) -> None:
        for line in check.notices(ended=ended):
            self._outputs.warn(line)

    def _hint_size(self, feed: ByteStream, kept: int) -> None:
        """Estimate how many more paragraphs of a file will be stored, from the `kept` ones so far."""
        place, size = extent(feed)
        if 0 < place <= size:
            self._novelty.expect(kept * (size - place) // place)

    def _copy_rejected(self, stream: ReplayBuffer) -> None:
        """Copy an input that cannot be read to the rejected records."""
        if self._outputs.errors is not None:
            for k, piece in enumerate(stream.again()):
                write_beside(self._outputs.errors, [piece], b"" if k else b"\n")

    def _hold(self) -> None:
        """Hold commits back until the output is complete, because nobody can use it before."""
        if self._state is not None and not self._held:
            self._novelty.wait()
            self._state.hold()
            self._held = True

    def stop(self) -> None:
        """Stop after the current batch, or at once if the run is waiting for input. Signal handlers call this."""
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
        self, batches: Iterator[Records | RejectedInput]
    ) -> Iterator[tuple[Records | RejectedInput, "Future[SketchedBatch] | None"]]:
        """Each batch; with several jobs also its sketches, which other threads compute in advance."""
        if self._jobs == 1:
            yield from ((batch, None) for batch in batches)
            return
        from concurrent.futures import ThreadPoolExecutor  # late, for the sake of the start

        with ThreadPoolExecutor(self._jobs - 1) as pool:
            yield from prefetch(
                (
                    (
                        batch,
                        None
                        if isinstance(batch, RejectedInput)
                        else pool.submit(self._novelty.sketch_batch, batch.texts),
                    )
                    for batch in batches
                ),
                2 * self._jobs,
                lambda: self.stopped,
            )

    def refuse(self, error: InputError) -> None:
        """Report an input that cannot be read, and continue with the next one."""
        self.counts.rejected += 1
        self._outputs.warn(str(error))

    def _reject(self, rejected: RejectedInput) -> None:
        if rejected.reason is not None:
            self.counts.rejected += 1
            if self._output != "records":  # there, the reason stands in the output
                self._warnings.add(rejected)
        if self._outputs.errors is not None and rejected.raw:
            # A long record arrives in pieces, which are written without a separator.
            write_beside(self._outputs.errors, [rejected.raw], b"\n" if rejected.reason is not None else b"")

    def _judge(self, batch: Records, labels: Labels | None, prepared: SketchedBatch, feed: ByteStream) -> None:
        self._begin_table(batch)
        decisions = self._novelty.match_batch(prepared, labels)
        codes, counts = np.unique(decisions.kinds, return_counts=True)
        self.counts.kinds.update({KINDS[code]: int(count) for code, count in zip(codes, counts, strict=True)})
        self._novelty.wait()  # so that at most this batch is written but not committed
        novel = _with_wordless(batch, prepared.words == 0, is_emitted(decisions.kinds))
        wanted = {"novel": novel, "all": np.ones_like(novel), "duplicates": ~novel}[self._emit]
        self._write(batch, decisions, wanted)
        if self._outputs.duplicates is not None:
            dropped = np.flatnonzero(~novel).tolist()
            write_beside(self._outputs.duplicates, [self._object(batch, decisions, i) for i in dropped])
        # Before the run waits for input, no thread may be left running: it could delay the signal to stop.
        self._commit(wait=not ready(feed))

    def _commit(self, *, wait: bool) -> None:
        if not self._held:
            self._sync_outputs()
        self._novelty.commit(wait=wait)

    def _sync_outputs(self) -> None:
        if self._sync:
            for sink in (self._outputs.novel, self._outputs.duplicates, self._outputs.errors):
                if sink is not None:
                    sink.sync()

    def _write(self, batch: Records, decisions: BatchDecisions, wanted: NDArray[np.bool_]) -> None:
        if isinstance(batch, AnsweredRecords):
            found = [self._decision(batch, decisions, i) for i in range(len(batch.texts))]
            self._outputs.novel.write(batch.answers(found))
        elif self._output == "jsonl":
            chosen = np.flatnonzero(wanted).tolist()
            self._outputs.novel.write([self._object(batch, decisions, i) for i in chosen])
        elif self._table is not None:
            self._write_table(self._table, batch, decisions, wanted)
        else:
            self._outputs.novel.write(batch.select(wanted), batch.separator, batch.header)

    def _write_table(
        self, table: "TableWriter", batch: Records, decisions: BatchDecisions, wanted: NDArray[np.bool_]
    ) -> None:
        from dedup.formats.parquet import Rows, paragraphs  # late: it is large

        if isinstance(batch, Rows):
            table.write(batch.table(wanted))
            return
        labels = batch.labels()
        chosen = np.flatnonzero(wanted).tolist()
        fields = [batch.fields(i) | {"dedup": self._decision(batch, decisions, i)} for i in chosen]
        table.write(paragraphs([labels[i] for i in chosen], [batch.texts[i] for i in chosen], fields))

    def _begin_table(self, batch: Records | None) -> None:
        """Begin a table if the output is one.

        This happens before the batch is judged. An error after that would lose the batch, because it would already be
        remembered.

        Raises:
            InputError: The batch cannot be part of the output.
        """
        tabular = batch is not None and batch.tabular
        if self._output == "same" and (tabular or self._table is not None):
            if not tabular or self._outputs.novel.used:
                raise InputError(
                    "the inputs are Parquet and others; filter them one by one, or with --output-format jsonl"
                )
        elif self._output != "parquet":
            return
        from dedup.formats.parquet import PARAGRAPHS, Rows, TableWriter

        if self._table is None:
            self._hold()  # a table without its footer cannot be read
            self._table = TableWriter(self._outputs.novel.file)
        self._table.begin(batch.schema if isinstance(batch, Rows) else PARAGRAPHS)

    def finish(self) -> None:
        """Complete the outputs, and then release the commits that were held back."""
        if self._output == "parquet" and self._table is None:
            self._begin_table(None)  # there was no input
        if self._table is not None:
            self._table.close()
        self._sync_outputs()
        for sink in (self._outputs.novel, self._outputs.duplicates):
            if sink is not None:
                sink.output.complete(self._sync)
        for line in self._novelty.clock_notices():
            self._outputs.warn(line)
            self._novelty.commit(wait=False)
        self._novelty.wait()
        if self._held and self._state is not None:
            self._state.release()

    def _decision(self, batch: Records, decisions: BatchDecisions, i: int) -> dict[str, Any]:
        return self._novelty.decision(decisions, i, Paragraph(decode(batch.texts[i]))).as_dict()

    def _object(self, batch: Records, decisions: BatchDecisions, i: int) -> bytes:
        decision = self._decision(batch, decisions, i)
        try:
            return batch.report(i, decision) + b"\n"
        except RecursionError:  # the record is nested too deeply to be written again
            return dump({"id": batch.labels()[i][0], "text": decode(batch.texts[i]), "dedup": decision}) + b"\n"


def _with_wordless(batch: Records, wordless: NDArray[np.bool_], novel: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which paragraphs to emit, given the `novel` ones: a paragraph without a word follows the rest of its record."""
    if not wordless.any():
        return novel
    owners = np.asarray(batch.owners())
    has_words = np.bincount(owners, ~wordless) > 0
    is_new = np.bincount(owners, novel & ~wordless) > 0
    return np.where(wordless & has_words[owners], is_new[owners], novel)
