"""Runs of difference -> names that are strangers to the old text: for one that went elsewhere, or where none went.

And names of which another part is meant: Western Maryland.
"""

from dedup.facts.cut import COUNT, NOVEL, SAME, STATE, byte_before
from dedup.facts.desk import (
    BEGIN,
    COME,
    FIRST,
    GONE,
    LAST,
    LEFT,
    NAMED,
    STOP,
    add,
    cased,
    holds,
    list_come,
    list_left,
    says,
)
from dedup.facts.lexicon import COMPASS, FLAGS, KEY, MARKS, PRONOUN, SHOUTED, SPEECH, TERRITORY, TITLE
from dedup.facts.names import CLAUSE, CUT, among, is_name, note_names
from dedup.facts.slips import begins, is_slip_at
from dedup.jit import part

_RUNS = 32  # of more, none are looked for
_NEAR = 12  # words between a name that went and one that came in its stead


@part
def strangers(desk, runs):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the first name that is a stranger, or of which another part is meant; how many, 0 or 1."""
    if runs > _RUNS:
        return 0
    for run in range(runs):
        if _parted(desk, run) > 0:
            return 1
    for run in range(runs - 1):
        near = desk.sheet[run + 1, BEGIN] - desk.sheet[run, STOP] <= _NEAR
        if near and (_replaced(desk, run, run + 1) > 0 or _replaced(desk, run + 1, run) > 0):
            return 1
    for run in range(runs):
        if _came(desk, run) > 0:
            return 1
    return 0


@part
def _parted(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the point of the compass that a name gained or lost in a run, 0 or 1: Western Maryland is not Maryland."""
    sheet = desk.sheet
    first, last, begin, stop = sheet[run, FIRST], sheet[run, LAST], sheet[run, BEGIN], sheet[run, STOP]
    if last - first + stop - begin != 1 or stop == desk.new.head[COUNT] or not is_name(desk, desk.new, stop):
        return 0
    key = desk.old.words[first, KEY] if first < last else desk.new.words[begin, KEY]
    if desk.keys[key, MARKS] & COMPASS == 0:
        return 0
    add(desk, first, -1, last - first, begin, -1, stop - begin)
    return 1


@part
def _replaced(desk, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Note it where a name went in one run, and another one came in another; 0 or 1."""
    sheet = desk.sheet
    ended = sheet[old, FIRST] == 0 or sheet[old, LAST] == desk.old.head[COUNT]
    if ended and sheet[old, BEGIN] == sheet[old, STOP]:
        return 0  # a clause that was cut takes its names along
    left = min(list_left(desk, old), CUT)
    come = list_come(desk, new)
    if come > CLAUSE:
        return 0
    gone = among(desk, desk.old, desk.new, left, LEFT, GONE, False)
    named = among(desk, desk.new, desk.old, come, COME, NAMED, False) if gone > 0 else 0
    lost = _only(desk, gone, GONE, False)
    said = _only(desk, named, NAMED, True)
    for one in range(lost):
        for other in range(said):
            if _same_territory(desk, sheet[one, GONE], sheet[other, NAMED]):
                return 0
    return note_names(desk, lost, said)


@part
def _same_territory(desk, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word of each text names one territory: the U.S. and American."""
    territory = desk.keys[desk.old.words[old, KEY], TERRITORY]
    return territory >= 0 and territory == desk.keys[desk.new.words[new, KEY], TERRITORY]


@part
def _only(desk, count, column, newer):  # type: ignore[no-untyped-def]  # typed by numba
    """Leave those of `count` names in a column that the other text has in no form; how many."""
    left = 0
    for k in range(count):
        if not _is_met(desk, desk.sheet[k, column], newer):
            desk.sheet[left, column] = desk.sheet[k, column]
            left += 1
    return left


@part
def _is_met(desk, place, newer):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether the other text has a name of the new, where `newer`, or of the old: with a slip, shorter or longer."""
    found = False
    for other in range(desk.old.head[COUNT] if newer else desk.new.head[COUNT]):
        old, new = (other, place) if newer else (place, other)
        found |= begins(desk, desk.old.words[old, KEY], desk.new.words[new, KEY]) or is_slip_at(desk, old, new)
    return found


@part
def _came(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the names that came into a run inside the text where none went; 0 or 1.

    Not at an end, where clauses are added, nor with who says it, nor as the name that belongs to a title, nor as the
    name of whom a pronoun meant.
    """
    text, sheet = desk.new, desk.sheet
    begin, stop = sheet[run, BEGIN], sheet[run, STOP]
    if begin == 0 or stop == text.head[COUNT] or max(stop - begin, sheet[run, LAST] - sheet[run, FIRST]) > CUT:
        return 0
    first, last = sheet[run, FIRST], sheet[run, LAST]
    if last - first == 1 and desk.keys[desk.old.words[first, KEY], MARKS] & PRONOUN != 0:
        return 0
    for place in range(first, last):
        if says(desk, desk.old, place, TITLE) or is_name(desk, desk.old, place):
            return 0
    found = 0
    for place in range(begin, stop):
        key = text.words[place, KEY]
        if desk.keys[key, MARKS] & SPEECH != 0:
            return 0
        if text.words[place, STATE] == NOVEL and not holds(desk.old, key) and _is_new(desk, place):
            sheet[found, NAMED] = place
            found += 1
    if cased(desk):
        row = found > 0
    else:  # where capitals tell nothing, two in a row are a name
        row = False
        for k in range(1, found):
            row |= sheet[k, NAMED] == sheet[k - 1, NAMED] + 1
    if not row:
        return 0
    add(desk, 0, -1, 0, 0, NAMED, found)
    return 1


@part
def _is_new(desk, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a new word is a name by itself: no abbreviation in brackets or capitals, given name, slip, title.

    Nor what belongs to a title that the old has: "the Premier" may be Premier Moore.
    """
    text = desk.new
    if says(desk, text, place, TITLE) or not is_name(desk, text, place):
        return False
    if text.words[place, FLAGS] & SHOUTED != 0 and cased(desk):
        return False
    if place > 0 and says(desk, text, place - 1, TITLE) and holds(desk.old, text.words[place - 1, KEY]):
        return False
    if byte_before(text, place) in (40, 60, 91):  # ( < [
        return False
    for near in (place - 1, place + 1):  # what completes a name that was there
        if near >= 0 and text.words[near, STATE] == SAME and is_name(desk, text, near):
            return False
    return not _is_met(desk, place, True)
