"""The filter keeps the first of similar paragraphs, whatever the batches, and equals brute force on LSH proposals."""

from typing import Any

import pytest
from helpers.reference import BruteForce, ReferenceDecision
from helpers.strategies import streams, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import Decision, NoveltyFilter, Settings
from dedup.filter.batch import MATCHES
from dedup.model.utf8 import encode
from dedup.sketch.normalize import canonical

REPORT = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."

rules = st.builds(
    Settings,
    threshold=st.sampled_from([0.3, 0.5, 0.8, 1.0]),
    coverage=st.sampled_from([0.3, 0.6, 1.0]),
    shingle=st.sampled_from(["word:1", "word:2", "word:3", "char:3", "char:5"]),
    min_words=st.sampled_from([0, 1, 4, 6]),
    num_perm=st.sampled_from([30, 105]),
    recall=st.just(0.6),
    seed=st.sampled_from([1, 7]),
    bucket_limit=st.sampled_from([1, 2, 64]),
    strict=st.booleans(),
)


def as_reference(decision: Decision, stream: list[str]) -> ReferenceDecision:
    """A decision in the form of the reference. The ids are those that the filter assigns."""
    if decision.match is None:
        assert (decision.kind, decision.jaccard, decision.coverage) == ("novel", None, None)
        return ReferenceDecision("novel")
    place = int(decision.match.id.removeprefix("paragraph:")) - 1
    assert decision.match.text == stream[place]
    assert decision.jaccard is not None
    assert decision.coverage is not None
    return ReferenceDecision(decision.kind, place, decision.jaccard, decision.coverage)


@settings(max_examples=150)
@given(streams(), rules)
def test_equals_brute_force(stream: list[str], rule: Settings) -> None:
    """Every decision, its match and both measures equal those of the slow rule on the pairs that LSH proposes."""
    novelty = NoveltyFilter(rule)
    data = [encode(text) for text in stream]
    keys = novelty.sketch_batch(data).keys.tolist()
    slow = BruteForce(rule)
    expected = [slow.judge(place, text, keys[place]) for place, text in enumerate(data)]
    decisions = list(novelty.judge(stream))
    assert [as_reference(decision, stream) for decision in decisions] == expected
    assert len(novelty) == len(slow.stored)
    for place, (decision, of) in enumerate(zip(decisions, expected, strict=True)):
        assert (decision.story, decision.version) == slow.story(place if decision.novel else of.match)


@given(st.lists(texts, max_size=12), rules)
def test_equals_brute_force_over_unicode(stream: list[str], rule: Settings) -> None:
    """The kinds of decisions equal those of the slow rule for any text, even if it cannot be encoded."""
    novelty = NoveltyFilter(rule)
    data = [encode(text) for text in stream + stream]
    keys = novelty.sketch_batch(data).keys.tolist()
    slow = BruteForce(rule)
    expected = [slow.judge(place, text, keys[place]).kind for place, text in enumerate(data)]
    assert [decision.kind for decision in novelty.judge(stream + stream)] == expected


@given(streams(), rules, st.lists(st.integers(1, 7), min_size=1))
def test_batches_do_not_matter(stream: list[str], rule: Settings, cuts: list[int]) -> None:
    """Decisions do not depend on the division of the input into batches."""
    whole = list(NoveltyFilter(rule).judge(stream))
    for size in (1, 2, cuts[0], 1000):
        assert list(NoveltyFilter(rule).judge(stream, batch_size=size)) == whole
    pieces = NoveltyFilter(rule)
    decisions: list[Decision] = []
    rest = stream
    while rest:
        for cut in cuts:
            decisions += pieces.judge(rest[:cut])
            rest = rest[cut:]
    assert decisions == whole


@given(streams())
def test_results_are_reproducible(stream: list[str]) -> None:
    """Two filters with the same settings give the same decisions, in the order of the input."""
    first = list(NoveltyFilter().judge(stream))
    assert first == list(NoveltyFilter().judge(iter(stream)))
    assert [decision.paragraph.text for decision in first] == stream


@settings(max_examples=15)
@given(streams(), st.integers(0, 2**32 - 1))
def test_exact_repeats_under_any_seed(stream: list[str], seed: int) -> None:
    """A stored paragraph is found again as exact with any seed, except if it has no token."""
    novelty = NoveltyFilter(seed=seed)
    kept = [decision.paragraph.text for decision in novelty.judge(stream) if decision.novel]
    for text, again in zip(kept, novelty.judge(kept), strict=True):
        assert again.kind == ("exact" if canonical(text) else "novel")
        if again.match is not None:
            assert canonical(again.match.text) == canonical(text)


def kinds(stream: list[str], **fields: Any) -> list[str]:
    """The kinds of decisions of a stream."""
    return [decision.kind for decision in NoveltyFilter(**fields).judge(stream)]


def test_a_reworded_report() -> None:
    """A reworded report is near, a part of it is contained, and other news is novel."""
    stream = [
        REPORT,
        "The ferry to the northern islands was cancelled again on Tuesday, because of a storm!",
        "the northern islands was cancelled again",
        "The council of the northern town has agreed on a budget for new schools and clinics.",
        REPORT.upper(),
    ]
    decisions = list(NoveltyFilter(threshold=0.7, min_words=6, num_perm=128).judge(stream))
    assert [decision.kind for decision in decisions] == ["novel", "near", "contained", "novel", "exact"]
    assert [decision.novel for decision in decisions] == [True, False, False, True, False]
    assert decisions[2].coverage == 1.0


