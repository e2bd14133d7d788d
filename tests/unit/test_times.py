"""Times in feeds: each usual form is read, and nothing is guessed."""

from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime
from warnings import catch_warnings, simplefilter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup import NoveltyFilter, Paragraph
from dedup.model.times import moment, written

SIX = datetime(2025, 11, 4, 6, tzinfo=UTC).timestamp()
DAY = datetime(2025, 11, 4, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1970-01-02", 86400.0),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01 01:00:00+01:00", 0.0),
        ("Thu, 01 Jan 1970 00:00:05 GMT", 5.0),
        ("17.5", 17.5),
        ("-17", -17.0),
        ("1762236000", SIX),
        (" 1762236000.0 ", SIX),
        ("1762236000000", SIX),
        ("1.762236e12", SIX),
        ("1762236000000000", SIX),
        ("1762236000000000000", SIX),
        ("2025", datetime(2025, 1, 1, tzinfo=UTC).timestamp()),
        ("2025.0", datetime(2025, 1, 1, tzinfo=UTC).timestamp()),
        ("1900", datetime(1900, 1, 1, tzinfo=UTC).timestamp()),
        ("2100", datetime(2100, 1, 1, tzinfo=UTC).timestamp()),
        ("202511", datetime(2025, 11, 1, tzinfo=UTC).timestamp()),
        ("1899", 1899.0),
        ("2101", 2101.0),
        ("202513", 202513.0),
        ("2025.5", 2025.5),
        ("20251104", DAY),
        ("20251104.0", DAY),
        ("202511040600", SIX),
        ("20251104060000", SIX),
        ("20251104T060000Z", SIX),
        ("2025-11-04T06:00:00z", SIX),
        ("2025-11-04T06:00:00.5Z", SIX + 0.5),
        ("2025-11-04 06:00:00 UTC", SIX),
        ("2025-11-04 06:00 GMT", SIX),
        ("2025-11-04 01:00:00 EST", SIX),
        ("2025-11-04 07:00:00 +0100", SIX),
        ("2025-11-04 07:00 UTC+1", SIX),
        ("2025/11/04", DAY),
        ("2025/11/4 6:00", SIX),
        ("2025/11/04T06:00:00.25Z", SIX + 0.25),
        ("2025.11.04 06:00", SIX),
        ("2025-11-04, 6:00 am", SIX),
        ("Tue, 04 Nov 2025 01:00:00 EST", SIX),
        ("Mon, 03 Nov 2025 23:00:00 PDT", SIX),
        ("Tue, 04 Nov 2025 07:00:00 CET", SIX),
        ("04 Nov 25 06:00 UT", SIX),
        ("Tue, 4 Nov 2025 6:00:00 -0000", SIX),
        ("Tue, 04 Nov 2025 06:00:00 +0000 (UTC)", SIX),
        ("Tuesday, 04-Nov-25 06:00:00 GMT", SIX),
        ("Tue Nov  4 06:00:00 2025", SIX),
        ("Tue Nov  4 06:00:00 UTC 2025", SIX),
        ("Tue Nov 04 07:00:00 +0100 2025", SIX),
        ("Tue Nov 04 2025 07:00:00 GMT+0100 (Central European Standard Time)", SIX),
        ("November 4, 2025 1:00 a.m. EST", SIX),
        ("Nov 4, 2025", DAY),
        ("4 November 2025", DAY),
    ],
)
def test_usual_forms_are_read(time: str, seconds: float) -> None:
    """Numbers of every unit, ISO 8601 and its looser variants, and dates with a month's name are read."""
    assert moment(time) == seconds


@pytest.mark.parametrize(
    "time",
    [
        None,
        "",
        "nan",
        "inf",
        "1e400",
        "1_000",
        "yesterday",
        "yesterday 06:00",
        "6:00",
        "May 5",
        "04/11/2025",
        "25/12/2025",
        "11/4/2025 6:00",
        "04-11-2025",
        "04.11.2025",
        "2025 11 04",
        "2025-13-04",
        "2025/11/31",
        "2025-11-04 13:00 pm",
        "2025-11-04 25:00",
        "Tue, 32 Nov 2025 06:00",
        "Tue, 04 Nov 2025 06:00:00 IST",
        "2025-11-04 06:00 Halmere time",
        "Tue, 4 Nov 2025 6:00:00 +99:00",
    ],
)
def test_other_texts_are_no_time(time: str | None) -> None:
    """An ambiguous date, an unknown zone and other texts give no time."""
    assert moment(time) is None


