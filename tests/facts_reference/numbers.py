"""Words -> the numbers among them, as values: counts, scores, clock times, dates."""

from collections.abc import Sequence
from typing import NamedTuple

from dedup.facts.meanings import digits, has_digit, is_marked
from dedup.facts.tables import Language


class Number(NamedTuple):
    """A number that is said.

    kind: "plain", "month", or what else must be equal for two numbers to be. value: what it is. written: the words it
    is written in. place: the first of them. places: how many they are.
    """

    kind: str
    value: float
    written: str
    place: int
    places: int


def alike(one: Number, other: Number) -> bool:
    """Whether two numbers are one, to nine places."""
    return one.kind == other.kind and (one.value == other.value or abs(one.value - other.value) < 1e-9)


def numbers(keys: Sequence[str], written: Sequence[str], first: int, last: int, language: Language) -> list[Number]:
    """The numbers in words `first` to `last` (excluded), each with its scale ("2.3 million") and half of the day."""
    found = []
    at = first
    while at < last:
        begin = at
        if not is_marked(keys[at]):
            at += 1
            continue
        found_here, at = _read(keys, at, last, language)
        if found_here is not None:
            found.append(Number(*found_here, " ".join(written[begin:at]), begin, at - begin))
    return found


def _read(keys: Sequence[str], at: int, last: int, language: Language) -> tuple[tuple[str, float] | None, int]:
    key = keys[at]
    if said := digits(key):
        at += 1
        following = keys[at] if at < last else ""
        if following in ("am", "pm") and any(said.halves):
            return (said.halves[following == "pm"], 0.0), at + 1
        if said.clock:
            return (said.clock, 0.0), at
        if said.short and len(following) == 3 and following.isdecimal():
            return _compound(1000 * said.value + float(following), keys, at + 1, last, language)
        if said.suffix:
            scale = language.numbers.get(said.suffix, 0)
            return (("plain", said.value * scale) if scale >= 1000 else (said.suffix, said.value)), at
        return _compound(said.value, keys, at, last, language)
    if key in language.months:
        return ("month", language.months[key]), at + 1
    if key in language.ordinals:
        return ("plain", language.ordinals[key]), at + 1
    if has_digit(key):
        return ("code " + key, 0.0), at + 1  # a code: G8, MH370
    if key in language.numbers:
        return _compound(None, keys, at, last, language)
    return None, at + 1


def _compound(
    value: float | None, keys: Sequence[str], at: int, last: int, language: Language
) -> tuple[tuple[str, float], int]:
    """The value of number words from `at` on: a lesser one adds, a greater one multiplies."""
    total = 0.0
    current = value
    ceiling = 0.0 if value is not None else float("inf")  # only a scale may follow digits
    while at < last and (key := keys[at]) in language.numbers:
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
    if at < last and (current or 0) > 0 and language.ordinals.get(keys[at], ceiling) < ceiling:
        return ("plain", total + (current or 0) + language.ordinals[keys[at]]), at + 1  # thirty-ninth
    return ("plain", total + (current or 0)), at
