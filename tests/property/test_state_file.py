"""The state file: a reopened filter equals the closed one, and other files are refused."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import pytest
from helpers.states import STORM, contents, unlike
from helpers.strategies import recents, rules, texts, timed_streams
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup import Decision, DedupError, NoveltyFilter, Paragraph, Settings
from dedup.errors import StateError
from dedup.model.utf8 import encode
from dedup.store.state_file import State
from dedup.store.state_schema import LATE, Checkpoint


@settings(max_examples=60)
@example(
    feed=[
        Paragraph("", "a", time) for time in ["1000"] * 5 + ["1002"] + ["1000"] * 2 + ["1003"] + ["1000"] * 2 + ["1004"]
    ],
    rule=Settings(shingle="word:1", min_words=0, num_perm=30, recall=0.6, window=1),
    recent=3,
    cuts=[1],
)
@given(timed_streams(), rules, recents, st.lists(st.integers(1, 25), min_size=1, max_size=6))
def test_resumed_equals_undisturbed(feed: list[Paragraph], rule: Settings, recent: int, cuts: list[int]) -> None:
    """A filter closed and reopened at any place decides like one that was never closed, and leaves the same state."""
    with TemporaryDirectory() as folder, mock.patch("dedup.store.retention.RECENT", recent):
        cut, whole = Path(folder) / "cut.dedup", Path(folder) / "whole.dedup"
        with NoveltyFilter(rule, state=whole) as novelty:
            expected = list(novelty.judge(feed, batch_size=7))
            remembered = len(novelty)
        assert expected == list(NoveltyFilter(rule).judge(feed))
        found: list[Decision] = []
        rest = feed
        while rest:
            for size in cuts:
                with NoveltyFilter(rule, state=cut) as novelty:
                    found += novelty.judge(rest[:size])
                rest = rest[size:]
        assert found == expected
        assert contents(cut) == contents(whole)
        with NoveltyFilter(rule, state=cut) as novelty:
            assert len(novelty) == remembered


@settings(max_examples=25)
@given(st.lists(st.tuples(texts, texts, st.none() | texts, st.none() | texts), max_size=20))
def test_everything_comes_back(given_: list[tuple[str, str, str | None, str | None]]) -> None:
    """Texts, ids, times and sources of any characters are restored unchanged."""
    feed = [Paragraph(text, id_, time, source) for text, id_, time, source in given_]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "feed.dedup"
        with NoveltyFilter(state=path) as novelty:
            kept = [decision.paragraph for decision in novelty.judge(feed) if decision.novel]
        with NoveltyFilter(state=path) as novelty:
            for paragraph, decision in zip(kept, novelty.judge(kept), strict=True):
                if decision.match is not None:
                    match = decision.match
                    assert encode(match.text) == encode(paragraph.text)
                    assert (match.id, match.seen, match.source) == (
                        paragraph.id, paragraph.time, paragraph.source
                    )  # fmt: skip


@pytest.mark.parametrize("refresh", [False, True])
def test_the_file_stays_small(tmp_path: Path, refresh: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """File and pages stay bounded over a long feed, even with boilerplate and small commits."""
    monkeypatch.setattr("dedup.store.retention.RECENT", 1000)
    path = tmp_path / "feed.dedup"
    draw = np.random.default_rng(4)
    sizes = []
    with NoveltyFilter(state=path, max_paragraphs=300, refresh=refresh, updates="drop") as novelty:
        for _ in range(120):
            rows = draw.integers(0, 10**9, (200, 10)).tolist()
            feed = [text for row in rows for text in (" ".join(map(str, row)), STORM)]
            list(novelty.judge(feed, batch_size=50))
            sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir() if "wal" not in file.name))
        assert len(novelty) == 300
    assert max(sizes[60:]) <= 1.2 * max(sizes[20:60])
    state = State(path)
    assert sum(len(page.numbers) for page in state.every_page()) < 10_000
    state.close()
    with NoveltyFilter(state=path, max_paragraphs=300, refresh=refresh, updates="drop") as novelty:
        assert len(novelty) == 300
        assert next(novelty.judge([STORM])).kind == "exact"


def test_small_commits_are_joined(tmp_path: Path) -> None:
    """A slow feed with one commit per paragraph leaves few pages, with all paragraphs."""
    path = tmp_path / "feed.dedup"
    feed = unlike(600)
    with NoveltyFilter(state=path) as novelty:
        assert {novelty.judge_one(text).kind for text in feed} == {"novel"}
    state = State(path)
    assert len(list(state.every_page())) < 100
    state.check()
    state.close()
    with NoveltyFilter(state=path) as novelty:
        assert {decision.kind for decision in novelty.judge(feed)} == {"exact"}


def test_window_and_limit_may_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another window or limit is accepted, and excess paragraphs are removed at once."""
    path = tmp_path / "feed.dedup"
    feed = [Paragraph(f"number {k} of the feed", time=str(k)) for k in range(10)]
    with NoveltyFilter(state=path) as novelty:
        list(novelty.judge(feed))
    with NoveltyFilter(state=path, window=4.0) as novelty:
        assert len(novelty) == 10
    monkeypatch.setattr("dedup.store.retention.RECENT", 0)
    with NoveltyFilter(state=path, window=4.0) as novelty:
        assert len(novelty) == 5
        novelty.commit()
    with NoveltyFilter(state=path, max_paragraphs=3) as novelty:
        assert len(novelty) == 3
        novelty.commit()
    with NoveltyFilter(state=path) as novelty:
        kinds = [decision.kind for decision in novelty.judge(feed)]
        assert kinds == ["novel"] * 7 + ["exact"] * 3


