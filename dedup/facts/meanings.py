"""One word, as it is compared -> what it says by itself: its digits, its English stems."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from dedup.facts.tables import Language, tables

_DIGITS = re.compile(r"(\d+(?:[.,:٫٬]\d+)*)(.*)", re.DOTALL)
_GROUPED = re.compile(r"\d{1,3}(?:([.,٬])\d{3})(?:\1\d{3})*")
_POINTS = re.compile("[.:,٫٬]")
_ORDINAL = frozenset(["st", "nd", "rd", "th", "er", "ère", "ème", "e", "º", "ª"])
_HALVES = ("am", "pm")
_CONTRACTED = frozenset(["m", "ll", "re", "ve", "d"])
_ENDINGS = ("es", "ed", "ing", "er", "ly")


class Digits(NamedTuple):
    """A word that begins with digits: 2.30pm, 5m, 22nd.

    value: its number. suffix: what is written to it, "" also for an ordinal's ending. clock: the time that it says by
    itself, "" for none. halves: the times that it says before "am" and "pm", "" where it cannot be one. short,
    group: whether it is the begin of a number that is written in groups ("12 000"), or a group.
    """

    value: float
    suffix: str
    clock: str
    halves: tuple[str, str]
    short: bool
    group: bool


def digits(key: str) -> Digits | None:
    """What a word says in digits, None where it does not begin with one."""
    if not (match := _DIGITS.match(key)):
        return None
    number, suffix = match.groups()
    decimal = number.isdecimal() and not suffix
    clock, *halves = _clocks(number)
    said = halves[_HALVES.index(suffix)] if suffix in _HALVES else clock if ":" in number else ""
    return Digits(
        _plain(number),
        "" if suffix in _ORDINAL else suffix,
        said,
        ("", "") if suffix else (halves[0], halves[1]),
        decimal and len(number) <= 3,
        decimal and len(number) == 3,
    )


def _plain(number: str) -> float:
    if number.isascii() and number.isdecimal():
        return float(number)
    number = _decimal(number).replace("٫", ".")
    if grouped := _GROUPED.fullmatch(number):
        return float(number.replace(grouped[1], ""))
    head, *rest = re.split("[.,:٬]", number)
    return float(head + "." + "".join(rest)) if rest else float(head)


def _decimal(number: str) -> str:
    """A number in the digits of ASCII."""
    return number if number.isascii() else "".join(str(unicodedata.decimal(char, char)) for char in number)


def _clocks(number: str) -> list[str]:
    """The times that a number says: by itself, before "am" and before "pm"."""
    hour, *rest = _POINTS.split(_decimal(number))
    hour = hour.lstrip("0") or "0"
    hours = [hour] * 3
    if len(hour) <= 2:
        value = int(hour)
        hours = [hour, str(value - 12 * (value == 12)), str(value + 12 * (value < 12))]
    return [":".join([hour, *(rest or ["00"])]) for hour in hours]


def has_digit(key: str) -> bool:
    """Whether a word is written with a digit, of any script."""
    return not key.isalpha() and any(map(str.isdigit, key))


def is_marked(key: str) -> bool:
    """Whether a word is a number, negation, month or weekday in some language; most are none, and need no language."""
    return key in tables().marked or has_digit(key) or key.endswith("n't")


def negates(key: str, code: str, language: Language) -> bool:
    """Whether a word turns a statement round, in the language of this code."""
    return key in language.negation or (code == "en" and key.endswith("n't"))


def is_numeric(key: str, language: Language) -> bool:
    """Whether a word says a number or a month."""
    return has_digit(key) or key in language.numbers or key in language.ordinals or key in language.months


def is_small(key: str, language: Language) -> bool:
    """Whether a word never is a name: function words, titles, days, numbers, signs."""
    return (
        len(key) < 2
        or key in language.function
        or key in language.titles
        or key in language.weekdays
        or key in language.negation
        or is_numeric(key, language)
        or _is_contraction(key, language)
    )


def _is_contraction(key: str, language: Language) -> bool:
    head, mark, tail = key.partition("'")
    return mark != "" and tail in _CONTRACTED and head in language.function


def stems(key: str) -> list[str]:
    """A word, and what it may be a form of, by English endings."""
    found = [key]
    if key.endswith("s") and not key.endswith(("ss", "us", "is")):
        found.append(key[:-1])
    for ending in _ENDINGS:
        if not key.endswith(ending) or len(key) - len(ending) < 3:
            continue
        stem = key[: -len(ending)]
        if ending == "es":
            found += [stem] if stem[-1] in "shxzo" else []
            continue
        found += [stem] if ending == "ly" else [stem, stem + "e"]
        if len(stem) > 3 and stem[-1] == stem[-2]:
            found.append(stem[:-1])
    if key.endswith(("ies", "ied")):
        found.append(key[:-3] + "y")
    return found


def is_common(key: str, stems: Sequence[str]) -> bool:
    """Whether an English word is in common use."""
    common = tables().common
    return any(stem in common for stem in stems) or key + "s" in common or key.endswith("n't")
