"""Commits in the background: they complete in order, and a failed one is reported and loses nothing."""

from pathlib import Path

import pytest
from helpers.states import contents, unlike

from dedup import NoveltyFilter
from dedup.errors import StateError


def encoded(feed: list[str]) -> list[bytes]:
    """The texts as `decide_batch` takes them."""
    return [text.encode() for text in feed]


def test_background_commits_are_complete_after_close(tmp_path: Path) -> None:
    """After the filter is closed, the state holds all commits, as if each had been waited for."""
    feed = unlike(2000)
    for wait in (False, True):
        with NoveltyFilter(state=tmp_path / f"{wait}.dedup", max_paragraphs=300) as novelty:
            for first in range(0, len(feed), 20):
                novelty.decide_batch(encoded(feed[first : first + 20]))
                novelty.commit(wait=wait)
    remembered, checkpoint = contents(tmp_path / "False.dedup")
    others, other = contents(tmp_path / "True.dedup")
    assert [(number, tick, text, label) for number, tick, _, text, label in remembered] == [
        (number, tick, text, label) for number, tick, _, text, label in others
    ]
    assert checkpoint._replace(now=None) == other._replace(now=None)


def test_a_failed_commit_is_raised_and_repeated(tmp_path: Path) -> None:
    """The next wait, commit or close raises the error. The next commit includes the failed one."""
    path = tmp_path / "feed.dedup"
    feed = unlike(3000, 30)
    with NoveltyFilter(state=path) as novelty:
        base = novelty._engine.commit_log.state._base  # type: ignore[union-attr]  # there is a commit log
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
    base = novelty._engine.commit_log.state._base  # type: ignore[union-attr]  # there is a commit log
    base.execute(f"PRAGMA max_page_count = {base.execute('PRAGMA page_count').fetchone()[0]}")
    novelty.decide_batch(encoded(unlike(3000, 31)))
    novelty.commit(wait=False)
    with pytest.raises(StateError, match="full"):
        novelty.close()
    with NoveltyFilter(state=path) as novelty:
        assert len(novelty) == 3001
