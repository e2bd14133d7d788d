"""Judging without remembering: each paragraph gets the decision that it would get next, and nothing changes."""

from dataclasses import replace
from typing import Any

import pytest
from helpers.strategies import lively, recents, rules, timed_streams
from hypothesis import given
from hypothesis import strategies as st

from dedup import Decision, NoveltyFilter, Paragraph, Settings


def filter_of(chosen: Settings, recent: int, history: list[Paragraph]) -> NoveltyFilter:
    """A filter that has judged a history."""
    novelty = NoveltyFilter(chosen, same_id="again")
    novelty._engine.retention._recent = recent
    novelty._engine.retention.columns = novelty._engine.retention._view(0)
    novelty.decide_many(history)
    return novelty


def comparable(decision: Decision) -> Decision:
    """A decision without what only stored paragraphs have: a block, and the story of a new one."""
    if decision.match is None or decision.kind == "update":
        return replace(decision, block=None, story=None, version=None)
    return replace(decision, block=None)


@given(timed_streams(), rules, recents, st.integers(0, 60))
def test_a_probe_is_the_next_decision(feed: list[Paragraph], chosen: Settings, recent: int, place: int) -> None:
    """Each probed paragraph gets the decision of a filter with the same history that judges it next."""
    history, probed = feed[:place], feed[place : place + 6]
    novelty = filter_of(chosen, recent, history)
    found = novelty.decide_many(probed, remember=False)
    for paragraph, decision in zip(probed, found, strict=True):
        (expected,) = filter_of(chosen, recent, history).decide_many([paragraph])
        assert comparable(decision) == comparable(expected)


@given(timed_streams(), rules, recents, st.integers(0, 60))
def test_a_probe_changes_nothing(feed: list[Paragraph], chosen: Settings, recent: int, place: int) -> None:
    """The decisions after a probe, and the size of the memory, are those without it."""
    novelty, other = (filter_of(chosen, recent, feed[:place]) for _ in range(2))
    later = [replace(paragraph, time="99999999") for paragraph in feed]
    novelty.decide_many([*feed, *later], remember=False)
    assert len(novelty) == len(other)
    assert novelty.decide_many(feed[place:]) == other.decide_many(feed[place:])
    assert len(novelty) == len(other)


@pytest.mark.parametrize("settings", [{}, {"window": 12.0}, {"strict": True}])
def test_a_probe_within_a_half_read_batch(settings: dict[str, Any]) -> None:
    """A probe between two decisions of `judge` sees what was delivered, and changes no later decision."""
    feed = [replace(one, time=one.time if place % 3 else None) for place, one in enumerate(lively(60, seed=5), 2)]
    chosen = Settings(**settings)
    whole = list(filter_of(chosen, 0, []).judge(feed))
    novelty = filter_of(chosen, 0, [])
    decisions = novelty.judge(feed)
    for place, expected in enumerate(whole):
        (decision,) = novelty.decide_many([feed[place]], remember=False)
        assert comparable(decision) == comparable(expected)
        assert next(decisions) == expected
    assert {decision.kind for decision in whole} >= {"novel", "exact", "near"}
