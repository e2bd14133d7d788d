"""The steps of a distributed run decide as the filter does, whatever the partitions."""

from dataclasses import replace
from random import Random
from typing import Any

from helpers.plain_engine import decide
from helpers.strategies import lively, streams
from helpers.templates import template_feed
from hypothesis import given
from hypothesis import strategies as st

from dedup import NoveltyFilter, Paragraph, Settings

# With these settings, buckets are soon crowded.
rules = st.builds(
    Settings,
    threshold=st.sampled_from([0.3, 0.5]),
    shingle=st.sampled_from(["word:1", "word:2"]),
    min_words=st.sampled_from([0, 4]),
    num_perm=st.sampled_from([30, 105]),
    recall=st.just(0.6),
    updates=st.just("keep"),
    strict=st.booleans(),
    bucket_limit=st.sampled_from([1, 2, 4]),
)

# Few bands, so that a pair seldom meets in two buckets.
fields = st.sampled_from([{}, {"threshold": 0.3, "shingle": "word:1", "num_perm": 30, "recall": 0.6}])


def filtered(feed: list[Paragraph], settings: Settings) -> list[Any]:
    """What the filter decides on each paragraph that is not novel, with the places of matches and stories."""
    places = {paragraph.id or f"paragraph:{place + 1}": place for place, paragraph in enumerate(feed)}
    decisions = list(NoveltyFilter(settings).judge(feed))
    return [
        (
            place, decision.kind, places[decision.match.id], decision.jaccard, decision.coverage,
            places[decision.story or ""], decision.version,
        )
        for place, decision in enumerate(decisions)
        if decision.match is not None
    ]  # fmt: skip


@given(st.lists(streams(most=60), min_size=1, max_size=2), rules, st.integers(0, 1 << 30))
def test_any_stream(parts: list[list[str]], settings: Settings, seed: int) -> None:
    """Decision, match, measures, story and version are those of the filter on feeds of edited repeats."""
    feed = [Paragraph(text) for part in parts for text in part]
    assert decide(feed, settings, Random(seed)) == filtered(feed, settings)  # noqa: S311  # no secret


@given(st.integers(0, 1 << 30), st.sampled_from([1, 2, 4]), st.sampled_from(["keep", "drop", "strict"]), fields)
def test_templates(seed: int, bucket_limit: int, mode: str, fields: dict[str, Any]) -> None:
    """So they are on templates with more variants than a bucket holds and than are compared, and on their copies."""
    settings = Settings(
        bucket_limit=bucket_limit, strict=mode == "strict", updates="drop" if mode == "drop" else "keep"
    )
    feed = template_feed(80, seed)
    assert decide(feed, settings, Random(seed)) == filtered(feed, settings)  # noqa: S311  # no secret


@given(st.integers(0, 1 << 30), st.sampled_from([1, 4]), fields)
def test_records(seed: int, bucket_limit: int, fields: dict[str, Any]) -> None:
    """So they are on records that are read again, and on records without a word."""
    feed = [replace(paragraph, time=None, id=f"{place}") for place, paragraph in enumerate(lively(90, seed))]
    for at in (10, 20, 30, 40):
        feed[at : at + 1] = [Paragraph(text, f"same#{at + part}") for part, text in enumerate(["!!", "!!", "??"])]
    settings = Settings(bucket_limit=bucket_limit, **fields)
    assert decide(feed, settings, Random(seed)) == filtered(feed, settings)  # noqa: S311  # no secret


def test_a_copy_that_says_more() -> None:
    """A copy of a dropped text is compared again if it differs as written: a name is only one with a capital."""
    text = "The fire in the old harbour hall {}was put out by the crew late on Sunday evening, a spokesman said."
    texts = [text.format(word) for word in ("", "of grant ", "of grant ", "of Grant ", "of grant ")]
    feed = [Paragraph(each) for each in texts]
    found = filtered(feed, Settings())
    assert [decision[1] for decision in found] == ["near", "near", "update", "exact"]
    assert decide(feed, Settings(), Random(1)) == found  # noqa: S311  # no secret
