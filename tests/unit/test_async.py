"""`ajudge` and `async with`: as `judge`, without blocking the event loop or losing a decision."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from helpers.running import python
from helpers.strategies import lively

from dedup import Decision, NoveltyFilter, Paragraph
from dedup.errors import ClosedError, InputError, SettingsError
from dedup.filter.second_opinion import Pair
from dedup.store.state_file import State

FEED = lively(120, seed=7)
WAYS: list[dict[str, Any]] = [{}, {"window": 30.0}, {"max_paragraphs": 20, "refresh": True}]
HANG = 60.0  # seconds; no test depends on its speed


async def feed(items: Sequence[Any], pause: Callable[[int], float] = lambda _: 0.0) -> AsyncIterator[Any]:
    """An asynchronous source, with the seconds to wait before each item."""
    for place, item in enumerate(items):
        await asyncio.sleep(pause(place))
        yield item


@pytest.mark.parametrize("settings", WAYS)
@pytest.mark.parametrize(("batch_size", "linger"), [(1, 0.05), (7, 0.0), (7, 0.05), (512, 0.01)])
def test_equals_judge(settings: dict[str, Any], batch_size: int, linger: float, tmp_path: Path) -> None:
    """Batches of any size and duration give the decisions of `judge`, and all are committed."""
    path = tmp_path / "feed.dedup"

    async def run() -> list[Decision]:
        async with NoveltyFilter(**settings, state=path) as novelty:
            decisions = novelty.ajudge(feed(FEED), batch_size=batch_size, linger=linger)
            return [decision async for decision in decisions]

    assert asyncio.run(run()) == list(NoveltyFilter(**settings).judge(FEED))
    with NoveltyFilter(**settings, state=path) as novelty:
        assert novelty._engine.read == len(FEED)


@pytest.mark.parametrize("leave", ["break", "aclose", "cancel", "error", "timeout"])
def test_leaving_at_any_place(leave: str, tmp_path: Path) -> None:
    """However the consumer leaves, exactly what it got is remembered and committed."""
    whole = list(NoveltyFilter().judge(FEED))
    for stop in range(1, 40, 4):
        path = tmp_path / f"{stop}.dedup"
        found: list[Decision] = []

        async def consume(path: Path = path, stop: int = stop, found: list[Decision] = found) -> None:
            async with NoveltyFilter(state=path) as novelty:
                pause = (lambda place: HANG if place == stop else 0.0) if leave == "timeout" else (lambda _: 0.0)
                decisions = novelty.ajudge(feed(FEED, pause), batch_size=8, linger=0.001)
                while leave == "timeout":
                    found.append(await asyncio.wait_for(anext(decisions), 0.1))
                async for decision in decisions:
                    found.append(decision)
                    if len(found) == stop:
                        if leave == "break":
                            break
                        if leave == "error":
                            raise LookupError
                        if leave == "aclose":
                            await decisions.aclose()  # type: ignore[attr-defined]  # of a generator
                            break
                        task = asyncio.current_task()
                        assert task is not None
                        task.cancel()

        with suppress(LookupError, asyncio.CancelledError, TimeoutError):
            asyncio.run(consume())
        assert found == whole[: len(found)]
        assert len(found) == stop or leave in ("cancel", "timeout")
        with NoveltyFilter(state=path) as novelty:
            assert novelty._engine.read == len(found)
            assert list(novelty.judge(FEED[len(found) :])) == whole[len(found) :]


def test_a_batch_does_not_wait_for_a_slow_source() -> None:
    """The first items are decided when the linger is over, while the source still waits for the next one."""

    async def run() -> None:
        more = asyncio.Event()

        async def source() -> AsyncIterator[Paragraph]:
            for place, paragraph in enumerate(FEED[:5]):
                if place == 3:
                    await more.wait()
                yield paragraph

        decisions = NoveltyFilter().ajudge(source())
        first = [await asyncio.wait_for(anext(decisions), HANG) for _ in range(3)]
        more.set()
        assert [*first, *[decision async for decision in decisions]] == list(NoveltyFilter().judge(FEED[:5]))

    asyncio.run(run())


def test_errors() -> None:
    """An error of the source or of an item comes after the decisions before it. `yield` puts it in their place."""

    async def broken() -> AsyncIterator[Any]:
        for paragraph in FEED[:7]:
            yield paragraph
        raise ConnectionError("the feed went away")

    async def consume(source: AsyncIterator[Any], **options: Any) -> tuple[list[Decision], Exception | None]:
        found: list[Decision] = []
        try:
            async for decision in NoveltyFilter().ajudge(source, **options):
                found.append(decision)
        except Exception as error:
            return found, error
        return found, None

    found, error = asyncio.run(consume(broken(), batch_size=100))
    assert (len(found), type(error)) == (7, ConnectionError)
    found, error = asyncio.run(consume(feed([*FEED[:3], None, *FEED[3:5]])))
    assert (len(found), type(error)) == (3, InputError)
    found, error = asyncio.run(consume(feed([*FEED[:3], None, *FEED[3:5]]), on_error="yield"))
    assert ([decision.kind for decision in found].index("unreadable"), len(found), error) == (3, 6, None)
    for wrong in ({"batch_size": 0}, {"linger": -1}, {"on_error": "ignore"}):
        assert type(asyncio.run(consume(feed(FEED), **wrong))[1]) is SettingsError
    no_source: Any = FEED
    assert type(asyncio.run(consume(no_source))[1]) is TypeError


def test_a_second_opinion_does_not_block_the_loop() -> None:
    """The event loop runs while the second opinion is asked, also about two paragraphs of one batch."""
    old = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
    new = old.replace("the storm", "the heavy storm")
    pairs: list[Pair] = []

    async def run(texts: list[str]) -> list[str]:
        loop = asyncio.get_running_loop()

        def ask(asked: Sequence[Pair]) -> list[bool]:
            ran = threading.Event()
            loop.call_soon_threadsafe(ran.set)
            assert ran.wait(HANG / 4)
            pairs.extend(asked)
            return [False] * len(asked)

        async with NoveltyFilter(second_opinion=ask) as novelty:
            return [decision.kind async for decision in novelty.ajudge(feed(texts), batch_size=10)]

    assert asyncio.run(run([old, new, old])) == ["novel", "reworded", "exact"]
    assert [(pair.old, pair.new) for pair in pairs] == [(old, new)]


def test_commit_and_close(tmp_path: Path) -> None:
    """Without `commit` nothing is committed. After `async with` the filter is closed."""
    path = tmp_path / "feed.dedup"

    async def run() -> NoveltyFilter:
        async with NoveltyFilter(state=path) as novelty:
            async for _ in novelty.ajudge(feed(FEED), commit=False):
                pass
        return novelty

    novelty = asyncio.run(run())
    with pytest.raises(ClosedError):
        novelty.judge_one("text")
    with NoveltyFilter(state=path) as novelty:
        assert len(novelty) == 0


def test_a_closed_iterator_is_committed(tmp_path: Path) -> None:
    """What an iterator delivered is in the state when it is closed within a batch, while the filter stays open."""
    path = tmp_path / "feed.dedup"

    def committed() -> int:
        with closing(State(path)) as state:
            return state.checkpoint.read

    async def run() -> None:
        async with NoveltyFilter(state=path) as novelty:
            decisions = novelty.ajudge(feed(FEED), batch_size=10)
            for _ in range(3):
                await anext(decisions)
            assert committed() == 0
            await decisions.aclose()  # type: ignore[attr-defined]  # of a generator
            assert committed() == 3

    asyncio.run(run())
    with NoveltyFilter(state=path) as novelty:
        delivered = novelty.judge(FEED[3:], batch_size=10)
        for _ in range(4):
            next(delivered)
        delivered.close()  # type: ignore[attr-defined]  # of a generator
        assert committed() == 7


def test_tasks_share_a_filter() -> None:
    """Several tasks of one loop judge with one filter: each text is novel once."""

    async def run() -> list[str]:
        async with NoveltyFilter(min_words=50) as novelty:

            async def one(number: int) -> list[str]:
                texts = [f"report {(k + 17 * number) % 100}" for k in range(100)]
                return [decision.kind async for decision in novelty.ajudge(feed(texts), batch_size=1 + number)]

            return list(chain.from_iterable(await asyncio.gather(*map(one, range(6)))))

    kinds = asyncio.run(run())
    assert (kinds.count("novel"), kinds.count("exact")) == (100, 500)


def test_asyncio_is_loaded_late() -> None:
    """A filter that judges without an event loop does not load asyncio."""
    run = python("import sys; from dedup import NoveltyFilter; NoveltyFilter(); sys.exit('asyncio' in sys.modules)")
    assert run.returncode == 0, run.stderr
