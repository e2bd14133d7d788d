"""Hard-wrapped text: the shape of the lines shows the paragraphs, and no single line of one is dropped."""

import json
import textwrap
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from helpers.running import COMMAND, dedup
from hypothesis import given
from hypothesis import strategies as st

from dedup.formats.wrapped_lines import is_wrapped

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
LIVE = (SAMPLES / "liveblog.txt").read_text(encoding="utf-8").splitlines()
LONG = [paragraph for paragraph in LIVE if len(paragraph) > 150]
AGAIN = "The harbour authority in Halmere said on Tuesday that the north quay"
PAGE = f"{AGAIN}\nwould stay closed until the damaged crane had been taken down, the\nmayor said.\n\n" + (
    "Farmers in the eastern valleys have asked the ministry for seed, the\nmayor said.\n"
)


def wrapped(paragraphs: list[str], width: int) -> list[str]:
    """Paragraphs as an editor wraps them, with a blank line after each."""
    return [line for paragraph in paragraphs for line in [*textwrap.wrap(paragraph, width), ""]]


@given(st.lists(st.sampled_from(LONG), min_size=2, max_size=9, unique=True), st.integers(60, 100))
def test_any_width(paragraphs: list[str], width: int) -> None:
    """News is recognised as hard-wrapped at any usual width, and as not wrapped if each line is a paragraph."""
    assert is_wrapped(wrapped(paragraphs, width))
    assert not is_wrapped(paragraphs)
    assert not is_wrapped([line for paragraph in paragraphs for line in (paragraph, "")])


@given(st.lists(st.tuples(st.sampled_from(LIVE), st.booleans()), max_size=30))
def test_live_text_is_lines(paragraphs: list[tuple[str, bool]]) -> None:
    """Live news with some blank lines is not hard-wrapped if any of its paragraphs is longer than a line."""
    lines = [line for paragraph, blank in paragraphs for line in [paragraph, *[""] * blank]]
    assert not is_wrapped([*lines, "", LONG[0]])


def test_examples_of_wrapped_text() -> None:
    """Lists, headlines and short lines are not wrapped paragraphs. Text without capitals or spaces can be."""
    assert is_wrapped(PAGE.splitlines())
    assert not is_wrapped(PAGE.replace("\n\n", "\n").splitlines())
    assert not is_wrapped(["Goals", "One nil, 5 minutes.", "", "Two nil, 70 minutes.", "Over."])
    assert not is_wrapped(["- oil prices and what they mean", "- gas prices and what they do", "", "- coal prices"])
    assert not is_wrapped([])
    nouns = ["Darüber hinaus müsse es auch Rabattaktionen und", "Treueprogramme geben.", "", "Das sagte der Vorstand."]
    assert is_wrapped(nouns)
    assert not is_wrapped([*nouns, "", f"{AGAIN}, and that was all."])
    long = [
        f"{AGAIN} was closed and {AGAIN.lower()} was not, and",
        f"then {AGAIN.lower()} was open and {AGAIN} was not",
    ]
    assert not is_wrapped([*long, "", *long])
    char_table = "港务局周二表示北码头将继续关闭直到损坏的起重机被拆除市长说东部山谷的农民在第二次霜冻后要求种子"
    assert is_wrapped([char_table[:20], char_table[20:40], char_table[40:], "", char_table[5:25], char_table[25:]])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_line_is_cut_out(end: str, tmp_path: Path) -> None:
    """Hard-wrapped text loses whole paragraphs. The summary and the counts show how it was split."""
    page = PAGE.replace("\n", end) + end
    stats = tmp_path / "stats.json"
    run = dedup("filter", "--stats", stats, stdin=(page + page).encode())
    assert run.stdout.decode() == page
    assert run.stderr.decode().splitlines()[-1] == "dedup: read 4, kept 2, dropped 2: 2 exact; split at blank lines"
    assert json.loads(stats.read_bytes())["splits"] == {"line": 0, "blank": 1}
    run = dedup("filter", "--split", "line", "--stats", stats, stdin=page.encode())
    assert run.stdout.decode() == page.removesuffix(f"mayor said.{end}{end}") + end
    assert json.loads(stats.read_bytes())["splits"] == {"line": 0, "blank": 0}
    run = dedup("cluster", stdin=(page + page).encode())
    assert b"split at blank lines" in run.stderr


def test_several_texts(tmp_path: Path) -> None:
    """Each input is examined separately."""
    (tmp_path / "page").write_text(PAGE)
    run = dedup("filter", "page", SAMPLES / "liveblog.txt", cwd=tmp_path)
    assert run.stdout.decode().startswith(PAGE)
    assert b"read 50, " in run.stderr
    assert b"; split at blank lines (1 of 2 texts)" in run.stderr


def test_the_first_line_is_enough() -> None:
    """The first line of a slow input is answered before the next one arrives. Lines are then paragraphs."""
    with Popen([*COMMAND, "filter", "--quiet"], stdin=PIPE, stdout=PIPE) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        for line in PAGE.encode().splitlines(keepends=True)[:-1]:
            run.stdin.write(line)
            run.stdin.flush()
            assert run.stdout.readline() == line
        run.stdin.close()
        assert run.wait() == 0
