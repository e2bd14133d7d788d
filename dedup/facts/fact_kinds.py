"""The kinds of facts that a text may list: numbers, weekdays, units, words with opposites, and names."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dedup.facts.names import is_name
from dedup.facts.numbers import read_numbers
from dedup.facts.text_pair import TextPair
from dedup.facts.vocabulary import CONJUNCTIONS, SCALE_ABBREVIATIONS
from dedup.facts.word_forms import exclude, has_contrasts, has_digit, is_numeric

_SCALE = 1000  # a number word of this size multiplies the one before it
_NOT_IN_ENGLISH = frozenset(["of", "en", "e", "o", "y"])  # conjunctions of other languages
_LINKS = frozenset("-+")  # signs between two facts
_SIDE = 2  # words on each side of a fact that show its place
_ROW = 8  # facts in a row


class Kind(NamedTuple):
    """A kind of facts.

    Attributes:
        test: Whether the word of the old text at a place is a fact of this kind.
        are_different: Whether two such words, given by their places, say different things.
    """

    test: Callable[[TextPair, int], bool]
    are_different: Callable[[TextPair, int, int], bool]


def _is_number(pair: TextPair, place: int) -> bool:
    key, language = pair.old.keys[place], pair.language
    if language.code == "zh":
        return has_digit(key)  # each Han numeral is a word
    is_scale = key in SCALE_ABBREVIATIONS or language.numbers.get(key, 0) >= _SCALE
    return is_numeric(key, language) and key not in language.months and not is_scale


def _are_different_numbers(pair: TextPair, one: int, other: int) -> bool:
    first, second = (read_numbers(pair.old.keys, place, place + 1, pair.language) for place in (one, other))
    return bool(first) and bool(second) and not first[0].equals(second[0])


def _is_weekday(pair: TextPair, place: int) -> bool:
    return pair.old.keys[place] in pair.language.weekdays


def _is_unit(pair: TextPair, place: int) -> bool:
    """Whether a word is the unit of a number beside it, or stands in a row of units."""
    keys, units = pair.old.keys, pair.language.unit_words
    beside = (*keys[max(0, place - 1) : place], *keys[place + 1 : place + 2])
    return keys[place] in units and any(key in units or has_digit(key) for key in beside)


def _are_different_units(pair: TextPair, one: int, other: int) -> bool:
    """Whether two words are not equal, and not the words of one unit: percentage points."""
    first, second = (pair.old.keys[place] for place in sorted((one, other)))
    return first != second and (first, second) not in pair.language.units.get(first, {})


def _has_opposites(pair: TextPair, place: int) -> bool:
    return has_contrasts(pair.old.keys[place])


def _are_opposites(pair: TextPair, one: int, other: int) -> bool:
    return exclude(pair.old.keys[one], pair.old.keys[other])


def _is_name(pair: TextPair, place: int) -> bool:
    """Whether a word is a name in the old text, or in the new one: at the start of a sentence, this may not show.

    A single capitalised word at the start of a sentence, before a stop or a comma, is a name too.
    """
    if not pair.old.words[place][0].isupper() or not pair.has_capitalised_names:
        return False
    if is_name(pair, pair.old, place):
        return True
    if pair.old.keys[place] in pair.new.key_set:
        return is_name(pair, pair.new, pair.counterpart(place))
    spans, text = pair.old.spans, pair.old.text
    before = text[spans[place - 1][1] if place else 0 : spans[place][0]].strip()
    after = text[spans[place][1] : spans[place][1] + 1]
    return after in (".", ",") and before[-1:] in ("", ".")


def _are_different_words(pair: TextPair, one: int, other: int) -> bool:
    return pair.old.keys[one] != pair.old.keys[other]


NUMBER = Kind(_is_number, _are_different_numbers)
WEEKDAY = Kind(_is_weekday, _are_different_words)
UNIT = Kind(_is_unit, _are_different_units)
OPPOSITE = Kind(_has_opposites, _are_opposites)
NAME = Kind(_is_name, _are_different_words)
KINDS = (NUMBER, WEEKDAY, UNIT, OPPOSITE, NAME)


def is_conjunction(pair: TextPair, key: str) -> bool:
    """Whether a word or sign only joins two facts."""
    return key in _LINKS or (key in CONJUNCTIONS and not (pair.language.code == "en" and key in _NOT_IN_ENGLISH))


def contexts(pair: TextPair, kind: Kind, place: int) -> list[tuple[str, ...]]:
    """The words around a fact of the old text, with "" in its place.

    They are two words on one side and one on the other, in both ways; for a name they are two on each side. Facts of
    the same kind in a row are one fact, except for words with opposites.
    """
    keys, start, end = pair.old.keys, place, place + 1
    if kind is not OPPOSITE:
        while start and place - start < _ROW and kind.test(pair, start - 1):
            start -= 1
        while end < len(keys) and end - place < _ROW and kind.test(pair, end):
            end += 1
    before, after = keys[max(0, start - _SIDE) : start], keys[end : end + _SIDE]
    if kind is NAME:
        return [(*before, "", *after)] if len(before) == len(after) == _SIDE else []
    return contexts_between(before, after)


def contexts_between(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, ...]]:
    """Two of the words before a place and one after it, and one before it and two after it, with "" in between."""
    found: list[tuple[str, ...]] = []
    if before and after:
        found += [(*before, "", after[0])] if len(before) == _SIDE else []
        found += [(before[-1], "", *after)] if len(after) == _SIDE else []
    return found
