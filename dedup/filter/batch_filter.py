"""BatchFilter owns what a filter remembers: it opens, locks and commits it, and decides batches of arrays."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, NoReturn, Self

from dedup.errors import ClosedError
from dedup.filter.batch import BatchDecisions, SketchedBatch
from dedup.filter.delivery import Delivery
from dedup.filter.engine import Engine
from dedup.model.times import utc
from dedup.model.types import Decision, Labels, Paragraph
from dedup.store.state_codec import StatePage


class BatchFilter:
    """Decides batches of texts in UTF-8. Threads take turns.

    Args:
        engine: The engine, which nobody else uses.

    Raises:
        ClosedError: The filter is used after `close`, or in a forked process.
    """

    def __init__(self, engine: Engine) -> None:
        self.settings = engine.settings
        self.layout = engine.layout
        self._engine = engine
        self._lock = RLock()
        self._process: int | None = os.getpid()  # None when closed
        self._delivery = Delivery(engine)
        self._delivered = False  # whether decisions to commit were delivered since the last commit

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
    def _asks(self) -> bool:
        """Whether there is a second opinion."""
        return self._engine.second_opinion is not None

    def _ask(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int) -> None:
        """Ask the second opinion about the paragraph at `place` of a batch, which is decided next."""
        with self._turn(), self._closed_if_it_fails():
            self._delivery.ask(batch, paragraphs, place)

    @contextmanager
    def _closed_if_it_fails(self) -> Iterator[None]:
        """Close the filter after an exception, such as an interrupt: the memory may differ from what was delivered."""
        try:
            yield
        except BaseException:
            self._process = None
            self._engine.close()
            raise

    @property
    def durable(self) -> bool:
        """Whether the filter has a state file."""
        return self._engine.commit_log is not None

    @property
    def position(self) -> Any:
        """The position of the last commit, also of an earlier run; None if none was given."""
        with self._turn() as engine:
            self.wait()
            return None if engine.position is None else json.loads(engine.position)

    def close(self) -> None:
        """Commit the delivered decisions, and release the state file. The filter cannot be used after that.

        Decisions of `decide_many` and `decide_articles`, and of `judge` without `commit`, are yours to commit before.
        """
        if self._process != os.getpid():
            return
        with self._lock:
            try:
                self._commit_delivered()
            finally:
                self._process = None
                self._engine.close()

    def commit(self, *, position: Any = None, wait: bool = True) -> None:
        """Write everything since the last commit to the state file, all or nothing. Without a state, none is.

        Call it after the decisions have arrived where they belong. After a commit they are never emitted again.

        Args:
            position: Where you are in your source: any JSON value but null. It is part of the same transaction, and
                `position` returns it, also after a restart. Without one, the last position stays.
            wait: Whether to wait until the commit is written. Otherwise a thread writes it, and `wait`, the next
                commit or `close` raises the error if that fails.

        Raises:
            TypeError: The position is no JSON value. Nothing is committed.
            StateError: The commit failed.
        """
        written = None if position is None else json.dumps(position)
        with self._turn() as engine:
            self._delivery.end()
            engine.commit(written)
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
            self._delivery.end()
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