@given(
    st.datetimes(datetime(1974, 1, 1), datetime(2099, 12, 31)).map(lambda time: time.replace(microsecond=0)),
    st.integers(-14 * 60, 14 * 60),
)
def test_every_form_of_a_time_is_the_same_moment(naive: datetime, minutes: int) -> None:
    """One time in each usual form and zone gives the same value as in Python."""
    time = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    seconds = time.timestamp()
    offset = time.strftime("%z")
    forms = [
        time.isoformat(),
        str(time),
        time.strftime("%Y-%m-%d %H:%M:%S ") + offset,
        time.strftime("%Y/%m/%d %H:%M:%S") + offset,
        time.strftime("%A %B %d %Y %H:%M:%S GMT") + offset,
        time.strftime("%a %b %d %H:%M:%S ") + offset + time.strftime(" %Y"),
        time.strftime("%d %b %Y %I:%M:%S %p ") + offset,
        format_datetime(time),
        time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        time.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
        *(str(int(seconds) * unit) for unit in (1, 1000, 10**6, 10**9) if seconds * unit > 1e9),
    ]
    assert {form: moment(form) for form in forms} == dict.fromkeys(forms, seconds)


@given(st.text(st.sampled_from("0123456789-/:. +TZNovPM,()"), max_size=24) | st.text(max_size=12))
def test_any_text(text: str) -> None:
    """Any text gives a time or none, and raises nothing."""
    assert moment(text) is None or isinstance(moment(text), float)


def test_a_time_that_cannot_be_read_is_reported() -> None:
    """If times matter, judge warns about the first unreadable one, at the caller's line, and loses nothing."""
    items = [{"text": f"Ferry {k}.", "time": time} for k, time in enumerate(["2025", "soon", "x"])]
    with NoveltyFilter(window="7d") as novelty, catch_warnings(record=True) as warned:
        simplefilter("always")
        assert [decision.kind for decision in novelty.judge(items)] == ["novel"] * 3
        assert novelty.judge_one({"text": "Trains stop.", "time": "later"}).kind == "novel"
    assert [(warning.filename, str(warning.message)[:32]) for warning in warned] == [
        (__file__, "the time 'soon' cannot be read; ")
    ]
    with NoveltyFilter(window="7d") as novelty, catch_warnings(record=True) as warned:
        simplefilter("always")
        novelty.judge_one({"text": "Trains stop.", "time": "later"})
    assert [(warning.filename, str(warning.message)[:33]) for warning in warned] == [
        (__file__, "the time 'later' cannot be read; ")
    ]
    with NoveltyFilter() as novelty:  # there is no window, so no time matters
        assert len(list(novelty.judge(items))) == 3


def test_times_from_python() -> None:
    """A datetime, a date or a number is accepted as the time of a paragraph, and returned as text."""
    text = "Ferries from Sorrenia sail again on Monday, the harbour master said."
    old, soon, late = datetime(2025, 11, 4, 6, tzinfo=UTC), 1762236000 + 3600, date(2025, 12, 4)
    with NoveltyFilter(window="7d") as novelty:
        found = list(novelty.judge([Paragraph(text, time=time) for time in (old, soon, late)]))
        more = list(novelty.judge([{"text": text, "time": datetime(2025, 12, 5)}]))  # no zone is UTC
    assert [decision.kind for decision in [*found, *more]] == ["novel", "exact", "novel", "exact"]
    assert found[0].paragraph.time is old
    assert found[1].match is not None
    assert found[1].match.seen == "2025-11-04T06:00:00+00:00"
    assert more[0].match is not None
    assert more[0].match.seen == "2025-12-04"
    assert (written(None), written(1.5), written("noon")) == (None, "1.5", "noon")
