"""Commits in the background: they come to their end, in order, and one that fails is heard of and loses nothing."""

from pathlib import Path

import pytest
from helpers.states import contents, unlike

from dedup import NoveltyFilter
from dedup.errors import StateError


def encoded(feed: list[str]) -> list[bytes]:
    """The texts as `decide` takes them."""
    return [text.encode() for text in feed]


def test_what_is_not_waited_for(tmp_path: Path) -> None:
    """Many commits that nobody waits for are all there when the filter is closed, as if each had been waited for."""
    feed = unlike(2000)
    for wait in (False, True):
        with NoveltyFilter(state=tmp_path / f"{wait}.dedup", max_paragraphs=300) as novelty:
            for first in range(0, len(feed), 20):
                novelty.decide_batch(encoded(feed[first : first + 20]))
                novelty.commit(wait=wait)
    remembered, mark = contents(tmp_path / "False.dedup")
    others, other = contents(tmp_path / "True.dedup")
    assert [(number, tick, text, label) for number, tick, _, text, label in remembered] == [
        (number, tick, text, label) for number, tick, _, text, label in others
    ]
    assert mark._replace(now=None) == other._replace(now=None)


def test_a_commit_that_fails(tmp_path: Path) -> None:
    """It is raised by who waits for it, or commits or closes next; what it was of is part of the next commit."""
    path = tmp_path / "feed.dedup"
    feed = unlike(3000, 30)
    with NoveltyFilter(state=path) as novelty:
        base = novelty._engine.commit_log.state._base  # type: ignore[union-attr]  # there is a journal
        base.execute(f"PRAGMA max_page_count = {base.execute('PRAGMA page_count').fetchone()[0] + 2}")
        novelty.decide_batch(encoded(feed[:1000]))
        novelty.commit(wait=False)
        with pytest.raises(StateError, match="full"):
            novelty.wait()
        novelty.commit(wait=False)
        novelty.decide_batch(encoded(feed[1000:2000]))
        with pytest.raises(StateError, match="full"):
            novelty.commit()
        base.execute("PRAGMA max_page_count = 100000")
        novelty.decide_batch(encoded(feed[2000:]))
        novelty.commit(wait=False)
    novelty = NoveltyFilter(state=path)
    assert [decision.kind for decision in novelty.judge([*feed, "something new"])] == ["exact"] * 3000 + ["novel"]
    base = novelty._engine.commit_log.state._base  # type: ignore[union-attr]  # there is a journal
    base.execute(f"PRAGMA max_page_count = {base.execute('PRAGMA page_count').fetchone()[0]}")
    novelty.decide_batch(encoded(unlike(3000, 31)))
    novelty.commit(wait=False)
    with pytest.raises(StateError, match="full"):
        novelty.close()
    with NoveltyFilter(state=path) as novelty:
        assert len(novelty) == 3001
