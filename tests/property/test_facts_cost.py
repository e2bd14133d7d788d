"""Comparing facts takes few steps for long lists, and gives what a slow comparison of all pairs gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.facts import Text, TextPair
from dedup.facts.alignment import Run
from dedup.facts.changed_signs import changed_signs
from dedup.facts.numbers import Number, without_equal

VALUES = st.sampled_from([1.0, 1.0 + 5e-10, 2.0, 2.3e6, 2.3 * 1e6, 2300000.0000000005, float("inf")])
NUMBERS = st.lists(st.tuples(st.sampled_from(["plain", "month"]), VALUES), max_size=12)


def numbered(found: list[tuple[str, float]]) -> list[Number]:
    """Numbers at the places 0, 1, …"""
    return [Number(kind, value, range(at, at + 1)) for at, (kind, value) in enumerate(found)]


@given(NUMBERS, NUMBERS)
def test_numbers_without_equal(one: list[tuple[str, float]], other: list[tuple[str, float]]) -> None:
    """Each number takes away the first equal one of the other list."""
    before, after = numbered(one), numbered(other)
    left, rest = before.copy(), []
    for number in after:
        equal = next((some for some in left if number.equals(some)), None)
        if equal is None:
            rest.append(number)
        else:
            left.remove(equal)
    assert without_equal(before, after) == (left, rest)


@pytest.mark.parametrize("step", [0, 1, 3])
def test_numbers_are_compared_few_times(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number of a long list is compared with a few others."""
    compared = 0
    equals = Number.equals

    def count(one: Number, other: Number) -> bool:
        nonlocal compared
        compared += 1
        return equals(one, other)

    monkeypatch.setattr(Number, "equals", count)
    lists = [numbered([("plain", float(start + step * at)) for at in range(2000)]) for start in (0, 1)]
    without_equal(*lists)
    assert compared <= 10 * 2000


@given(st.text("▲▼✅❌", max_size=12), st.text("▲▼✅❌", max_size=12))
def test_signs_without_equal(one: str, other: str) -> None:
    """As many signs are replaced as the shorter side has left when equal ones are taken away."""
    pair = TextPair(Text("a" + one), Text("a" + other))
    run = Run(1, len(pair.old.keys), 1, len(pair.new.keys))
    equal = sum(min(one.count(sign), other.count(sign)) for sign in "▲▼✅❌")
    replaced = [change for change in changed_signs(pair, run) if change[0] and change[1]]
    assert len(replaced) == min(len(one), len(other)) - equal
