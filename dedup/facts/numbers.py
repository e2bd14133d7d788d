"""Reads the numbers among words as values: counts, scores, clock times, dates and codes."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import takewhile
from math import prod
from operator import itemgetter
from typing import NamedTuple

from dedup.facts.vocabulary import Language
from dedup.facts.word_forms import digits, has_digit, is_marked

_TOLERANCE = 1e-9
_MOST_EQUAL = 8  # values within the tolerance of one


class Number(NamedTuple):
    """A number in a text.

    Attributes:
        kind: "plain", "month", or another kind. Only numbers of the same kind can be equal.
        value: Its value.
        places: Its words.
    """

    kind: str
    value: float
    places: range

    def equals(self, other: "Number") -> bool:
        """Whether two numbers are equal, to nine decimals."""
        return self.kind == other.kind and _are_equal(self.value, other.value)


class KnownNumbers:
    """A set of numbers, with a lookup that allows for rounding."""

    def __init__(self, numbers: Iterable[Number]) -> None:
        self._sorted = sorted((number.kind, number.value) for number in numbers)

    def __contains__(self, number: Number) -> bool:
        at = bisect_left(self._sorted, (number.kind, number.value - _TOLERANCE))
        if at == len(self._sorted):
            return False
        kind, value = self._sorted[at]
        return kind == number.kind and _are_equal(value, number.value)


def without_equal(before: Sequence[Number], after: Sequence[Number]) -> tuple[list[Number], list[Number]]:
    """The numbers of two lists that have no equal in the other one. Each is the equal of one number at most.

    Of several equals that are near each other, the first `_MOST_EQUAL` values are tried.
    """
    unused: dict[tuple[str, float], list[int]] = {}  # the places of each value in `before`, the first one last
    for at in reversed(range(len(before))):
        unused.setdefault((before[at].kind, before[at].value), []).append(at)
    values = sorted(unused)
    used: set[int] = set()
    rest = []
    for number in after:
        start = bisect_left(values, (number.kind, number.value - _TOLERANCE))
        near = (value for value in values[start : start + _MOST_EQUAL] if number.equals(Number(*value, range(0))))
        equal = min((places for value in near if (places := unused[value])), key=itemgetter(-1), default=None)
        if equal is None:
            rest.append(number)
        else:
            used.add(equal.pop())
    return [number for at, number in enumerate(before) if at not in used], rest


def _are_equal(one: float, other: float) -> bool:
    return one == other or abs(one - other) < _TOLERANCE


def read_numbers(keys: Sequence[str], start: int, end: int, language: Language) -> list[Number]:
    """The numbers in words `start` to `end` (excluded), each with its scale ("2.3 million") or am/pm."""
    found = []
    at = start
    while at < end:
        begin = at
        if not is_marked(keys[at]):
            at += 1
            continue
        meaning, at = _read(keys, at, end, language)
        if meaning is not None:
            found.append(Number(*_signed(keys[begin], *meaning), range(begin, at)))
    return found


def _signed(key: str, kind: str, value: float) -> tuple[str, float]:
    """The kind and value of a number, with the sign of its first word. +5 means more than 5."""
    sign = key[0] if key[0] in "+-" else key[-1]
    return (kind, -value) if sign == "-" else (kind + sign, value) if sign == "+" else (kind, value)


def _read(keys: Sequence[str], at: int, end: int, language: Language) -> tuple[tuple[str, float] | None, int]:
    """(kind and value of the number that begins at word `at`, the place after it);

    (None, place) if there is no number.
    """
    key = keys[at]
    if meaning := digits(key):
        at += 1
        following = keys[at] if at < end else ""
        if following in ("am", "pm") and any(meaning.halves):
            return (meaning.halves[following == "pm"], 0.0), at + 1
        if meaning.clock:
            return (meaning.clock, 0.0), at
        if meaning.is_group_start and len(following) == 3 and following.isdecimal():
            return _compound(1000 * meaning.value + float(following), keys, at + 1, end, language)
        if meaning.suffix:
            if language.code == "ko" and not has_digit(meaning.suffix):
                return ("plain", meaning.value * prod(_korean_scales(meaning.suffix, language))), at
            scale = language.numbers.get(meaning.suffix, 0)
            if scale >= 1000:
                return ("plain", meaning.value * scale), at
            return ("plain" if meaning.suffix in language.units else meaning.suffix, meaning.value), at
        return _compound(meaning.value, keys, at, end, language)
    if key in language.months:
        return ("month", language.months[key]), at + 1
    if key in language.ordinals:
        return ("plain", language.ordinals[key]), at + 1
    if has_digit(key):
        return ("code " + key, 0.0), at + 1  # a code: G8, MH370
    if key in language.numbers:
        return _compound(None, keys, at, end, language)
    return None, at + 1


def unit_stem(suffix: str, language: Language) -> str:
    """The letters after the digits of a number. In Korean, particles are left out that follow a unit."""
    if language.code != "ko":
        return suffix
    suffix = suffix[len(_korean_scales(suffix, language)) :]
    return next((suffix[:end] for end in range(len(suffix), 0, -1) if suffix[:end] in language.units), suffix)


def _korean_scales(suffix: str, language: Language) -> list[int]:
    """The values of the scales after the digits of a number: 5천만 is 5 times a thousand times ten thousand."""
    return list(takewhile(bool, (language.numbers.get(syllable, 0) for syllable in suffix)))


def _compound(
    value: float | None, keys: Sequence[str], at: int, end: int, language: Language
) -> tuple[tuple[str, float], int]:
    """The value of the number words from `at` on. A smaller word is added, a larger one multiplies."""
    total = 0.0
    current = value
    ceiling = 0.0 if value is not None else float("inf")  # only a scale may follow digits
    while at < end and (key := keys[at]) in language.numbers:
        worth = float(language.numbers[key])
        if worth >= 100 and (current is None or worth > current):
            if worth >= 1000:
                total += (current or 1) * worth
                current = None
            else:
                current = (current or 1) * worth
            ceiling = worth
        elif worth < ceiling and (current is None or worth < 10 <= current % 100 or (worth < 100 <= current)):
            current = (current or 0) + worth
            ceiling = 10 if worth >= 20 else 0 if worth < 100 else 100
        else:
            break
        at += 1
    if at < end and (current or 0) > 0 and language.ordinals.get(keys[at], ceiling) < ceiling:
        return ("plain", total + (current or 0) + language.ordinals[keys[at]]), at + 1  # thirty-ninth
    return ("plain", total + (current or 0)), at
