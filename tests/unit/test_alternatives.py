"""A text that lists several facts in one place states none of them, so nobody can hide a report behind a list."""

from itertools import islice

import pytest

from benchmarks.suppression import attempts, is_hidden
from dedup import NoveltyFilter
from dedup.facts import compare

_ATTEMPTS = 1000

#: A text with alternatives, a report that states one of them, and the change.
CHANGES = [
    ("At least 21 22 23 people were killed there.", "At least 22 people were killed there.", ("21 23", "22")),
    ("At least 21 or 22 people were killed there.", "At least 22 people were killed there.", ("21", "22")),
    ("At least 21 people, 22 people were killed there.", "At least 22 people were killed there.", ("21", "22")),
    ("Shares rose fell in the morning in London.", "Shares fell in the morning in London.", ("rose", "fell")),
    ("They meet on Monday, Tuesday in the town hall.", "They meet on Tuesday in the town hall.", ("Monday", "Tuesday")),
    ("It is 14 miles kilometres long, they said.", "It is 14 miles long, they said.", ("kilometres", "miles")),
    ("He will will not resign over the affair.", "He will not resign over the affair.", ("not", "not")),
    ("He will will not resign over the affair.", "He will resign over the affair.", ("not", "")),
    (
        "Police held Ann Weber or John Miller at the airport.",
        "Police held Ann Weber at the airport.",
        ("John Miller", "Ann"),
    ),
    (
        "Police held Weber, Miller, Rossi and Novak at the airport.",
        "Police held Rossi at the airport.",
        ("Weber Miller Novak", "Rossi"),
    ),
    (
        "Shares in London rose today. Shares in London fell today.",
        "Shares in London fell today.",
        ("rose", "fell"),
    ),
]
#: A text, and a shorter one that leaves out what is no alternative.
SAME = [
    ("Police held Ann Weber and John Miller at the airport.", "Police held Ann Weber at the airport."),
    ("Police held Ann Marie Weber at the airport.", "Police held Weber at the airport."),
    ("They won it in 2012 and 2016 in the south.", "They won it in 2016 in the south."),
    ("It cost £5m ($7m) in all, the owner said.", "It cost £5m in all, the owner said."),
    ("It is 14 miles (22 km) long, the owner said.", "It is 14 miles long, the owner said."),
    ("Prices rose to 6% from 5% in the south.", "Prices rose to 6% in the south."),
    ("Five people died in Leeds and 3 people died in York.", "Five people died in Leeds."),
    ("Call 0418 202 860 or 0419 206 890 for more of it.", "Call 0419 206 890 for more of it."),
    ("She is Minister for Health and Housing in the south.", "She is Minister for Health in the south."),
]


@pytest.mark.parametrize(("old", "new", "change"), CHANGES)
def test_one_of_several_alternatives_is_a_change(old: str, new: str, change: tuple[str, str]) -> None:
    """A fact that the old text has only among alternatives was not stated."""
    assert change in compare(old, new, 8).changed


@pytest.mark.parametrize(("old", "new"), SAME)
def test_what_is_only_left_out_is_no_change(old: str, new: str) -> None:
    """A name, a year, a conversion or a clause may be left out."""
    assert not compare(old, new, 8).is_update


def test_a_fact_counts_only_in_its_own_place() -> None:
    """A number that the earlier text names elsewhere does not make the report a repeat."""
    earlier = "On line 22, the news is that at least people were killed when a ferry sank off the northern coast."
    report = "On line, the news is that at least 22 people were killed when a ferry sank off the northern coast."
    assert [decision.kind for decision in NoveltyFilter().judge([earlier, report])] == ["novel", "update"]


@pytest.mark.parametrize("word", ["n\u200bot", "n\u043et", "n\u202eot", "\u03bdot"])
def test_a_disguised_word_is_a_change(word: str) -> None:
    """Who leaves out a word that only looks like another one may say something else."""
    assert compare(f"The minister will {word} resign over it.", "The minister will resign over it.", 8).is_update


def test_no_attempt_to_hide_a_report_succeeds() -> None:
    """Of many paragraphs that list, repeat or scatter facts, none hides the report."""
    assert [attempt for attempt in islice(attempts(seed=3), _ATTEMPTS) if is_hidden(attempt)] == []
