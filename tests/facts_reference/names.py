"""Words -> which of them are names, territories, or members of a class of which one excludes the other."""

from collections.abc import Mapping, Sequence

from rapidfuzz.distance import OSA

from dedup.facts.lexicon import LETTERS
from dedup.facts.meanings import has_digit, stems
from dedup.facts.tables import tables
from facts_reference.words import SINGLE, Words

_NAME_PARTS = 4  # words of the longest name of a territory that is looked for
_NONE: Mapping[tuple[str, ...], int] = {}
_SHORT = 5  # letters of an abbreviation
_BEFORE = 12  # characters in which the end of the sentence before is looked for


def misspelt(one: str, other: str) -> bool:
    """Whether two words are one, written with a slip of the pen: a letter in four, at least one, or two swapped."""
    # A slip seldom takes both the first letter and the last. Iran and Iraq differ by one, but the table of territories
    # tells them apart before this is asked.
    if one[0] != other[0] and one[-1] != other[-1]:
        return False
    shorter = min(len(one), len(other))
    slips = max(1, shorter // 4)
    if shorter < 2 or abs(len(one) - len(other)) > slips or max(len(one), len(other)) > LETTERS:
        return False
    if has_digit(one) or has_digit(other):
        return False
    return OSA.distance(one, other) <= slips


def abbreviates(short: Sequence[tuple[str, str]], name: Sequence[tuple[str, str]]) -> bool:
    """Whether a name is another one shortened: Vic or VIC for Victoria, NSW for New South Wales.

    Both are given word by word, each as (written, key).
    """
    letters, others = (" ".join(key[:LETTERS] for _, key in words) for words in (short, name))
    if len(letters) > _SHORT or len(letters) >= len(others) or letters[0] != others[0]:
        return False
    # The letters are found in one word in their order, QLD in Queensland, of several they are the first: NSW.
    rest = iter(others if len(name) == 1 else " ".join(key[0] for _, key in name))
    return others.startswith(letters) or (
        all(written.isupper() for written, _ in short) and all(letter in rest for letter in letters)
    )


def starts_sentence(words: Words, place: int) -> bool:
    """Whether the word at `place` stands where every word has a capital."""
    if place == 0:
        return True
    begin = words.spans[place][0]
    before = words.text[max(0, begin - _BEFORE) : begin].rstrip("\"'“”‘’„«»([•-–— \t")
    return not before or before[-1] in ".!?:;…\n"


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
    mine, theirs = classes(stems(one)), classes(stems(other))
    shared = [member == theirs[number] for number, member in mine.items() if number in theirs]
    return bool(shared) and not any(shared)


def classes(stems: Sequence[str]) -> Mapping[int, int]:
    """{class: member} of the classes that a word with these stems is in, of which one member excludes another."""
    known = tables().classes
    for stem in stems:
        if stem in known:
            return known[stem]
    return {}
