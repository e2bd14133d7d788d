"""Words -> which of them are names, territories, or members of a class of which one excludes the other."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from dedup.facts.numbers import has_digit, is_numeric
from dedup.facts.tables import Language, tables
from dedup.facts.words import SINGLE, Words

_NAME_PARTS = 4  # words of the longest name of a territory that is looked for
_NONE: Mapping[tuple[str, ...], int] = {}
_SHORT = 5  # letters of an abbreviation
_CONTRACTED = frozenset(["m", "ll", "re", "ve", "d"])
_BEFORE = 12  # characters in which the end of the sentence before is looked for
_ENDINGS = ("es", "ed", "ing", "er", "ly")


def misspelt(one: str, other: str) -> bool:
    """Whether two words are one, written with a slip of the pen: a letter in four, at least one, or two swapped."""
    # A slip seldom takes both the first letter and the last. Iran and Iraq differ by one, but the table of territories
    # tells them apart before this is asked.
    if one[0] != other[0] and one[-1] != other[-1]:
        return False
    shorter = min(len(one), len(other))
    slips = max(1, shorter // 4)
    if shorter < 2 or abs(len(one) - len(other)) > slips:
        return False
    if has_digit(one) or has_digit(other):
        return False
    from rapidfuzz.distance import OSA  # here, as no start of the program needs it

    return OSA.distance(one, other, score_cutoff=slips) <= slips


def abbreviates(short: str, name: str) -> bool:
    """Whether a name, as written, is another one shortened: Vic or VIC for Victoria, NSW for New South Wales."""
    if len(short) > _SHORT or len(short) >= len(name) or short[0].casefold() != name[0].casefold():
        return False
    rest = iter(name.casefold())
    return name.casefold().startswith(short.casefold()) or (
        short.isupper() and all(letter in rest for letter in short.casefold())
    )


def stems(word: str) -> list[str]:
    """A word, and what it may be a form of, by English endings."""
    found = [word]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        found.append(word[:-1])
    for ending in _ENDINGS:
        stem = word[: -len(ending)]
        if not word.endswith(ending) or len(stem) < 3:
            continue
        if ending == "es":
            found += [stem] if stem[-1] in "shxzo" else []
            continue
        found += [stem] if ending == "ly" else [stem, stem + "e"]
        if len(stem) > 3 and stem[-1] == stem[-2]:
            found.append(stem[:-1])
    if word.endswith(("ies", "ied")):
        found.append(word[:-3] + "y")
    return found


def starts_sentence(words: Words, place: int) -> bool:
    """Whether the word at `place` stands where every word has a capital."""
    if place == 0:
        return True
    begin = words.text.find(words.written[place])
    if words.text.find(words.written[place], begin + 1) >= 0:  # it is met twice: count the words
        begin = words.spans[place][0]
    before = words.text[max(0, begin - _BEFORE) : begin].rstrip("\"'“”‘’„«»([•-–— \t")
    return not before or before[-1] in ".!?:;…\n"


@lru_cache(maxsize=1 << 13)
def is_common(key: str) -> bool:
    """Whether an English word is in common use."""
    common = tables().common
    return any(stem in common for stem in stems(key)) or key + "s" in common or key.endswith("n't")


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


def territories(keys: Sequence[str], first: int, last: int) -> dict[int, slice]:
    """The territories, by number, named in a way that touches words `first` to `last` (excluded), and where."""
    known = tables().territories
    found: dict[int, slice] = {}
    single = first < len(keys) and SINGLE.match(keys[first]) is not None
    width = 8 if single else _NAME_PARTS
    at = max(0, first - width + 1)
    while at < last:
        names = known.get(keys[at], _NONE)
        for size in range(min(width, len(keys) - at), 0, -1) if names else ():
            number = names.get(tuple(keys[at : at + size]))
            if number is not None:
                if at + size > first:
                    found[number] = slice(at, at + size)
                at += size - 1
                break
        at += 1
    return found


def exclude(one: str, other: str) -> bool:
    """Whether two words are of one class, and mean different members of it in every class they share."""
    theirs = _classes(other)
    if not theirs:
        return False
    shared = [member == theirs[number] for number, member in _classes(one).items() if number in theirs]
    return bool(shared) and not any(shared)


@lru_cache(maxsize=1 << 13)
def _classes(word: str) -> Mapping[int, int]:
    known = tables().classes
    for stem in stems(word):
        if stem in known:
            return known[stem]
    return {}
