"""`decide_many`, `same_id`, `position`, and decisions in place of errors."""

import gzip
import json
import math
import threading
from pathlib import Path
from typing import Any

import pytest
from helpers.strategies import lively

from dedup import Decision, NoveltyFilter, Paragraph
from dedup.errors import InputError, SettingsError, StateError
from dedup.pipeline.state_maintenance import compact, rebuild

FEED = lively(300, seed=11)
WAYS: list[dict[str, Any]] = [{}, {"window": 30.0}, {"max_paragraphs": 40, "refresh": True}, {"strict": True}]
STORM = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
CHANGED = "The ferry to the northern islands was cancelled again on Friday because of the storm."
REWORDED = "The ferry to the northern islands was cancelled yet again on Tuesday because of the heavy storm."


@pytest.mark.parametrize("settings", WAYS)
def test_equals_judge(settings: dict[str, Any]) -> None:
    """All at once, or one by one: the decisions are the same, in lists of any length."""
    whole = list(NoveltyFilter(**settings).judge(FEED))
    assert NoveltyFilter(**settings).decide_many(FEED) == whole
    novelty = NoveltyFilter(**settings)
    assert [one for first in range(0, 300, 7) for one in novelty.decide_many(iter(FEED[first : first + 7]))] == whole
    assert novelty.decide_many([]) == []


def test_more_than_one_batch() -> None:
    """A list longer than a batch is decided as a whole."""
    feed = [f"report number {k} from the harbour office of the island" for k in range(9_000)]
    found = NoveltyFilter(min_words=50).decide_many([*feed, *feed])
    assert [decision.kind for decision in found] == ["novel"] * 9_000 + ["exact"] * 9_000


def test_all_or_none() -> None:
    """An item that is no paragraph raises before anything is remembered."""
    novelty = NoveltyFilter()
    with pytest.raises(InputError):
        novelty.decide_many([STORM, None])  # type: ignore[list-item]  # the mistake
    assert len(novelty) == 0
    with pytest.raises(TypeError, match="decide_many takes an iterable"):
        novelty.decide_many(STORM)


def test_the_caller_commits(tmp_path: Path) -> None:
    """Closing the filter forgets what `decide_many`, or `judge` without `commit`, decided since the last commit."""
    path = tmp_path / "feed.dedup"
    with NoveltyFilter(state=path) as novelty:
        novelty.decide_many(FEED[:10])
        novelty.commit()
        novelty.decide_many(FEED[10:20])
        for _ in novelty.judge(FEED[20:30], commit=False):
            pass
    with NoveltyFilter(state=path) as novelty:
        assert novelty.decide_many(FEED[10:]) == list(NoveltyFilter().judge(FEED))[10:]


