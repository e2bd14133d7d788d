"""NoveltyFilter decides, in feed order, whether each paragraph is new. It is the only object that remembers."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn, Self

from dedup.errors import ClosedError, InputError, SettingsError
from dedup.filter.engine import Engine, Pass
from dedup.filter.matcher import Prepared, Verdicts
from dedup.model.convert import as_paragraph, batches, check_iterable
from dedup.model.times import utc, written
from dedup.model.types import Decision, Labels, Paragraph
from dedup.model.utf8 import encode
from dedup.settings import Settings
from dedup.store.clock import AUTOMATIC
from dedup.store.state_codec import Page

if TYPE_CHECKING:
    from dedup.store.state_file import State

_COMMIT_EVERY = 0.05  # seconds, while decisions are handed out
_SHORT = 16  # paragraphs to begin with after another thread had its turn


class NoveltyFilter:
    """Judges paragraphs in feed order, each against the novel ones before it; first seen wins.

    Takes `Settings`, or its fields as keywords. With `state`, a file, it goes on where that was left, and `commit`
    writes to it; `sync` makes each commit outlast also a failure of power. Such a filter holds the file until it is
    closed, best by `with`.

    Several threads may use one filter: their calls take turns, paragraph by paragraph, so that the results are those of
    some order of the calls. A process that is forked needs a filter of its own.

    Raises SettingsError for settings that cannot work, StateError for a file that cannot be used, and ClosedError when
    it is used after `close` or in a forked process.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        state: "str | PathLike[str] | State | None" = None,
        sync: bool = False,
        **fields: Any,
    ) -> None:
        if settings is not None and not isinstance(settings, Settings):
            raise TypeError(f"settings must be a Settings, not {settings!r}: name the field, as in threshold=0.6")
        if settings is not None and fields:
            raise SettingsError("give either a Settings or its fields, not both")
        try:
            self.settings = settings if settings is not None else Settings(**fields)
        except TypeError as error:
            raise SettingsError(str(error)) from None
        self._engine = Engine(self.settings, Path(state) if isinstance(state, str | PathLike) else state, sync=sync)
        self.layout = self._engine.layout
        self._lock = RLock()
        self._process: int | None = os.getpid()  # None when closed
        self._begun: tuple[Prepared, int, Pass] | None = None  # the batch that `judge` hands out, and where it began
        self._delivered = False  # whether decisions were handed out since the last commit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        """The number of paragraphs that are remembered."""
        with self._turn():
            return len(self._engine)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a NoveltyFilter cannot be pickled or copied: make one in the other process from its `settings`, "
            "and hand a memory on by closing it and opening its state file there"
        )

    @contextmanager
    def _turn(self) -> Iterator[Engine]:
        """Wait until no other thread uses the engine. Raises ClosedError where this process cannot use it."""
        if self._process != os.getpid():  # before the lock, which a fork may have left locked
            reason = "is closed" if self._process is None else "belongs to another process, from which this one forked"
            raise ClosedError(f"this NoveltyFilter {reason}: make a new one")
        with self._lock:
            if self._process is None:
                raise ClosedError("this NoveltyFilter is closed: make a new one")
            yield self._engine

    @property
    def durable(self) -> bool:
        """Whether what is remembered goes to a state file."""
        return self._engine.journal is not None

    def close(self) -> None:
        """Commit what `judge` and `judge_one` decided, and release the state file. Nothing else can be done then."""
        if self._process != os.getpid():
            return
        with self._lock:
            try:
                self._commit_delivered()
            finally:
                self._process = None
                self._engine.close()

    def commit(self, *, wait: bool = True) -> None:
        """Write to the state what was judged since the last time, where there is one; all of it or nothing.

        Call it when what was decided is where it should go: after that, none of it is emitted again. Without `wait`
        it is written in the background, and `wait`, the next commit or `close` raises StateError where that failed.
        """
        with self._turn() as engine:
            self._end_batch()
            engine.commit()
            self._delivered = False
            if wait:
                self.wait()

    def wait(self) -> None:
        """Return when all that is to be committed is in the state. Raises StateError where it cannot be."""
        with self._turn() as engine:
            if engine.journal is not None:
                engine.journal.wait()

    def _commit_delivered(self) -> None:
        """Commit where decisions were handed out since the last commit."""
        with self._turn():
            if self._delivered:
                self.commit()

    def judge(
        self, paragraphs: Iterable[str | Paragraph | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> Iterator[Decision]:
        """The decision of each paragraph, in order, lazily.

        A paragraph is remembered when its decision is handed out, and not before: whoever stops early, by `break` or an
        exception, can judge the rest again later. With a state, what was handed out is committed when the iterator
        ends or is closed, by `close`, and meanwhile when the next decision is asked for, at most every 50 ms.

        From an iterator paragraphs are taken one by one, so that no decision waits for the next paragraph; a
        collection, such as a list, is prepared in batches, which is faster. Where the source raises an exception, the
        decisions of everything before it are handed out first.

        Args:
            paragraphs: strings, Paragraphs, or mappings with `text` and perhaps `id`, `time` and `source`. A
                paragraph without an id is called `paragraph:N`, N its ordinal over the life of the filter.
            batch_size: how many paragraphs to take from the source at a time: a larger number is faster, for an
                iterator that does not wait for anything. It never changes a decision.

        Raises:
            TypeError: `paragraphs` is one paragraph, a table, or not iterable.
            SettingsError: `batch_size` is below 1.
            InputError: an item is not a paragraph, or is longer than `max_bytes`.
            StateError: the state cannot be written.
            ClosedError: the filter was closed.
        """
        check_iterable(paragraphs)
        if batch_size is not None and batch_size < 1:
            raise SettingsError(f"batch_size must be at least 1, not {batch_size}")
        with self._turn():
            return self._judged(paragraphs, batch_size)

    def _judged(self, paragraphs: Iterable[Any], batch_size: int | None) -> Iterator[Decision]:
        committed = monotonic()
        try:
            for batch, error in batches(paragraphs, batch_size, self._converted):
                prepared = self._engine.prepare([data for _, data in batch])
                chosen = [paragraph for paragraph, _ in batch]
                for place in range(len(batch)):
                    yield self._decide_one(prepared, chosen, place)
                    if monotonic() - committed > _COMMIT_EVERY:
                        self._commit_delivered()
                        committed = monotonic()
                if error is not None:
                    raise error
        finally:
            if self._process == os.getpid():
                self._commit_delivered()

    def judge_one(self, paragraph: str | Paragraph | Mapping[str, Any]) -> Decision:
        """The decision of one paragraph; with a state, it is committed. Takes and raises what `judge` does."""
        converted, data = self._converted(paragraph)
        with self._turn() as engine:
            decision = self._decide_one(engine.prepare([data]), [converted], 0)
            self._commit_delivered()
        return decision

    def _converted(self, item: Any) -> tuple[Paragraph, bytes]:
        paragraph = as_paragraph(item)
        return paragraph, self.encoded(paragraph.text)

    def _decide_one(self, batch: Prepared, paragraphs: list[Paragraph], place: int) -> Decision:
        """The decision of the paragraph at a place of a batch, which is about to be handed out."""
        with self._turn() as engine:
            try:
                first, work = self._part(batch, paragraphs, place)
                engine.advance(work, place - first + 1)
                decision = engine.decision(work.verdicts, place - first, paragraphs[place])
            except BaseException:  # an interrupt, say: what is remembered and what was handed out may differ now
                self._process = None
                self._engine.close()
                raise
            self._delivered = True
            return decision

    def _part(self, batch: Prepared, paragraphs: list[Paragraph], place: int) -> tuple[int, Pass]:
        """The part of a batch with the paragraph at a place, and where it begins.

        A new part is the rest of the batch, but at first only a little where other threads take turns.
        """
        size = len(paragraphs)
        if self._begun is not None:
            begun, first, work = self._begun
            if begun is batch and place < first + work.size:
                return first, work
            size = 2 * work.size if begun is batch else _SHORT
        self._end_batch()
        some = slice(place, min(place + size, len(paragraphs)))
        work = self._engine.begin(batch.part(some), _labels(paragraphs[some], self._engine.read))
        self._begun = batch, place, work
        return place, work

    def _end_batch(self) -> None:
        """End the batch that `judge` hands out, after what was handed out."""
        if self._begun is not None:
            work = self._begun[2]
            self._begun = None
            self._engine.end(work)

    def encoded(self, text: str) -> bytes:
        """A text as UTF-8. Raises InputError where it is longer than `max_bytes`."""
        data = encode(text)
        if len(data) > self.settings.max_bytes:
            raise InputError(f"a paragraph of {len(data)} bytes is over max_bytes {self.settings.max_bytes}")
        return data

    def expect(self, paragraphs: int) -> None:
        """Hint that about `paragraphs` more will be stored, so that the index grows in fewer steps."""
        with self._turn() as engine:
            engine.expect(paragraphs)

    def prepare(self, texts: Sequence[bytes]) -> Prepared:
        """The part of deciding that needs no memory of earlier paragraphs; threads may call it at the same time."""
        return self._engine.prepare(texts)

    def settle(self, batch: Prepared, labels: Labels | None = None) -> Verdicts:
        """The verdicts of a prepared batch, as arrays; `commit` decides when they are final.

        `labels` name each text for later matches; a filter without labels needs no memory for them, and follows no
        blocks. Paragraphs without a time in their label have the time of the clock. The rows that verdicts name are
        good until the next call.
        """
        with self._turn() as engine:
            self._end_batch()
            return engine.settle(batch, labels)

    def decide(self, texts: Sequence[bytes], labels: Labels | None = None) -> Verdicts:
        """The verdicts of a batch of UTF-8 texts: `prepare` and `settle`."""
        return self.settle(self.prepare(texts), labels)

    def decision(self, verdicts: Verdicts, i: int, paragraph: Paragraph) -> Decision:
        """Verdict i of a batch as an object, for its paragraph."""
        with self._turn() as engine:
            return engine.decision(verdicts, i, paragraph)

    def clock_notices(self) -> list[str]:
        """A line for people about each record that is dated far ahead of all others, once in the life of a memory."""
        with self._turn() as engine:
            return [
                f"{entry.id}: its time {utc(entry.time)} is far ahead of all others; the window does not follow it"
                for entry in engine.clock.too_far_ahead()
            ]

    def remember(self, makers: Iterator[Callable[[], Page | None]], *, known: bool = False) -> Iterator[Page]:
        """Store the paragraphs of pages without judging them, and give each page as it is stored; see `enter_page`."""
        with self._turn() as engine:
            yield from engine.remember(makers, known=known)


def _labels(paragraphs: Sequence[Paragraph], read: int) -> Labels:
    """What paragraphs are called when `read` others were read before."""
    return Labels(
        [
            f"{AUTOMATIC}{ordinal}" if paragraph.id is None else paragraph.id
            for ordinal, paragraph in enumerate(paragraphs, read + 1)
        ],
        [written(paragraph.time) for paragraph in paragraphs],
        [paragraph.source for paragraph in paragraphs],
    )
