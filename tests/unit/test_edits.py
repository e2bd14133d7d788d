"""Each edit changes a paragraph as described, and nothing else."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from benchmarks.edits import DROPPED, EMITTED, Edit, Vocabulary, sentences, vocabulary
from benchmarks.quality import plant, plant_language, wilson
from dedup.sketch.normalize import canonical

TEXT = (
    "The minister said that 1,250 people had left the old town by Friday evening. "
    "About 14% of them went to Halmere, the second city, which spent $300 million on shelters. "
    "“It is not over,” the mayor told reporters on 12 March, after the fire, the flood and the storm, "
    "while the ferries stayed in port, Harbour officials said. "
    "The ferries will sail again when the wind has turned to the east."
)
KNOWN = Vocabulary(
    ("people", "old", "town", "evening", "spent", "over", "after", "stayed", "port", "house"),
    ("Halmere", "Sorrenia", "Marrendal"),
    ("The pilots walked along the quiet shore until a boat came over from the island.",),
)
TIMES = 60


def results(edit: Edit, text: str = TEXT) -> Iterator[str]:
    """The results of repeated random draws of an edit of a text."""
    draw = Random(3)  # noqa: S311  # a draw, and no secret
    for _ in range(TIMES):
        edited = edit(text, KNOWN, draw)
        if edited is not None:
            assert edited != text
            yield edited


def changes(edited: str, text: str = TEXT) -> list[tuple[list[str], list[str]]]:
    """The runs of canonical words that changed: (before, after)."""
    old, new = canonical(text).split(), canonical(edited).split()
    found = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(old[a:b], new[c:d]) for kind, a, b, c, d in found if kind != "equal"]


@pytest.mark.parametrize("name", [*DROPPED, *EMITTED])
def test_every_edit_applies_and_is_reproducible(name: str) -> None:
    """An edit changes the text, and the same draw gives the same result."""
    edit = (DROPPED | EMITTED)[name]
    assert list(results(edit))
    assert list(results(edit)) == list(results(edit))


@pytest.mark.parametrize("name", ["case", "quotes", "spaces", "unicode"])
def test_form_keeps_every_word(name: str) -> None:
    """A change of form does not change the canonical text."""
    for edited in results(DROPPED[name]):
        assert canonical(edited) == canonical(TEXT)


@pytest.mark.parametrize(("name", "count"), [("1 word", 1), ("2 words", 2), ("3 words", 3)])
def test_words_are_replaced(name: str, count: int) -> None:
    """The given number of common words is replaced by other common words, and nothing else changes."""
    for edited in results(DROPPED[name]):
        pairs = [(a, b) for a, b in zip(TEXT.split(), edited.split(), strict=True) if a != b]
        assert len(pairs) == count
        assert {word for pair in pairs for word in pair} <= set(KNOWN.common)


def test_a_clause_is_added_or_cut() -> None:
    """One to six words are added or removed at one end. None of them is a number or a negation."""
    for edited in results(DROPPED["clause added"]):
        assert edited.startswith(TEXT) or edited.endswith(TEXT)
        assert 1 <= len(edited.split()) - len(TEXT.split()) <= 6
    for edited in results(DROPPED["clause cut"]):
        assert TEXT.startswith(edited) or TEXT.endswith(edited)
        assert 1 <= len(TEXT.split()) - len(edited.split()) <= 6
        assert re.findall(r"\d+", edited) == re.findall(r"\d+", TEXT)


def test_typos() -> None:
    """Two to four words, all of letters, differ by one letter or by two that are swapped."""
    for edited in results(DROPPED["typos"]):
        pairs = [(a, b) for a, b in zip(TEXT.split(), edited.split(), strict=True) if a != b]
        assert 2 <= len(pairs) <= 4
        for old, new in pairs:
            assert old.isalpha()
            assert abs(len(old) - len(new)) == 1 or sorted(old) == sorted(new)


@pytest.mark.parametrize("name", ["clauses swapped", "sentences swapped", "attribution moved"])
def test_order_changes_and_no_word(name: str) -> None:
    """The same words come out in another order."""
    for edited in results(DROPPED[name]):
        assert Counter(canonical(edited).split()) - Counter(["that"]) == Counter(canonical(TEXT).split()) - Counter(
            ["that"]
        )
        assert canonical(edited) != canonical(TEXT)


def test_attribution_moves_both_ways() -> None:
    """The attribution moves to the front, or to the end."""
    move = DROPPED["attribution moved"]
    draw = Random(1)  # noqa: S311  # a draw, and no secret
    front = "Two ships of the line came back to port, the harbour master said."
    assert move(front, KNOWN, draw) == "The harbour master said: Two ships of the line came back to port."
    end = "The harbour master said that two ships of the line came back."
    assert move(end, KNOWN, draw) == "two ships of the line came back, The harbour master said."
    assert move("Two ships came back.", KNOWN, draw) is None


def test_a_sentence_is_cut() -> None:
    """One whole sentence without a number or a negation is removed, and at least half of the words remain."""
    for edited in results(DROPPED["sentence cut"]):
        removed = [part for part in sentences(TEXT) if part not in sentences(edited)]
        assert removed == [sentences(TEXT)[-1]]


def test_news_is_added() -> None:
    """A whole sentence, or eleven consecutive words, are in the new text and not in the old one."""
    for name, least in (("sentence added", 12), ("long clause added", 11)):
        for edited in results(EMITTED[name]):
            assert sum(len(after) for _, after in changes(edited)) >= least
            assert all(not before for before, _ in changes(edited))


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("money", ["300"]),
        ("percentage", ["14"]),
        ("ordinal", ["second"]),
        ("date", ["12", "march"]),
        ("name", ["halmere"]),
    ],
)
def test_one_fact_changes(name: str, old: list[str]) -> None:
    """Exactly one number, ordinal, month or name changes."""
    for edited in results(EMITTED[name]):
        (before, after), *rest = changes(edited)
        assert not rest
        assert len(before) == len(after) == 1
        assert before[0] in old
        assert before[0].isdigit() == after[0].isdigit()


def test_a_number_changes() -> None:
    """Exactly one digit of one plain number changes, never one of an amount of money, a share or a date."""
    text = "At least 10 people died. The $300 million bridge was 25 years old on 12 March, 14% of it rust."
    seen = set()
    for edited in results(EMITTED["number"], text):
        (before, after), *rest = changes(edited, text)
        assert not rest
        assert len(before[0]) == len(after[0])
        assert sum(a != b for a, b in zip(before[0], after[0], strict=True)) == 1
        seen.add(before[0])
    assert seen == {"10", "25"}


def test_a_negation_is_removed_or_added() -> None:
    """A `not` is removed, or added if there is none."""
    assert set(results(EMITTED["negation"], "It is not over.")) == {"It is over."}
    assert set(results(EMITTED["negation"], "It was over.")) == {"It was not over."}


def test_vocabulary() -> None:
    """Capitals distinguish names from common words, and plain sentences contain no number and no negation."""
    texts = [TEXT, "They went to Halmere again.", "Then to Halmere and back by Sorrenia."] * 30
    known = vocabulary([*texts, KNOWN.sentences[0]])
    assert {"people", "old", "went"} <= set(known.common)
    assert not {"halmere", "second", "not", "12"} & set(known.common)
    assert "Halmere" in known.names
    assert "Friday" not in known.names
    assert set(known.sentences) == {sentences(TEXT)[-1], *KNOWN.sentences}


def test_planted_copies() -> None:
    """Each copy has a different original, merged paragraphs contain their part, and the same seed plants the same."""
    draw = Random(2)  # noqa: S311  # a draw, and no secret
    syllables = ["ka", "lo", "mi", "ne", "ru", "so", "ti", "va"]
    words = ["".join(draw.choices(syllables, k=3)) for _ in range(400)]
    texts = [" ".join(draw.choices(words, k=draw.randint(15, 30))) + "." for _ in range(200)]
    planted = plant(texts, 1, 5)
    lines = [name.rpartition(":")[2] for name, _ in planted.copies]
    assert len(set(lines)) == len(lines)
    originals = {name.rpartition(":")[2]: (name, text) for name, text in planted.originals}
    for (name, text), line in zip(planted.copies, lines, strict=True):
        kept, original = originals[line]
        if name.startswith("copy:merged:"):
            assert kept.startswith("merged:")
            assert text in original
            assert 3 * len(text.split()) >= len(original.split())
        else:
            assert original == texts[int(line)] != text
    assert max(Counter(name.split(":")[1] for name, _ in planted.copies).values()) <= 5
    assert plant(texts, 1, 5) == planted


def test_planted_languages() -> None:
    """One word, or two characters, of each long paragraph is replaced."""
    draw = Random(2)  # noqa: S311  # a draw, and no secret
    char_table = [chr(0x4E00 + k) for k in range(500)]
    texts = ["".join(draw.choices(char_table, k=40)) for _ in range(20)]
    for _, old, new in plant_language(texts, unspaced=True, seed=1).pairs:
        assert sum(a != b for a, b in zip(old, new, strict=True)) == 2


def test_wilson() -> None:
    """The interval is Wilson's, computed by hand for 8 of 10, and stays within 0 and 1."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(10, 10)[1] == 1
    assert wilson(0, 10)[0] == 0
    assert wilson(0, 0) == (0, 1)
