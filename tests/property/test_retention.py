"""Eviction and expiry: equal to a slow reference for any times and batches, with bounded memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from helpers.reference import BruteForce, ReferenceDecision
from helpers.strategies import recents, rules, sizes, timed_streams
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Decision, NoveltyFilter, Paragraph, Settings
from dedup.model.types import Labels
from dedup.model.utf8 import encode
from dedup.store.clock import Clock
from dedup.store.retention import Retention


def slowly_judged(rule: Settings, recent: int, feed: list[Paragraph]) -> tuple[list[ReferenceDecision], BruteForce]:
    """The decisions of the slow reference."""
    data = [encode(paragraph.text) for paragraph in feed]
    keys = NoveltyFilter(rule).sketch_batch(data).keys.tolist()
    slow = BruteForce(rule, recent)
    found = []
    for place, paragraph in enumerate(feed):
        record = (paragraph.id or "").partition("#")[0] or None
        time = None if paragraph.time is None else float(str(paragraph.time))
        found.append(slow.judge(place, data[place], keys[place], time, record))
    return found, slow


def judged(novelty: NoveltyFilter, feed: list[Paragraph], cuts: list[int]) -> list[Any]:
    """The decisions about a feed in batches whose sizes repeat `cuts`."""
    found: list[Any] = []
    feed = [replace(paragraph, source=str(place)) for place, paragraph in enumerate(feed)]
    while feed:
        for cut in cuts:
            batch, feed = feed[:cut], feed[cut:]
            found += map(as_reference, novelty.judge(batch))
    return found


def as_reference(decision: Decision) -> ReferenceDecision:
    """A decision in the form of the reference. The source of a paragraph is its place in the feed."""
    if decision.match is None:
        return ReferenceDecision(decision.kind)
    assert decision.jaccard is not None
    assert decision.coverage is not None
    return ReferenceDecision(decision.kind, int(decision.match.source or 0), decision.jaccard, decision.coverage)


def fast(rule: Settings, recent: int) -> NoveltyFilter:
    """A filter whose window never expires the last `recent` paragraphs."""
    with mock.patch("dedup.store.retention.RECENT", recent):
        return NoveltyFilter(rule)


@settings(max_examples=150)
@given(timed_streams(), rules, recents, sizes)
def test_equals_a_slow_reference(feed: list[Paragraph], rule: Settings, recent: int, cuts: list[int]) -> None:
    """Every decision and its match equal those of a list from which expired paragraphs are removed one by one."""
    expected, slow = slowly_judged(rule, recent, feed)
    novelty = fast(rule, recent)
    assert judged(novelty, feed, cuts) == expected
    assert len(novelty) == len(slow.seen)


@settings(max_examples=8)
@given(
    st.integers(0, 2**32), st.booleans(), st.sampled_from([(None, 300), (200.0, None), (200.0, 250)]), recents, sizes
)
def test_long_feeds(
    seed: int, refresh: bool, most: tuple[float | None, int | None], recent: int, cuts: list[int]
) -> None:
    """The same is true if rows and index entries are reused many times, and ids are renumbered."""
    draw = np.random.default_rng(seed)
    rule = Settings(
        window=most[0], max_paragraphs=most[1], refresh=refresh, bucket_limit=3, num_perm=24, recall=0.5, updates="drop"
    )
    words = np.array([f"w{k}" for k in range(400)])
    feed: list[Paragraph] = []
    for place in range(1500):
        text = " ".join(draw.choice(words[:20], 3)) + " " + " ".join(draw.choice(words, 6))
        if feed and draw.random() < 0.4:
            text = feed[max(0, len(feed) - int(draw.exponential(200)) - 1)].text
        if feed and draw.random() < 0.2:
            text = f"{text} {draw.choice(words)}"
        feed.append(Paragraph(text, f"r{draw.integers(0, 300)}", str(place + draw.integers(-20, 20))))
    novelty = fast(rule, recent)
    novelty._engine.retention._largest = 700 if recent < 1000 or most[1] else 10_000
    expected, _ = slowly_judged(rule, recent, feed)
    assert judged(novelty, feed, [40 * cut for cut in cuts]) == expected


def test_memory_is_bounded() -> None:
    """After any number of paragraphs, the memory is at most a few times the size of the stored paragraphs."""
    novelty = NoveltyFilter(max_paragraphs=1000, updates="drop")
    draw = np.random.default_rng(5)
    for _ in range(100):
        numbers = draw.integers(0, 10**9, (1000, 12))
        kinds = [decision.kind for decision in novelty.judge(" ".join(map(str, row)) for row in numbers.tolist())]
        assert kinds.count("novel") == 1000
    assert len(novelty) == 1000
    assert len(novelty._engine.store) < 8000
    assert len(novelty._engine.row_labels._labels) == len(novelty._engine.store)
    entries = int(novelty._engine._index.table.counts.sum())
    assert entries < 8000 * (1 + novelty.layout.bands)


STORM = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."


@pytest.mark.filterwarnings("ignore:the time 'soon' cannot be read")
@pytest.mark.parametrize(
    ("fields", "times", "kinds"),
    [
        ({"window": 10}, ["0", "10", "20", "21"], "novel exact novel exact"),
        ({"window": 10, "refresh": True}, ["0", "10", "20", "31"], "novel exact exact novel"),
        ({"window": "1d"}, ["2031-01-01T08:00:00Z", "Thu, 02 Jan 2031 08:00:00 GMT"], "novel exact"),
        ({"window": "1d"}, ["2031-01-01T08:00:00Z", "Thu, 02 Jan 2031 08:00:01 GMT"], "novel novel"),
        ({"window": 10}, ["100", None, "soon", "111", None], "novel exact exact novel exact"),
        ({"window": 10}, ["100", "50", "100"], "novel exact exact"),
        ({"window": 10}, ["50", "100", "50", "100"], "novel novel exact exact"),
        ({"window": 10}, [None, None, "5", "6", "20"], "novel exact exact exact exact"),
    ],
)
def test_a_story_is_new_after_the_window(fields: dict[str, Any], times: list[str | None], kinds: str) -> None:
    """A repeated story is new after the window, unless it was refreshed. An unreadable time loses nothing."""
    feed = [Paragraph(STORM, time=time) for time in times]
    assert " ".join(decision.kind for decision in NoveltyFilter(**fields).judge(feed)) == kinds


@pytest.mark.parametrize(
    ("refresh", "kinds"), [(False, "novel novel exact novel novel"), (True, "novel novel exact novel exact")]
)
def test_max_paragraphs_evicts_the_oldest(refresh: bool, kinds: str) -> None:
    """If the store is full, the paragraph that was stored or refreshed first is evicted."""
    feed = ["one", "two", "one", "three", "one"]
    novelty = NoveltyFilter(max_paragraphs=2, refresh=refresh)
    assert " ".join(decision.kind for decision in novelty.judge(feed)) == kinds
    assert len(novelty) == 2


def test_a_full_bucket_loses_expired_entries() -> None:
    """Expired paragraphs make room under a key with many entries, so later ones are found."""
    feed = [f"Results of company {k}: the board proposes a dividend of {k} cents to all holders." for k in range(500)]
    novelty = NoveltyFilter(bucket_limit=2, max_paragraphs=2, threshold=0.8, coverage=1.0, updates="drop")
    timed = [Paragraph(text, time="0") for text in feed]
    expected, _ = slowly_judged(novelty.settings, 20_000, timed)
    assert judged(novelty, timed, [500]) == expected
    assert {decision.kind for decision in novelty.judge(feed[-1:])} == {expected[-1].kind, "exact"} - {"novel"}


def test_blocks_do_not_depend_on_reused_rows() -> None:
    """The number of a block is the same whether or not rows are reused."""
    story = [f"Paragraph {word} of the story on the harbour and the storm." for word in "one two three four".split()]
    fill = [" ".join(map(str, row)) for row in np.random.default_rng(1).integers(0, 10**9, (3000, 8)).tolist()]
    feed = [*fill, *story, *fill[:50], *story]
    blocks = [
        [decision.block for decision in NoveltyFilter(max_paragraphs=most).judge(feed, batch_size=size)]
        for most, size in ((100, 10), (100, 5000), (10**6, 1000))
    ]
    assert blocks[0] == blocks[1]
    assert blocks[0][-4:] == [1] * 4
    assert len(set(blocks[2][-4:])) == 1


@settings(max_examples=10)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_every_column_has_the_requested_size(rows: list[int]) -> None:
    """Every column has the requested size, however memory is rounded."""
    retention = Retention(Settings(window=1), forgets=True)
    for count in rows:
        retention.reserve(count)
        assert all(len(column) >= count for column in retention.columns[6:])


def labels(*times: str | None) -> Labels:
    """Labels of records with these times."""
    return Labels([f"record {k}" for k in range(len(times))], list(times), [None] * len(times))


def test_clock() -> None:
    """The clock is the arrival time until a record has a time, then the third-latest time, in any order."""
    clock = Clock(10.0)
    timestamps = clock.read(labels(None, "5", None, "3", "20", "30", "9999"), 7, 0)
    assert timestamps.clocks[0] > 1e9
    assert timestamps.clocks[1:].tolist() == [5, 5, 3, 3, 5, 20]
    assert timestamps.times[1:].tolist() == [5, 5, 3, 20, 30, 9999]
    assert timestamps.match_cutoffs[1:].tolist() == [-5, -5, -7, 10, 20, 9989]
    timestamps = clock.read(labels("9999", "30", None, "31"), 4, 7)
    assert timestamps.clocks.tolist() == [20, 20, 20, 30]
    assert timestamps.expiry_cutoffs.tolist() == [10, 10, 10, 20]
    assert timestamps.records.tolist() == Clock(None).read(labels("1", "2", "3", "4"), 4, 0).records.tolist()


@given(st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=1, max_size=40), sizes)
def test_the_clock_is_the_third_latest_time(times: list[int | None], cuts: list[int]) -> None:
    """Whatever the batches, the clock is the third-latest time so far, or the earliest if there are fewer."""
    clock = Clock(10.0)
    clock.read(labels("0"), 1, 0)
    found: list[float] = []
    rest = [None if time is None else str(time) for time in times]
    while rest:
        for cut in cuts:
            batch, rest = rest[:cut], rest[cut:]
            found += clock.read(labels(*batch), len(batch), 0).clocks.tolist()
    so_far = {0}
    for time, clocked in zip(times, found, strict=True):
        if time is not None:
            so_far.add(time)
        assert clocked == sorted(so_far)[-3:][0]


def test_records_that_are_far_ahead() -> None:
    """A record dated far ahead of the others is reported once per state, and expires nothing."""
    clock = Clock(10.0)
    clock.read(labels("100", "101", "102", "9999"), 4, 0)
    assert [entry.id for entry in clock.too_far_ahead()] == ["record 3"]
    assert clock.too_far_ahead() == []
    assert Clock(10.0, clock.now, clock.latest).too_far_ahead() == []
    assert clock.time() == 101


def test_a_text_stored_again_is_found_after_reopening(tmp_path: Path) -> None:
    """A text that was evicted and stored again is found when the state is reopened, even with small buckets."""
    rule = Settings(window=30, bucket_limit=1)
    later, text, again, last = (
        Paragraph("The bridge is open.", time="1030"),
        *(Paragraph("The harbour is closed.", time=time) for time in ("1000", "1040", "1041")),
    )
    found = []
    for feed in ([later, text], [again], [last]):
        with NoveltyFilter(rule, state=tmp_path / "feed.dedup") as novelty:
            found += [decision.kind for decision in novelty.judge(feed)]
    assert found == ["novel", "novel", "novel", "exact"]