def test_best_match_is_named() -> None:
    """Of several matches, the one with the highest Jaccard is named; of equal ones, the earliest."""
    first = "alpha bravo charlie delta echo foxtrot golf hotel india juliet"
    closer = "alpha bravo charlie delta echo foxtrot golf hotel xray yankee zulu whiskey victor uniform"
    novelty = NoveltyFilter(threshold=0.9, coverage=0.6, min_words=1)
    ids = [decision.match and decision.match.id for decision in novelty.judge([first, closer, closer + " tango"])]
    assert ids == [None, None, "paragraph:2"]
    twins = [
        "one two three four five six seven eight a b c d e f",
        "one two three four five six seven eight g h i j k l",
        "one two three four five six seven eight",
    ]
    last = list(NoveltyFilter(threshold=0.6, coverage=0.9, num_perm=400, recall=0.9999).judge(twins))[-1]
    assert last.match is not None
    assert (last.match.id, last.kind, last.coverage) == ("paragraph:1", "contained", 1.0)


def test_short_paragraphs_match_only_when_equal() -> None:
    """Below `min_words` tokens, only an equal canonical text is a repeat, and such a text matches no longer one."""
    stream = [
        "More rain is expected",
        "More rain is expected soon",
        "MORE rain, is expected!",
        "More rain is expected inland",
    ]
    assert kinds(stream, min_words=6) == ["novel", "novel", "exact", "novel"]
    assert kinds(stream, min_words=5)[1:] == ["novel", "exact", "update"]
    assert kinds(["ab cd ef gh ij", "ab cd ef gh ij kl"], min_words=6) == ["novel", "novel"]


def test_two_short_texts_never_match() -> None:
    """Texts shorter than a shingle are compared whole, so different ones never match."""
    assert kinds(["no", "yes", "no", "n", "", "yes."], shingle="word:5", min_words=0) == [
        "novel", "novel", "exact", "novel", "novel", "exact",
    ]  # fmt: skip
    assert kinds(["a", "b", "ab"], shingle="char:8", min_words=0) == ["novel"] * 3


@pytest.mark.parametrize("min_words", [0, 6])
def test_texts_without_a_token_pass(min_words: int) -> None:
    """A text without a token is never compared. It is always novel and never stored."""
    novelty = NoveltyFilter(min_words=min_words)
    stream = ["", "—", "...", "", "😀😀", "😀😀", "* * *", "* * *", "\u00ad", "\0"]
    assert [decision.kind for decision in novelty.judge(stream)] == ["novel"] * len(stream)
    assert len(novelty) == 0


def test_many_copies() -> None:
    """A paragraph that comes thousands of times is stored once."""
    novelty = NoveltyFilter()
    decisions = novelty.judge([REPORT] * 20_000)
    assert next(decisions).novel
    assert {decision.kind for decision in decisions} == {"exact"}
    assert len(novelty) == 1


@pytest.mark.parametrize("limit", [1, 4, 64])
def test_a_template_with_thousands_of_variants(limit: int) -> None:
    """A full bucket only hides matches. Every dropped paragraph repeats its match, and repeats are still found."""
    template = "Quarterly results of company number {0}: the board proposes a dividend of {0} cents to holders."
    stream = [template.format(k) for k in range(3_000)]
    rule = Settings(threshold=0.8, coverage=0.9, bucket_limit=limit)
    novelty = NoveltyFilter(rule)
    data = [encode(text) for text in stream]
    keys = novelty.sketch_batch(data).keys.tolist()
    slow = BruteForce(rule)
    expected = [slow.judge(place, text, keys[place]) for place, text in enumerate(data)]
    decisions = list(novelty.judge(stream))
    assert [as_reference(decision, stream) for decision in decisions] == expected
    kept = [decision.paragraph.text for decision in decisions if decision.novel]
    assert len(kept) > 2
    assert {decision.kind for decision in novelty.judge(kept)} == {"exact"}


def test_update() -> None:
    """A changed number is emitted and stored, and repeats of either version are dropped."""
    ten = "Officials said that 10 people were killed when the ferry sank in the storm."
    twelve = ten.replace("10", "12")
    stream = [ten, twelve, twelve.replace("Officials", "The officials"), ten.replace("sank", "went down")]
    decisions = list(NoveltyFilter().judge(stream))
    assert [decision.kind for decision in decisions] == ["novel", "update", "near", "near"]
    assert [decision.novel for decision in decisions] == [True, True, False, False]
    assert decisions[1].changed == (("10", "12"),)
    assert [decision.match.text for decision in decisions[2:] if decision.match] == [twelve, ten]
    assert [decision.kind for decision in NoveltyFilter(updates="drop").judge(stream)] == ["novel"] + ["near"] * 3


def test_only_the_best_matches_are_compared() -> None:
    """Only the facts of the best matches are compared, so a template with many variants takes bounded time."""
    bulletin = (
        "Bulletin {} of the harbour office tells captains that the northern channel is closed until further notice."
    )
    stream = [bulletin.format(number) for number in range(2 * MATCHES)]
    decisions = list(NoveltyFilter().judge([*stream, bulletin.format(0).replace("tells", "informs")]))
    assert {decision.kind for decision in decisions[1:-1]} == {"update"}
    assert decisions[-1].kind == "near"
    assert decisions[-1].match is not None
    assert decisions[-1].match.text == stream[0]
