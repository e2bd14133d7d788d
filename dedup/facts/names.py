"""Words -> which of them are names, territories, or members of a class of which one excludes the other."""

from collections.abc import Sequence

from dedup.facts.numbers import is_numeric
from dedup.facts.tables import Language, tables
from dedup.facts.words import SINGLE, Words

_NAME_PARTS = 4  # words of the longest name of a territory that is looked for
_ENDINGS = ("", "s", "es", "d", "ed", "ing", "ly", "er")
_MIXED = 0.5  # a text with a greater share of capitals is a headline or shouted: they say nothing in it


def misspelt(one: str, other: str) -> bool:
    """Whether two words are one, written with a slip of the pen: a letter in four, at least one, or two swapped."""
    from rapidfuzz.distance import OSA  # here, as no start of the program needs it

    if any(map(str.isdigit, one + other)):
        return False
    shorter = min(len(one), len(other))
    # The last letters alone say Iran or Iraq; territories are told apart by the table before this is asked.
    return shorter > 1 and OSA.distance(one, other) <= max(1, shorter // 4)


def stems(word: str) -> list[str]:
    """A word, and what it may be a form of, by English endings."""
    found = [word]
    for ending in _ENDINGS[1:]:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            found += [stem, stem + "e"]
            if len(stem) > 3 and stem[-1] == stem[-2]:
                found.append(stem[:-1])
    if word.endswith(("ies", "ied")):
        found.append(word[:-3] + "y")
    return found


def cased(words: Words) -> bool:
    """Whether capitals tell names in a text: it has some, and small words too."""
    if words.text.islower() or words.text.isupper():
        return False
    letters = [word for word in words.written if word[0].isalpha()]
    capitals = sum(word[0].isupper() for word in letters)
    return 0 < capitals <= _MIXED * len(letters)


def starts_sentence(words: Words, place: int, begin: int) -> bool:
    """Whether the word at `place`, at offset `begin`, stands where every word has a capital."""
    before = words.text[:begin].rstrip("\"'“”‘’„«»([•-–— \t")
    return place == 0 or not before or before[-1] in ".!?:;…\n"


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
    )


def territories(keys: Sequence[str], first: int, last: int) -> dict[int, slice]:
    """The territories, by number, named in a way that touches words `first` to `last` (excluded), and where."""
    known = tables().territories
    found: dict[int, slice] = {}
    single = first < len(keys) and SINGLE.match(keys[first]) is not None
    width = 8 if single else _NAME_PARTS
    at = max(0, first - width + 1)
    while at < last:
        for size in range(min(width, len(keys) - at), 0, -1):
            number = known.get(tuple(keys[at : at + size]))
            if number is not None:
                if at + size > first:
                    found[number] = slice(at, at + size)
                at += size - 1
                break
        at += 1
    return found


def exclude(one: str, other: str) -> bool:
    """Whether two words are of one class, and mean different members of it in every class they share."""
    classes = tables().classes
    theirs = _classes(other, classes)
    if not theirs:
        return False
    shared = [member == theirs[number] for number, member in _classes(one, classes).items() if number in theirs]
    return bool(shared) and not any(shared)


def _classes(word: str, classes: object) -> dict[int, int]:
    known = tables().classes
    for stem in stems(word):
        if stem in known:
            return dict(known[stem])
    return {}
