"""Stages of an affair, how many of a group, and the order of figures, in English."""

import pytest

from dedup.facts import compare

_FRAME = (
    "The harbour board said in its note of the day that the old port near the river and {} while the storm is there."
)


def changes(old: str, new: str) -> bool:
    """Whether a fact changed between two endings of one long sentence, in each direction."""
    old, new = _FRAME.format(old), _FRAME.format(new)
    found = {bool(compare(one, other, 8).changed) for one, other in ((old, new), (new, old))}
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("it is expected to open", "it has opened"),
        ("it plans to close", "it has closed"),
        ("it may open", "it will open"),
        ("it could be shut", "it was shut"),
        ("he can do it", "he must do it"),
        ("it instructs them to act", "it would have instructed them to act"),
        ("it has been met", "it has yet to be met"),
        ("the suspected killer came", "the convicted killer came"),
        ("he was charged with it", "he was acquitted of it"),
        ("he is in critical condition", "he is in stable condition"),
        ("the fire is under control", "the fire is out of control"),
        ("a warning was issued", "a warning was lifted"),
        ("his bail was granted", "his bail was denied"),
        ("the ruling was upheld", "the ruling was overturned"),
        ("the bill was introduced", "the bill was passed"),
        ("the strike was called", "the strike was called off"),
        ("the crew was missing", "the crew was found"),
        ("most members came", "all members came"),
        ("some members came", "most members came"),
        ("a pair of boats came", "a group of boats came"),
    ],
)
def test_another_stage_is_a_change(old: str, new: str) -> None:
    """What is planned, possible or done, and how many of a group, is a fact."""
    assert changes(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("it is expected to open", "it is due to open"),
        ("it will open", "it is set to open"),
        ("it said it will open", "it says it would open"),
        ("it may open", "it might open"),
        ("all members came", "every member came"),
        ("it has said it will open", "it says it is expected to open"),
        ("what would have to happen", "what would need to happen"),
        ("the suspected killer came", "the alleged killer came"),
        ("the ruling was overturned", "the ruling was quashed"),
        ("several members came", "some members came"),
    ],
)
def test_the_same_stage_in_other_words_is_no_change(old: str, new: str) -> None:
    """Phrases of one meaning replace each other without a change."""
    assert not changes(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("they won 2-1 there", "they won 1-2 there"),
        ("they won 3–0 there", "they won 0–3 there"),
        ("they won 2 - 1 there", "they won 1 - 2 there"),
        ("it was on 4/11 there", "it was on 11/4 there"),
        ("it was on 04/11/2020 there", "it was on 11/04/2020 there"),
        ("it was on 2020-04-11 there", "it was on 2020-11-04 there"),
        ("it was 6-4, 3-6 there", "it was 6-4, 6-3 there"),
        ("it fell from 5 to 3 there", "it fell from 3 to 5 there"),
        ("it is 5 m long", "it is 5 km long"),
        ("it is of George HW Bush", "it is of George W Bush"),
    ],
)
def test_another_order_of_figures_is_a_change(old: str, new: str) -> None:
    """A score, ratio or date whose figures changed places is another one, and so are other initials or lengths."""
    assert changes(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("it was on 2020-04-11 there", "it was on 04/11/2020 there"),
        ("they won 2-1 and lost 3-2", "they lost 3-2 and won 2-1"),
        ("it cost $5 m there", "it cost $5 million there"),
        ("they won 2-1 there", "they won 2–1 there"),
    ],
)
def test_another_order_of_whole_figures_is_no_change(old: str, new: str) -> None:
    """A date may begin with its year, and whole scores may change places with their clauses."""
    assert not changes(old, new)
