"""Two texts as words -> the runs in which they differ, and which new words only moved."""

import numpy as np

from dedup.facts.cut import COUNT, MOVED, NOVEL, SAME, STAMP, STATE
from dedup.facts.desk import BEGIN, FIRST, LAST, MATCH, STOP, holds
from dedup.facts.lexicon import FIRST as LETTER
from dedup.facts.lexicon import KEY, LENGTH, LETTERED, LETTERS, MARKS
from dedup.jit import part

_CHANCE = 1  # so many equal words between two long runs are equal by chance
_PHRASE = 3  # words that are no chance together
_LONG = 6  # words of a run that is long
_ONE, _ZERO, _FULL = np.uint64(1), np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)
_LOW = np.int64(0xFFFFFFFF)


@part
def align(desk):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the runs in which the texts differ, in order, by their longest common subsequence; how many, or -1.

    What is equal at both ends is set aside first, so that one insertion is always one run. Of the rest, from its end
    on, a word of the old that the subsequence can do without is left out, else such a word of the new. A run that
    differs only in where its words are cut ("co-operate", "cooperate") is none. -1 says that the rest is too long.
    """
    a, b = desk.old.words, desk.new.words
    a_end, b_end = desk.old.head[COUNT], desk.new.head[COUNT]
    begin = 0
    while begin < min(a_end, b_end) and a[begin, KEY] == b[begin, KEY]:
        begin += 1
    while a_end > begin and b_end > begin and a[a_end - 1, KEY] == b[b_end - 1, KEY]:
        a_end -= 1
        b_end -= 1
    if begin == a_end and begin == b_end:
        return 0
    if begin in (a_end, b_end):
        return _add(desk.sheet, 0, begin, a_end, begin, b_end)
    if not _match(desk, begin, a_end, b_end):
        return -1
    count = 0
    first = begin
    start = begin
    for place in range(begin, a_end + 1):
        other = desk.sheet[place, MATCH] if place < a_end else b_end
        if other < 0:
            continue
        if place > first or other > start:
            count = _add(desk.sheet, count, first, place, start, other)
        first = place + 1
        start = other + 1
    left = 0
    for run in range(count):
        if not _same_letters(desk, run):
            for column in (FIRST, LAST, BEGIN, STOP):
                desk.sheet[left, column] = desk.sheet[run, column]
            left += 1
    return left


@part
def _add(sheet, count, first, last, begin, stop):  # type: ignore[no-untyped-def]  # typed by numba
    """Put a run behind the others, or join it to the last; how many there are then."""
    if count > 0:
        before = count - 1
        size = sheet[before, LAST] - sheet[before, FIRST] + sheet[before, STOP] - sheet[before, BEGIN]
        if begin - sheet[before, STOP] <= _CHANCE and min(size, stop - begin or last - first) >= _LONG:
            sheet[before, LAST] = last
            sheet[before, STOP] = stop
            return count
    sheet[count, FIRST] = first
    sheet[count, LAST] = last
    sheet[count, BEGIN] = begin
    sheet[count, STOP] = stop
    return count + 1


@part
def _match(desk, begin, a_end, b_end):  # type: ignore[no-untyped-def]  # typed by numba
    """Write to MATCH of the words `begin` to `a_end` of the old which of the new, to `b_end`, each is aligned with.

    Bit by bit as in Hyyrö, "Bit-parallel LCS-length computation revisited" (2004): in row j, bit i is clear where the
    longest common subsequence of the new up to word j gains by word i of the old. False where it would take too long.
    """
    a, b, bits, masks = desk.old.words, desk.new.words, desk.bits, desk.masks
    met, stamp = desk.old.met, desk.old.head[STAMP]
    wide = (a_end - begin + 63) >> 6
    if max(a_end, b_end - begin + 1) * wide > len(bits):
        return False
    # A mask for each word of the old, at the place where it is first met.
    for k in range(a_end * wide):
        masks[k] = _ZERO
    for place in range(begin, a_end):
        bit = place - begin
        masks[(met[a[place, KEY]] & _LOW) * wide + (bit >> 6)] |= _ONE << np.uint64(bit & 63)
    for k in range(wide):
        bits[k] = _FULL
    for place in range(begin, b_end):
        row = (place - begin) * wide
        known = met[b[place, KEY]]
        if known >> 32 != stamp or known & _LOW >= a_end:
            for k in range(row, row + wide):
                bits[k + wide] = bits[k]
            continue
        mask = (known & _LOW) * wide
        carry = _ZERO
        for k in range(wide):
            state = bits[row + k]
            gain = state & masks[mask + k]
            total = state + gain
            over = total < state
            total += carry
            carry = np.uint64(over or total < carry)
            bits[row + wide + k] = total | (state - gain)
    for place in range(begin, a_end):
        desk.sheet[place, MATCH] = -1
    i, j = a_end - begin, b_end - begin
    while i > 0 and j > 0:
        if _bit(bits, j * wide, i - 1):
            i -= 1
        elif not _bit(bits, (j - 1) * wide, i - 1):
            j -= 1
        else:
            i -= 1
            j -= 1
            desk.sheet[begin + i, MATCH] = begin + j
    return True


@part
def _bit(bits, row, bit):  # type: ignore[no-untyped-def]  # typed by numba
    return bits[row + (bit >> 6)] >> np.uint64(bit & 63) & _ONE != _ZERO


@part
def _same_letters(desk, run):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether the words of a run are the same but for where they are cut, and for apostrophes."""
    keys, more = desk.keys, desk.more
    old, last = desk.sheet[run, FIRST], desk.sheet[run, LAST]
    new, stop = desk.sheet[run, BEGIN], desk.sheet[run, STOP]
    if old == last or new == stop:
        return False
    old_key, new_key = desk.old.words[old, KEY], desk.new.words[new, KEY]
    i, j = 0, 0
    while True:
        # The next letter of each that is no apostrophe, 0 behind the last.
        mine, theirs = np.int64(0), np.int64(0)
        while old < last and mine == 0:
            if i == keys[old_key, LENGTH]:
                old += 1
                old_key = desk.old.words[old, KEY] if old < last else old_key
                i = 0
                continue
            if keys[old_key, LENGTH] > LETTERS or keys[old_key, MARKS] & LETTERED == 0:
                return False
            mine = more[keys[old_key, LETTER] + i]
            i += 1
            mine = np.int64(0) if mine == 39 else mine
        while new < stop and theirs == 0:
            if j == keys[new_key, LENGTH]:
                new += 1
                new_key = desk.new.words[new, KEY] if new < stop else new_key
                j = 0
                continue
            if keys[new_key, LENGTH] > LETTERS or keys[new_key, MARKS] & LETTERED == 0:
                return False
            theirs = more[keys[new_key, LETTER] + j]
            j += 1
            theirs = np.int64(0) if theirs == 39 else theirs
        if mine != theirs:
            return False
        if mine == 0:
            return True


