"""The rule on phrases that exclude each other: today and tomorrow, north and south, may and will."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache

from dedup.facts.alignment import Run
from dedup.facts.phrases import find_phrases
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.vocabulary import Language, vocabulary
from dedup.facts.vocabulary.exclusive import Classes, stands_alone

_Phrase = tuple[Classes, range]  # its classes and its places
_LONGEST = 4  # words of a phrase, or Han characters
_AROUND = 1  # words beside a run
_SLOT = 3  # words by which two phrases in one place of a run may be shifted
_SHORTEST_STEM = 2  # syllables of a Korean word, or letters
_LONGEST_POINT, _SHORTEST_REST = 9, 3  # letters of a compass point that begins a word, and of the rest of that word
_COMPOUNDING = frozenset(["de", "nl"])  # languages that begin words with compass points
_CLAUSE = 6  # words of a run that is more than a phrase


def changed_phrases(pair: TextPair, run: Run) -> list[Change]:
    """The phrases of a run that replaced others of the same class, or that say the opposite by being there."""
    language = pair.language
    old, new = pair.old.keys[run.old_start : run.old_end], pair.new.keys[run.new_start : run.new_end]
    is_korean = language.code == "ko"
    if is_korean:
        old, new = list(map(_korean_stem, old)), list(map(_korean_stem, new))
    words = language.exclusive_words
    if words.isdisjoint(old) or words.isdisjoint(new):
        words = language.exclusive_content
    if words.isdisjoint(old) and words.isdisjoint(new):
        return _changed_prefix(pair, run) if language.code in _COMPOUNDING else []
    before = _phrases(language, pair.old.keys, run.old_start, run.old_end)
    after = _phrases(language, pair.new.keys, run.new_start, run.new_end)
    changed = _replaced(run, before, after) + _alone(pair, run, before, after)
    return changed or (_changed_prefix(pair, run) if language.code in _COMPOUNDING else [])


def _replaced(run: Run, before: list[_Phrase], after: list[_Phrase]) -> list[Change]:
    """The phrases of which each replaced one of its class in the same place, and whose meaning is new in the run."""
    old_members = {member for classes, _ in before for member in classes.items()}
    new_members = {member for classes, _ in after for member in classes.items()}
    deleted = [found for found in before if not new_members.issuperset(found[0].items())]
    starts = [old_places.start - run.old_start for _, old_places in deleted]  # in order
    used: set[int] = set()
    changed: list[Change] = []
    for classes, places in after:
        shift = places.start - run.new_start
        near = range(bisect_left(starts, shift - _SLOT), bisect_right(starts, shift + _SLOT))
        names = [name for name, member in classes.items() if (name, member) not in old_members]
        for at in near if names else ():
            other, old_places = deleted[at]
            if at not in used and any((name, other.get(name)) not in new_members for name in names if name in other):
                used.add(at)
                changed.append((old_places, places))
                break
    return changed


def _alone(pair: TextPair, run: Run, before: list[_Phrase], after: list[_Phrase]) -> list[Change]:
    """The phrases that a run inserted, or deleted without their clause, if that alone is a change."""
    old = [places for classes, places in before if stands_alone(classes)]
    new = [places for classes, places in after if stands_alone(classes)]
    if len(new) > len(old):
        return [((), places) for places in new[len(old) :] if not pair.moved.issuperset(places)]
    if run.old_size > run.new_size + _CLAUSE:
        return []
    return [(places, ()) for places in old[len(new) :]]


def _phrases(language: Language, keys: Sequence[str], start: int, end: int) -> list[_Phrase]:
    """The phrases in a run. One may keep words at its ends, outside it: cette semaine, la semaine prochaine."""
    first, last = max(0, start - _AROUND), end + _AROUND
    if language.code == "ko":
        begin = max(0, first - _LONGEST)
        stems = list(map(_korean_stem, keys[begin : last + _LONGEST]))
        found = find_phrases(language.exclusive, stems, first - begin, last - begin, _LONGEST)
        return [(classes, range(at.start + begin, at.stop + begin)) for classes, at in found]
    return list(find_phrases(language.exclusive, keys, first, last, _LONGEST))


@lru_cache(1 << 12)
def _korean_stem(key: str) -> str:
    """The longest beginning of a Korean word that is in the table; particles and endings follow it."""
    known = vocabulary().languages["ko"].exclusive_words
    ends = range(len(key), _SHORTEST_STEM - 1, -1)
    return next((key[:end] for end in ends if key[:end] in known), key)


def _changed_prefix(pair: TextPair, run: Run) -> list[Change]:
    """The compass point that a compound begins with: Nordsyrien and Südsyrien, Ostjerusalem and Jerusalem."""
    if run.old_size != 1 or run.new_size != 1:
        return []
    old, new, points = pair.old.keys[run.old_start], pair.new.keys[run.new_start], pair.language.compass_points
    point, rest = _split(old, points)
    other, new_rest = _split(new, points)
    is_name = pair.old.words[run.old_start][0].isupper() and pair.new.words[run.new_start][0].isupper()
    if rest != new_rest or point == other or not (is_name or (point and other)):
        return []
    return [(run.old_places, run.new_places)]


def _split(key: str, points: Mapping[str, int]) -> tuple[int, str]:
    """The compass point that a word begins with, 0 for none, and the rest of the word."""
    for end in range(min(_LONGEST_POINT, len(key) - _SHORTEST_REST), _SHORTEST_STEM, -1):
        if key[:end] in points:
            return points[key[:end]], key[end:]
    return 0, key
