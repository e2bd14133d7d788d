"""Runs of difference -> the facts that changed: numbers, negations, ranks, names, words that exclude each other."""

from dedup.facts.cut import COUNT, LANGUAGE
from dedup.facts.desk import (
    AT,
    AT_NEW,
    BEGIN,
    COME,
    FIRST,
    GONE,
    LAST,
    LEFT,
    NAMED,
    SIZE,
    SIZE_NEW,
    STOP,
    WHICH,
    WHICH_NEW,
    add,
    holds,
    list_come,
    list_left,
    says,
)
from dedup.facts.lexicon import (
    FUNCTION,
    JOINING,
    KEY,
    MARKED,
    MARKS,
    NEGATION,
    NUMERIC,
    RANK,
    TERRITORY,
    TITLE,
    WEEKDAY,
)
from dedup.facts.names import CLAUSE, CUT, is_name, names
from dedup.facts.numbers import numbers
from dedup.facts.slips import exclude, is_slip_at
from dedup.facts.strangers import strangers
from dedup.facts.territories import name_at, reach, territories
from dedup.jit import part

_SLOT = 4  # words on a side of a run that is one replacement, not a rewritten clause
_SLIPS = 64  # pairs of words in a run that are looked at for slips of the pen


@part
def changes(desk, runs, first_only):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the changed facts of all runs, in order; how many. Where `first_only`, no run is looked at after one."""
    count = 0
    for run in range(runs):
        count += _changes(desk, run)
        if first_only and count > 0:
            return count
    if count == 0:
        count += strangers(desk, runs)
    return count + _exchanged(desk, runs)


@part
def _changes(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the changed facts of one run; how many."""
    a, b, keys, sheet = desk.old.words, desk.new.words, desk.keys, desk.sheet
    first, last, begin, stop = sheet[run, FIRST], sheet[run, LAST], sheet[run, BEGIN], sheet[run, STOP]
    marked = False
    for place in range(first, last):
        marked |= keys[a[place, KEY], MARKS] & MARKED != 0
    for place in range(begin, stop):
        marked |= keys[b[place, KEY], MARKS] & MARKED != 0
    come = list_come(desk, run)
    if come == 0 and not marked:
        return 0
    left = list_left(desk, run)
    slips = take_slips(desk, left, come)
    left -= slips
    come -= slips
    count = 0
    if marked:
        count += numbers(desk, run, come)
        count += _negations(desk, run, left, come)
        count += _ranks(desk, run)
    if 0 < come <= CLAUSE and left > 0:
        found = _territories(desk, run) if left <= CUT else 0
        left = min(left, CUT)
        if found == 0:
            found = names(desk, left, come)
        if found == 0:
            found = _exclusions(desk, left, come)
        count += found
    return count


@part
def take_slips(desk, left, come):  # type: ignore[no-untyped-def]  # typed by numba
    """Take what are slips of the pen out of the words that are compared; how many of the old, and of the new.

    Of many words, none are looked for.
    """
    if left * come > _SLIPS:
        return 0
    sheet = desk.sheet
    slips = 0
    for k in range(come):
        at = 0
        while at < left and not is_slip_at(desk, sheet[at, LEFT], sheet[k, COME]):
            at += 1
        if at == left:
            sheet[k - slips, COME] = sheet[k, COME]
            continue
        slips += 1
        left -= 1
        for other in range(at, left):
            sheet[other, LEFT] = sheet[other + 1, LEFT]
    return slips


