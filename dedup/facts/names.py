"""The rules on names: which words are names, and which names were replaced."""

from collections.abc import Sequence
from itertools import pairwise

from dedup.facts.alignment import Run
from dedup.facts.territories import territories
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.tokens import Text
from dedup.facts.word_forms import has_digit, is_common, is_marked, is_short_for, is_small

#: The largest number of new words of a run whose single words are compared, and of old words to compare with.
MOST_NEW, MOST_OLD = 8, 24
_SLOT = 4  # words on each side of a run that is a replacement, not a rewritten clause
_HEADLINE_NAME = 2  # capitalised words in a row that are a name in a headline
_BEFORE = 12  # characters that are searched for the end of the previous sentence


def is_name(pair: TextPair, text: Text, place: int) -> bool:
    """Whether a word is a name or a part of one."""
    key, word = text.keys[place], text.words[place]
    if text.has_address and len(key) > 1 and _is_part_of_address(text, place):
        return True
    if not word[0].isalpha() or (word[0].islower() and not text.is_lower):
        return False
    language = pair.language
    if pair.has_capitalised_names:
        if not word[0].isupper() or language.code == "de":
            return False
        if (language.code != "en" or is_common(key)) and _starts_sentence(text, place):
            return False
    elif language.code != "en" or not key.isascii() or len(key) < 3 or is_common(key):
        return False
    if is_small(key, language) and not (pair.has_capitalised_names and _is_acronym(pair, text, place)):
        return False
    return not (_is_country_of_title(pair, text, place) or _is_unit(pair, text, place))


def _is_unit(pair: TextPair, text: Text, place: int) -> bool:
    """Whether a word is part of a unit: 41 degrees Celsius."""
    units = pair.language.unit_words
    return (
        place > 0 and text.keys[place] in units and (text.keys[place - 1] in units or has_digit(text.keys[place - 1]))
    )


def _is_part_of_address(text: Text, place: int) -> bool:
    start, end = text.spans[place]
    return "@" in (text.text[start - 1 : start], text.text[end : end + 1])


def _starts_sentence(text: Text, place: int) -> bool:
    """Whether a word is in a position where every word is capitalised."""
    if place == 0:
        return True
    start = text.spans[place][0]
    before = text.text[max(0, start - _BEFORE) : start].rstrip("\"'“”‘’„«»([•-–— \t")
    return not before or before[-1] in ".!?:;…\n"


def _is_acronym(pair: TextPair, text: Text, place: int) -> bool:
    """Whether a function word is in capitals and its neighbours are not: the US, the WHO."""
    near = slice(max(0, place - 1), place + 2)
    capitals = [word.isupper() and len(key) > 1 for word, key in zip(text.words[near], text.keys[near], strict=True)]
    return text.keys[place] in pair.language.function and capitals[min(1, place)] and sum(capitals) == 1


def _is_country_of_title(pair: TextPair, text: Text, place: int) -> bool:
    """Whether a word only gives the country of an office: "the UK prime minister" is Sir Keir."""
    after = text.keys[place + 1 : place + 2]
    return bool(after) and after[0] in pair.language.titles and bool(territories(text.keys, place, place + 1))


def is_capitalised(pair: TextPair, text: Text, place: int) -> bool:
    """Whether a word of two letters or more is capitalised, and is no function word, number or negation."""
    key = text.keys[place]
    return len(key) > 1 and text.words[place][0].isupper() and key not in pair.language.function and not is_marked(key)


def names_among(pair: TextPair, old: Sequence[int], new: Sequence[int]) -> tuple[list[int], list[int]]:
    """The names among old and new words that the other text lacks.

    New names are returned only if there are old ones.
    """
    old_names = [at for at in old if pair.old.keys[at] not in pair.new.key_set and is_name(pair, pair.old, at)]
    new_names = [at for at in new if old_names and not pair.is_said(at) and is_name(pair, pair.new, at)]
    return old_names, new_names


