"""Exact overlap, as the filter reports it, compared with sets of Python strings."""

import numpy as np
import pytest
from helpers.reference import BruteForce, slow_canonical, slow_coverage, slow_jaccard, slow_shingles
from helpers.strategies import streams, texts
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hostile import colliding_pairs
from dedup import Decision, NoveltyFilter, Settings
from dedup.filter.similarity import similarity_workspace
from dedup.model.utf8 import encode

SHINGLES = ["word:1", "word:2", "word:5", "char:1", "char:5"]


def lenient(shingle: str) -> Settings:
    """Settings with which nearly every proposed pair is a match."""
    return Settings(threshold=0.2, coverage=0.01, recall=0.9, min_words=0, shingle=shingle)


def second(first: str, then: str, settings: Settings) -> Decision:
    """The decision about the second of two texts."""
    return list(NoveltyFilter(settings).judge([first, then]))[1]


def check(first: str, then: str, settings: Settings) -> None:
    """Check that the decision about the second text equals that of the reference, with both measures."""
    decision = second(first, then, settings)
    data = [encode(first), encode(then)]
    keys = NoveltyFilter(settings).sketch_batch(data).keys.tolist()
    slow = BruteForce(settings)
    slow.judge(0, data[0], keys[0])
    expected = slow.judge(1, data[1], keys[1])
    assert decision.kind == expected.kind
    if expected.match is not None:
        assert (decision.jaccard, decision.coverage) == (expected.jaccard, expected.coverage)


@pytest.mark.parametrize("shingle", SHINGLES)
@given(text=texts, start=st.integers(0, 20), more=texts)
def test_overlap_over_unicode(shingle: str, text: str, start: int, more: str) -> None:
    """Jaccard and coverage are exact for texts over all of Unicode, in both directions."""
    settings = lenient(shingle)
    check(text, text[start:] + " " + more, settings)
    check(text[start:] + " " + more, text, settings)


@pytest.mark.parametrize("shingle", SHINGLES)
@given(stream=streams(6))
def test_overlap_of_edited_paragraphs(shingle: str, stream: list[str]) -> None:
    """Jaccard and coverage are exact for a paragraph and its edited form."""
    for then in stream[1:]:
        check(stream[0], then, lenient(shingle))


def test_example_with_known_measures() -> None:
    """Six and eight word pairs share six: Jaccard is 6/8, and coverage is 1 in one direction and 6/8 in the other."""
    short = "the storm closed the harbour early today"
    long = "the storm closed the harbour early today officials said"
    settings = Settings(threshold=0.5, coverage=0.6, min_words=0)
    assert len(slow_shingles(slow_canonical(short.encode()), "word", 2)) == 6
    assert (second(long, short, settings).jaccard, second(long, short, settings).coverage) == (6 / 8, 1.0)
    assert (second(short, long, settings).jaccard, second(short, long, settings).coverage) == (6 / 8, 6 / 8)


def test_repeated_shingles_count_once() -> None:
    """Repeated shingles count once, both in the new paragraph and in the stored one."""
    once = "rain and wind and rain again in the north"
    often = "rain and wind and rain and wind and rain and wind and rain again in the north"
    one, other = (set(slow_shingles(slow_canonical(text.encode()), "word", 2)) for text in (often, once))
    decision = second(once, often, lenient("word:2"))
    assert (decision.kind, decision.jaccard) == ("near", slow_jaccard(one, other))
    assert decision.coverage == slow_coverage(one, other)


def test_equal_hashes_are_not_equal_shingles() -> None:
    """Two word pairs with equal xxh32 do not count as shared."""
    common = "the ledger of the harbour lists every "
    decision = second(common + "item n37051", common + "item n166484", lenient("word:2"))
    assert decision.jaccard == 7 / 9
    assert decision.coverage == 7 / 8


def test_workspace_is_large_enough() -> None:
    """The probe table holds the largest set at most half full, and starts empty."""
    for largest in (0, 1, 8, 9, 1000, 1024, 1025):
        memory = similarity_workspace(3000, largest, 10)
        size = len(memory.slots)
        assert size >= max(16, 2 * largest)
        assert size & (size - 1) == 0
        assert (memory.slots == -1).all()
        assert np.array_equal(memory.seen, np.full(3000, -1))


@pytest.mark.parametrize("count", [10, 200])
def test_many_equal_hashes(count: int) -> None:
    """Jaccard and coverage are exact for texts of shingles with one xxh32, however many there are."""
    pairs = colliding_pairs(count)
    check(" ".join(pairs), " ".join([*pairs[: count // 2], "other", *pairs[count // 2 + 1 :]]), lenient("word:2"))
