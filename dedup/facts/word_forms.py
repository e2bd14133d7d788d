"""Properties of single words: digits and their meaning, English stems, negations, contrasts, and typos."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from dedup.facts.vocabulary import Language, vocabulary
from dedup.model.normal_form import nfkd

#: The largest number of letters of a word that is compared; a longer word is never a typo.
LONGEST = 64
_remembered = lru_cache(1 << 14)  # the results depend on the word alone, and most words are frequent
_DIGITS = re.compile(r"[-+]?\.?(\d+(?:[.,:٫٬]\d+)*)(.*?)\+?", re.DOTALL)
_GROUPED = re.compile(r"\d{1,3}(?:([.,٬])\d{3})(?:\1\d{3})*")
_POINTS = re.compile("[.:,٫٬]")
_ORDINAL_ENDINGS = frozenset(["st", "nd", "rd", "th", "er", "ère", "ème", "e", "º", "ª"])
_HALVES = ("am", "pm")
#: Letters that Unicode does not decompose, and how newspapers without them write them: in one letter, or in two.
_WITHOUT_MARKS = {ord(char): plain for char, plain in zip("łøđðıæœå", "l o d d i ae oe a".split(), strict=True)}
_WITH_SECOND_LETTER = {
    **_WITHOUT_MARKS,
    **{ord(char): plain for char, plain in zip("äöüøåþ", "ae oe ue oe aa th".split(), strict=True)},
}
_CONTRACTED = frozenset(["m", "ll", "re", "ve", "d"])
_STEM = 4  # letters that all forms of a word share
_LONGEST_ENDING = 4  # letters
_ENDINGS = ("es", "ed", "ing", "er", "ly")


class Digits(NamedTuple):
    """A word that begins with digits, such as 2.30pm, 5m or 22nd.

    Attributes:
        value: Its number, without a sign.
        suffix: The letters after the digits; "" for the ending of an ordinal.
        clock: The clock time that the word means alone, "" for none.
        halves: The clock times that it means before "am" and before "pm"; "" if it cannot be one.
        is_group_start: Whether it can be the start of a number in groups ("12 000").
    """

    value: float
    suffix: str
    clock: str
    halves: tuple[str, str]
    is_group_start: bool


def digits(key: str) -> Digits | None:
    """The meaning of a word that begins with digits, None for any other word."""
    if not (match := _DIGITS.fullmatch(key)):
        return None
    number, suffix = match.groups()
    clock, *halves = _clocks(number)
    clock_time = halves[_HALVES.index(suffix)] if suffix in _HALVES else clock if ":" in number else ""
    return Digits(
        _value(number),
        "" if suffix in _ORDINAL_ENDINGS else suffix,
        clock_time,
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
    """The clock times that a number means alone, before "am" and before "pm"."""
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
    """The value of a Roman numeral in capitals, 0 for any other word."""
    if not _ROMAN.fullmatch(word):
        return 0
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


def has_digit(key: str) -> bool:
    """Whether a word contains a digit of any script."""
    return not key.isalpha() and any(map(str.isdigit, key))


def is_marked(key: str) -> bool:
    """Whether a word is a number, negation, rank, month or weekday in any language."""
    return key in vocabulary().marked or has_digit(key) or key.endswith("n't")


def negates(key: str, language: Language) -> bool:
    """Whether a word negates a statement."""
    if key in language.negation or (language.code == "en" and key.endswith("n't")):
        return True
    return bool(language.negation_stems) and key.startswith(language.negation_stems)


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
    """A word, and the words that it may be an English form of."""
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


def are_forms(one: str, other: str, language: Language) -> bool:
    """Whether two words are forms of one word, or one is derived from the other.

    In English their stems are compared, and a stem with another ending (agreed and agreement). Besides, words that
    begin with the same letters, three fifths of the longer one and at least four, are forms of each other (elected and
    election).
    """
    if language.code == "en":
        one_stems, other_stems = stems(one), stems(other)
        if not set(one_stems).isdisjoint(other_stems):
            return True
        if any(_is_extended(stem, other) for stem in one_stems) or any(_is_extended(stem, one) for stem in other_stems):
            return True
    shorter, longer = sorted((one, other), key=len)
    least = max(_STEM, -(-3 * len(longer) // 5))
    return len(longer) - least <= _LONGEST_ENDING and len(shorter) >= least and one[:least] == other[:least]


def _is_extended(stem: str, word: str) -> bool:
    """Whether a word is a long stem with an ending."""
    return len(stem) > _STEM and 0 < len(word) - len(stem) <= _LONGEST_ENDING and word.startswith(stem)


@_remembered
def is_common(key: str) -> bool:
    """Whether an English word is in common use."""
    common = vocabulary().common
    return key in common or key + "s" in common or key.endswith("n't") or any(stem in common for stem in stems(key))


def exclude(one: str, other: str) -> bool:
    """Whether two words share a class of contrasts, and are different members in every class they share."""
    own_classes = _contrasts(one)
    if not own_classes:
        return False
    other_classes = _contrasts(other)
    shared = [member == other_classes[number] for number, member in own_classes.items() if number in other_classes]
    return bool(shared) and not any(shared)


def has_contrasts(key: str) -> bool:
    """Whether a word may exclude others."""
    return bool(_contrasts(key))


@_remembered
def _contrasts(key: str) -> Mapping[int, int]:
    """{class: member} of a word; if it is in no class, of its first stem that is."""
    known = vocabulary().contrasts
    for stem in stems(key):
        if stem in known:
            return known[stem]
    return {}


def is_misspelling(one: str, other: str) -> bool:
    """Whether one word is a typo of the other: one letter in four differs (or one in all), or two are swapped."""
    # A typo seldom changes both the first letter and the last.
    if one[0] != other[0] and one[-1] != other[-1]:
        return False
    shorter, longer = sorted((len(one), len(other)))
    slips = max(1, shorter // 4)
    if shorter < 2 or longer - shorter > slips or longer > LONGEST or has_digit(one) or has_digit(other):
        return False
    return OSA.distance(one, other, score_cutoff=slips) <= slips


def is_other_spelling(one: str, other: str) -> bool:
    """Whether two words are spellings of one name: listed ones, or one with and one without its accents."""
    spellings = vocabulary().spellings
    if one in spellings and spellings[one] == spellings.get(other):
        return True
    return not (one.isascii() and other.isascii()) and not _plain_forms(one).isdisjoint(_plain_forms(other))


@_remembered
def _plain_forms(key: str) -> frozenset[str]:
    """The ways to write a word of Latin letters in ASCII: müller as muller and mueller. Other words as they are."""
    if key.isascii():
        return frozenset([key])
    forms = [key.translate(_WITHOUT_MARKS), key.translate(_WITH_SECOND_LETTER)]
    plain = ("".join(char for char in nfkd(form) if not unicodedata.combining(char)) for form in forms)
    return frozenset(form for form in plain if form.isascii()) or frozenset([key])


def is_short_for(short: Sequence[tuple[str, str]], name: Sequence[tuple[str, str]]) -> bool:
    """Whether one name abbreviates another: Vic or VIC for Victoria, NSW for New South Wales.

    Args:
        short: The words of the shorter name, each as (written, key).
        name: The words of the longer name, in the same form.
    """
    letters, others = (" ".join(key[:LONGEST] for _, key in words) for words in (short, name))
    if len(letters) > 5 or len(letters) >= len(others) or letters[0] != others[0]:
        return False
    if others.startswith(letters):
        return True
    # The letters must occur in order in a single word (QLD in Queensland), or be the initials of several (NSW).
    rest = iter(others if len(name) == 1 else " ".join(key[0] for _, key in name))
    return all(written.isupper() for written, _ in short) and all(letter in rest for letter in letters)
