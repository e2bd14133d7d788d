"""Polling: old records are not emitted again, whatever their dates, and each change is emitted once."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import pytest
from helpers.running import dedup
from helpers.strategies import lively
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import NoveltyFilter, Paragraph

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
DAY = 86400
ITEM = "<item><guid>{id}</guid><title>{title}</title><description>{text}</description>{date}</item>"


def rss(items: Sequence[tuple[str, str, str | None]]) -> bytes:
    """An RSS feed of items (id, text, date)."""
    body = "".join(
        ITEM.format(id=id_, title=f"About {id_}", text=text, date=f"<pubDate>{date}</pubDate>" if date else "")
        for id_, text, date in items
    )
    return f'<rss version="2.0"><channel><title>Wire</title>{body}</channel></rss>'.encode()


def emitted(*arguments: str | Path, stdin: bytes = b"") -> list[str]:
    """The ids that a poll emits."""
    run = dedup("filter", "--quiet", "--output-format", "jsonl", *arguments, stdin=stdin)
    assert run.returncode == 0, run.stderr
    return [json.loads(line)["id"] for line in run.stdout.splitlines()]


WAYS = [
    [*window, *most, *refresh]
    for window, most, refresh in product(
        [[], ["--window", "7d"], ["--window", "1h"]], [[], ["--max-stored", "100000"]], [[], ["--refresh"]]
    )
]


def sample_feeds() -> Iterator[Path]:
    """The sample feeds of every kind."""
    return (
        path for path in sorted(SAMPLES.iterdir()) if not path.name.endswith(("expected.jsonl", ".md", "pairs.jsonl"))
    )


@pytest.mark.parametrize("options", WAYS, ids=" ".join)
def test_sample_feeds(options: list[str], tmp_path: Path) -> None:
    """Every sample feed that is polled twice emits nothing at the second poll, alone and together with all others."""
    feeds = list(sample_feeds())
    assert len(feeds) >= 9
    together = ["--state", str(tmp_path / "all.dedup"), *options, *map(str, feeds)]
    assert emitted(*together)
    assert emitted(*together) == []
    for feed in feeds[:: 1 + len(options)]:
        alone = ["--state", str(tmp_path / f"{feed.name}.dedup"), *options, str(feed)]
        if feed.suffix == ".jsonl":
            alone += ["--time-field", "time"]
        emitted(*alone)
        assert emitted(*alone) == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_feed_that_spans_years(order: int, tmp_path: Path) -> None:
    """Old items stay stored next to new ones, in any order. A changed item and a new one come out once."""
    items: list[tuple[str, str, str | None]] = [
        (f"item {k}", f"Report {k} says that quay {k} of the harbour is closed.", f"0{1 + k} Nov {2031 - k} 08:00 GMT")
        for k in range(8)
    ]
    items.sort(reverse=order < 0)
    poll = ["--state", str(tmp_path / "feed.dedup"), "--window", "7d", "-"]
    assert len(emitted(*poll, stdin=rss(items))) == 16
    assert emitted(*poll, stdin=rss(items)) == []
    items[2] = (items[2][0], "The quay is open again since noon, and ships may enter.", items[2][2])
    items.append(("item 9", "A tram line to the airport was opened by the mayor.", "09 Nov 2031 10:00 GMT"))
    assert emitted(*poll, stdin=rss(items)) == [items[2][0], "item 9", "item 9#title"]
    assert emitted(*poll, stdin=rss(items)) == []


@pytest.mark.parametrize("place", [0, 3, 8])
def test_one_date_far_ahead(place: int, tmp_path: Path) -> None:
    """An item dated years ahead expires nothing, comes out once, and is reported once per state."""
    items: list[tuple[str, str, str | None]] = [
        (f"item {k}", f"Report {k} says that quay number {k} of the harbour is closed.", f"{20 - k} Nov 2031 08:00 GMT")
        for k in range(8)
    ]
    items.insert(place, ("ahead", "The festival of the islands begins with a regatta.", "01 Jan 2099 00:00 GMT"))
    state = tmp_path / "feed.dedup"
    run = dedup("filter", "--state", state, "--window", "7d", stdin=rss(items))
    assert run.stderr.count(b"far ahead of all others") == 1
    assert b"ahead: its time 2099-01-01" in run.stderr
    run = dedup("filter", "--state", state, "--window", "7d", stdin=rss(items))
    assert b"far ahead" not in run.stderr
    assert b"kept 0" in run.stderr
    later = rss([(f"later {k}", items[1][1], f"2{k} Nov 2031 08:00 GMT") for k in range(3)])
    assert [id_ for id_ in emitted("--state", state, "--window", "7d", stdin=later) if "title" not in id_] == []


def test_a_record_in_every_poll_stays_stored(tmp_path: Path) -> None:
    """A record that is in every poll stays stored, even if it was dropped."""
    text = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
    near = "The ferry to the northern islands was cancelled again on Tuesday because of a storm."
    with NoveltyFilter(window=10 * DAY) as novelty:
        novelty._engine.retention.columns = novelty._engine.retention.columns._replace(recent=0)
        novelty._engine.retention._recent = 0
        found = []
        for day in range(0, 60, 5):
            poll = [Paragraph(text, "first", "0")] if day < 20 else []
            poll += [Paragraph(text, "same", "0"), Paragraph(near, "near", "0")]
            poll += [Paragraph(f"news {day} {k}", f"{day} {k}", str(day * DAY)) for k in range(3)]
            found.append(
                [
                    decision.kind
                    for decision in novelty.judge(poll)
                    if decision.paragraph.id in ("same", "near", "first")
                ]
            )
        assert found[0] == ["novel", "exact", "near"]
        assert found[1:4] == [["exact", "exact", "near"]] * 3
        assert found[4:] == [["exact", "near"]] * 8


@pytest.mark.parametrize("refresh", [False, True])
def test_another_record_with_the_same_text(refresh: bool) -> None:
    """Other records with the same text refresh a stored paragraph only with `refresh`."""
    text = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
    feed = [Paragraph(text, f"record {day}", str(day * DAY)) for day in (0, 5, 9, 14)]
    kinds = [decision.kind for decision in NoveltyFilter(window=10 * DAY, refresh=refresh).judge(feed)]
    assert kinds == ["novel", "exact", "exact", "exact" if refresh else "novel"]


@settings(max_examples=60)
@given(
    st.integers(0, 10**6),
    st.sampled_from([None, 1, 20, 10_000]),
    st.sampled_from([None, 1000]),
    st.booleans(),
    st.integers(1, 4),
)
def test_random_polls(seed: int, window: int | None, most: int | None, refresh: bool, polls: int) -> None:
    """A feed with random times, in any order, emits nothing when it is polled again, and each change once."""
    draw = Random(seed)  # noqa: S311  # no secret
    feed = [replace(paragraph, time=draw.choice([None, str(draw.randrange(10**6))])) for paragraph in lively(60, seed)]
    novelty = NoveltyFilter(window=window, max_paragraphs=most, refresh=refresh)
    list(novelty.judge(feed))
    for poll in range(polls):
        assert [decision for decision in novelty.judge(feed) if decision.novel] == []
        place = draw.randrange(len(feed))
        feed[place] = replace(feed[place], text=f"something else {poll} was said about {seed} by nobody")
        assert [decision.paragraph for decision in novelty.judge(feed) if decision.novel] == [feed[place]]
        draw.shuffle(feed)


def test_what_was_dropped_is_dropped_again() -> None:
    """A dropped text repeats the same paragraph when it comes again, however many similar ones came in between."""
    words = "the council has agreed on a budget for new schools clinics and a tram line to the airport".split()
    first = " ".join(words)
    reworded = " ".join(["today", *words[:-1], "harbour"])
    crowd = [" ".join([*words[:k], f"x{k}", *words[k + 1 :], f"y{k}", f"z{k}"]) for k in range(len(words))]
    novelty = NoveltyFilter(updates="drop", bucket_limit=64)
    one = novelty.judge_one(first)
    two = novelty.judge_one(reworded)
    assert (one.kind, two.kind) == ("novel", "near")
    keep = NoveltyFilter(bucket_limit=64)
    keep.judge_one(first)
    before = keep.judge_one(reworded)
    list(keep.judge(crowd))
    after = keep.judge_one(reworded)
    assert before.match is not None
    if before.kind == "near":
        assert (after.kind, after.match) == (before.kind, before.match)


def test_wordless_paragraphs_follow_their_record(tmp_path: Path) -> None:
    """A line of asterisks in an article comes out only with the article, and a record of asterisks once."""
    article = {
        "id": 1,
        "text": ["The quay is closed until the crane has been taken down.", "***", "Ships wait outside."],
    }
    data = json.dumps(article).encode() + b"\n"
    state = tmp_path / "feed.dedup"
    assert dedup("filter", "--quiet", "--state", state, stdin=data).stdout == data
    assert dedup("filter", "--quiet", "--state", state, stdin=data).stdout == b""
    stars = b'{"id": 2, "text": "***"}\n'
    assert dedup("filter", "--quiet", "--state", state, stdin=stars).stdout == stars
    assert dedup("filter", "--quiet", "--state", state, stdin=stars).stdout == b""
    other = stars.replace(b"2", b"3")
    assert dedup("filter", "--quiet", "--state", state, stdin=other).stdout == other


@pytest.mark.parametrize("min_words", [0, 6])
def test_records_without_words(min_words: int, tmp_path: Path) -> None:
    """A record of asterisks comes out once per record and text, with a state or a window, even after a restart."""
    feed = [Paragraph(text, id_, "10") for id_ in ("a", "b#2") for text in ("***", "🌊🌊", "— —")]
    path = tmp_path / "feed.dedup"
    for kind in ("novel", "exact", "exact"):
        with NoveltyFilter(min_words=min_words, state=path) as novelty:
            assert [decision.kind for decision in novelty.judge(feed)] == [kind] * len(feed)
    novelty = NoveltyFilter(min_words=min_words, window="1d")
    assert [[decision.kind for decision in novelty.judge(feed)] for _ in range(2)] == [["novel"] * 6, ["exact"] * 6]
