"""The rule on the order of figures: 2-1 is not 1-2, and 4/11 is not 11/4."""

import re
from itertools import pairwise

from dedup.facts.text_pair import Change, TextPair
from dedup.facts.tokens import Text
from dedup.facts.word_forms import has_digit

_JOINED = re.compile(" ?[-–−‐‑:] ?|/")
_YEAR = 4  # digits


def swapped_figures(pair: TextPair) -> list[Change]:
    """The figures of a score, ratio or date whose order changed. A date may begin or end with its year."""
    touched = {place for run in pair.runs for place in run.new_places}
    if not any(has_digit(pair.new.keys[place]) for place in touched):
        return []
    before, after = _figures(pair.old), _figures(pair.new)
    gone: dict[tuple[tuple[str, ...], int], range] = {}
    for figures, places in before.items():
        if figures not in after:
            gone.setdefault(_any_order(figures), places)
    for reordered, places in after.items():
        if reordered not in before and not touched.isdisjoint(places) and _any_order(reordered) in gone:
            return [(gone[_any_order(reordered)], places)]
    return []


def _any_order(figures: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """Figures in ascending order, and the place of the year: equal for figures that differ in their order."""
    return tuple(sorted(figures)), _year(figures)


def _figures(text: Text) -> dict[tuple[str, ...], range]:
    """The numbers that a dash, a colon or a slash joins, with their places."""
    found: dict[tuple[str, ...], range] = {}
    start = 0
    for place, (one, other) in enumerate(pairwise(text.spans), 1):
        if not _JOINED.fullmatch(text.text, one[1], other[0]) or not _are_figures(text, place):
            if place - start > 1:
                found[tuple(text.keys[start:place])] = range(start, place)
            start = place
    if len(text.keys) - start > 1:
        found[tuple(text.keys[start:])] = range(start, len(text.keys))
    return found


def _are_figures(text: Text, place: int) -> bool:
    return text.keys[place - 1].isdecimal() and text.keys[place].isdecimal()


def _year(figures: tuple[str, ...]) -> int:
    """The place of the year, -1 if there is none."""
    return next((at for at, figure in enumerate(figures) if len(figure) == _YEAR), -1)
