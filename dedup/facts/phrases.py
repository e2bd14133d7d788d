"""Finds the phrases of a table in a text."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from dedup.facts.vocabulary.files import Phrases

Meaning = TypeVar("Meaning")


def find_phrases(
    known: Phrases[Meaning], keys: Sequence[str], start: int, end: int, longest: int
) -> Iterator[tuple[Meaning, range]]:
    """The phrases that touch words `start` to `end` (excluded). Of several that begin at one word, the longest is used.

    Args:
        known: {first word of a phrase: {all its words: its meaning}}.
        keys: The words of the text.
        start: The first word.
        end: The word after the last.
        longest: The largest number of words of a phrase.

    Yields:
        The meaning of each phrase, and its places.
    """
    at = max(0, start - longest + 1)
    stop = min(end, len(keys))
    while at < stop:
        if meanings := known.get(keys[at]):
            for size in range(min(longest, len(keys) - at), 0, -1):
                phrase = tuple(keys[at : at + size])
                if phrase in meanings:
                    if at + size > start:
                        yield meanings[phrase], range(at, at + size)
                    at += size - 1
                    break
        at += 1
