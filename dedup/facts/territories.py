"""Words -> the territories that they name."""

from collections.abc import Sequence

from dedup.facts.phrases import find_phrases
from dedup.facts.tokens import is_han_or_kana
from dedup.facts.vocabulary import vocabulary

_LONGEST_NAME = 4  # words
_LONGEST_HAN_NAME = 8  # characters, each of which is a word


def territories(keys: Sequence[str], start: int, end: int) -> dict[int, range]:
    """The territories whose names touch words `start` to `end` (excluded).

    Returns:
        The number of each territory, and the places of its name.
    """
    longest = _LONGEST_HAN_NAME if start < len(keys) and is_han_or_kana(keys[start]) else _LONGEST_NAME
    return dict(find_phrases(vocabulary().territories, keys, start, end, longest))


def are_different_territories(one: str, other: str) -> bool:
    """Whether two single words name different territories."""
    mine = territories([one], 0, 1)
    return bool(mine) and bool(theirs := territories([other], 0, 1)) and mine.keys() != theirs.keys()
