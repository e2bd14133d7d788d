"""Decisions about pairs, compared with sets of Python strings and with the filter."""

import numpy as np
import pytest
from helpers.reference import slow_canonical, slow_coverage, slow_jaccard, slow_shingles, slow_signs, slow_words
from helpers.strategies import streams, texts
from hypothesis import given
from hypothesis import strategies as st

from dedup import NoveltyFilter, Settings
from dedup.analysis.pairwise import PairDecisions, canonical_pairs, compare, kinds, overlap
from dedup.model.types import KINDS
from dedup.model.utf8 import encode

SHINGLES = ["word:1", "word:2", "char:1", "char:5"]
pairs_of_texts = st.lists(st.tuples(texts, texts), max_size=6)


@st.composite
def edited(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Pairs of paragraphs of one feed. Many are edited from an earlier one."""
    stream = draw(streams(5))
    return [(first, then) for first in stream for then in stream]


def encoded(pairs: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """The pairs in the encoded form that the program takes."""
    return [(encode(first), encode(then)) for first, then in pairs]


def check(pairs: list[tuple[str, str]], settings: Settings) -> None:
    """Check that kinds and numbers equal those of the reference."""
    found = compare(encoded(pairs), settings)
    for i, (first, then) in enumerate(encoded(pairs)):
        one, two = slow_canonical(first), slow_canonical(then)
        theirs, mine = (set(slow_shingles(text, *settings.shingle_parts())) for text in (one, two))
        jaccard = slow_jaccard(mine, theirs) if mine or theirs else 0
        coverage = slow_coverage(mine, theirs) if mine else 0
        words = [slow_words(first), slow_words(then)]
        kind = "novel"
        if one == two and one and slow_signs(first) == slow_signs(then):
            kind = "exact"
        elif min(words) >= max(1, settings.min_words):
            kind = "near" if jaccard >= settings.threshold else "contained" if coverage >= settings.coverage else kind
        assert found.overlaps.equal[i] == (kind == "exact")
        assert (found.overlaps.jaccard[i], found.overlaps.coverage[i]) == (jaccard, coverage)
        assert found.overlaps.words[i].tolist() == words
        assert KINDS[found.kinds[i]] == kind


@pytest.mark.parametrize("shingle", SHINGLES)
@given(pairs=pairs_of_texts)
def test_pairs_over_unicode(shingle: str, pairs: list[tuple[str, str]]) -> None:
    """Kinds and numbers equal a slow reference for texts over all of Unicode."""
    check(pairs, Settings(threshold=0.3, coverage=0.5, min_words=1, shingle=shingle, updates="drop"))


@pytest.mark.parametrize("shingle", SHINGLES)
@given(pairs=edited(), min_words=st.sampled_from([0, 6]))
def test_edited_pairs(shingle: str, pairs: list[tuple[str, str]], min_words: int) -> None:
    """Kinds and numbers equal a slow reference for edited paragraphs."""
    check(pairs, Settings(shingle=shingle, min_words=min_words, updates="drop"))


@pytest.mark.parametrize("shingle", SHINGLES)
@given(pairs=edited())
def test_the_filter_agrees(shingle: str, pairs: list[tuple[str, str]]) -> None:
    """The filter decides the same about the second text if LSH proposes the pair; otherwise it is novel."""
    settings = Settings(threshold=0.3, coverage=0.6, min_words=3, shingle=shingle)
    novelty = NoveltyFilter(settings)
    found = compare(encoded(pairs), settings)
    for i, both in enumerate(encoded(pairs)):
        decision = list(NoveltyFilter(settings).judge([text.decode() for text in both]))[1]
        kind = KINDS[found.kinds[i]]
        keys = novelty.sketch_batch(both).keys
        if (keys[0] == keys[1]).any():
            assert decision.kind == kind
        else:
            assert decision.kind in (kind, "novel")
        if decision.match is not None:
            numbers = found.overlaps.jaccard[i], found.overlaps.coverage[i]
            assert (decision.jaccard, decision.coverage) == numbers


def test_example_with_known_numbers() -> None:
    """Six and eight word pairs share six. In the other direction, the coverage is 1."""
    short = b"the storm closed the harbour early today"
    long = b"the storm closed the harbour early today officials said"
    decisions = compare([(short, long), (long, short)], Settings(threshold=0.8, min_words=6))
    assert decisions.overlaps.jaccard.tolist() == [6 / 8, 6 / 8]
    assert decisions.overlaps.coverage.tolist() == [6 / 8, 1]
    assert [KINDS[kind] for kind in decisions.kinds] == ["novel", "contained"]


def test_thresholds_are_met_exactly() -> None:
    """A pair exactly at the threshold or at the coverage matches."""
    pairs = canonical_pairs([(b"aba cdc efe ghg iji klk mnm opo", b"aba cdc efe ghg iji klk mnm opo qrq")])
    overlaps = overlap(pairs, "word", 2)
    assert overlaps.jaccard[0] == overlaps.coverage[0] == 7 / 8
    assert kinds(overlaps, 7 / 8, 1, 6).tolist() == [KINDS.index("near")]
    assert kinds(overlaps, 1, 7 / 8, 6).tolist() == [KINDS.index("contained")]
    assert kinds(overlaps, np.nextafter(7 / 8, 1), 1, 6).tolist() == [KINDS.index("novel")]


def test_equal_hashes_are_not_equal_shingles() -> None:
    """Two word pairs with equal xxh32 do not count as shared."""
    common = b"the ledger of the harbour lists every "
    decisions = compare([(common + b"item n37051", common + b"item n166484")], Settings())
    assert decisions.overlaps.coverage.tolist() == [7 / 8]


def test_pairs_without_tokens() -> None:
    """No pairs give empty arrays, and texts without a token are never equal."""
    assert isinstance(compare([], Settings()), PairDecisions)
    assert len(compare([], Settings()).kinds) == 0
    decisions = compare([(b"", b""), (b"...", b"!"), (b"", b"one")], Settings(min_words=0))
    assert decisions.kinds.tolist() == [0, 0, 0]
    assert not decisions.overlaps.equal.any()
    assert not decisions.overlaps.jaccard.any()
