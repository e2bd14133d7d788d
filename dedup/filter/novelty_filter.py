"""NoveltyFilter decides, in feed order, whether each paragraph is new.

It is the only stateful object in the package.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn, Self
from warnings import warn

from dedup.errors import ClosedError, InputError, SettingsError
from dedup.filter.batch import BatchDecisions, PendingBatch, SketchedBatch
from dedup.filter.engine import Engine
from dedup.filter.second_opinion import TIMEOUT, Ask, SecondOpinion
from dedup.model.convert import as_paragraph, batches, check_iterable
from dedup.model.times import moment, utc, written
from dedup.model.types import Decision, Labels, Paragraph
from dedup.model.utf8 import encode
from dedup.settings import Settings
from dedup.store.clock import AUTOMATIC
from dedup.store.state_codec import StatePage

if TYPE_CHECKING:
    from dedup.store.state_file import State

_COMMIT_EVERY = 0.05  # seconds between commits while decisions are delivered
_SHORT = 16  # paragraphs in the first part of a batch after another thread had its turn


class NoveltyFilter:
    """Decides, in feed order, whether each paragraph is new or repeats an earlier one. The first one seen wins.

    Several threads may use one filter. Their calls take turns, so the results are those of some order of the calls. A
    forked process needs a filter of its own.

    Args:
        settings: The settings; by default `Settings()`.
        state: A state file, to remember paragraphs across runs. It is created if it does not exist. The filter locks
            it until it is closed, best with a `with` statement.
        sync: Whether each commit is synced to disk, so that it survives a power failure.
        second_opinion: A function that is asked about repeats that are not certain, for a batch of them at a time. It
            gets a sequence of pairs, each with `old`, `new` and `new_words`, and returns for each pair whether the new
            text is a repeat. If it is none, the paragraph is emitted as `reworded`. If the function fails, takes too
            long, or does not return one answer per pair, all of them are emitted, with a warning.
        second_opinion_timeout: The seconds that it may take for a batch.
        **fields: Fields of `Settings`, instead of `settings`.

    Raises:
        SettingsError: The settings are invalid.
        StateError: The state file cannot be used.
        ClosedError: The filter is used after `close`, or in a forked process.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        state: "str | PathLike[str] | State | None" = None,
        sync: bool = False,
        second_opinion: Ask | None = None,
        second_opinion_timeout: float = TIMEOUT,
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
        if second_opinion is not None and self.settings.updates == "drop":
            raise SettingsError("updates must be keep if there is a second opinion, which can only emit more")
        opinion = SecondOpinion(second_opinion, second_opinion_timeout, warn) if second_opinion is not None else None
        self._engine = Engine(
            self.settings, Path(state) if isinstance(state, str | PathLike) else state, sync=sync,
            second_opinion=opinion,
        )  # fmt: skip
        self.layout = self._engine.layout
        self._lock = RLock()
        self._process: int | None = os.getpid()  # None when closed
        # The batch whose decisions `judge` delivers, the place where this part of it begins, and the part.
        self._begun: tuple[SketchedBatch, int, PendingBatch] | None = None
        self._has_warned = False  # about a time that cannot be read
        self._delivered = False  # whether decisions were delivered since the last commit

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
        """Wait until no other thread uses the engine. Raises ClosedError if this process cannot use it."""
        if self._process != os.getpid():  # checked before the lock, which may be locked forever after a fork
            reason = "is closed" if self._process is None else "belongs to another process, from which this one forked"
            raise ClosedError(f"this NoveltyFilter {reason}: make a new one")
        with self._lock:
            if self._process is None:
                raise ClosedError("this NoveltyFilter is closed: make a new one")
            yield self._engine

    @property
    def durable(self) -> bool:
        """Whether the filter has a state file."""
        return self._engine.commit_log is not None

    def close(self) -> None:
        """Commit the delivered decisions, and release the state file. The filter cannot be used after that."""
        if self._process != os.getpid():
            return
        with self._lock:
            try:
                self._commit_delivered()
            finally:
                self._process = None
                self._engine.close()

    def commit(self, *, wait: bool = True) -> None:
        """Write everything since the last commit to the state file, all or nothing. Without a state it does nothing.

        Call it after the decisions have arrived where they belong. After a commit they are never emitted again.

        Args:
            wait: Whether to wait until the commit is written. Otherwise a thread writes it, and `wait`, the next
                commit or `close` raises the error if that fails.

        Raises:
            StateError: The commit failed.
        """
        with self._turn() as engine:
            self._end_batch()
            engine.commit()
            self._delivered = False
            if wait:
                self.wait()

    def wait(self) -> None:
        """Wait until the last commit is in the state file. Raises StateError if it failed."""
        with self._turn() as engine:
            if engine.commit_log is not None:
                engine.commit_log.wait()

    def _commit_delivered(self) -> None:
        """Commit if decisions were delivered since the last commit."""
        with self._turn():
            if self._delivered:
                self.commit()

    def judge(
        self, paragraphs: Iterable[str | Paragraph | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> Iterator[Decision]:
        """Yield the decision of each paragraph, in order.

        A paragraph is remembered when its decision is delivered, not earlier. If you stop early, by `break` or an
        exception, you can judge the rest again later. With a state, delivered decisions are committed when the iterator
        ends or is closed, by `close`, and every 50 ms or more when the next decision is requested.

        Paragraphs are taken from an iterator one by one, so no decision waits for the next paragraph. A collection,
        such as a list, is sketched in batches, which is faster. If the source raises an exception, the decisions of
        everything before it are delivered first.

        Args:
            paragraphs: Strings, Paragraphs, or mappings with `text` and optionally `id`, `time` and `source`. A
                paragraph without an id gets the id `paragraph:N`, where N counts all paragraphs of the filter.
            batch_size: The number of paragraphs to take from the source at a time. A larger number is faster for an
                iterator that never waits. It does not change any decision.

        Warns:
            UserWarning: With a window, once, for a time that cannot be read. The paragraph gets the time of the clock.

        Raises:
            TypeError: `paragraphs` is a single paragraph, a table, or not iterable.
            SettingsError: `batch_size` is below 1.
            InputError: An item is not a paragraph, or is longer than `max_bytes`.
            StateError: The state cannot be written.
            ClosedError: The filter is closed.
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
                prepared = self._engine.sketch_batch([data for _, data in batch])
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
        """The decision of one paragraph. With a state, it is committed when this returns.

        Args:
            paragraph: As an item of `judge`.

        Raises:
            InputError: It is not a paragraph, or is longer than `max_bytes`.
            StateError: The state cannot be written.
            ClosedError: The filter is closed.
        """
        converted, data = self._converted(paragraph, 3)
        with self._turn() as engine:
            decision = self._decide_one(engine.sketch_batch([data]), [converted], 0)
            self._commit_delivered()
        return decision

    def _converted(self, item: Any, stacklevel: int = 4) -> tuple[Paragraph, bytes]:
        paragraph = as_paragraph(item)
        time = written(paragraph.time)
        if self.settings.window is not None and not self._has_warned and time is not None and moment(time) is None:
            self._has_warned = True
            warn(
                f"the time {time[:40]!r} cannot be read; such a paragraph gets the time of the clock",
                stacklevel=stacklevel,
            )
        return paragraph, self.encoded(paragraph.text)

    def _decide_one(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int) -> Decision:
        """Decide the paragraph at `place` of a batch, which is about to be delivered."""
        with self._turn() as engine:
            try:
                first, work = self._part(batch, paragraphs, place)
                engine.advance(work, place - first + 1)
                decision = engine.decision(work.decisions, place - first, paragraphs[place])
            except BaseException:  # such as an interrupt: the memory may differ from what was delivered
                self._process = None
                self._engine.close()
                raise
            self._delivered = True
            return decision

    def _part(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int) -> tuple[int, PendingBatch]:
        """The part of a batch that contains `place`, and the place where it begins.

        A new part is the rest of the batch. While threads take turns, it is short at first and doubles.
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
        """End the batch that `judge` delivers, after the last delivered decision."""
        if self._begun is not None:
            work = self._begun[2]
            self._begun = None
            self._engine.end(work)

    def encoded(self, text: str) -> bytes:
        """A text as UTF-8. Raises InputError if it is longer than `max_bytes`."""
        data = encode(text)
        if len(data) > self.settings.max_bytes:
            raise InputError(f"a paragraph of {len(data)} bytes is over max_bytes {self.settings.max_bytes}")
        return data

    def expect(self, paragraphs: int) -> None:
        """Hint that about `paragraphs` more will be stored, so that the index grows in fewer steps."""
        with self._turn() as engine:
            engine.expect(paragraphs)

    def sketch_batch(self, texts: Sequence[bytes]) -> SketchedBatch:
        """Compute all that does not depend on stored paragraphs. Threads may call this at the same time."""
        return self._engine.sketch_batch(texts)

    def match_batch(self, batch: SketchedBatch, labels: Labels | None = None) -> BatchDecisions:
        """Decide a sketched batch, as arrays, and remember it. Call `commit` to write it to the state.

        Args:
            batch: The result of `sketch_batch`.
            labels: The id, time and source of each paragraph. Without labels, no blocks are found and matches have
                no names. A paragraph without a time gets the time of the clock.

        Returns:
            The decisions. Its rows are valid until the next call.
        """
        with self._turn() as engine:
            self._end_batch()
            return engine.match_batch(batch, labels)

    def decide_batch(self, texts: Sequence[bytes], labels: Labels | None = None) -> BatchDecisions:
        """Decide a batch of UTF-8 texts: `sketch_batch` and then `match_batch`."""
        return self.match_batch(self.sketch_batch(texts), labels)

    def decision(self, decisions: BatchDecisions, i: int, paragraph: Paragraph) -> Decision:
        """Decision i of a batch as an object."""
        with self._turn() as engine:
            return engine.decision(decisions, i, paragraph)

    def versions(self, decisions: BatchDecisions) -> list[int | None]:
        """The version in its story of each paragraph of a batch, or of its match; None if there is neither."""
        with self._turn() as engine:
            return [engine.story(decisions, i)[1] for i in range(len(decisions.kinds))]

    def clock_notices(self) -> list[str]:
        """A message about each record that is dated far ahead of all others. Each record is reported once."""
        with self._turn() as engine:
            return [
                f"{entry.id}: its time {utc(entry.time)} is far ahead of all others; the window does not follow it"
                for entry in engine.clock.too_far_ahead()
            ]

    def store_pages(
        self, page_loaders: Iterator[Callable[[], StatePage | None]], *, known: bool = False
    ) -> Iterator[StatePage]:
        """Store the paragraphs of pages without judging them. Yields each page with its index entries."""
        with self._turn() as engine:
            yield from engine.store_pages(page_loaders, known=known)


def _labels(paragraphs: Sequence[Paragraph], read: int) -> Labels:
    """The labels of paragraphs, of which `read` others were read before."""
    return Labels(
        [
            f"{AUTOMATIC}{ordinal}" if paragraph.id is None else paragraph.id
            for ordinal, paragraph in enumerate(paragraphs, read + 1)
        ],
        [written(paragraph.time) for paragraph in paragraphs],
        [paragraph.source for paragraph in paragraphs],
    )
