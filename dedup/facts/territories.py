"""Finds the territories that words name."""

from collections.abc import Sequence

from dedup.facts.phrases import find_phrases
from dedup.facts.tokens import is_han_or_kana
from dedup.facts.vocabulary import vocabulary

_LONGEST_NAME = 4  # words
_LONGEST_HAN_NAME = 8  # characters; each is a word


def territories(keys: Sequence[str], start: int, end: int) -> dict[int, range]:
    """The territories whose names touch words `start` to `end` (excluded).

    Returns:
        {number of the territory: the places of its name}.
    """
    longest = _LONGEST_HAN_NAME if start < len(keys) and is_han_or_kana(keys[start]) else _LONGEST_NAME
    return dict(find_phrases(vocabulary().territories, keys, start, end, longest))


def are_different_territories(one: str, other: str) -> bool:
    """Whether two single words name different territories."""
    first = territories([one], 0, 1)
    return bool(first) and bool(second := territories([other], 0, 1)) and first.keys() != second.keys()