def name_change(pair: TextPair, old: list[int], new: list[int]) -> list[Change]:
    """The change from the old names to the new ones. Empty if one side is empty or abbreviates the other.

    Names that are not one phrase on each side may have replaced nothing, so only the new ones are given.
    """
    if not old or not new:
        return []
    old_name = [(pair.old.words[place], pair.old.keys[place]) for place in old]
    new_name = [(pair.new.words[place], pair.new.keys[place]) for place in new]
    if is_short_for(old_name, new_name) or is_short_for(new_name, old_name):
        return []
    if _is_phrase(pair.old, old) and _is_phrase(pair.new, new):
        return [(old, new)]
    return [((), new)]


def _is_phrase(text: Text, places: Sequence[int]) -> bool:
    """Whether words follow each other, with at most a small word between two: Bank of England."""
    return all(
        at == before + 1 or (at == before + 2 and text.keys[before + 1] in text.language.function)
        for before, at in pairwise(places)
    )


def changed_territories(pair: TextPair, run: Run) -> list[Change]:
    """The territories that a run replaced with others."""
    old = territories(pair.old.keys, run.old_start, run.old_end)
    if not old:
        return []
    new = territories(pair.new.keys, run.new_start, run.new_end)
    if not new or old.keys() & new.keys():
        return []
    is_slot = run.old_size == run.new_size == 1
    introduced = [name for number, name in new.items() if is_slot or number not in pair.old_territories]
    return list(zip(old.values(), introduced, strict=False))


def changed_names(pair: TextPair, old: list[int], new: list[int]) -> list[Change]:
    """The change of names between the replaced words `old` and the inserted words `new`."""
    if len(old) == len(new) == 1:  # a direct replacement counts even if the other text has the word elsewhere
        same_office = _is_before_same_title(pair, old[0], new[0])
        test = is_capitalised if same_office else is_name
        old_names = [place for place in old if test(pair, pair.old, place)]
        new_names = [place for place in new if old_names and test(pair, pair.new, place)]
    elif _is_name_for_name(pair, old, new):
        old_names, new_names = old, new
    else:
        old_names, new_names = names_among(pair, old, new)
        if not (old_names and new_names) and (pair.language.code == "de" or not pair.has_capitalised_names):
            # In a headline, a single capital is weak evidence, but several in a row are a name. So it is in German.
            old_names = [
                at for at in old if pair.old.keys[at] not in pair.new.key_set and is_capitalised(pair, pair.old, at)
            ]
            new_names = [
                at for at in new if pair.new.keys[at] not in pair.old.key_set and is_capitalised(pair, pair.new, at)
            ]
            if min(len(old_names), len(new_names)) < _HEADLINE_NAME:
                return []
            if pair.language.code == "de" and not (_are_in_a_row(old_names) and _are_in_a_row(new_names)):
                return []
        new_names = [place for place in new_names if not _is_typo_of_any(pair, place)]
    return name_change(pair, old_names, new_names)


def _are_in_a_row(places: Sequence[int]) -> bool:
    return places[-1] - places[0] == len(places) - 1


def _is_name_for_name(pair: TextPair, old: list[int], new: list[int]) -> bool:
    """Whether both sides are short, consist only of names, and share no word."""
    if max(len(old), len(new)) > _SLOT or {pair.old.keys[at] for at in old} & {pair.new.keys[at] for at in new}:
        return False
    return all(is_name(pair, pair.old, at) for at in old) and all(is_name(pair, pair.new, at) for at in new)


def _is_before_same_title(pair: TextPair, old: int, new: int) -> bool:
    """Whether two words belong to the title of an office: the Prime and the Foreign Minister are two."""
    after = pair.old.keys[old + 1 : old + 2]
    if after != pair.new.keys[new + 1 : new + 2] or not after or after[0] not in pair.language.titles:
        return False
    return not _starts_sentence(pair.new, new)


def _is_typo_of_any(pair: TextPair, new: int) -> bool:
    """Whether a new word is a typo of any old word with the same first letter."""
    return any(pair.is_typo(old, new) for old in pair.old.places_by_letter.get(pair.new.keys[new][0], ()))