@part
def note(desk, runs):  # type: ignore[no-untyped-def]  # typed by numba
    """Write to STATE of each word of the new whether it is SAME, NOVEL, or MOVED; how many are novel.

    A word has moved that stands in a run, but in a phrase that the old has elsewhere. A phrase is three words; two,
    or one, where the whole run is no longer.
    """
    b, sheet = desk.new.words, desk.sheet
    known = False  # whether the phrases of the old have been noted
    novel = 0
    for run in range(runs):
        begin, stop = sheet[run, BEGIN], sheet[run, STOP]
        for place in range(begin, stop):
            b[place, STATE] = NOVEL
        if stop - begin >= _PHRASE:
            for place in range(begin, stop - _PHRASE + 1):
                if (
                    holds(desk.old, b[place, KEY])
                    and holds(desk.old, b[place + 1, KEY])
                    and holds(desk.old, b[place + 2, KEY])
                ):
                    if not known:
                        _note_threes(desk)
                        known = True
                    if desk.threes[_three(desk, b, place)] >> 32 == desk.old.head[STAMP]:
                        for k in range(place, place + _PHRASE):
                            b[k, STATE] = MOVED
        elif stop > begin and sheet[run, FIRST] == sheet[run, LAST] and _is_gone(desk, runs, begin, stop):
            for place in range(begin, stop):
                b[place, STATE] = MOVED
        for place in range(begin, stop):
            novel += b[place, STATE] == NOVEL
    return novel


@part
def forget(desk):  # type: ignore[no-untyped-def]  # typed by numba
    """Make the words of the new ready for another old text."""
    for place in range(desk.new.head[COUNT]):
        desk.new.words[place, STATE] = SAME


@part
def _note_threes(desk):  # type: ignore[no-untyped-def]  # typed by numba
    """Enter every three words in a row of the old in `threes`, by where they are first met."""
    a = desk.old.words
    for place in range(desk.old.head[COUNT] - _PHRASE + 1):
        desk.threes[_three(desk, a, place)] = desk.old.head[STAMP] << 32 | place


@part
def _three(desk, words, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Where in `threes` three words in a row are, or belong."""
    a, threes = desk.old.words, desk.threes
    hash_ = (words[place, KEY] * 31 + words[place + 1, KEY]) * 31 + words[place + 2, KEY]
    at = (hash_ ^ hash_ >> 9) & (len(threes) - 1)
    while threes[at] >> 32 == desk.old.head[STAMP]:
        other = threes[at] & _LOW
        if (
            a[other, KEY] == words[place, KEY]
            and a[other + 1, KEY] == words[place + 1, KEY]
            and a[other + 2, KEY] == words[place + 2, KEY]
        ):
            return at
        at = (at + 1) & (len(threes) - 1)
    return at


@part
def _is_gone(desk, runs, begin, stop):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word of the new, or two in a row, were taken away from the old somewhere."""
    a, b, sheet = desk.old.words, desk.new.words, desk.sheet
    for run in range(runs):
        for place in range(sheet[run, FIRST], sheet[run, LAST] - (stop - begin) + 1):
            if a[place, KEY] == b[begin, KEY] and a[place + stop - begin - 1, KEY] == b[stop - 1, KEY]:
                return True
    return False
