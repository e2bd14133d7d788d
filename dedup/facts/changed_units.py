"""The rule on units: 41°C is not 41°F, and 40 cents are not 40 dollars."""

from collections.abc import Iterator
from typing import NamedTuple

from dedup.facts.alignment import Run
from dedup.facts.numbers import Number, read_numbers, unit_stem
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.tokens import Text
from dedup.facts.vocabulary import Language
from dedup.facts.word_forms import digits, has_digit

_AROUND = 6  # words on each side of a run that are searched for the numbers of its units
_MOST_COMPARISONS = 1 << 14  # of the quantities of one run
_LONGEST_GROUPED = 64  # words
_SHARED = 3  # words between two numbers that can share a unit: 5 to 10 km


class _Quantity(NamedTuple):
    """A number with its unit.

    Attributes:
        number: The number.
        unit: The name of its unit, "" for none.
        is_sign: Whether the unit is written as a sign, and not as a word.
        places: The words of the number and its unit.
    """

    number: Number
    unit: str
    is_sign: bool
    places: range


def changed_units(pair: TextPair, run: Run) -> list[Change]:
    """The numbers in or next to a run that kept their value, but changed their unit, or lost or gained its sign."""
    old, new, language = pair.old, pair.new, pair.language
    touched = [*old.keys[run.old_start : run.old_end], *new.keys[run.new_start : run.new_end]]
    if language.unit_words.isdisjoint(touched) and not any(map(_may_have_suffix, touched)):
        return []
    after = _quantities(new, run.new_start, run.new_end, language)
    before = _quantities(old, run.old_start, run.old_end, language) if after else []
    if len(after) * len(before) > _MOST_COMPARISONS:
        return [(before[0].places, after[0].places)]  # nobody knows, so it is news
    changed: list[Change] = []
    for quantity in after:
        equal = [other for other in before if quantity.number.equals(other.number)]
        if not equal:  # the m of metres was read as million: 5 m and 5 km
            changed += [(other.places, quantity.places) for other in before if _is_million_or_metre(quantity, other)]
        elif not any(_may_be_same(quantity, other) for other in equal):
            changed.append((equal[0].places, quantity.places))
    return changed


def _may_have_suffix(key: str) -> bool:
    return key[-1].isalpha() and has_digit(key)


def _is_million_or_metre(one: _Quantity, other: _Quantity) -> bool:
    """Whether one of two quantities is a length, and the other a million times its number."""
    for million, length in ((one, other), (other, one)):
        if length.unit.startswith("length:") and million.number.value == length.number.value * 1e6:
            return True
    return False


def _may_be_same(one: _Quantity, other: _Quantity) -> bool:
    """Whether two quantities of one value can be the same. A word for a unit may be missing, a sign may not."""
    if one.unit and other.unit:
        short, long = sorted((one.unit + ":", other.unit + ":"), key=len)
        return long.startswith(short)
    return not (one.is_sign or other.is_sign)


def _quantities(text: Text, start: int, end: int, language: Language) -> list[_Quantity]:
    """The quantities in and around words `start` to `end` (excluded). Both ends of a range get its unit."""
    keys = text.keys
    first, last = max(0, start - _AROUND), min(len(keys), end + _AROUND)
    least = max(0, first - _LONGEST_GROUPED)
    while first > least and has_digit(keys[first - 1]):  # keep a grouped number whole
        first -= 1
    found = [_quantity(text, number, language) for number in read_numbers(keys, first, last, language)]
    return list(_shared(list(_shared(found[::-1]))[::-1]))


def _shared(quantities: list[_Quantity]) -> Iterator[_Quantity]:
    """The quantities. One without a unit takes the unit of the previous one if that is near."""
    before: _Quantity | None = None
    for quantity in quantities:
        if not quantity.unit and before is not None and before.unit and _gap(quantity, before) <= _SHARED:
            quantity = quantity._replace(unit=before.unit)
        yield quantity
        before = quantity


def _gap(one: _Quantity, other: _Quantity) -> int:
    return max(one.places.start - other.places.stop, other.places.start - one.places.stop)


def _quantity(text: Text, number: Number, language: Language) -> _Quantity:
    keys, start, end = text.keys, number.places.start, number.places.stop
    longest = language.longest_unit
    for size in range(min(longest, start), 0, -1):
        form = tuple(keys[start - size : start])
        unit = language.units.get(form[0], {}).get(form)
        if unit is not None and unit.may_precede and (size == 1 or _is_one_word(text, start - size, start)):
            return _Quantity(number, unit.name, not form[-1].isalnum(), range(start - size, end))
    meaning = digits(keys[end - 1])
    suffix = unit_stem(meaning.suffix, language) if meaning else ""
    following = keys[end : end + longest]
    for words in ([suffix, *following[:-1]], following):
        for size in range(len(words), 0, -1):
            form = tuple(words[:size])
            if unit := language.units.get(form[0], {}).get(form):
                stop = end + size - (words is not following)
                return _Quantity(number, unit.name, not form[0].isalnum(), range(start, stop))
    return _Quantity(number, "", False, number.places)


def _is_one_word(text: Text, start: int, end: int) -> bool:
    """Whether words are written without a space between them: US$."""
    return all(text.spans[at][1] == text.spans[at + 1][0] for at in range(start, end - 1))
