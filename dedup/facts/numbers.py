"""Words -> the numbers among them, as values: counts, scores, clock times, dates."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from dedup.facts.tables import Language, tables

_NUMBER = re.compile(r"(\d+(?:[.,:٫٬]\d+)*)(.*)", re.DOTALL)
_GROUPED = re.compile(r"\d{1,3}(?:([.,٬])\d{3})(?:\1\d{3})*")
_ORDINAL = {"st", "nd", "rd", "th", "er", "ère", "ème", "e", "º", "ª"}


class Number(NamedTuple):
    """A number that is said.

    value: what it is, alike for every way of writing it. written: the words it is written in. place: the first of
    them. places: how many they are.
    """

    value: str
    written: str
    place: int
    places: int


def has_digit(key: str) -> bool:
    """Whether a word is written with a digit, of any script."""
    return not key.isalpha() and any(map(str.isdigit, key))


@lru_cache(maxsize=1 << 14)
def is_marked(key: str) -> bool:
    """Whether a word is a number, negation, month or weekday in some language; most are none, and need no language."""
    return key in tables().marked or has_digit(key) or key.endswith("n't")


def is_numeric(key: str, language: Language) -> bool:
    """Whether a word says a number or a month."""
    return has_digit(key) or key in language.numbers or key in language.ordinals or key in language.months


def numbers(keys: Sequence[str], written: Sequence[str], first: int, last: int, language: Language) -> list[Number]:
    """The numbers in words `first` to `last` (excluded), each with its scale ("2.3 million") and half of the day."""
    found = []
    at = first
    while at < last:
        begin = at
        if not is_marked(keys[at]):
            at += 1
            continue
        value, at = _read(keys, at, last, language)
        if value is not None:
            found.append(Number(value, " ".join(written[begin:at]), begin, at - begin))
    return found


def _read(keys: Sequence[str], at: int, last: int, language: Language) -> tuple[str | None, int]:
    key = keys[at]
    if match := _NUMBER.match(key):
        digits, suffix = match.groups()
        at += 1
        if ":" in digits or suffix in ("am", "pm") or (not suffix and at < last and keys[at] in ("am", "pm")):
            half = suffix or (keys[at] if at < last and keys[at] in ("am", "pm") else "")
            return _clock(digits, half), at + (not suffix and half != "")
        if len(digits) <= 3 and digits.isdecimal() and at < last and _is_group(keys[at]) and not suffix:
            return _compound(float(digits + keys[at]), keys, at + 1, last, language)
        value = _plain(digits)
        if suffix in language.numbers and language.numbers[suffix] >= 1000:
            return _write(value * language.numbers[suffix]), at
        if suffix and suffix not in _ORDINAL:
            return _write(value) + suffix, at
        return _compound(value, keys, at, last, language)
    if key in language.months:
        return f"month {language.months[key]}", at + 1
    if key in language.ordinals:
        return _write(language.ordinals[key]), at + 1
    if has_digit(key):
        return key, at + 1  # a code: G8, MH370
    if key in language.numbers:
        return _compound(None, keys, at, last, language)
    return None, at + 1


def _is_group(key: str) -> bool:
    return len(key) == 3 and key.isdecimal()


def _compound(value: float | None, keys: Sequence[str], at: int, last: int, language: Language) -> tuple[str, int]:
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
    return _write(total + (current or 0)), at


def _plain(digits: str) -> float:
    if digits.isdecimal():
        return float(digits)
    digits = "".join(str(unicodedata.decimal(char, char)) for char in digits).replace("٫", ".")
    if grouped := _GROUPED.fullmatch(digits):
        return float(digits.replace(grouped[1], ""))
    head, *rest = re.split("[.,]", digits)
    return float(head + "." + "".join(rest)) if rest else float(head)


def _clock(digits: str, half: str) -> str:
    hour, *rest = re.split("[.:,]", digits)
    value = int(hour)
    if half == "pm" and value < 12:
        value += 12
    elif half == "am" and value == 12:
        value = 0
    return ":".join([str(value), *(rest or ["00"])])


def _write(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 9))
