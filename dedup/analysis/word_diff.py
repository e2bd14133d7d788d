"""Cuts two paragraphs into pieces: text in both, text in only one, and changed facts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from dedup.facts import Text, TextPair, differing_spans

Side = Literal["removed", "added"]


class Piece(NamedTuple):
    """A piece of a text: `same` in both texts, `removed` or `added` if only this one has it, `fact` if that changed."""

    text: str
    kind: Literal["same", "removed", "added", "fact"]


def diff(old: str, new: str, changed: Sequence[tuple[str, str]] = ()) -> tuple[list[Piece], list[Piece]]:
    """The pieces of `old` and the pieces of `new`. Joined, they give the texts again.

    Words are compared as in the comparison of facts, which ignores case, quotation marks and white space.

    Args:
        old: The earlier text.
        new: The new text.
        changed: The changed facts, as in `Decision.changed`.
    """
    old_spans, new_spans = differing_spans(TextPair(Text(old), Text(new)))
    facts_old, facts_new = (_Facts(pair[side] for pair in changed) for side in (0, 1))
    return list(_pieces(old, old_spans, "removed", facts_old)), list(_pieces(new, new_spans, "added", facts_new))


def _pieces(text: str, runs: Iterable[tuple[int, int]], kind: Side, facts: "_Facts") -> Iterator[Piece]:
    at = 0
    for start, end in runs:
        if start == end:
            continue
        if at < start:
            yield Piece(text[at:start], "same")
        yield from _marked(text[start:end], kind, facts)
        at = end
    if at < len(text):
        yield Piece(text[at:], "same")


def _marked(text: str, kind: Side, facts: "_Facts") -> Iterator[Piece]:
    """The pieces of text that only one side has, cut at each changed fact in it."""
    at = 0
    for start, end in facts.places(text):
        if at < start:
            yield Piece(text[at:start], kind)
        yield Piece(text[start:end], "fact")
        at = end
    if at < len(text):
        yield Piece(text[at:], kind)


class _Facts:
    """Finds facts in texts. The time grows with the text and the number of different lengths, not of facts."""

    def __init__(self, facts: Iterable[str]) -> None:
        self._facts = frozenset(filter(None, facts))
        self._lengths = sorted({len(fact) for fact in self._facts}, reverse=True)

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """The start and the end of each fact in a text, from left to right, the longest first."""
        at = 0
        while self._lengths and at < len(text):
            length = next((length for length in self._lengths if text[at : at + length] in self._facts), 0)
            if length:
                yield at, at + length
            at += length or 1
