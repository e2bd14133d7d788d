"""Words -> the numbers among them, as values: counts, scores, clock times, dates."""

import math

import numpy as np

from dedup.facts.cut import COUNT, LANGUAGE, ZH, byte_before, byte_behind
from dedup.facts.desk import AT, AT_NEW, BEGIN, COME, FIRST, LAST, SIZE, SIZE_NEW, STOP, WHICH, WHICH_NEW, add, says
from dedup.facts.lexicon import (
    AFTER_DIGITS,
    AM,
    CODE,
    DIGIT,
    DIGITS,
    FLAGS,
    FUNCTION,
    GROUP,
    KEY,
    LEADING_DIGIT,
    MARKED,
    MARKS,
    NUMERIC,
    PAGE,
    PM,
    SHORT,
    SUFFIX,
    VERB,
    WORTH,
)
from dedup.facts.tables import LANGUAGES
from dedup.jit import part

# A number is of a kind: a plain one, a month, or from CODED on one that is equal only under its code of the lexicon.
PLAIN, MONTH, CODED = range(3)
_ORDINALS, _MONTHS = len(LANGUAGES), 2 * len(LANGUAGES)  # behind the cardinals of a word
_ALIKE = 1e-9  # values that differ by less are one, written in two ways
_NO = (np.int64(-1), 0.0, np.int64(1))


@part
def _worth(desk, key, language, table):  # type: ignore[no-untyped-def]  # typed by numba
    """The value of a number word, nan for none."""
    keys = desk.keys
    if keys[key, WORTH] < 0 or keys[key, DIGITS] >= 0:
        return math.nan
    return desk.values[keys[key, WORTH] + table + language]


@part
def _read(desk, words, at, last, language):  # type: ignore[no-untyped-def]  # typed by numba
    """(kind, value, words) of the number that begins at a word; kind -1 for none."""
    keys = desk.keys
    key = words[at, KEY]
    marks = keys[key, MARKS]
    if keys[key, DIGITS] >= 0:
        following = keys[words[at + 1, KEY], MARKS] if at + 1 < last else np.int64(0)
        times = keys[key, DIGITS]
        if following & AM != 0 and desk.more[times + 1] >= 0:
            return CODED + desk.more[times + 1], 0.0, np.int64(2)
        if following & PM != 0 and desk.more[times + 2] >= 0:
            return CODED + desk.more[times + 2], 0.0, np.int64(2)
        if desk.more[times] >= 0:
            return CODED + desk.more[times], 0.0, np.int64(1)
        value = desk.values[keys[key, WORTH]]
        if marks & SHORT != 0 and following & GROUP != 0:
            value = 1000 * value + desk.values[keys[words[at + 1, KEY], WORTH]]
            value, end = _compound(desk, words, value, True, at + 2, last, language)
            return np.int64(PLAIN), value, end - at
        if keys[key, SUFFIX] >= 0:
            scale = _worth(desk, keys[key, SUFFIX], language, 0)
            if scale >= 1000:
                return np.int64(PLAIN), value * scale, np.int64(1)
            return CODED + keys[key, CODE], value, np.int64(1)
        value, end = _compound(desk, words, value, True, at + 1, last, language)
        return np.int64(PLAIN), value, end - at
    value = _worth(desk, key, language, _MONTHS)
    if value == value:
        return np.int64(MONTH), value, np.int64(1)
    value = _worth(desk, key, language, _ORDINALS)
    if value == value:
        return np.int64(PLAIN), value, np.int64(1)
    if marks & DIGIT != 0:
        return CODED + keys[key, CODE], 0.0, np.int64(1)  # a code: G8, MH370
    value = _worth(desk, key, language, 0)
    if value == value:
        value, end = _compound(desk, words, 0.0, False, at, last, language)
        return np.int64(PLAIN), value, end - at
    return _NO


@part
def _compound(desk, words, value, given, at, last, language):  # type: ignore[no-untyped-def]  # typed by numba
    """(value, where it ends) of number words from `at` on: a lesser one adds, a greater one multiplies.

    A lesser ordinal ends them.
    """
    total = 0.0
    current = value
    ceiling = 0.0 if given else math.inf  # only a scale may follow digits
    while at < last:
        worth = _worth(desk, words[at, KEY], language, 0)
        if worth != worth:
            break
        if worth >= 100 and (not given or worth > current):
            times = current if given and current != 0 else 1.0
            given = worth < 1000
            total += 0.0 if given else times * worth
            current = times * worth if given else 0.0
            ceiling = worth
        elif worth < ceiling and (not given or worth < 10 <= current % 100 or worth < 100 <= current):
            current += worth
            given = True
            ceiling = 10.0 if worth >= 20 else 0.0 if worth < 100 else 100.0
        else:
            break
        at += 1
    if at < last and current > 0:
        worth = _worth(desk, words[at, KEY], language, _ORDINALS)
        if worth < ceiling:  # thirty-ninth
            return total + current + worth, at + 1
    return total + current, at


