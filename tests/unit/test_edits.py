"""Each edit changes a paragraph as described, and nothing else."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.edits import DROPPED, EITHER, EMITTED, TARGETS, Edit, Vocabulary, sentences, vocabulary
from benchmarks.edits.exchanges import Exchanges, exchange, exchanges, lines, places, read
from benchmarks.edits.vocabulary import content_words
from benchmarks.quality import MERGED, Planted, failures, measure, pair, plant, plant_language, table, wilson
from dedup.facts.word_forms import exclude
from dedup.sketch.normalize import canonical

TEXT = (
    "The minister said that 1,250 people had left the old town by Friday evening. "
    "About 14% of them went to Halmere, the second city, which spent $300 million on shelters. "
    "“It is not over,” the mayor told reporters on 12 March, after the fire, the flood and the storm, "
    "while the ferries stayed in port, Harbour officials said. "
    "The ferries will sail again when the wind has turned to the east."
)
#: A text for the edits that do not apply to the other one.
SECOND = (
    "Researchers examined the area on Tuesday and discovered that rents rose by -2.5% to €40 in about 12 weeks. "
    "Roughly 300 residents of the northern district replied that the plan was approved, and will be tested soon."
)
EDITS = DROPPED | EITHER | EMITTED
KNOWN = Vocabulary(
    ("people", "old", "town", "evening", "spent", "over", "after", "stayed", "port", "house"),
    ("Halmere", "Sorrenia", "Marrendal", "Sorren"),
    ("The pilots walked along the quiet shore until a boat came over from the island.",),
    ("while children painted the garden wall", "because the narrow bridge needed repairs"),
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


def is_added(phrase: str, edited: str, text: str = TEXT) -> bool:
    """Whether the canonical words of an edited text are those of the text with a phrase put in somewhere."""
    old, new = words(text), words(edited)
    size = len(phrase.split())
    return any(
        new[at : at + size] == phrase.lower().split() and new[:at] + new[at + size :] == old
        for at in range(len(new) - size + 1)
    )


@cache
def words(text: str) -> list[str]:
    """The canonical words of a text."""
    return canonical(text).split()


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_applies_and_is_reproducible(name: str) -> None:
    """An edit changes the text, and the same draw gives the same result."""
    text = TEXT if next(results(EDITS[name]), None) else SECOND
    assert list(results(EDITS[name], text))
    assert list(results(EDITS[name], text)) == list(results(EDITS[name], text))


@pytest.mark.parametrize("name", EDITS)
@given(st.text(max_size=60) | st.lists(st.sampled_from(f"{TEXT} {SECOND}".split()), max_size=20).map(" ".join))
def test_every_edit_takes_any_text(name: str, text: str) -> None:
    """An edit of any text returns a text or None, and does not fail."""
    edited = EDITS[name](text, KNOWN, Random(1))  # noqa: S311  # a draw, and no secret
    assert edited is None or isinstance(edited, str)


@pytest.mark.parametrize("name", ["case", "quotes", "spaces", "unicode"])
def test_form_keeps_every_word(name: str) -> None:
    """A change of form does not change the canonical text."""
    for edited in results(DROPPED[name]):
        assert canonical(edited) == canonical(TEXT)


@pytest.mark.parametrize(("name", "count"), [("1 word", 1), ("2 words", 2), ("3 words", 3)])
def test_words_are_replaced(name: str, count: int) -> None:
    """The given number of common words is replaced by other common words, and nothing else changes."""
    for edited in results(EITHER[name]):
        pairs = [(a, b) for a, b in zip(TEXT.split(), edited.split(), strict=True) if a != b]
        assert len(pairs) == count
        assert {word for pair in pairs for word in pair} <= set(KNOWN.common)


def test_a_clause_is_added_or_cut() -> None:
    """One to six words are added or removed at one end. None of them is a number or a negation."""
    for edited in results(EITHER["clause added"]):
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


def test_clauses_are_swapped_within_a_sentence() -> None:
    """Two neighbouring clauses of one sentence are swapped, and its full stop stays at the end."""
    swap = DROPPED["clauses swapped"]
    text = "It rains in the harbour. After the storm of spring, the ferries sail again. It is over, and done."
    assert set(results(swap, text)) == {
        text.replace(
            "After the storm of spring, the ferries sail again.", "the ferries sail again, After the storm of spring."
        )
    }
    assert not list(results(swap, "It is very cold. It rains, again. All is well in port, now."))


def test_attribution_moves_both_ways() -> None:
    """The attribution moves to the front, or to the end."""
    move = DROPPED["attribution moved"]
    draw = Random(1)  # noqa: S311  # a draw, and no secret
    front = "Two ships of the line came back to port, the harbour master said."
    assert move(front, KNOWN, draw) == "The harbour master said: Two ships of the line came back to port."
    end = "The harbour master said that two ships of the line came back."
    assert move(end, KNOWN, draw) == "Two ships of the line came back, the harbour master said."
    for other in (
        "Two ships came back.",
        "What the harbour master said that day was heard by nobody else.",
        "The claim that the port is safe for ships, is wrong, and was reported again.",
        "Two ships of the line came back to port, one “master” said.",
        "He hasn't said that two ships of the line came back.",
    ):
        assert move(other, KNOWN, draw) is None


def test_words_are_replaced_by_synonyms() -> None:
    """The given number of words is replaced by words that the table has for them."""
    table = exchanges("synonyms.txt").others
    for count, name in enumerate(("1 synonym", "2 synonyms", "3 synonyms"), 1):
        found = list(results(DROPPED[name], SECOND))
        assert len(set(found)) > 1
        for edited in found:
            old, new = (re.findall(r"[\w.%-]+", text) for text in (SECOND, edited))
            pairs = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
            assert len(pairs) == count
            assert all(b in table[a] for a, b in pairs)
    assert not list(results(DROPPED["1 synonym"], "The Examined Area was an area-wide affair."))


def test_an_attribution_is_added() -> None:
    """A plain attribution comes before or after one sentence, and all else stays. A quotation or label gets none."""
    phrases = lines("attributions.txt")
    seen = set()
    for edited in results(DROPPED["attribution added"]):
        assert any(is_added(f"{phrase}{that}", edited) for phrase in phrases for that in ("", " that"))
        seen.add(edited.startswith(TEXT[:20]))
    assert seen == {True}
    plain = "The ferries sail again on Monday at noon."
    seen = {edited.endswith("noon.") for edited in results(DROPPED["attribution added"], plain)}
    assert seen == {True, False}
    assert any(
        re.fullmatch("A spokesman said (that )?the ferries sail again on Monday at noon[.]", edited)
        for edited in results(DROPPED["attribution added"], plain)
    )
    for text in (
        "Do the ferries sail again on Monday at noon?",
        "The master said the ferries sail again on Monday.",
        "“The ferries sail again on Monday at noon.”",
        "MASTER: The ferries sail again on Monday at noon.",
        "and so the ferries sail again on Monday in Halmere.",
        "The ferries sail.",
    ):
        assert not list(results(DROPPED["attribution added"], text))


def test_a_content_clause_is_added() -> None:
    """A clause with three or more content words that are not in the text is added, and all else stays."""
    for edited in results(EMITTED["content clause added"]):
        (clause,) = (clause for clause in KNOWN.clauses if is_added(clause, edited))
        assert len(content_words(clause) - content_words(TEXT)) >= 3
    known = f"{TEXT} The children painted the narrow bridge."
    assert not list(results(EMITTED["content clause added"], known))
    assert EMITTED["content clause added"](TEXT, KNOWN._replace(clauses=()), Random(1)) is None  # noqa: S311


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("unit", "It is 5 km to port.", {"It is 5 miles to port."}),
        ("unit", "A 20-minute trip.", {"A 20-hour trip."}),
        ("unit", "It took two HOURS.", {"It took two MINUTES.", "It took two DAYS."}),
        ("unit", "Rents rose 2.5%.", {"Rents rose 2.5 percentage points."}),
        ("unit", "It cost $3 million.", {"It cost $3 billion."}),
        ("unit", "At 20 °C it melts.", {"At 20 °F it melts."}),
        ("unit", "Many miles and hours later, in year 2024.", set()),
        ("sign", "It cost $3 million.", {"It cost £3 million.", "It cost €3 million."}),
        ("sign", "It fell by -2.5% then.", {"It fell by +2.5% then."}),
        ("sign", "It is <5 now.", {"It is >5 now."}),
        ("sign", "On pages 12 -18 and -3- and A$5, +44 20 7946.", set()),
        ("weekday", "On SUNDAY.", {f"On {day}DAY." for day in "MON TUES WEDNES THURS FRI SATUR".split()}),
        ("weekday", "It came one day in May, on a workday.", set()),
        ("compass point", "The Northern line.", {f"The {point}ern line." for point in ("South", "East", "West")}),
        ("compass point", "A North-east wind.", {f"A {p} wind." for p in ("North-west", "South-east", "South-west")}),
        ("compass point", "An eastern wind at Westport.", set()),
        ("stage", "He was suspected of it.", {"He was convicted of it."}),
        ("stage", "The plan was approved.", {"The plan was proposed.", "The plan was rejected."}),
        ("stage", "It would have been an issue.", set()),
        ("stage", "He issued a statement on the elected officials and took it for granted.", set()),
        ("stage", "It was planned to be there.", set()),
        ("name", "Then Sorren came.", {"Then Halmere came.", "Then Marrendal came."}),
        ("number", "See page 12 or p. 14.", set()),
        ("modal", "It will come.", {f"It {modal} come." for modal in ("may", "might", "could")}),
        ("modal", "Bill Will has the will.", set()),
    ],
)  # fmt: skip
def test_what_a_fact_becomes(name: str, text: str, expected: set[str]) -> None:
    """One word is replaced by each of the others in the table, in letters like its own, or nothing is."""
    assert set(results((EMITTED | EITHER)[name], text)) == expected


def test_exchanges() -> None:
    """One-way lines are read in one direction, others in both, and a replacement keeps the sound after an article."""
    found = read("synonyms.txt")
    assert "begin" not in found.get("start", ())
    assert "occur" in found["happen"]
    assert "happen" in found["occur"]
    assert all(word not in others for word, others in found.items())
    table = Exchanges({"error": ("mistake", "oversight")}, re.compile(r"\berror\b", re.IGNORECASE))
    assert [place.others for place in places("An error, the error", table)] == [
        ("oversight",),
        ("mistake", "oversight"),
    ]
    draw = Random(1)  # noqa: S311  # a draw, and no secret
    assert exchange("An error", table, 1, draw) == "An oversight"
    assert exchange("AN ERROR", table, 1, draw) == "AN OVERSIGHT"
    assert exchange("An error", table, 2, draw) is None


def test_synonyms() -> None:
    """The table has 300 pairs or more, each once, of single words, and none of two words that exclude each other."""
    sets = [re.split(" = | -> ", line) for line in lines("synonyms.txt")]
    pairs = Counter(frozenset(two) for words in sets for two in combinations(words, 2))
    assert len(pairs) >= 300
    assert max(pairs.values()) == 1
    assert all(word.isalpha() and word.islower() for words in sets for word in words)
    assert not [(one, other) for one, other in map(tuple, pairs) if exclude(one, other) or exclude(other, one)]
    facts = [read("facts.txt", kind) for kind in ("stage", "modal", "weekday", "compass")]
    assert not [
        pair for pair in pairs if any(set(pair) <= {word, *others} for fact in facts for word, others in fact.items())
    ]


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The bridge is closed again. It rains.", ["The bridge is closed again.", "It rains."]),
        ("He told them “it is over now.” Then he left.", ["He told them “it is over now.”", "Then he left."]),
        ("It was led by Sen. Smith of the U.S. Senate today.", ["It was led by Sen. Smith of the U.S. Senate today."]),
        ("The plan (drawn up in Md.) was dropped.", ["The plan (drawn up in Md.) was dropped."]),
        ("it is over now. then he left.", ["it is over now.", "then he left."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    """Sentences end after a full stop and closing quotation marks, but not after an abbreviation."""
    assert sentences(text) == expected


def test_vocabulary() -> None:
    """Capitals distinguish names from common words, and plain sentences contain no number and no negation."""
    texts = [TEXT, "They went to Halmere again.", "Then to Halmere and back by Sorrenia."] * 30
    known = vocabulary([*texts, KNOWN.sentences[0]])
    assert {"people", "old", "went"} <= set(known.common)
    assert not {"halmere", "second", "not", "12"} & set(known.common)
    assert "Halmere" in known.names
    assert "Friday" not in known.names
    assert set(known.sentences) == {sentences(TEXT)[-1], *KNOWN.sentences}


def test_clauses_of_the_vocabulary() -> None:
    """Clauses are short parts of sentences, of common words, three of them content words, without names or speech."""
    good = "while children painted garden walls"
    bad = [
        "which Halmere people painted",
        "but the walls were of",
        "children said people painted",
        "garden walls people painted of",
    ]
    texts = [f"The garden was closed, {good}, {part}, and people walked there again." for part in bad]
    known = vocabulary(texts * 2)
    assert len(known.sentences) == len(bad)
    assert set(known.clauses) == {good}


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


def test_the_draw_is_even() -> None:
    """Edits that fit all paragraphs get their share of those that other edits fit, although these fit no others."""
    draw = Random(2)  # noqa: S311  # a draw, and no secret
    syllables = ["".join(draw.choices("bcdfgklmnprst", k=6)) for _ in range(900)]
    ends = [*[""] * 9, " Took 5 km on Sunday."]
    texts = [" ".join(draw.choices(syllables, k=14)) + "." + draw.choice(ends) for _ in range(1200)]
    pairs = plant(texts, 1, 40).pairs
    copied = [old for kind, old, _ in pairs if kind not in ("unit", "number", "weekday", MERGED)]
    share = sum("5 km" in text for text in texts) / len(texts)
    assert sum("5 km" in text for text in copied) > 0.8 * share * len(copied)


def test_targets() -> None:
    """A target of an edit that should be dropped bounds the dropped share, one of news the emitted share."""
    assert TARGETS.keys() <= DROPPED.keys() | EMITTED.keys()
    assert all(0.9 <= target <= 1 for target in TARGETS.values())
    copies = [f"copy:{edit}:{line}" for edit in ("typos", "stage", "1 word", MERGED) for line in range(100)]
    dropped = {
        name for name in copies if int(name.split(":")[2]) < {"typos": 95, "stage": 6}.get(name.split(":")[1], 50)
    }
    pairs = [(name.split(":")[1], "old", name) for name in copies]
    planted = Planted([], [(name, "new") for name in copies], pairs)
    rows = measure(planted, {"ours": dropped})
    assert {edit: row["ours"].get("met") for edit, row in rows.items()} == {
        "typos": True, "stage": False, "1 word": None, MERGED: None,
    }  # fmt: skip
    lines = {line.split(" | ")[0][2:]: line for line in table(rows, ["ours"]).splitlines()}
    assert lines["typos"] == "| typos | drop | 100 | 0.950 [0.888, 0.978] | ≥ 0.95 | yes |"
    assert lines["stage"] == "| stage | emit | 100 | 0.060 [0.028, 0.125] | ≤ 0.05 | no |"
    assert lines["1 word"] == "| 1 word | either | 100 | 0.500 [0.404, 0.596] |  |  |"
    wrong = Counter(one["kind"] for one in failures(planted, dropped))
    assert wrong == {"typos": 5, "stage": 6, MERGED: 50}
    assert [one["new"] for one in failures(planted, dropped) if one["kind"] == "stage"] == copies[100:106]


def test_labels_of_pairs() -> None:
    """The pairs for `dedup eval` are repeats, changed facts, or not judged."""
    assert pair("typos", "a", "b")["label"] == pair(MERGED, "a", "b")["label"] == 1
    assert pair("stage", "a", "b")["fact_changed"] is True
    assert pair("1 word", "a", "b")["label"] is None


def test_wilson() -> None:
    """The interval is Wilson's, computed by hand for 8 of 10, and stays within 0 and 1."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(10, 10)[1] == 1
    assert wilson(0, 10)[0] == 0
    assert wilson(0, 0) == (0, 1)