def holding(data: bytes) -> Callable[[Path], None]:
    """A file with these bytes."""

    def make(path: Path) -> None:
        path.write_bytes(data)

    return make


def foreign(path: Path) -> None:
    """An SQLite file of another program."""
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE t (x)")
    base.close()


def with_pragma(name: str, value: int) -> Callable[[Path], None]:
    """A state file with a changed pragma."""

    def make(path: Path) -> None:
        NoveltyFilter(state=path).close()
        base = sqlite3.connect(path)
        base.execute(f"PRAGMA {name} = {value}")
        base.close()

    return make


def filled(path: Path) -> None:
    """A state with some paragraphs."""
    with NoveltyFilter(state=path) as novelty:
        list(novelty.judge(unlike(2_000)))


def cut_short(path: Path) -> None:
    """A state without its end."""
    filled(path)
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    """A state with overwritten bytes in the middle."""
    filled(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(b"\x55" * (size // 2))


def changed(statement: str) -> Callable[[Path], None]:
    """A state with one changed value."""

    def make(path: Path) -> None:
        filled(path)
        base = sqlite3.connect(path)
        base.execute(statement)
        base.commit()
        base.close()

    return make


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (holding(b""), "not a state file"),
    "text": (holding(b"one line\n" * 100), "not a state file"),
    "foreign": (foreign, "another program"),
    "newer": (with_pragma("user_version", 5), "reads formats 1 to 4"),
    "older": (with_pragma("user_version", 0), "reads formats 1 to 4"),
    "cut short": (cut_short, "cut short"),
    "overwritten": (overwritten, "damaged"),
    "no header": (changed("DELETE FROM header"), "damaged"),
    "another fingerprint": (changed("UPDATE header SET value = replace(value, '0.33', '0.34')"), "damaged"),
    "a bad page": (changed("UPDATE page SET data = x'28b52ffd'"), "damaged"),
    "a missing page": (changed("UPDATE page SET paragraphs = paragraphs - 1"), "damaged"),
    "no table": (changed("DROP TABLE sighting"), "sighting"),
    "a directory": (lambda path: path.mkdir(), "no regular file"),
    "nowhere": (lambda path: None, "No such file or directory"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_invalid_states_are_refused(name: str, tmp_path: Path) -> None:
    """A damaged or foreign file, or one of another format, is refused in one line with a remedy, and not changed."""
    make, message = BROKEN[name]
    path = tmp_path / "feed.dedup"
    make(path)
    if name == "nowhere":
        path = tmp_path / "folder" / "feed.dedup"
    before = path.read_bytes() if path.is_file() else None
    for _ in range(2):
        with pytest.raises(StateError, match=message) as caught:
            NoveltyFilter(state=path)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)
    assert isinstance(caught.value, DedupError)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_other_settings(tmp_path: Path) -> None:
    """Settings that would store different data are refused, with their names and a remedy."""
    path = tmp_path / "feed.dedup"
    filled(path)
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"threshold 0\.33, not 0\.6, min_words 6, not 3; `dedup state rebuild`"):
        NoveltyFilter(state=path, threshold=0.6, min_words=3)
    assert path.read_bytes() == before
    with NoveltyFilter(state=path, max_bytes=1000) as novelty:
        assert len(novelty) > 0


def test_a_second_writer(tmp_path: Path) -> None:
    """The error of a second writer names the process that has the state. Reading it is allowed."""
    path = tmp_path / "feed.dedup"
    with NoveltyFilter(state=path) as novelty:
        list(novelty.judge([STORM]))
        with pytest.raises(StateError, match="held by another NoveltyFilter of this process: close it first"):
            NoveltyFilter(state=path)
        assert len(contents(path)[0]) == 1
    with NoveltyFilter(state=path) as novelty:
        assert len(novelty) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["feed.dedup"]


def test_a_file_that_vanished(tmp_path: Path) -> None:
    """If the file is removed or replaced, a commit raises an error."""
    path = tmp_path / "feed.dedup"
    with NoveltyFilter(state=path) as novelty:
        list(novelty.judge([STORM]))
        path.rename(tmp_path / "away.dedup")
        with pytest.raises(StateError, match="No such file"):
            list(novelty.judge(["another paragraph"]))
        path.write_bytes(b"")
        with pytest.raises(StateError, match="another file was put in its place"):
            list(novelty.judge(["one more paragraph"]))


def test_a_full_disk(tmp_path: Path) -> None:
    """A commit without disk space raises an error, and earlier commits stay."""
    path = tmp_path / "feed.dedup"
    feed = unlike(3000, 30)
    with NoveltyFilter(state=path) as novelty:
        list(novelty.judge(feed[:10]))
        base = novelty._engine.commit_log.state._base  # type: ignore[union-attr]  # there is a commit log
        pages = base.execute("PRAGMA page_count").fetchone()[0]
        base.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StateError, match="full; what was committed before is safe"):
            list(novelty.judge(feed[10:]))
    with NoveltyFilter(state=path) as novelty:
        # The number of further commits before the disk is full depends on time.
        assert [decision.kind for decision in novelty.judge([*feed[:10], feed[-1]])] == ["exact"] * 10 + ["novel"]


def test_an_empty_state(tmp_path: Path) -> None:
    """A new state is empty and valid from the start."""
    path = tmp_path / "a state with % in its name.dedup"
    with NoveltyFilter(state=str(path)) as novelty:
        assert len(novelty) == 0
    assert contents(path) == ([], Checkpoint()._replace(latest=[], lowest=[LATE, 0], blocks=[]))
