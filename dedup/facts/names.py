"""Words of two texts -> the names among them, and which of them became others."""

import numpy as np

from dedup.facts.cut import (
    COUNT,
    DE,
    EN,
    FROM,
    LANGUAGE,
    SMALL_LETTERS,
    before,
    byte_before,
    byte_behind,
)
from dedup.facts.desk import COME, GONE, LEFT, NAMED, add, cased, holds, says
from dedup.facts.lexicon import (
    ALPHA,
    ASCII,
    COMMON,
    FLAGS,
    FUNCTION,
    KEY,
    LENGTH,
    LETTERS,
    LOWER,
    MARKED,
    MARKS,
    SHOUTED,
    SMALL,
    START,
    TITLE,
    UPPER,
)
from dedup.facts.lexicon import FIRST as LETTER
from dedup.facts.slips import is_slip_at
from dedup.facts.territories import any_territory
from dedup.jit import part

CLAUSE = 8  # new words of a run in which single words are still compared
CUT = 24  # words they may have replaced; of more, the first are looked at, as the rest was cut
_SLOT = 4  # words of a name
_PHRASE = 2  # capitals in a row that are a name in a headline
_SHORT = 5  # letters of an abbreviation
_BEFORE = 12  # characters in which the end of the sentence before is looked for


@part
def starts_sentence(text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether the word at `place` stands where every word has a capital."""
    if place == 0:
        return True
    at = text.words[place, START]
    for _ in range(_BEFORE):
        if at == text.head[FROM]:
            return True
        code, length = before(text.data, text.head[FROM], at)
        at -= length
        # " ' “ ” ‘ ’ „ « » ( [ • - – —, blank and tab
        if code in (34, 39, 0xAB, 0xBB, 40, 91, 45, 32, 9) or code in (0x201C, 0x201D, 0x2018, 0x2019, 0x201E):
            continue
        if code in (0x2022, 0x2013, 0x2014):
            continue
        return code in (46, 33, 63, 58, 59, 0x2026, 10)  # . ! ? : ; … and the end of a line
    return True


@part
def is_capital(desk, text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word has a capital, and is more than a small word."""
    key = text.words[place, KEY]
    if desk.keys[key, LENGTH] < 2 or text.words[place, FLAGS] & UPPER == 0:
        return False
    return desk.keys[key, MARKS] & MARKED == 0 and not says(desk, text, place, FUNCTION)


@part
def is_name(desk, text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word is a name, as far as capitals tell; where they do not, what is no common English word."""
    key, flags, language = text.words[place, KEY], text.words[place, FLAGS], desk.new.head[LANGUAGE]
    marks = desk.keys[key, MARKS]
    if desk.keys[key, LENGTH] > 1 and 64 in (byte_before(text, place), byte_behind(text, place)):
        return True  # @: whom a letter goes to, and where
    if flags & ALPHA == 0 or (flags & LOWER != 0 and text.head[SMALL_LETTERS] == 0):
        return False
    if cased(desk):
        if flags & UPPER == 0 or language == DE:
            return False
        if (language != EN or marks & COMMON != 0) and starts_sentence(text, place):
            return False
    elif language != EN or marks & ASCII == 0 or desk.keys[key, LENGTH] < 3 or marks & COMMON != 0:
        return False
    if desk.keys[key, LENGTH] < 2:
        return False
    if says(desk, text, place, SMALL) and not (cased(desk) and _is_acronym(desk, text, place)):
        return False
    # A word that only says whose office-holder is meant is none: "the UK prime minister" is Sir Keir.
    if place + 1 < text.head[COUNT] and says(desk, text, place + 1, TITLE):
        return not any_territory(desk, text, place, place + 1)
    return True


@part
def _is_acronym(desk, text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether what might be a function word is all capitals, alone among its neighbours: the US, the WHO."""
    if not says(desk, text, place, FUNCTION):
        return False
    for near in range(max(0, place - 1), min(place + 2, text.head[COUNT])):
        long = desk.keys[text.words[near, KEY], LENGTH] > 1
        if (near == place) != (long and text.words[near, FLAGS] & SHOUTED != 0):
            return False
    return True


@part
def names(desk, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Note it where a name became another one, among `old` words in LEFT and `new` in COME; how many, 0 or 1."""
    sheet = desk.sheet
    gone, named = 0, 0
    if old == 1 and new == 1:  # what else is said of the two does not matter in one place
        mine, theirs = sheet[0, LEFT], sheet[0, COME]
        if _before_title(desk, mine, theirs):
            both = is_capital(desk, desk.old, mine) and is_capital(desk, desk.new, theirs)
        else:
            both = is_name(desk, desk.old, mine) and is_name(desk, desk.new, theirs)
        if not both:
            return 0
        gone, named = 1, 1
        sheet[0, GONE], sheet[0, NAMED] = mine, theirs
    elif _is_slot(desk, old, new):
        gone, named = old, new
        for k in range(old):
            sheet[k, GONE] = sheet[k, LEFT]
        for k in range(new):
            sheet[k, NAMED] = sheet[k, COME]
    else:
        gone = among(desk, desk.old, desk.new, old, LEFT, GONE, False)
        named = among(desk, desk.new, desk.old, new, COME, NAMED, False) if gone > 0 else 0
        if named == 0 and not cased(desk):
            # In a headline, where one capital says little, several in a row say a name.
            gone = among(desk, desk.old, desk.new, old, LEFT, GONE, True)
            named = among(desk, desk.new, desk.old, new, COME, NAMED, True)
            if min(gone, named) < _PHRASE:
                return 0
        left = 0
        for k in range(named):
            if not _is_slip_of_any(desk, sheet[k, NAMED]):
                sheet[left, NAMED] = sheet[k, NAMED]
                left += 1
        named = left
    return note_names(desk, gone, named)


@part
def note_names(desk, gone, named):  # type: ignore[no-untyped-def]  # typed by numba
    """Note that the names in GONE became those in NAMED, unless there are none, or one shortens the other; 0 or 1."""
    if gone == 0 or named == 0:
        return 0
    if _abbreviates(desk, desk.old, gone, GONE, desk.new, named, NAMED):
        return 0
    if _abbreviates(desk, desk.new, named, NAMED, desk.old, gone, GONE):
        return 0
    add(desk, 0, GONE, gone, 0, NAMED, named)
    return 1


@part
def _is_slot(desk, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether `old` words in LEFT and `new` in COME are two names, with no word in both, and nothing but them."""
    if max(old, new) > _SLOT:
        return False
    a, b, sheet = desk.old.words, desk.new.words, desk.sheet
    strangers = 0  # and words that both have
    for k in range(new):
        strangers += not is_name(desk, desk.new, sheet[k, COME])
        for at in range(old):
            strangers += a[sheet[at, LEFT], KEY] == b[sheet[k, COME], KEY]
    for at in range(old):
        strangers += not is_name(desk, desk.old, sheet[at, LEFT])
    return strangers == 0


@part
def among(desk, text, other, count, column, to, capitals):  # type: ignore[no-untyped-def]  # typed by numba
    """Write to column `to` which of `count` words of a column are names that the other text lacks; how many."""
    found = 0
    for k in range(count):
        place = desk.sheet[k, column]
        if not holds(other, text.words[place, KEY]) and (
            is_capital(desk, text, place) if capitals else is_name(desk, text, place)
        ):
            desk.sheet[found, to] = place
            found += 1
    return found


@part
def _before_title(desk, old, new):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether two words stand within the title of an office: the Prime and the Foreign Minister are two."""
    a, b = desk.old, desk.new
    if old + 1 >= a.head[COUNT] or new + 1 >= b.head[COUNT] or a.words[old + 1, KEY] != b.words[new + 1, KEY]:
        return False
    if not says(desk, a, old + 1, TITLE):
        return False
    return not starts_sentence(b, new)


@part
def _is_slip_of_any(desk, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word of the new is a slip for any word of the old."""
    letter = desk.more[desk.keys[desk.new.words[place, KEY], LETTER]]
    for other in range(desk.old.head[COUNT]):
        if desk.more[desk.keys[desk.old.words[other, KEY], LETTER]] == letter and is_slip_at(desk, other, place):
            return True
    return False


@part
def _letter(desk, text, column, count, k, at):  # type: ignore[no-untyped-def]  # typed by numba
    """(letter, row, place in it) after letter `at` of row k of a column of words; 32 between words, 0 behind all."""
    key = text.words[desk.sheet[k, column], KEY]
    if at < min(desk.keys[key, LENGTH], LETTERS):
        return desk.more[desk.keys[key, LETTER] + at], k, at + 1
    if k + 1 < count:
        return np.int64(32), k + 1, np.int64(0)
    return np.int64(0), k, at


@part
def _abbreviates(desk, text, count, column, other, others, other_column):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a name is another one shortened: Vic or VIC for Victoria, NSW for New South Wales."""
    size, longer = count - 1, others - 1
    shouted = True
    for k in range(count):
        size += min(desk.keys[text.words[desk.sheet[k, column], KEY], LENGTH], LETTERS)
        shouted &= text.words[desk.sheet[k, column], FLAGS] & SHOUTED != 0
    for k in range(others):
        longer += min(desk.keys[other.words[desk.sheet[k, other_column], KEY], LENGTH], LETTERS)
    if size > _SHORT or size >= longer:
        return False
    begins = True
    row = at = j = place = np.int64(0)
    for _ in range(size):
        letter, row, at = _letter(desk, text, column, count, row, at)
        theirs, j, place = _letter(desk, other, other_column, others, j, place)
        begins &= theirs == letter
    if begins or not shouted:
        return begins
    # The letters are found in one word in their order, QLD in Queensland, of several they are the first: NSW.
    row = at = j = place = np.int64(0)
    for step in range(size):
        letter, row, at = _letter(desk, text, column, count, row, at)
        theirs, j, place = _letter(desk, other, other_column, others, j, place)
        while theirs != 0 and (theirs != letter or (others > 1 and place > 1)):
            if step == 0:
                return False
            theirs, j, place = _letter(desk, other, other_column, others, j, place)
        if theirs == 0:
            return False
    return True
