"""The rule on alternatives: a text that lists several facts in one place states none of them.

"At least 21, 22 or 23 people were killed" does not say that 22 people were killed, so a text that says it is an update.
Otherwise anybody could hide a report by publishing a list of all that it may say.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from dedup.facts.fact_kinds import KINDS, NAME, NUMBER, OPPOSITE, Kind, contexts, is_conjunction
from dedup.facts.text_pair import Change, TextPair

_MOST = 64  # facts of a list, and places of a word, that are compared
_GAP = 5  # words between two neighbours of a list
_MANY = 3  # alternatives to a name or a year; fewer are stated as well
_FULL_NAME = 3  # words
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_OPEN = re.compile(r"[/?…]|\.\.|\b(?:or|oder|ou|of|или|या)\b")  # between two facts of which only one may be true


def listed_alternatives(pair: TextPair) -> Iterator[Change]:
    """The facts that the old text has only among alternatives, which the new text lacks.

    An alternative is another fact of the same kind, either in one list with the fact, or elsewhere between the same
    words. Between two neighbours of a list are only conjunctions and words that the old text repeats.
    """
    missing = sorted(place for place in pair.missing if pair.old.keys[place] not in pair.new.key_set)
    for kind in KINDS if missing else ():
        facts = [place for place in missing if kind.test(pair, place)]
        for fact, others in (*_in_one_list(pair, kind, facts), *_between_same_words(pair, kind, facts)):
            different = [place for place in others if kind.are_different(pair, place, fact)]
            if different:
                yield different, [pair.counterpart(fact)]


def _in_one_list(pair: TextPair, kind: Kind, missing: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """The facts of the new text that stand in one list with missing ones, and the places of those."""
    seen: set[int] = set()
    for place in missing:
        if place in seen:
            continue
        listed = _list_around(pair, kind, place)
        seen.update(listed)
        others = [at for at in listed if at in pair.missing and pair.old.keys[at] not in pair.new.key_set][:_MOST]
        for fact in listed:
            is_stated = fact not in pair.missing or pair.came_from_missing(fact)
            if is_stated and _are_alternatives(pair, kind, others, fact):
                yield fact, others


def _between_same_words(pair: TextPair, kind: Kind, missing: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """The facts of both texts that stand between the same words as missing ones, and the places of those."""
    missing_in = {context: place for place in missing for context in contexts(pair, kind, place)}
    for context, place in missing_in.items():
        before = context[context.index("") - 1]
        for fact in (at + 1 for at in pair.old.places[before][:_MOST]):
            if fact == len(pair.old.keys) or fact in pair.missing or not kind.test(pair, fact):
                continue
            is_one_name = kind is NAME and _are_only_names(pair, place, fact)
            if context in contexts(pair, kind, fact) and not is_one_name:
                yield fact, [place]


def _list_around(pair: TextPair, kind: Kind, place: int) -> list[int]:
    """The facts of the list that a fact of the old text stands in, in order."""
    listed = [place]
    for step in (-1, 1):
        last: int | None = place
        while last is not None:
            near = range(last + step, last + step * (_GAP + 2), step)
            facts = (at for at in near if 0 <= at < len(pair.old.keys) and kind.test(pair, at))
            following = next(facts, None)
            if following is not None and _are_neighbours(pair, *sorted((last, following))):
                listed.append(following)
                last = following
            else:
                last = None
    return sorted(listed)


def _are_neighbours(pair: TextPair, one: int, other: int) -> bool:
    """Whether only conjunctions, repeated words and perhaps names stand between two facts."""
    return all(
        is_conjunction(pair, pair.old.keys[place])
        or _is_copy(pair, place)
        or (place in pair.missing and pair.old.words[place][0].isupper())
        for place in range(one + 1, other)
    )


def _is_copy(pair: TextPair, place: int) -> bool:
    """Whether the old text has a word of the new one more often, or at another place."""
    key = pair.old.keys[place]
    return key in pair.new.key_set and (place in pair.missing or pair.old_counts[key] > pair.new_counts[key])


def _are_alternatives(pair: TextPair, kind: Kind, others: Sequence[int], fact: int) -> bool:
    """Whether the other facts of a list leave it open which of them is true, and are not stated as well."""
    if not others:
        return False
    keys, places = pair.old.keys, sorted([*others, fact])
    if kind is NAME:
        are_open = any(map(_OPEN.search, _gaps(pair, places))) or _are_in_equal_phrases(pair, others, fact)
        return are_open or _count_names(pair, places) > _MANY
    if kind is OPPOSITE and pair.new.words[pair.counterpart(fact)][0].isupper():
        # The Minister for Health and Housing is Minister for Health.
        return any(_OPEN.search(gap) or not gap.strip() for gap in _gaps(pair, places))
    if kind is NUMBER and any(keys[at].startswith("0") and keys[at].isdecimal() for at in places):
        return False  # a telephone number
    are_years = kind is NUMBER and all(_YEAR.fullmatch(keys[at]) for at in places)
    return not are_years or len(others) >= _MANY


def _are_in_equal_phrases(pair: TextPair, others: Sequence[int], fact: int) -> bool:
    """Whether another name follows the word that the name follows in the new text, or precedes the word after it."""
    old, new, at = pair.old.keys, pair.new.keys, pair.counterpart(fact)
    before, after = new[max(0, at - 1) : at], new[at + 1 : at + 2]
    return any(
        (before and old[max(0, other - 1) : other] == before) or (after and old[other + 1 : other + 2] == after)
        for other in others
        if not _are_only_names(pair, fact, other)
    )


def _are_only_names(pair: TextPair, one: int, other: int) -> bool:
    """Whether there are only names and conjunctions from one word to another."""
    first, last = sorted((one, other))
    return last - first < _MOST and all(
        NAME.test(pair, place) or is_conjunction(pair, pair.old.keys[place]) for place in range(first, last + 1)
    )


def _count_names(pair: TextPair, places: Sequence[int]) -> int:
    """The number of names; words in a row are one, unless they are too many."""
    sizes = [1]
    for gap in _gaps(pair, places):
        if gap.strip():
            sizes.append(1)
        else:
            sizes[-1] += 1
    return sum(1 if size <= _FULL_NAME else size for size in sizes)


def _gaps(pair: TextPair, places: Sequence[int]) -> Iterator[str]:
    """The text between each two words."""
    spans, text = pair.old.spans, pair.old.text
    return (text[spans[one][1] : spans[other][0]] for one, other in pairwise(places))
