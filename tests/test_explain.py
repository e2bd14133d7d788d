"""`dedup explain`, and the word diff that it shows."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import dedup
from strategies import streams, texts

from dedup import NoveltyFilter, Paragraph, Settings
from dedup.explain import pair
from dedup.facts.words import Words
from dedup.worddiff import Piece, diff

SAMPLES = Path(__file__).parent.parent / "sample_feeds"
LEAD = "The harbour of the old town will stay closed until the storm has passed, the port authority said on Monday."
TALKS = "Crews of the two ferry lines began talks on a common timetable for the winter in the town hall of the island."
FEED = "\n".join([LEAD, TALKS, LEAD.replace("old", "whole"), "Nobody was hurt.", TALKS, TALKS.replace("two", "three")])


@given(texts, texts)
def test_pieces_are_the_texts(old: str, new: str) -> None:
    """Joined, the pieces of each side are the text it shows."""
    for text, pieces in zip((old, new), diff(old, new, [("a", "b"), ("", "3")]), strict=True):
        assert "".join(piece.text for piece in pieces) == text


@given(streams())
def test_the_same_is_the_same(stream: list[str]) -> None:
    """What is not marked says the same words on both sides, in the same order, but for where words are cut."""
    for old, new in itertools.pairwise(stream):
        same = ["".join(p.text if p.kind == "same" else " " for p in pieces) for pieces in diff(old, new)]
        before, after = ("".join(Words(text).keys) for text in same)
        assert before.replace("'", "") == after.replace("'", "")


def test_a_changed_fact_is_marked() -> None:
    """A changed fact is a piece by itself, other differences are what was removed and added."""
    old, new = diff("the 10 people who died", "the some 12 men who died", [("10", "12")])
    assert old == [Piece("the ", "same"), Piece("10", "fact"), Piece(" people", "removed"), Piece(" who died", "same")]
    assert [piece.kind for piece in new] == ["same", "added", "fact", "added", "same"]


def test_every_repeat_is_shown() -> None:
    """In a pipe each repeat and update stands plainly beside its original, block by block, with the reason."""
    run = dedup("explain", stdin=FEED.encode(), NO_COLOR="1")
    assert run.returncode == 0, run.stderr
    out = run.stdout.decode()
    assert "\x1b" not in out
    assert "block 1: 2 paragraphs from stdin:1 again from stdin:3" in out
    assert "[-old-]" in out
    assert "{+whole+}" in out
    assert "<<two>>" in out
    assert "<<three>>" in out
    assert "but facts changed: two → three" in out
    assert re.findall(r"^(\w+)  J", out, re.MULTILINE) == ["near", "exact", "update"]


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (("1", "3"), r"near  J 0\.8\d .*≥ threshold 0\.33"),
        (("1", "2"), r"novel  J 0\.\d\d .*< threshold 0\.33, coverage 0\.\d\d < 0\.8"),
        (("2", "5"), r"exact  J 1\.00 .*canonical texts are equal"),
        (("2", "6"), r"update .*facts changed: two → three"),
        (("6", "2"), r"update .*facts changed: three → two"),
        (("1", "4"), r"novel .*3 words are below min_words 8"),
        (("4", "4"), r"exact "),
    ],
)
def test_two_given_paragraphs(ids: tuple[str, str], said: str) -> None:
    """`--ids` says which rule decides of two paragraphs, with the numbers, also where they do not match."""
    run = dedup("explain", "--ids", *(f"stdin:{id_}" for id_ in ids), stdin=FEED.encode())
    assert run.returncode == 0, run.stderr
    assert re.search(said, run.stdout.decode())
    assert "proposes such a pair with probability" in run.stdout.decode()


def test_an_id_that_is_not_there() -> None:
    """An id that no paragraph has ends with status 1 and its name."""
    run = dedup("explain", "--ids", "stdin:1", "nobody", stdin=FEED.encode())
    assert (run.returncode, run.stdout) == (1, b"")
    assert b"'nobody'" in run.stderr


def test_nothing_steers_the_terminal() -> None:
    """Control characters of a feed are not handed on to the terminal."""
    run = dedup("explain", stdin=f"{LEAD}\n{LEAD}\x1b[K\x07\n".encode())
    assert b"near" in run.stdout
    assert not re.search(rb"[\x00-\x09\x0b-\x1f]", run.stdout)


@given(streams(12), st.sampled_from(["keep", "drop"]))
def test_pairs_agree_with_the_filter(stream: list[str], updates: str) -> None:
    """A paragraph that the filter matches has the same decision and numbers when it is compared with its match."""
    rule = Settings(updates=updates)
    for decision in NoveltyFilter(rule).judge(stream):
        if decision.match is not None:
            found, _ = pair(Paragraph(decision.match.text, decision.match.id), decision.paragraph, rule)
            assert (found.kind, found.jaccard, found.coverage) == (decision.kind, decision.jaccard, decision.coverage)
