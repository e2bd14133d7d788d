"""Single words: digits and what they mean, English stems, negations, contrasts, and slips of the pen."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from dedup.facts.vocabulary import Language, vocabulary

#: Letters of a word at most that are compared; a longer word is no slip of the pen.
LONGEST = 64
_remembered = lru_cache(1 << 14)  # what a word means depends on nothing else, and most words come often
_DIGITS = re.compile(r"[-+]?\.?(\d+(?:[.,:٫٬]\d+)*)(.*?)\+?", re.DOTALL)
_GROUPED = re.compile(r"\d{1,3}(?:([.,٬])\d{3})(?:\1\d{3})*")
_POINTS = re.compile("[.:,٫٬]")
_ORDINAL_ENDINGS = frozenset(["st", "nd", "rd", "th", "er", "ère", "ème", "e", "º", "ª"])
_HALVES = ("am", "pm")
_CONTRACTED = frozenset(["m", "ll", "re", "ve", "d"])
_ENDINGS = ("es", "ed", "ing", "er", "ly")


class Digits(NamedTuple):
    """A word that begins with digits, such as 2.30pm, 5m or 22nd.

    value: its number, without a sign. suffix: the letters after the digits, "" also for the ending of an ordinal.
    clock: the time that the word means by itself, "" for none. halves: the times that it means before "am" and "pm", ""
    if it cannot be one. is_group_start: whether it can be the start of a number in groups ("12 000").
    """

    value: float
    suffix: str
    clock: str
    halves: tuple[str, str]
    is_group_start: bool


def digits(key: str) -> Digits | None:
    """The meaning of a word that begins with digits, None for another word."""
    if not (match := _DIGITS.fullmatch(key)):
        return None
    number, suffix = match.groups()
    clock, *halves = _clocks(number)
    meant = halves[_HALVES.index(suffix)] if suffix in _HALVES else clock if ":" in number else ""
    return Digits(
        _value(number),
        "" if suffix in _ORDINAL_ENDINGS else suffix,
        meant,
        ("", "") if suffix else (halves[0], halves[1]),
        number.isdecimal() and not suffix and len(number) <= 3,
    )


def _value(number: str) -> float:
    if number.isascii() and number.isdecimal():
        return float(number)
    number = _ascii_digits(number).replace("٫", ".")
    if grouped := _GROUPED.fullmatch(number):
        return float(number.replace(grouped[1], ""))
    head, *rest = re.split("[.,:٬]", number)
    return float(head + "." + "".join(rest)) if rest else float(head)


def _ascii_digits(number: str) -> str:
    return number if number.isascii() else "".join(str(unicodedata.decimal(char, char)) for char in number)


def _clocks(number: str) -> list[str]:
    """The times that a number means: by itself, before "am" and before "pm"."""
    hour, *rest = _POINTS.split(_ascii_digits(number))
    hour = hour.lstrip("0") or "0"
    hours = [hour] * 3
    if len(hour) <= 2:
        value = int(hour)
        hours = [hour, str(value - 12 * (value == 12)), str(value + 12 * (value < 12))]
    return [":".join([hour, *(rest or ["00"])]) for hour in hours]


_ROMAN = re.compile("(?=[IVXLCDM])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman(word: str) -> int:
    """The value of a Roman numeral in capitals, 0 for another word."""
    if not _ROMAN.fullmatch(word):
        return 0
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


def has_digit(key: str) -> bool:
    """Whether a word is written with a digit, of any script."""
    return not key.isalpha() and any(map(str.isdigit, key))


def is_marked(key: str) -> bool:
    """Whether a word is a number, negation, rank, month or weekday in any language."""
    return key in vocabulary().marked or has_digit(key) or key.endswith("n't")


def negates(key: str, language: Language) -> bool:
    """Whether a word negates a statement."""
    return key in language.negation or (language.code == "en" and key.endswith("n't"))


def is_numeric(key: str, language: Language) -> bool:
    """Whether a word is a number or a month."""
    return key in language.numeric or has_digit(key)


def is_small(key: str, language: Language) -> bool:
    """Whether a word is never a name: function words, titles, days, numbers, signs."""
    return len(key) < 2 or key in language.closed or has_digit(key) or _is_contraction(key, language)


def is_content(key: str, language: Language) -> bool:
    """Whether a word has a meaning that neither grammar nor the rules on numbers, negations and titles cover."""
    if key.isalpha():
        return key not in language.closed
    return key.replace("'", "").isalpha() and key not in language.closed and not negates(key, language)


def _is_contraction(key: str, language: Language) -> bool:
    head, mark, tail = key.partition("'")
    return mark != "" and tail in _CONTRACTED and head in language.function


def stems(key: str) -> list[str]:
    """A word, and the words of which it may be a form, by English endings."""
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


@_remembered
def is_common(key: str) -> bool:
    """Whether an English word is in common use."""
    common = vocabulary().common
    return key in common or key + "s" in common or key.endswith("n't") or any(stem in common for stem in stems(key))


def exclude(one: str, other: str) -> bool:
    """Whether two words share a class of contrasts, and are different members of it in every class they share."""
    mine = _contrasts(one)
    if not mine:
        return False
    theirs = _contrasts(other)
    shared = [member == theirs[number] for number, member in mine.items() if number in theirs]
    return bool(shared) and not any(shared)


@_remembered
def _contrasts(key: str) -> Mapping[int, int]:
    """{class: member} of the classes that a word, or the first of its stems that is in one, belongs to."""
    known = vocabulary().contrasts
    for stem in stems(key):
        if stem in known:
            return known[stem]
    return {}


def is_misspelling(one: str, other: str) -> bool:
    """Whether two words are one, written with a slip of the pen: a letter in four, at least one, or two swapped."""
    # A slip seldom takes both the first letter and the last.
    if one[0] != other[0] and one[-1] != other[-1]:
        return False
    shorter, longer = sorted((len(one), len(other)))
    slips = max(1, shorter // 4)
    if shorter < 2 or longer - shorter > slips or longer > LONGEST or has_digit(one) or has_digit(other):
        return False
    return OSA.distance(one, other, score_cutoff=slips) <= slips


def is_short_for(short: Sequence[tuple[str, str]], name: Sequence[tuple[str, str]]) -> bool:
    """Whether one name abbreviates another: Vic or VIC for Victoria, NSW for New South Wales.

    Args:
        short: The words of the shorter name, each as (written, key).
        name: Those of the other.
    """
    char_table, others = (" ".join(key[:LONGEST] for _, key in words) for words in (short, name))
    if len(char_table) > 5 or len(char_table) >= len(others) or char_table[0] != others[0]:
        return False
    if others.startswith(char_table):
        return True
    # In one word, the letters are found in their order (QLD in Queensland); of several, they are the first (NSW).
    rest = iter(others if len(name) == 1 else " ".join(key[0] for _, key in name))
    return all(written.isupper() for written, _ in short) and all(letter in rest for letter in char_table)
