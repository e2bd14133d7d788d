"""Decisions delivered one by one: stopping early loses nothing, and undelivered paragraphs are not remembered."""

import queue
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from helpers.strategies import lively

from dedup import Decision, NoveltyFilter, Paragraph
from dedup.errors import ClosedError, SettingsError

FEED = lively(40, seed=3)
WAYS: list[dict[str, Any]] = [{}, {"window": 12.0}, {"max_paragraphs": 9, "refresh": True}]


def kinds(decisions: Iterator[Decision]) -> list[tuple[str, str | None, int | None]]:
    """The kind of each decision, and its match."""
    return [(decision.kind, decision.match.id if decision.match else None, decision.block) for decision in decisions]


@pytest.mark.parametrize("settings", WAYS)
@pytest.mark.parametrize("leave", ["break", "next", "islice", "error", "keep"])
def test_stopping_at_any_place(settings: dict[str, Any], leave: str, tmp_path: Path) -> None:
    """After any decision of a batch, judging the rest again with the same state gives the decisions of one run."""
    whole = kinds(NoveltyFilter(**settings).judge(FEED))
    assert {kind for kind, _, _ in whole} >= {"novel", "exact", "near"}
    for stop in range(1, len(FEED), 3):
        path = tmp_path / f"{stop}.dedup"
        found = []
        with NoveltyFilter(**settings, state=path) as novelty:
            decisions = novelty.judge(FEED, batch_size=16)
            if leave == "next":
                found += [next(decisions) for _ in range(stop)]
            elif leave == "islice":
                found += islice(novelty.judge(FEED), stop)
            elif leave == "keep":  # the iterator outlives the filter
                found += islice(decisions, stop)
            else:
                try:
                    for decision in decisions:
                        found.append(decision)
                        if len(found) == stop:
                            if leave == "break":
                                break
                            raise LookupError
                except LookupError:
                    pass
        with NoveltyFilter(**settings, state=path) as novelty:
            assert kinds(iter(found)) + kinds(novelty.judge(FEED[stop:])) == whole


@pytest.mark.parametrize("settings", WAYS)
def test_stopping_without_a_state(settings: dict[str, Any]) -> None:
    """The same is true in memory: paragraphs without a delivered decision are not remembered."""
    whole = kinds(NoveltyFilter(**settings).judge(FEED))
    for stop in range(1, len(FEED)):
        novelty = NoveltyFilter(**settings)
        first = kinds(islice(novelty.judge(FEED), stop))
        assert first + kinds(novelty.judge(FEED[stop:])) == whole
        assert len(novelty) == stored(settings)


def stored(settings: dict[str, Any]) -> int:
    """The number of paragraphs that one run stores."""
    novelty = NoveltyFilter(**settings)
    list(novelty.judge(FEED))
    return len(novelty)


def test_two_iterators_take_turns() -> None:
    """Two half-read iterators of one filter decide in the order in which their decisions are requested."""
    novelty = NoveltyFilter(window=50.0)
    one, other = novelty.judge(FEED[:20]), novelty.judge(FEED[20:])
    found, order = [], []
    for place in range(20):
        found += [next(one), next(other)]
        order += [FEED[place], FEED[20 + place]]
    assert kinds(iter(found)) == kinds(NoveltyFilter(window=50.0).judge(order))


def test_judge_one(tmp_path: Path) -> None:
    """Judging one paragraph at a time gives the same decisions, each committed when it is returned."""
    whole = kinds(NoveltyFilter().judge(FEED))
    found = []
    for paragraph in FEED:
        novelty = NoveltyFilter(state=tmp_path / "feed.dedup")
        found.append(novelty.judge_one(paragraph))
        novelty._engine.close()  # as if the process had been killed
    assert kinds(iter(found)) == whole


def test_an_error_of_the_source(tmp_path: Path) -> None:
    """An exception of the source is raised after the decisions of all paragraphs before it, which are committed."""

    def source() -> Iterator[Paragraph]:
        yield from FEED[:7]
        raise ConnectionError("the feed went away")

    path = tmp_path / "feed.dedup"
    found: list[Decision] = []
    with NoveltyFilter(state=path) as novelty, pytest.raises(ConnectionError, match="went away"):
        found.extend(novelty.judge(source()))
    assert len(found) == 7
    with NoveltyFilter(state=path) as novelty:
        assert kinds(iter(found)) + kinds(novelty.judge(FEED[7:])) == kinds(NoveltyFilter().judge(FEED))


def test_a_slow_source_gets_each_decision_at_once() -> None:
    """A source that pauses after each paragraph gets its decision before the next one is requested."""
    asked: queue.Queue[Paragraph | None] = queue.Queue()
    answered: queue.Queue[Decision] = queue.Queue()

    def source() -> Iterator[Paragraph]:
        while (paragraph := asked.get()) is not None:
            yield paragraph

    def consume() -> None:
        for decision in NoveltyFilter().judge(source()):
            answered.put(decision)

    thread = threading.Thread(target=consume)
    thread.start()
    for paragraph in FEED[:10]:
        asked.put(paragraph)
        assert answered.get().paragraph == paragraph
    asked.put(None)
    thread.join()


class Table:
    """A table of a library that implements the dataframe exchange protocol."""

    def __dataframe__(self) -> None:
        """The exchange."""

    def __iter__(self) -> Iterator[str]:
        return iter(["text", "id"])


@pytest.mark.parametrize("wrong", ["text", b"text", {"text": "one"}, Paragraph("one"), Table(), 7])
def test_other_types_are_refused(wrong: Any) -> None:
    """A text, a record or a table is refused at once, with a hint what to pass instead."""
    with pytest.raises(TypeError, match="judge takes an iterable of paragraphs, not"):
        NoveltyFilter().judge(wrong)


def test_a_number_is_not_settings() -> None:
    """A number instead of Settings is refused, with a hint to name the field."""
    with pytest.raises(TypeError, match=r"threshold=0\.6"):
        NoveltyFilter(0.6)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(SettingsError, match="batch_size"):
        NoveltyFilter().judge([], batch_size=0)


def test_an_empty_filter_is_true() -> None:
    """`if novelty:` is true for any filter, even an empty one."""
    assert NoveltyFilter()


def test_after_close(tmp_path: Path) -> None:
    """Every call of a closed filter raises ClosedError, except closing it again."""
    novelty = NoveltyFilter(state=tmp_path / "feed.dedup")
    decisions = novelty.judge(FEED)
    next(decisions)
    novelty.close()
    novelty.close()
    for use in (
        lambda: next(decisions),
        lambda: novelty.judge(FEED),
        lambda: novelty.judge_one("text"),
        lambda: novelty.decide_batch([b"text"]),
        lambda: len(novelty),
        lambda: novelty.commit(),
        lambda: novelty.wait(),
    ):
        with pytest.raises(ClosedError, match="is closed: make a new one"):
            use()
