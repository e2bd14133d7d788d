"""The rule on statements that the old text both makes and negates: such a text says neither."""

from collections.abc import Iterator, Sequence

from dedup.facts.fact_kinds import Kind, contexts, contexts_between
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.word_forms import negates

_NEAR = 3  # words between a statement and its negation: "will or will not"
_SIDE = 2  # words on each side that show the place of a negation


def negated_statements(pair: TextPair) -> Iterator[Change]:
    """The negations of the old text that it also leaves out in the same words, if the new text has one of both."""
    keys, missing = pair.old.keys, pair.missing
    negations = [place for place, key in enumerate(keys) if negates(key, pair.language)]
    if not negations:
        return
    made, still_made = _bare_contexts(keys), _bare_contexts(pair.new.keys)
    for place in negations:
        made_here = made.intersection(contexts(pair, _NEGATION, place))
        if place in missing:
            if made_here & still_made or _came_with_both(pair, place):
                yield [place], ()
        elif made_here - still_made or _is_made_beside(pair, place):
            yield [place], [pair.counterpart(place)]


def _is_negation(pair: TextPair, place: int) -> bool:
    return negates(pair.old.keys[place], pair.language)


_NEGATION = Kind(_is_negation, lambda pair, one, other: False)


def _bare_contexts(keys: Sequence[str]) -> set[tuple[str, ...]]:
    """The words around each place between two words, as around a negation that stands there."""
    return {
        context
        for place in range(1, len(keys))
        for context in contexts_between(keys[max(0, place - _SIDE) : place], keys[place : place + _SIDE])
    }


def _came_with_both(pair: TextPair, place: int) -> bool:
    """Whether the word before a missing negation came into the new text from there, where it stands without one too."""
    keys = pair.old.keys
    if not place:
        return False
    near = range(max(0, place - _NEAR), min(len(keys), place + _NEAR))
    copies = [at for at in near if keys[at] == keys[place - 1]]
    return len(copies) > 1 and pair.missing.issuperset(copies) and pair.came_from_missing(place - 1)


def _is_made_beside(pair: TextPair, place: int) -> bool:
    """Whether the old text makes a statement beside its negation, in the same words: will, will not."""
    at = pair.counterpart(place)
    near = pair.missing.intersection(range(place - _NEAR, place + _NEAR + 1))
    return at > 0 and any(pair.old.keys[other] == pair.new.keys[at - 1] for other in near)
