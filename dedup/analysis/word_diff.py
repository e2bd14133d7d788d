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
    facts_old, facts_new = ([pair[side] for pair in changed if pair[side]] for side in (0, 1))
    return list(_pieces(old, old_spans, "removed", facts_old)), list(_pieces(new, new_spans, "added", facts_new))


def _pieces(text: str, runs: Iterable[tuple[int, int]], kind: Side, facts: Sequence[str]) -> Iterator[Piece]:
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


def _marked(text: str, kind: Side, facts: Sequence[str]) -> Iterator[Piece]:
    """The pieces of text that only one side has, cut at the first changed fact in it."""
    found = [(text.find(fact), -len(fact), fact) for fact in facts if fact in text]
    if not found:
        yield Piece(text, kind)
        return
    start, _, fact = min(found)
    if start:
        yield Piece(text[:start], kind)
    yield Piece(fact, "fact")
    if start + len(fact) < len(text):
        yield from _marked(text[start + len(fact) :], kind, facts)
