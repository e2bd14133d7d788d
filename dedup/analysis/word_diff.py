"""Two paragraphs -> each in pieces: what both say, what only one says, and the facts that changed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from dedup.facts import Text, TextPair, differing_spans

Side = Literal["removed", "added"]


class Piece(NamedTuple):
    """A part of a text: `same` in both, or what only this one has, `fact` where that is a changed fact."""

    text: str
    kind: Literal["same", "removed", "added", "fact"]


def diff(old: str, new: str, changed: Sequence[tuple[str, str]] = ()) -> tuple[list[Piece], list[Piece]]:
    """The pieces of `old` and those of `new`, which joined are the texts; `changed` as in a Decision.

    The words are those on which facts are compared: case, quotation marks and white space are no difference.
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
    """What only one text has, cut at the first changed fact in it."""
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
