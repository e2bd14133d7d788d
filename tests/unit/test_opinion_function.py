"""A Python function as a second opinion."""

import warnings
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

import numpy as np
import pytest
from helpers.opinions import pair

from dedup import NoveltyFilter
from dedup.errors import SettingsError
from dedup.filter.second_opinion import Pair

PAIRS = [pair(number) for number in range(3)]
OLD = [old for old, _ in PAIRS]
NEW = [new for _, new in PAIRS]


class Function:
    """A function that gives second opinions and remembers what it was asked."""

    def __init__(self, answers: Callable[[Sequence[Pair]], Any]) -> None:
        self._answers = answers
        self.calls: list[list[str]] = []

    def __call__(self, pairs: Sequence[Pair]) -> Any:
        self.calls.append([asked.new for asked in pairs])
        return self._answers(pairs)


def kinds(novelty: NoveltyFilter, texts: list[str]) -> list[str]:
    """The decisions on texts."""
    return [decision.kind for decision in novelty.judge(texts)]


def test_the_answer_decides() -> None:
    """A confirmed repeat is dropped, any other is emitted as reworded. The pair has both texts and the new words."""
    asked: list[Pair] = []

    def ask(pairs: Sequence[Pair]) -> list[bool]:
        asked.extend(pairs)
        return [asked.old != OLD[1] for asked in pairs]

    novelty = NoveltyFilter(second_opinion=ask)
    assert kinds(novelty, OLD + NEW) == ["novel"] * 3 + ["near", "reworded", "near"]
    assert asked == [Pair(old, new, ("demolished",)) for old, new in PAIRS]


def test_certain_repeats_and_updates_are_not_asked_about() -> None:
    """An equal text, a certain repeat and an update need no second opinion."""
    function = Function(lambda _: [])
    novelty = NoveltyFilter(second_opinion=function)
    old = OLD[0]
    texts = [old, old.upper(), f"{old[:-1]}, officials said.", f"{old} Two sailors are missing.", "Another text"]
    assert kinds(novelty, texts) == ["novel", "exact", "near", "update", "novel"]
    assert function.calls == []


def test_a_batch_is_one_call() -> None:
    """The function is asked once about all uncertain repeats of a list, and once about two equal ones."""
    function = Function(lambda pairs: [True] * len(pairs))
    novelty = NoveltyFilter(second_opinion=function)
    kinds(novelty, OLD)
    assert kinds(novelty, [*NEW, NEW[0]]) == ["near"] * 4
    assert function.calls == [NEW]


@pytest.mark.parametrize("answer", [True, False])
def test_no_text_is_asked_about_twice(answer: bool) -> None:
    """A text that was dropped or emitted is not asked about again."""
    function = Function(lambda pairs: [answer] * len(pairs))
    novelty = NoveltyFilter(second_opinion=function)
    first = kinds(novelty, OLD + NEW)
    again = kinds(novelty, OLD + NEW)
    assert first[3:] == ["near" if answer else "reworded"] * 3
    assert again == ["exact"] * 3 + ["near" if answer else "exact"] * 3
    assert [text for call in function.calls for text in call] == NEW


def fail(_: Sequence[Pair]) -> Any:
    """Fail."""
    raise RuntimeError("no model here")


@pytest.mark.parametrize(
    ("answers", "message", "decisions"),
    [
        (fail, r"failed, so 3 uncertain repeats are emitted: RuntimeError\('no model here'\)", "rrr"),
        (lambda _: None, "failed, so 3 uncertain repeats are emitted: TypeError", "rrr"),
        (lambda _: Event().wait(), "took over 0.1 s, so 3 uncertain repeats are emitted", "rrr"),
        (lambda _: [True, True], r"one bool for each of 3 pairs, not \[True, True\]", "rrr"),
        (lambda _: [True] * 4, "one bool for each of 3 pairs", "rrr"),
        (lambda _: [], r"one bool for each of 3 pairs, not \[\]", "rrr"),
        (lambda _: [True, 1, "yes"], r"one bool for each of 3 pairs, not \[True, 1, 'yes'\]", "nrr"),
    ],
)
def test_without_an_answer_repeats_are_emitted(answers: Any, message: str, decisions: str) -> None:
    """A function that fails, is too slow, or gives another number of answers or no bools, is reported."""
    novelty = NoveltyFilter(second_opinion=answers, second_opinion_timeout=0.1)
    kinds(novelty, OLD)
    with pytest.warns(UserWarning, match=message) as caught:
        found = kinds(novelty, NEW)
    assert len(caught) == 1
    assert found == [{"r": "reworded", "n": "near"}[letter] for letter in decisions]


def test_the_bools_of_numpy_are_answers() -> None:
    """A model may return an array."""
    novelty = NoveltyFilter(second_opinion=lambda pairs: np.array([True, False, True])[: len(pairs)])  # type: ignore[arg-type,return-value]
    kinds(novelty, OLD)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kinds(novelty, NEW) == ["near", "reworded", "near"]


def test_it_works_after_a_failure() -> None:
    """The next batch is asked about again."""
    answers = iter([[], [True], [True]])
    novelty = NoveltyFilter(second_opinion=lambda _: next(answers))
    kinds(novelty, OLD)
    with pytest.warns(UserWarning, match="must be one bool"):
        found = [kinds(novelty, [text])[0] for text in NEW]
    assert found == ["reworded", "near", "near"]


def test_it_needs_updates() -> None:
    """With `updates="drop"` a second opinion has no use."""
    with pytest.raises(SettingsError, match="updates must be keep"):
        NoveltyFilter(updates="drop", second_opinion=lambda _: [])
