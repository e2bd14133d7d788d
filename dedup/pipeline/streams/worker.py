"""The loop of a worker: judge a batch, produce, commit, acknowledge. In this order, nothing is lost.

If the worker dies between producing and committing, the batch comes again and gets the same decisions, so the output
has at most one batch twice, and none where the broker knows the messages again. Between committing and acknowledging,
the batch comes again and is skipped by its position. A memory has no undo, so a failure ends the worker: what was not
committed is then forgotten.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, time
from typing import Any

from dedup.errors import InputError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.types import ArticleDecision
from dedup.pipeline.streams.adapters import Sink, Source
from dedup.pipeline.streams.messages import Emit, Form, Message, OnUnreadable, Output, place_header


@dataclass(frozen=True)
class Routes:
    """Where messages go.

    Attributes:
        output: What is chosen by `emit`.
        emit: Which messages go to the output.
        duplicates: The messages of which something was dropped, None for nowhere.
        dead: The messages that cannot be read, None for nowhere.
        on_unreadable: What happens to those.
    """

    output: Sink
    emit: Emit = "novel"
    duplicates: Sink | None = None
    dead: Sink | None = None
    on_unreadable: OnUnreadable = "pass"

    @property
    def sinks(self) -> list[Sink]:
        """All outputs."""
        return [sink for sink in (self.output, self.duplicates, self.dead) if sink is not None]


class Worker:
    """Filters one input with one memory.

    Args:
        novelty: The filter, with a state.
        source: The input.
        routes: The outputs.
        form: How messages are read and written.
        most: The largest number of messages of a batch.
        linger: The seconds to wait for more messages after the first.
        log: Called with the name of each event and its fields.
        metrics: The metrics to update, if any.
    """

    def __init__(
        self,
        novelty: NoveltyFilter,
        source: Source,
        routes: Routes,
        form: Form,
        *,
        most: int,
        linger: float,
        log: Callable[..., None],
        metrics: Any = None,
    ) -> None:
        self._novelty = novelty
        self._source = source
        self._routes = routes
        self._form = form
        self._most = most
        self._linger = linger
        self._log = log
        self._metrics = metrics
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stop.set()

    async def run(self, *, once: bool) -> None:
        """Filter until `stop` is called, or, if `once`, until there is no message for a while.

        Raises:
            InputError: The input cannot be read, or a message, if that should end the run.
            OutputError: An output refuses a message.
            StateError: The state cannot be written.
        """
        position = self._novelty.position
        for sink in self._routes.sinks:
            await sink.open()
        await self._source.open(position)
        self._log("start", position=position)
        try:
            while not self._stop.is_set():
                batch = await self._next_batch()
                if batch:
                    position = await self._filter(batch, position)
                elif once:
                    break
        finally:
            await self._source.close()
            for sink in self._routes.sinks:
                await sink.close()
        self._log("stop", position=position)

    async def _next_batch(self) -> list[Message]:
        """The next batch; an empty one if there is none for a while, or the worker should stop."""
        reading = asyncio.ensure_future(self._source.next_batch(self._most, self._linger))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((reading, stopping), return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else []
        finally:
            for task in (reading, stopping):
                task.cancel()
            await asyncio.gather(reading, stopping, return_exceptions=True)

    async def _filter(self, batch: list[Message], position: Any) -> Any:
        """Judge a batch and deliver it. Returns the position after it."""
        new = [message for message in batch if self._source.is_after(message, position)]
        if new:
            with self._timed("judge"):
                decided = await asyncio.to_thread(self._judge, new)
            with self._timed("produce"):
                await self._produce(new, decided)
            position = self._source.position_after(new, position)
            with self._timed("commit"):
                await asyncio.to_thread(self._novelty.commit, position=position)
        with self._timed("ack"):
            await self._source.acknowledge(batch)
        if self._metrics is not None and new:
            self._metrics.count(decided)
            self._metrics.last_commit.set(time())
        self._log("batch", messages=len(batch), judged=len(new), position=position)
        return position

    def _judge(self, messages: Sequence[Message]) -> list[ArticleDecision]:
        """The decision on each message."""
        records: list[dict[str, Any]] = []
        errors: dict[int, str] = {}
        for place, message in enumerate(messages):
            try:
                records.append(self._form.record(message))
            except ValueError as error:
                errors[place] = str(error)
        decided = iter(self._novelty.decide_articles(records, on_error="yield"))
        return [
            ArticleDecision(None, (), None, False, errors[place]) if place in errors else next(decided)
            for place in range(len(messages))
        ]

    async def _produce(self, messages: Sequence[Message], decided: Sequence[ArticleDecision]) -> None:
        """Send what goes out, and wait until all of it is confirmed."""
        routes = self._routes
        outputs: dict[int, list[Output]] = {}
        for message, decision in zip(messages, decided, strict=True):
            for sink, output in self._sent(message, decision):
                outputs.setdefault(id(sink), []).append(output)
        for sink in routes.sinks:
            if id(sink) in outputs:
                await sink.produce(outputs[id(sink)])

    def _sent(self, message: Message, decided: ArticleDecision) -> Iterator[tuple[Sink, Output]]:
        """Where a message goes, and as what."""
        routes = self._routes
        if decided.error is not None:
            headers = {**message.headers, "dedup-error": decided.error, **place_header(message)}
            self._log("unreadable", place=message.place, error=decided.error)
            if routes.on_unreadable == "stop":
                raise InputError(f"message {message.place}: {decided.error}")
            sink = routes.dead if routes.on_unreadable == "dead" else routes.output
            if sink is not None:
                yield sink, Output(message.body, message, headers)
            return
        output = self._form.output(message, decided)
        has_repeat = decided.result in ("trimmed", "dropped")
        chosen = {"novel": decided.result != "dropped", "all": True, "duplicates": has_repeat}
        if chosen[routes.emit]:
            yield routes.output, output
        if routes.duplicates is not None and has_repeat:
            yield routes.duplicates, Output(message.body, message, output.headers)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = perf_counter()
        yield
        if self._metrics is not None:
            self._metrics.batch_seconds.labels(step).observe(perf_counter() - started)
