"""The rules on signs and short identifiers: ▲ and ▼, C and C++, AA+ and AA-, phase II and III, group A and B."""

import re
from collections import Counter
from collections.abc import Sequence

from dedup.facts.alignment import Run
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.tokens import SIGNS, Text, is_single
from dedup.facts.word_forms import roman

_NUMERAL = re.compile("(?:ww)?[ivxlcdm]+")  # WWII
_LETTERS = 3  # largest number of letters of other identifiers
_GENERATIONS = frozenset(["jr", "sr", "junior", "senior", "jnr", "snr"])
_EDGE = 256  # characters before a sign in which the start of its line is looked for
_SUFFIX_SIGNS = "+-#"


def changed_signs(pair: TextPair, run: Run) -> list[Change]:
    """The signs that a run replaced, or that it added to or removed from a word."""
    if SIGNS.isdisjoint(pair.old.keys[run.old_start : run.old_end] + pair.new.keys[run.new_start : run.new_end]):
        return []
    old = [at for at in run.old_places if pair.old.keys[at] in SIGNS]
    new = [at for at in run.new_places if pair.new.keys[at] in SIGNS]
    kept = Counter(pair.old.keys[at] for at in old) & Counter(pair.new.keys[at] for at in new)
    old, new = _without(pair.old, old, kept), _without(pair.new, new, kept)
    replaced: list[Change] = [([other], [at]) for other, at in zip(old, new, strict=False)]
    deleted = [([other], ()) for other in old[len(new) :] if _stands_alone(pair.old, other, run.old_start, run.old_end)]
    inserted = [((), [at]) for at in new[len(old) :] if _stands_alone(pair.new, at, run.new_start, run.new_end)]
    return [*replaced, *deleted, *inserted]


def _without(text: Text, places: Sequence[int], kept: Counter[str]) -> list[int]:
    """The places that are left without the first ones of each sign, as many as `kept` has."""
    left = kept.copy()
    rest = []
    for at in places:
        if left[text.keys[at]] > 0:
            left[text.keys[at]] -= 1
        else:
            rest.append(at)
    return rest


def _stands_alone(text: Text, at: int, start: int, end: int) -> bool:
    """Whether a sign was inserted or deleted alone, and is not a bullet at the beginning of a line."""
    following = at + 1
    while following < end and text.keys[following] in SIGNS:
        following += 1
    if following < end:
        return False  # its number was inserted or deleted with it
    first = text.spans[at][0]
    before = text.text[max(text.start, first - _EDGE) : first].rstrip(" \t")
    is_bullet = not before or before[-1] == "\n"
    has_number = following < len(text.keys) and text.keys[following][-1:].isdigit()
    return has_number or (not is_bullet and at == start)


def changed_identifiers(pair: TextPair, run: Run) -> list[Change]:
    """The short identifiers that replaced others: Roman numerals, letters, ratings, Jr and Sr."""
    changed: list[Change] = []
    if run.old_size == run.new_size:
        for old, new in zip(run.old_places, run.new_places, strict=True):
            if _are_different_identifiers(pair, old, new):
                changed.append(([old], [new]))
    return changed


def _are_different_identifiers(pair: TextPair, old: int, new: int) -> bool:
    one, other = pair.old.keys[old], pair.new.keys[new]
    if one[-1] in _SUFFIX_SIGNS or other[-1] in _SUFFIX_SIGNS:
        return one != other and one.rstrip(_SUFFIX_SIGNS) == other.rstrip(_SUFFIX_SIGNS)
    if one in _GENERATIONS and other in _GENERATIONS:
        return one[0] != other[0]
    if one.isdecimal() or other.isdecimal():
        return _are_different_numerals(pair, old, new)
    are_numerals = _NUMERAL.fullmatch(one) and _NUMERAL.fullmatch(other)
    if not are_numerals and max(len(one), len(other)) > _LETTERS:
        return False
    written, rewritten = pair.old.words[old], pair.new.words[new]
    if not (written.isupper() and rewritten.isupper()):
        return len(one) == len(other) == 1 and _are_labels(pair, old, new)
    if are_numerals and _value(written) and _value(rewritten):
        return True
    if not (one + other).isalpha() or is_single(one) or is_single(other):
        return False
    if one[1:] == other[1:] and (one[0] + other[0]).isascii() and not one[1:].isascii():
        return True  # a Korean word follows without a space: A조에
    if "." in written + rewritten or _are_initials(pair, old, new):  # some; initials may be left out at the end
        return not (one.startswith(other) or other.startswith(one))
    letters = set(one) | set(other)
    if max(len(one), len(other)) > 1:  # ratings, and blood groups
        is_rating = len(set(one)) == len(set(other)) == 1 and letters <= set("abcd")
        return is_rating or letters <= set("abo")
    return _follows_same_word(pair, old, new)


def _are_different_numerals(pair: TextPair, old: int, new: int) -> bool:
    """Whether at least one of two numerals is Roman, and their values differ: phase 2 and phase III."""
    written, rewritten = pair.old.words[old], pair.new.words[new]
    values = [roman(word) or (float(word) if word.isdecimal() else 0) for word in (written, rewritten)]
    return bool(roman(written) or roman(rewritten)) and all(values) and values[0] != values[1]


def _value(word: str) -> int:
    """The value of a Roman numeral, including the one in WWII."""
    return roman(word.removeprefix("WW"))


def _are_labels(pair: TextPair, old: int, new: int) -> bool:
    """Whether two small letters are labels, as in hepatitis b or 4(c), and not words."""
    one, other = pair.old.keys[old], pair.new.keys[new]
    if not (one + other).isalpha() or is_single(one) or is_single(other) or not _follows_same_word(pair, old, new):
        return False
    before = pair.new.text[pair.new.spans[new][0] - 1]
    return before == "(" or {one, other}.isdisjoint(pair.language.function)


def _are_initials(pair: TextPair, old: int, new: int) -> bool:
    """Whether two words in capitals stand between the same capitalised words: George H W Bush."""
    after, rewritten = pair.old.words[old + 1 : old + 2], pair.new.words[new + 1 : new + 2]
    before = pair.old.words[old - 1 : old] if _follows_same_word(pair, old, new) else []
    if not before or not after or after != rewritten:
        return False
    if not pair.language.titles.isdisjoint((pair.old.keys[old], pair.new.keys[new])):
        return False
    return all(word[0].isupper() and not word.isupper() for word in (before[0], after[0]))


def _follows_same_word(pair: TextPair, old: int, new: int) -> bool:
    return old > 0 and new > 0 and pair.old.keys[old - 1] == pair.new.keys[new - 1]
