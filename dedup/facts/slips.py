"""Two words -> whether they exclude each other, or are one that was written with a slip of the pen."""

from dedup.facts.cut import LANGUAGE
from dedup.facts.desk import ROW, cased
from dedup.facts.lexicon import (
    CLASSES,
    DIGIT,
    FLAGS,
    KEY,
    LENGTH,
    LETTERS,
    MARKS,
    NEGATION,
    NUMERIC,
    SHOUTED,
    TERRITORY,
)
from dedup.facts.lexicon import FIRST as LETTER
from dedup.jit import part

_ACRONYM = 4  # letters, of which each counts
_STEM = 3  # letters that two words share at their beginning


@part
def exclude(desk, one, other):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether two words are of one class, and mean different members of it in every class they share."""
    mine, theirs, more = desk.keys[one, CLASSES], desk.keys[other, CLASSES], desk.more
    if mine < 0 or theirs < 0:
        return False
    shared = False
    for k in range(mine + 1, mine + 1 + 2 * more[mine], 2):
        for other_k in range(theirs + 1, theirs + 1 + 2 * more[theirs], 2):
            if more[k] == more[other_k]:
                if more[k + 1] == more[other_k + 1]:
                    return False
                shared = True
    return shared


@part
def begins(desk, one, other):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether one of two words begins with the other, of three letters or more: Colo and Colorado."""
    size = min(desk.keys[one, LENGTH], desk.keys[other, LENGTH])
    if size < _STEM or size > LETTERS:
        return False
    k = 0
    while k < size and desk.more[desk.keys[one, LETTER] + k] == desk.more[desk.keys[other, LETTER] + k]:
        k += 1
    return k == size


@part
def _is_slip(desk, one, other):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether two words are one, written with a slip of the pen: a letter in four, at least one, or two swapped.

    A slip seldom takes both the first letter and the last. Numbers, negations, territories and words that exclude
    each other are told apart before.
    """
    keys, more = desk.keys, desk.more
    mine, theirs = keys[one, LENGTH], keys[other, LENGTH]
    i, j = keys[one, LETTER], keys[other, LETTER]
    slips = max(1, min(mine, theirs) // 4)
    if min(mine, theirs) < 2 or abs(mine - theirs) > slips or max(mine, theirs) > LETTERS:
        return False
    if more[i] != more[j] and more[i + mine - 1] != more[j + theirs - 1]:
        return False
    if (keys[one, MARKS] | keys[other, MARKS]) & DIGIT != 0:
        return False
    if _distance(desk, i, mine, j, theirs) > slips:
        return False
    language = desk.new.head[LANGUAGE]
    marked = (keys[one, NUMERIC] | keys[one, NEGATION]) & (keys[other, NUMERIC] | keys[other, NEGATION])
    if marked >> language & 1 != 0:
        return False
    two = keys[one, TERRITORY] >= 0 and keys[other, TERRITORY] >= 0 and keys[one, TERRITORY] != keys[other, TERRITORY]
    return not two and not exclude(desk, one, other)


@part
def is_slip_at(desk, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word of the new is one of the old with a slip of the pen. The FBI is not the CBI, nor the US the UN."""
    one, other = desk.old.words[old, KEY], desk.new.words[new, KEY]
    if not _is_slip(desk, one, other):
        return False
    short = max(desk.keys[one, LENGTH], desk.keys[other, LENGTH]) <= _ACRONYM
    shouted = desk.old.words[old, FLAGS] & desk.new.words[new, FLAGS] & SHOUTED != 0
    return not (short and shouted and cased(desk))


@part
def _distance(desk, i, mine, j, theirs):  # type: ignore[no-untyped-def]  # typed by numba
    """How many letters were added, lost or changed, or neighbours swapped (optimal string alignment)."""
    more, sheet = desk.more, desk.sheet
    while mine > 0 and theirs > 0 and more[i] == more[j]:
        i += 1
        j += 1
        mine -= 1
        theirs -= 1
    while mine > 0 and theirs > 0 and more[i + mine - 1] == more[j + theirs - 1]:
        mine -= 1
        theirs -= 1
    for y in range(theirs + 1):
        sheet[y, ROW] = y
    for x in range(1, mine + 1):
        row, above, top = ROW + x % 3, ROW + (x + 2) % 3, ROW + (x + 1) % 3
        sheet[0, row] = x
        for y in range(1, theirs + 1):
            changed = more[i + x - 1] != more[j + y - 1]
            cost = min(sheet[y, above] + 1, sheet[y - 1, row] + 1, sheet[y - 1, above] + changed)
            if x > 1 and y > 1 and more[i + x - 1] == more[j + y - 2] and more[i + x - 2] == more[j + y - 1]:
                cost = min(cost, sheet[y - 2, top] + 1)
            sheet[y, row] = cost
    return sheet[theirs, ROW + mine % 3]
