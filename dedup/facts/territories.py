"""Words -> the territories that they name."""

from collections.abc import Mapping, Sequence

from dedup.facts.tokens import is_han_or_kana
from dedup.facts.vocabulary import vocabulary

_LONGEST_NAME = 4  # words
_LONGEST_HAN_NAME = 8  # characters, each of which is a word
_NONE: Mapping[tuple[str, ...], int] = {}


def territories(keys: Sequence[str], start: int, end: int) -> dict[int, range]:
    """The territories whose names touch words `start` to `end` (excluded).

    Returns:
        The number of each territory, and the places of its name.
    """
    known = vocabulary().territories
    found: dict[int, range] = {}
    longest = _LONGEST_HAN_NAME if start < len(keys) and is_han_or_kana(keys[start]) else _LONGEST_NAME
    at = max(0, start - longest + 1)
    while at < end:
        names = known.get(keys[at], _NONE)
        for size in range(min(longest, len(keys) - at), 0, -1) if names else ():
            number = names.get(tuple(keys[at : at + size]))
            if number is not None:
                if at + size > start:
                    found[number] = range(at, at + size)
                at += size - 1
                break
        at += 1
    return found


def are_different_territories(one: str, other: str) -> bool:
    """Whether two single words name different territories."""
    mine = territories([one], 0, 1)
    return bool(mine) and bool(theirs := territories([other], 0, 1)) and mine.keys() != theirs.keys()