@part
def _negates(desk, text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word turns a statement round."""
    return says(desk, text, place, NEGATION)


@part
def _negations(desk, run, left, come):  # type: ignore[no-untyped-def]  # typed by numba
    """Note a negation that only one text has in a run; how many."""
    a, b, sheet = desk.old, desk.new, desk.sheet
    gone, named = 0, 0
    for k in range(left):
        if _negates(desk, a, sheet[k, LEFT]):
            sheet[gone, GONE] = sheet[k, LEFT]
            gone += 1
    for k in range(come):
        if _negates(desk, b, sheet[k, COME]):
            sheet[named, NAMED] = sheet[k, COME]
            named += 1
    if gone == named:
        return 0
    if named > gone:
        add(desk, 0, -1, 0, gone, NAMED, 1)
        return 1
    # A clause that was cut takes its negation along: nothing is denied that was said, or the reverse.
    content = 0
    for k in range(left):
        place = sheet[k, LEFT]
        content += not says(desk, a, place, FUNCTION) and not _negates(desk, a, place)
    first, last = sheet[run, FIRST], sheet[run, LAST]
    if sheet[run, BEGIN] == sheet[run, STOP]:
        if content > 1 or (last - first > 1 and (first == 0 or last == a.head[COUNT])):
            return 0
    elif content > _SLOT:
        return 0
    if named == 0 and _denials(desk, b) >= _denials(desk, a):
        return 0  # it moved
    add(desk, named, GONE, 1, 0, -1, 0)
    return 1


@part
def _denials(desk, text):  # type: ignore[no-untyped-def]  # typed by numba
    """How many negations a text has."""
    count = 0
    for place in range(text.head[COUNT]):
        count += _negates(desk, text, place)
    return count


@part
def _ranks(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the rank that an office gained, lost or changed, 1 or 0: the Deputy Leader is not the Leader."""
    keys, sheet = desk.keys, desk.sheet
    first, last, begin, stop = sheet[run, FIRST], sheet[run, LAST], sheet[run, BEGIN], sheet[run, STOP]
    if last - first > 1 or stop - begin > 1 or stop == desk.new.head[COUNT]:
        return 0
    said = keys[desk.new.words[stop, KEY], TITLE] & 1 << desk.new.head[LANGUAGE]
    if first < last:
        said &= keys[desk.old.words[first, KEY], RANK]
    if begin < stop:
        said &= keys[desk.new.words[begin, KEY], RANK]
    if said == 0:
        return 0
    add(desk, first, -1, last + 1 - first, begin, -1, stop + 1 - begin)
    return 1


@part
def _territories(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the territories that became others in a run; how many."""
    a, sheet = desk.old, desk.sheet
    first, last, begin, stop = sheet[run, FIRST], sheet[run, LAST], sheet[run, BEGIN], sheet[run, STOP]
    theirs = territories(desk, a, first, last, WHICH)
    ours = territories(desk, desk.new, begin, stop, WHICH_NEW) if theirs > 0 else 0
    for old in range(theirs):
        for new in range(ours):
            if sheet[old, WHICH] == sheet[new, WHICH_NEW]:
                return 0
    slot = last - first == 1 and stop - begin == 1
    found = 0
    for new in range(ours):
        if found < theirs and (slot or not _is_named(desk, a, sheet[new, WHICH_NEW])):
            add(desk, sheet[found, AT], -1, sheet[found, SIZE], sheet[new, AT_NEW], -1, sheet[new, SIZE_NEW])
            found += 1
    return found


@part
def _is_named(desk, text, territory):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a text names a territory anywhere."""
    width = reach(desk, text, 0)
    at = 0
    while at < text.head[COUNT]:
        which, size = name_at(desk, text, at, width)
        if which == territory:
            return True
        at += size
    return False


@part
def _exclusions(desk, left, come):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the words of the new of which one of the old excludes the other; how many."""
    a, b, keys, sheet = desk.old.words, desk.new.words, desk.keys, desk.sheet
    language = desk.new.head[LANGUAGE]
    found = 0
    for k in range(come):
        key = b[sheet[k, COME], KEY]
        if holds(desk.old, key):
            continue
        for at in range(left):
            other = a[sheet[at, LEFT], KEY]
            weekdays = keys[other, WEEKDAY] & keys[key, WEEKDAY]
            if weekdays >> language & 1 != 0 or exclude(desk, other, key):
                add(desk, at, LEFT, 1, k, COME, 1)
                found += 1
                break
    return found


@part
def _exchanged(desk, runs):  # type: ignore[no-untyped-def]  # typed by numba
    """Note two names or numbers that changed places around a word that does not merely join them; how many, 0 or 1."""
    a, b, sheet = desk.old.words, desk.new.words, desk.sheet
    first, begin = sheet[0, FIRST], sheet[0, BEGIN]
    size = sheet[runs - 1, STOP] - begin
    if not 3 <= size <= 2 * _SLOT + 1 or sheet[runs - 1, LAST] - first != size:
        return 0
    for head in range(1, size // 2 + 1):
        for tail in range(1, size // 2 + 1):
            if head + tail == size:
                continue
            same = True
            joining = True
            for k in range(size):
                # What was tail, middle, head is head, middle, tail.
                if k < head:
                    other = size - head + k
                elif k < size - tail:
                    other = tail + k - head
                    joining &= desk.keys[b[begin + k, KEY], MARKS] & JOINING != 0
                else:
                    other = k - size + tail
                same &= b[begin + k, KEY] == a[first + other, KEY]
            if same:
                if joining or not _bears(desk, begin) or not _bears(desk, begin + size - tail):
                    return 0
                add(desk, first, -1, size, begin, -1, size)
                return 1
    return 0


@part
def _bears(desk, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word of the new is a number or a name."""
    key = desk.new.words[place, KEY]
    return says(desk, desk.new, place, NUMERIC) or desk.keys[key, TERRITORY] >= 0 or is_name(desk, desk.new, place)
