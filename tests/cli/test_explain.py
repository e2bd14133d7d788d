"""`dedup explain` and its word diff."""

import itertools
import os
import pty
import re
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.running import COMMAND, HANG, dedup
from helpers.strategies import streams, texts
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dedup import NoveltyFilter, Paragraph, Settings
from dedup.analysis.explain import pair
from dedup.analysis.word_diff import Piece, diff
from dedup.facts import Text

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
LEAD = "The harbour of the old town will stay closed until the storm has passed, the port authority said on Monday."
TALKS = "Crews of the two ferry lines began talks on a common timetable for the winter in the town hall of the island."
FEED = "\n".join([LEAD, TALKS, LEAD.replace("old", "whole"), "Nobody was hurt.", TALKS, TALKS.replace("two", "three")])


def on_a_terminal(columns: int, feed: str) -> str:
    """The output of `dedup explain` about a feed on a terminal with the given number of columns."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen([*COMMAND, "explain"], stdin=subprocess.PIPE, stdout=theirs, env=environment)
    os.close(theirs)
    assert process.stdin is not None
    process.stdin.write(feed.encode())
    process.stdin.close()
    shown = b""
    with suppress(OSError):  # the terminal is closed
        while more := os.read(ours, 1 << 16):
            shown += more
    os.close(ours)
    assert process.wait(HANG) == 0
    return shown.decode()


@given(texts, texts)
def test_pieces_join_to_the_texts(old: str, new: str) -> None:
    """The pieces of each side join to its text."""
    for text, pieces in zip((old, new), diff(old, new, [("a", "b"), ("", "3")]), strict=True):
        assert "".join(piece.text for piece in pieces) == text


@given(streams())
def test_unmarked_words_are_equal(stream: list[str]) -> None:
    """Unmarked words are equal on both sides and in the same order, apart from their separation."""
    for old, new in itertools.pairwise(stream):
        same = ["".join(p.text if p.kind == "same" else " " for p in pieces) for pieces in diff(old, new)]
        before, after = ("".join(Text(text).keys) for text in same)
        assert before.replace("'", "") == after.replace("'", "")


def test_a_changed_fact_is_marked() -> None:
    """A changed fact is a piece of its own. Other differences are removed or added pieces."""
    old, new = diff("the 10 people who died", "the some 12 men who died", [("10", "12")])
    assert old == [Piece("the ", "same"), Piece("10", "fact"), Piece(" people", "removed"), Piece(" who died", "same")]
    assert [piece.kind for piece in new] == ["same", "added", "fact", "added", "same"]


def test_every_repeat_is_shown() -> None:
    """In a pipe, each repeat and update is shown with its original and the reason, block by block, without styles."""
    run = dedup("explain", stdin=FEED.encode(), NO_COLOR="1")
    assert run.returncode == 0, run.stderr
    out = run.stdout.decode()
    assert "\x1b" not in out
    assert "block 1: 2 paragraphs from stdin:1, repeated from stdin:3" in out
    assert "[-old-]" in out
    assert "{+whole+}" in out
    assert "<<two>>" in out
    assert "<<three>>" in out
    assert "but facts changed: two → three" in out
    assert re.findall(r"^(\w+)  J", out, re.MULTILINE) == ["near", "exact", "update"]
    assert out.index("block 1") < out.index("near  J") < out.index("single paragraphs") < out.index("update  J")
    assert run.stderr.splitlines()[-1] == b"dedup: read 6, kept 4 (1 update), dropped 2: 1 exact, 1 near"


@pytest.mark.parametrize(
    ("ids", "pattern"),
    [
        (("1", "3"), r"near  J 0\.8\d .*≥ threshold 0\.33"),
        (("1", "2"), r"novel  J 0\.\d\d .*< threshold 0\.33, coverage 0\.\d\d < 0\.8"),
        (("2", "5"), r"exact  J 1\.00 .*canonical texts are equal"),
        (("2", "6"), r"update .*facts changed: two → three"),
        (("6", "2"), r"update .*facts changed: three → two"),
        (("1", "4"), r"novel .*3 words are below min_words 6"),
        (("4", "4"), r"exact "),
    ],
)
def test_two_given_paragraphs(ids: tuple[str, str], pattern: str) -> None:
    """`--ids` shows which rule decides about two paragraphs, with the numbers, even if they do not match."""
    run = dedup("explain", "--ids", *(f"stdin:{id_}" for id_ in ids), stdin=FEED.encode())
    assert run.returncode == 0, run.stderr
    assert re.search(pattern, run.stdout.decode())
    assert "proposes such a pair with probability" in run.stdout.decode()


def test_an_unknown_id() -> None:
    """An unknown id ends with status 1 and is named."""
    run = dedup("explain", "--ids", "stdin:1", "nobody", stdin=FEED.encode())
    assert (run.returncode, run.stdout) == (1, b"")
    assert b"'nobody'" in run.stderr


def test_control_characters_are_removed() -> None:
    """Control characters of a feed do not reach the terminal."""
    run = dedup("explain", stdin=f"{LEAD}\n{LEAD}\x1b[K\x07\n".encode())
    assert b"near" in run.stdout
    assert not re.search(rb"[\x00-\x09\x0b-\x1f]", run.stdout)


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_leaves_nothing_out(columns: int) -> None:
    """On a terminal, styles mark words, and long lines are wrapped in every script."""
    old = f"{TALKS} {'https://harbour.example/' + 'timetable/' * 12} {'港口管理局星期一表示旧城的港口将继续关闭' * 3}"
    new = old.replace("island", "coast")
    screen = "\r\n".join(line.rstrip() for line in on_a_terminal(columns, f"{old}\n{new}\n").split("\r\n"))
    assert "\x1b[9;31misland\x1b[0m" in screen
    assert "\x1b[4;32mcoast\x1b[0m" in screen
    plain = re.sub(r"\x1b\[[\d;]*m", "", screen)
    assert "…" not in plain
    assert max(map(cell_len, plain.split("\r\n"))) <= columns
    for word in ("timetable/", "港"):
        assert plain.count(word[0]) >= (old + new).count(word[0])


@given(streams(12), st.sampled_from(["keep", "drop"]))
def test_pairs_agree_with_the_filter(stream: list[str], updates: str) -> None:
    """If the filter matches a paragraph, a direct comparison gives the same decision and numbers."""
    rule = Settings(updates=updates)
    for decision in NoveltyFilter(rule).judge(stream):
        if decision.match is not None:
            found, _ = pair(Paragraph(decision.match.text, decision.match.id), decision.paragraph, rule)
            assert (found.kind, found.jaccard, found.coverage) == (decision.kind, decision.jaccard, decision.coverage)