def test_threads_do_not_split_a_list() -> None:
    """The decisions of one list stand together in some order of the calls."""
    novelty = NoveltyFilter(min_words=50)
    found: list[list[Decision]] = []
    feeds = [[f"{k} of {number}" for k in range(500)] for number in range(8)]

    def work(feed: list[str]) -> None:
        for first in range(0, 500, 50):
            found.append(novelty.decide_many([Paragraph(text, text) for text in feed[first : first + 50]]))

    threads = [threading.Thread(target=work, args=(feed,)) for feed in feeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = {label.id: row for row, label in enumerate(novelty._engine.row_labels._labels)}
    assert len(found) == 80
    for decisions in found:
        places = [rows[str(decision.paragraph.id)] for decision in decisions]
        assert places == list(range(places[0], places[0] + 50))


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("settings", WAYS)
def test_the_same_id_again(settings: dict[str, Any], durable: bool, tmp_path: Path) -> None:
    """A list that is sent again, because its answer was lost, gets its decisions again, and nothing is remembered."""
    feed = [Paragraph(paragraph.text, f"{k}") for k, paragraph in enumerate(FEED[:30])]
    path = tmp_path / "feed.dedup" if durable else None
    with NoveltyFilter(**settings, state=path, same_id="again") as novelty:
        first = novelty.decide_many(feed)
        novelty.commit()
        size = len(novelty)
        if not durable:
            again = novelty.decide_many(feed)
    if durable:
        with NoveltyFilter(**settings, state=path, same_id="again") as novelty:
            again = novelty.decide_many(feed)
            assert len(novelty) == size
    assert [decision.kind for decision in again] == [decision.kind for decision in first]
    assert [decision.again for decision in again] == [decision.novel for decision in first]
    assert not any(decision.again for decision in first)
    assert {decision.kind for decision in first} >= {"novel", "exact"}


def test_again_keeps_updates_and_rewordings() -> None:
    """An update and a reworded repeat come again as such, with their story and version. A changed text does not."""
    novelty = NoveltyFilter(strict=True, same_id="again")
    feed = [Paragraph(STORM, "a"), Paragraph(CHANGED, "b"), Paragraph(REWORDED, "c"), Paragraph(CHANGED, "d")]
    kinds = ["novel", "update", "reworded", "exact"]
    for place in range(3):
        found = novelty.decide_many(feed)
        assert [decision.kind for decision in found] == kinds
        assert [decision.again for decision in found] == [bool(place) and kind != "exact" for kind in kinds]
        assert [(decision.story, decision.version) for decision in found] == [("a", 1), ("a", 2), ("a", 1), ("a", 2)]
    (changed,) = novelty.decide_many([Paragraph(STORM.upper() + " It will sail on Sunday.", "a")])
    assert (changed.kind, changed.again) == ("update", False)
    (again,) = novelty.decide_many([Paragraph(STORM.upper(), "a")])
    assert again.as_dict() == {
        "decision": "novel", "certain": None, "jaccard": None, "coverage": None, "story": "a", "version": 1,
        "again": True,
    }  # fmt: skip
    assert [decision.kind for decision in NoveltyFilter().decide_many([feed[0], feed[0]])] == ["novel", "exact"]
    with pytest.raises(SettingsError, match="same_id"):
        NoveltyFilter(same_id="never")  # type: ignore[arg-type]  # the mistake


def test_again_is_no_repeat_in_a_block() -> None:
    """A paragraph that comes again belongs to no block."""
    novelty = NoveltyFilter(same_id="again")
    feed = [Paragraph(f"{STORM} {k}", f"{k}") for k in range(3)]
    novelty.decide_many(feed)
    found = novelty.decide_many([*feed, Paragraph(feed[1].text, "x"), Paragraph(feed[2].text, "y")])
    assert [decision.block for decision in found] == [None, None, None, 1, 1]


def test_position(tmp_path: Path) -> None:
    """A position is committed with the memory, stays until the next one, and survives maintenance."""
    path = tmp_path / "feed.dedup"
    position = {"partition": [3, 17], "name": "é\ud800"}
    for state in (None, path):
        with NoveltyFilter(state=state) as novelty:
            assert novelty.position is None
            novelty.decide_many(FEED[:10])
            novelty.commit(position=position)
            assert novelty.position == position
            novelty.commit()
            assert novelty.position == position
            with pytest.raises(TypeError):
                novelty.commit(position=object())
            assert novelty.position == position
            novelty.commit(position=0, wait=False)
            assert novelty.position == 0
            novelty.decide_many(FEED[10:20])
    compact(path)
    rebuild(path, {"threshold": 0.5})
    with NoveltyFilter(state=path, threshold=0.5) as novelty:
        assert novelty.position == 0
        assert len(novelty) <= 10


def test_a_failed_commit_keeps_the_position(tmp_path: Path) -> None:
    """The position of a commit that failed is that of the last one that did not. The next commit writes it."""
    path = tmp_path / "feed.dedup"
    with NoveltyFilter(state=path) as novelty:
        novelty.commit(position=1)
        base = novelty._engine.commit_log.state._base  # type: ignore[union-attr]  # there is a commit log
        base.execute(f"PRAGMA max_page_count = {base.execute('PRAGMA page_count').fetchone()[0]}")
        novelty.decide_many([f"{STORM} {'y' * 2000} {k} {math.sqrt(k)}" for k in range(3_000)])
        with pytest.raises(StateError, match="full"):
            novelty.commit(position=2)
        assert novelty.position == 1
        base.execute("PRAGMA max_page_count = 100000")
        novelty.commit()
        assert novelty.position == 2


def test_position_of_other_files(tmp_path: Path) -> None:
    """A file of an earlier version has no position and gets one. A position that is no JSON is damage."""
    path = tmp_path / "old.dedup"
    path.write_bytes(gzip.decompress((Path(__file__).parents[1] / "data" / "format-1.dedup.gz").read_bytes()))
    with NoveltyFilter(state=path) as novelty:
        assert novelty.position is None
        novelty.commit(position="here")
    with NoveltyFilter(state=path) as novelty:
        assert novelty.position == "here"
        base = novelty._engine.commit_log.state._base  # type: ignore[union-attr]  # there is a commit log
        base.execute("UPDATE header SET value = '{' WHERE name = 'position'")
    with pytest.raises(StateError, match="position cannot be read"):
        NoveltyFilter(state=path)


@pytest.mark.parametrize("batch_size", [None, 1, 3])
def test_unreadable(batch_size: int | None) -> None:
    """With `on_error="yield"` each item that cannot be judged has a decision in its place, with the reason."""
    items: list[Any] = [STORM, None, {"id": 3}, STORM, "x" * 200, 7, CHANGED]
    novelty = NoveltyFilter(max_bytes=100)
    kinds = ["novel", "unreadable", "unreadable", "exact", "unreadable", "unreadable", "update"]
    found = list(novelty.judge(items, batch_size=batch_size, on_error="yield"))
    assert [decision.kind for decision in found] == kinds
    assert found == NoveltyFilter(max_bytes=100).decide_many(items, on_error="yield")
    assert [decision.paragraph.record for decision in found] == items
    assert found[2].novel
    assert found[2].error == found[2].as_dict()["error"] == "the text of a paragraph is a str, not NoneType"
    assert found[4].error == "a paragraph of 200 bytes is over max_bytes 100"
    wrong: Any = "ignore"
    for method in (novelty.judge, novelty.decide_many, novelty.decide_articles):
        with pytest.raises(SettingsError, match="on_error"):
            method([STORM], on_error=wrong)
    assert json.loads(json.dumps(found[1].as_dict()))["decision"] == "unreadable"