@part
def _list(desk, words, first, last, language, side):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the numbers in words `first` to `last` in the columns of a side, 0 or 1; how many."""
    which = WHICH if side == 0 else WHICH_NEW
    count = 0
    at = first
    while at < last:
        if desk.keys[words[at, KEY], MARKS] & MARKED == 0:
            at += 1
            continue
        kind, value, size = _read(desk, words, at, last, language)
        if kind >= 0:
            desk.sheet[count, which] = kind
            desk.sheet[count, which + 1] = at
            desk.sheet[count, which + 2] = size
            desk.amounts[count, side] = value
            count += 1
        at += size
    return count


@part
def _alike(desk, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether two numbers that were noted are one, written in two ways."""
    mine, theirs = desk.amounts[old, 0], desk.amounts[new, 1]
    return desk.sheet[old, WHICH] == desk.sheet[new, WHICH_NEW] and (mine == theirs or abs(mine - theirs) < _ALIKE)


@part
def numbers(desk, run, come):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the numbers that changed in a run, of which `come` new words are looked at; how many."""
    sheet, b = desk.sheet, desk.new.words
    language = desk.new.head[LANGUAGE]
    numeric = False
    for k in range(come):
        numeric |= says(desk, desk.new, sheet[k, COME], NUMERIC)
    if not numeric:
        return 0
    ours = _list(desk, b, sheet[run, BEGIN], sheet[run, STOP], language, 1)
    theirs = _list(desk, desk.old.words, sheet[run, FIRST], sheet[run, LAST], language, 0)
    ours = _take_out(desk, theirs, ours, come)
    left = 0
    for k in range(theirs):
        if sheet[k, SIZE] > 0:
            sheet[left, AT] = sheet[k, AT]
            sheet[left, SIZE] = sheet[k, SIZE]
            left += 1
    found = min(left, ours)
    for k in range(found):
        add(desk, sheet[k, AT], -1, sheet[k, SIZE], sheet[k, AT_NEW], -1, sheet[k, SIZE_NEW])
    alone = found
    for k in range(found, ours):
        if not _is_weak(desk, sheet[k, AT_NEW], sheet[k, SIZE_NEW], language):
            _move(desk, k, alone)
            alone += 1
    if alone == found:
        return found
    every = _list(desk, desk.old.words, 0, desk.old.head[COUNT], language, 0)
    changes = found
    for k in range(found, alone):
        said = False
        for other in range(every):
            said |= _alike(desk, other, k)
        if not said:
            add(desk, 0, -1, 0, sheet[k, AT_NEW], -1, sheet[k, SIZE_NEW])
            changes += 1
    return changes


@part
def _move(desk, source, target):  # type: ignore[no-untyped-def]  # typed by numba
    """Write a number of the new to another row of the sheet."""
    for column in (WHICH_NEW, AT_NEW, SIZE_NEW):
        desk.sheet[target, column] = desk.sheet[source, column]
    desk.amounts[target, 1] = desk.amounts[source, 1]


@part
def _take_out(desk, theirs, ours, come):  # type: ignore[no-untyped-def]  # typed by numba
    """Take out each number that both have, SIZE 0 in the old, what is nowhere new, and pages; how many the new has."""
    sheet = desk.sheet
    left = 0
    for k in range(ours):
        gone = _is_page(desk, sheet[k, AT_NEW])
        for other in range(theirs):
            if sheet[other, SIZE] > 0 and _alike(desk, other, k):
                sheet[other, SIZE] = 0
                gone = True
                break
        said = False
        if not gone:
            for place in range(come):
                said |= 0 <= sheet[place, COME] - sheet[k, AT_NEW] < sheet[k, SIZE_NEW]
        if said:
            _move(desk, k, left)
            left += 1
    return left


@part
def _is_page(desk, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a number of the new only says which page this is: page 3, page 3 of 6, (3 of 6)."""
    return _follows_page(desk, place) or _is_part(desk, place) or _is_part(desk, place - 2)


@part
def _follows_page(desk, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether the word before a word of the new says that it is a page."""
    return place > 0 and desk.keys[desk.new.words[place - 1, KEY], MARKS] & PAGE != 0


@part
def _is_part(desk, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether "3 of 6" begins at a word of the new, in brackets, or behind a word for a page."""
    text = desk.new
    if place < 0 or place + 2 >= text.head[COUNT]:
        return False
    of = says(desk, text, place + 1, FUNCTION) and not says(desk, text, place + 1, NUMERIC)
    if not (of and says(desk, text, place, NUMERIC) and says(desk, text, place + 2, NUMERIC)):
        return False
    bracketed = byte_before(text, place) == 40 and byte_behind(text, place + 2) == 41  # ( )
    return bracketed or _follows_page(desk, place)


@part
def _is_weak(desk, place, size, language):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a number is one only beside another: "one", a lone Han numeral, May and March in small letters."""
    key = desk.new.words[place, KEY]
    marks = desk.keys[key, MARKS]
    if size > 1 or marks & LEADING_DIGIT != 0:
        return False
    weak = language == ZH or marks & AFTER_DIGITS != 0 or desk.new.words[place, FLAGS] & VERB != 0
    return weak or _worth(desk, key, language, 0) == 1
