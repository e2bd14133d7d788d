"""NoveltyFilter decides, in feed order, whether each paragraph is new.

It is the only stateful object in the package.
"""

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack
from warnings import warn

from dedup.errors import SettingsError
from dedup.filter.batch import SketchedBatch
from dedup.filter.converter import Item, OnError, not_judged
from dedup.filter.engine import Engine
from dedup.filter.list_filter import ListFilter
from dedup.filter.second_opinion import TIMEOUT, Ask, SecondOpinion
from dedup.model.convert import batches, check_iterable
from dedup.model.types import Decision, Paragraph
from dedup.settings import Settings, SettingsFields, settings_from

if TYPE_CHECKING:
    from dedup.store.state_file import State

_COMMIT_EVERY = 0.05  # seconds between commits while decisions are delivered


class NoveltyFilter(ListFilter):
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
        same_id: What an equal text is that comes again under the id of the paragraph that it repeats: a `repeat`; or
            the same paragraph `again`, for example because an answer was lost. It then gets its first decision, so it
            is emitted again, and `Decision.again` is true.
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
        same_id: Literal["repeat", "again"] = "repeat",
        **fields: Unpack[SettingsFields],
    ) -> None:
        chosen = settings_from(settings, fields)
        if same_id not in ("repeat", "again"):
            raise SettingsError(f"same_id must be repeat or again, not {same_id!r}")
        if second_opinion is not None and chosen.updates == "drop":
            raise SettingsError("updates must be keep if there is a second opinion, which can only emit more")
        opinion = SecondOpinion(second_opinion, second_opinion_timeout, warn) if second_opinion is not None else None
        place = Path(state) if isinstance(state, str | PathLike) else state
        super().__init__(Engine(chosen, place, sync=sync, second_opinion=opinion, same_id_again=same_id == "again"))

    @staticmethod
    def warm_up() -> None:
        """Compile all kernels, or load them from their cache, so that the first decision does not wait for that."""
        from dedup.filter.warm_up import warm_up  # late, because it needs this module

        warm_up()

    def judge(
        self,
        paragraphs: Iterable[str | Paragraph | Mapping[str, Any]],
        *,
        batch_size: int | None = None,
        commit: bool = True,
        on_error: OnError = "raise",
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
                paragraph without an id gets the id `paragraph:N`, where N counts all paragraphs of the filter. Values
                may be scalars of pandas, NumPy and pyarrow; NaN is a missing value.
            batch_size: The number of paragraphs to take from the source at a time. A larger number is faster for an
                iterator that never waits. It does not change any decision.
            commit: Whether to commit what was delivered. Otherwise you call `commit`.
            on_error: Whether an item that cannot be judged raises InputError, or yields a decision of the kind
                `unreadable` in its place.

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
        convert = self._converter.for_errors(on_error)
        with self._turn():
            return self._judged(paragraphs, batch_size, convert, commit)

    def _judged(
        self, paragraphs: Iterable[Any], batch_size: int | None, convert: Callable[[Any], Item], commit: bool
    ) -> Iterator[Decision]:
        committed = monotonic()
        try:
            for batch, error in batches(paragraphs, batch_size, convert):
                readable = [item for item in batch if item.error is None]
                prepared = self._engine.sketch_batch([item.data for item in readable])
                chosen = [item.paragraph for item in readable]
                place = 0
                for item in batch:
                    if item.error is not None:
                        yield not_judged(item)
                    else:
                        yield self._decide_one(prepared, chosen, place, commit)
                        place += 1
                    if commit and monotonic() - committed > _COMMIT_EVERY:
                        self._commit_delivered()
                        committed = monotonic()
                if error is not None:
                    raise error
        finally:
            if commit and self._process == os.getpid():
                self._commit_delivered()

    async def ajudge(
        self,
        paragraphs: AsyncIterable[str | Paragraph | Mapping[str, Any]],
        *,
        batch_size: int = 512,
        linger: float = 0.05,
        commit: bool = True,
        on_error: OnError = "raise",
    ) -> AsyncIterator[Decision]:
        """Yield the decision of each paragraph of an asynchronous source, in order. The event loop goes on meanwhile.

        As with `judge`, a paragraph is remembered when its decision is delivered. Delivered decisions are committed
        after each batch, and when the iterator ends or is closed.

        Args:
            paragraphs: The items, as for `judge`.
            batch_size: The largest number of paragraphs to take from the source before their decisions are yielded.
            linger: The seconds to wait for more of them after the first one.
            commit: As for `judge`.
            on_error: As for `judge`.

        Warns:
            UserWarning: As `judge`.

        Raises:
            TypeError: `paragraphs` is not an asynchronous iterable.
            SettingsError: `batch_size` is below 1, or `linger` is below 0.
            InputError: An item is not a paragraph, or is longer than `max_bytes`.
            StateError: The state cannot be written.
            ClosedError: The filter is closed.
        """
        from asyncio import to_thread  # late, for the sake of the start

        from dedup.filter.asynchronous import async_batches

        convert = self._converter.for_errors(on_error)
        source = async_batches(paragraphs, batch_size, linger, convert)
        try:
            async for batch, error in source:
                readable = [item for item in batch if item.error is None]
                chosen = [item.paragraph for item in readable]
                prepared = await to_thread(self._engine.sketch_batch, [item.data for item in readable])
                place = 0
                for item in batch:
                    if item.error is not None:
                        yield not_judged(item)
                        continue
                    if self._asks:  # in a thread, as it may take long
                        await to_thread(self._ask, prepared, chosen, place)
                    # Here, and not in a thread: a task that is cancelled must not lose a decision that is remembered.
                    yield self._decide_one(prepared, chosen, place, commit)
                    place += 1
                if commit:
                    await to_thread(self._commit_delivered)
                if error is not None:
                    raise error
        finally:
            await source.aclose()
            if commit and self._process == os.getpid():
                await to_thread(self._commit_delivered)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        from asyncio import to_thread  # late, as above

        await to_thread(self.close)

    def judge_one(self, paragraph: str | Paragraph | Mapping[str, Any]) -> Decision:
        """The decision of one paragraph. With a state, it is committed when this returns.

        Args:
            paragraph: As an item of `judge`.

        Raises:
            InputError: It is not a paragraph, or is longer than `max_bytes`.
            StateError: The state cannot be written.
            ClosedError: The filter is closed.
        """
        item = self._converter.item(paragraph, 3)
        with self._turn() as engine:
            decision = self._decide_one(engine.sketch_batch([item.data]), [item.paragraph], 0, True)
            self._commit_delivered()
        return decision

    def _decide_one(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int, commit: bool) -> Decision:
        """Decide the paragraph at `place` of a batch, which is about to be delivered."""
        with self._turn(), self._closed_if_it_fails():
            decision = self._delivery.decide(batch, paragraphs, place)
            self._delivered = self._delivered or commit
            return decision
