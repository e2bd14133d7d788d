"""Compact, rebuild, merge and export keep the stored paragraphs."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from helpers.running import dedup
from helpers.states import STORM, contents, unlike

from dedup import NoveltyFilter, Paragraph
from dedup.errors import StateError
from dedup.pipeline.state_maintenance import compact, export, merge, rebuild
from dedup.sketch.lsh import TEXT_BIT
from dedup.store.state_codec import pack_dropped
from dedup.store.state_file import State
from dedup.store.state_schema import FORMAT, inspect


def remembering(path: Path, feed: list[Paragraph], **fields: Any) -> Path:
    """A state that has read a feed."""
    with NoveltyFilter(state=path, **fields) as novelty:
        list(novelty.judge(feed, batch_size=10))
    return path


def timed(texts: list[str], first: int, name: str) -> list[Paragraph]:
    """A feed with one paragraph per second."""
    return [Paragraph(text, f"{name}{k}", str(first + k), name) for k, text in enumerate(texts)]


def test_compact(tmp_path: Path) -> None:
    """A compacted state is smaller and has the same paragraphs in the same order of eviction."""
    feed = timed(unlike(3000), 0, "a")
    path = remembering(tmp_path / "feed.dedup", [*feed, feed[-90], feed[-80]], max_paragraphs=100, refresh=True)
    before, size = contents(path), path.stat().st_size
    compact(path)
    assert contents(path) == before
    assert path.stat().st_size < size
    assert [file.name for file in tmp_path.iterdir()] == ["feed.dedup"]
    with NoveltyFilter(state=path, max_paragraphs=100, refresh=True) as novelty:
        assert [decision.kind for decision in novelty.judge([feed[-90], feed[-101]])] == ["exact", "novel"]


def test_rebuild(tmp_path: Path) -> None:
    """After a rebuild, the state has the other settings and finds its paragraphs with them."""
    feed = timed([*unlike(300), STORM], 0, "a")
    path = remembering(tmp_path / "feed.dedup", feed)
    before = contents(path)
    changes: dict[str, Any] = {"threshold": 0.3, "shingle": "word:1", "updates": "drop"}
    rebuild(path, changes)
    assert contents(path) == before
    with NoveltyFilter(state=path, **changes) as novelty:
        decisions = list(novelty.judge([STORM.replace("cancelled", "stopped"), *feed]))
    assert decisions[0].kind == "near"
    assert {decision.kind for decision in decisions[1:]} == {"exact"}
    with pytest.raises(StateError, match=r"threshold 0\.3, not 0\.33"):
        NoveltyFilter(state=path)


@pytest.mark.parametrize("limit", [2, 64])
def test_a_rebuilt_index_is_that_of_a_run(tmp_path: Path, limit: int) -> None:
    """The index entries of a rebuild equal those of a run with the same settings."""
    feed = timed(
        [f"Results of company {k}: the board proposes {k} cents to all of its holders." for k in range(60)], 0, "a"
    )
    path = remembering(tmp_path / "feed.dedup", feed, bucket_limit=7)
    whole = remembering(tmp_path / "whole.dedup", feed, bucket_limit=limit)
    rebuild(path, {"bucket_limit": limit})
    probe = [decision.paragraph for decision in NoveltyFilter().judge(feed)]
    with NoveltyFilter(state=path, bucket_limit=limit) as one, NoveltyFilter(state=whole, bucket_limit=limit) as two:
        assert list(one.judge(probe)) == list(two.judge(probe))


def test_merge(tmp_path: Path) -> None:
    """A merged state has the paragraphs of both, each text once, with the first name and the latest time."""
    texts = unlike(200)
    one = remembering(tmp_path / "one.dedup", timed(texts[:120], 1000, "a"))
    two = remembering(tmp_path / "two.dedup", timed([STORM, *texts[100:]], 1060, "b"))
    merge([one, two], tmp_path / "both.dedup")
    remembered, checkpoint = contents(tmp_path / "both.dedup")
    assert len(remembered) == checkpoint.number == 201
    assert [time for _, _, time, _, _ in remembered] == sorted(time for _, _, time, _, _ in remembered)
    by_text = {text.decode(): (time, label) for _, _, time, text, label in remembered}
    assert by_text[texts[110]] == (1110.0, ("b11", "1071", "b"))
    assert by_text[STORM] == (1060.0, ("b0", "1060", "b"))
    with NoveltyFilter(state=tmp_path / "both.dedup") as novelty:
        assert {decision.kind for decision in novelty.judge([*texts, STORM])} == {"exact"}
    with pytest.raises(StateError, match="the file exists"):
        merge([one, two], tmp_path / "both.dedup")
    other = remembering(tmp_path / "other.dedup", timed(texts, 0, "c"), threshold=0.7)
    with pytest.raises(StateError, match=r"threshold 0\.33, not 0\.7"):
        merge([one, other], tmp_path / "none.dedup")
    assert not (tmp_path / "none.dedup").exists()


def test_export(tmp_path: Path) -> None:
    """The export is JSON Lines that create the same state again."""
    feed = timed(unlike(50), 0, "a")
    path = remembering(tmp_path / "feed.dedup", feed)
    records = [json.loads(line) for line in export(path)]
    assert [(record["id"], record["text"], record["time"], record["source"]) for record in records] == [
        (paragraph.id, paragraph.text, paragraph.time, paragraph.source) for paragraph in feed
    ]
    exported = dedup("state", "export", str(path)).stdout
    again = tmp_path / "again.dedup"
    options = ("--time-field", "time", "--source-field", "source")
    assert dedup("filter", "--quiet", *options, "--state", str(again), stdin=exported).stdout == exported
    assert contents(again) == contents(path)


def test_commands_report_the_result(tmp_path: Path) -> None:
    """Each command reports the result or the error of a file in one line, and ends with 0 or 1."""
    path = str(remembering(tmp_path / "feed.dedup", timed(unlike(2000), 10_000, "a")))
    info = dedup("state", "info", path).stdout.decode()
    assert "stored:       2000 paragraphs, of 2000 ever stored and 2000 read" in info
    assert "clock:        1970-01-01T03:19:57+00:00" in info
    assert dedup("state", "verify", path).stdout.decode() == f"{path}: OK, 2000 paragraphs\n"
    assert dedup("state", "rebuild", path, "--threshold", "7").returncode == 2
    with Path(path).open("r+b") as file:
        file.seek(100_000)
        file.write(b"\x55" * 20_000)
    before = Path(path).read_bytes()
    for verb in ("verify", "compact", "export", "rebuild"):
        run = dedup("state", verb, path)
        assert (run.returncode, run.stderr.count(b"\n")) == (1, 1)
        assert b"damaged" in run.stderr
        assert Path(path).read_bytes() == before
    for verb in ("info", "verify", "compact", "export", "rebuild"):
        run = dedup("state", verb, str(tmp_path / "none"))
        assert (run.returncode, run.stderr.count(b"\n")) == (1, 1)
    assert [file.name for file in tmp_path.iterdir()] == ["feed.dedup"]


def test_a_file_of_format_1(tmp_path: Path) -> None:
    """A state of the first format can be read, and is converted to the current format when it is written."""
    path = tmp_path / "feed.dedup"
    path.write_bytes(gzip.decompress((Path(__file__).parents[1] / "data" / "format-1.dedup.gz").read_bytes()))
    ferry = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
    exported = [json.loads(line) for line in export(path)]
    assert [(record["id"], record["remembered_since"]) for record in exported] == [
        ("a", 3000),
        ("b", 2000),
        ("d", 4000),
    ]
    assert inspect(path) == 1
    feed = [Paragraph(ferry, "a", "1000"), Paragraph("The ferry sails again.", "e", "5000")]
    for kinds in (["exact", "novel"], ["exact", "exact"]):
        with NoveltyFilter(window="1d", refresh=True, state=path) as novelty:
            assert [decision.kind for decision in novelty.judge(feed)] == kinds
            assert len(novelty) == 4
    assert inspect(path) == FORMAT
    with closing(State(path)) as state:
        state.check()
        assert state.checkpoint.read == 8
        assert [entry[0] for entry in state.checkpoint.latest] == [5000, 4000, 1000]


def test_dropped_texts_of_format_3(tmp_path: Path) -> None:
    """Dropped texts of a file whose text keys had no bit of their own are found again, read or upgraded."""
    path = tmp_path / "feed.dedup"
    text = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
    with NoveltyFilter(window="1d", state=path) as novelty:
        feed = [Paragraph(text, "a", "1000"), Paragraph(f"Reuters: {text}", "b", "1000"), Paragraph(text, "c", "1000")]
        assert [decision.kind for decision in novelty.judge(feed)] == ["novel", "near", "exact"]
    with closing(State(path)) as state:
        dropped = state.dropped()
    assert len(dropped.keys) == 3  # a text, that text of a record, and an equal text of a record
    old = dropped._replace(keys=dropped.keys & ~TEXT_BIT)
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("UPDATE dropped SET data = ?", (pack_dropped(old),))
        base.execute("PRAGMA user_version = 3")
    for settings in (None, novelty.settings, None):
        with closing(State(path, settings)) as state:
            assert set(dropped.keys.tolist()) <= set(state.dropped().keys.tolist())
            assert len(state.dropped().keys) == 2 * len(dropped.keys)
    assert inspect(path) == FORMAT
