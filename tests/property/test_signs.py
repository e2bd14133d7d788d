"""Meaningful signs compared with a slow reference, and decisions about texts that differ in one."""

import pytest
from helpers.reference import SIGNS, slow_signs
from helpers.strategies import texts
from hypothesis import example, given
from hypothesis import strategies as st

from dedup import NoveltyFilter
from dedup.model.utf8 import encode
from dedup.sketch.char_classes import CharClasses
from dedup.sketch.normalize import canonical, pack, prenormalize
from dedup.sketch.signs import signs

ALPHABET = CharClasses()  # the classes that it caches do not depend on the test
_SIGNED = st.text([*"aAbB19. ($€éÀ二\u00b2\uff0d\uff0b\uff05\u0301\n", *sorted(SIGNS)], max_size=24)


def fast(batch: list[str]) -> list[int]:
    """The hashes of the signs of texts."""
    return [int(meant) for meant in signs(*prenormalize(pack(list(map(encode, batch))), ALPHABET), ALPHABET)]


@given(st.lists(_SIGNED | texts, min_size=2, max_size=6))
@example(["A- b", "a b"])
@example(["C++ and C#", "C+ and C"])
@example(["5 -6 and 1-2", "5 6 and 1 2"])
@example(["10² and m²", "102 and m2"])
def test_equals_the_reference(batch: list[str]) -> None:
    """Two texts have equal hashes if the slow reference finds equal signs. A text without signs has 0."""
    found = fast(batch)
    slow = [slow_signs(encode(text)) for text in batch]
    for mine, theirs in zip(found, slow, strict=True):
        assert (mine == 0) == (not theirs)
    assert [[one == other for other in found] for one in found] == [[one == other for other in slow] for one in slow]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("„Kein Zurück“ – sagt »er«, 5-6 - ja", "Kein Zurück - sagt er, 5–6 — ja"),
        ("- 5 boats\n- 6 boats", "• 5 boats\n• 6 boats"),
        ("* the port (- 5 -) is shut", "the port ( 5 ) is shut"),
        ("the well-known town -- and port", "the well known town and port"),
        ("from 2019 -2020 on", "from 2019-2020 on"),
        ("> 5 things", "5 things"),
        ("see #5 and <b>it</b>", "see 5 and b it b"),
        ("at −5 °C", "at -5 °C"),
        ("it is +5％ there", "it is +5% there"),
        ("AA- AND C++", "aa- and c++"),
    ],
)
def test_typographic_signs_are_ignored(one: str, other: str) -> None:
    """Quotation marks, dashes between words and in ranges, bullets and variants of a sign change nothing."""
    assert len(set(fast([one, other]))) == 1


_FRAME = "The harbour board said in its note of Monday morning that {} was written on the wall there."
_MEANT = [
    ("-5 degrees", "5 degrees"),
    ("−5 degrees", "5 degrees"),
    ("–5 degrees", "5 degrees"),
    ("+0.4%", "-0.4%"),
    ("+5 points", "5 points"),
    ("-$5", "$5"),
    ("$40 million", "€40 million"),
    ("$40", "40"),
    ("£5", "¥5"),
    ("5%", "5‰"),
    ("5%", "5"),
    ("5 < 6", "5 > 6"),
    ("<5 boats", ">5 boats"),
    ("≤5 boats", "≥5 boats"),
    ("▲ 2.5 points", "▼ 2.5 points"),
    ("the price ↑ of bread", "the price ↓ of bread"),
    ("the vote ✅ of spring", "the vote ❌ of spring"),
    ("10² boats", "10³ boats"),
    ("C++", "C"),
    ("C#", "C"),
    ("C++", "C#"),
    ("AA+", "AA-"),
    ("AA+", "AA"),
    ("18+", "18"),
    ("±5 boats", "5 boats"),
]


@pytest.mark.parametrize(("old", "new"), [*_MEANT, *((new, old) for old, new in _MEANT)])
def test_another_sign_is_an_update(old: str, new: str) -> None:
    """A text that differs in one meaningful sign is an update, and never an exact repeat."""
    novelty = NoveltyFilter()
    decisions = list(novelty.judge([_FRAME.format(old), _FRAME.format(new), _FRAME.format(new)]))
    assert [decision.kind for decision in decisions] == ["novel", "update", "exact"]
    assert decisions[1].changed


def test_a_short_text_with_another_sign_is_new() -> None:
    """Below `min_words`, only an equal text is a repeat, and signs are part of it."""
    assert canonical("Goals: +2") == canonical("Goals: -2")
    decisions = NoveltyFilter().judge(["Goals: +2", "Goals: -2", "goals: −2"])
    assert [decision.kind for decision in decisions] == ["novel", "novel", "exact"]
