"""Words of two texts -> slips of the pen, territories, names, and words that exclude each other."""

import numpy as np

from dedup.facts.cut import (
    CASED,
    COUNT,
    DE,
    EN,
    FROM,
    LANGUAGE,
    SMALL_LETTERS,
    before,
)
from dedup.facts.desk import COME, GONE, LEFT, NAMED, ROW, add, holds
from dedup.facts.lexicon import (
    ALPHA,
    ASCII,
    CLASSES,
    COMMON,
    DIGIT,
    FLAGS,
    FUNCTION,
    KEY,
    LENGTH,
    LETTERS,
    LOWER,
    MARKED,
    MARKS,
    NEGATION,
    NUMERIC,
    SHOUTED,
    SMALL,
    START,
    TERRITORY,
    TITLE,
    UPPER,
)
from dedup.facts.lexicon import FIRST as LETTER
from dedup.facts.territories import any_territory
from dedup.jit import part

_SLOT = 4  # words of a name
_PHRASE = 2  # capitals in a row that are a name in a headline
_SHORT = 5  # letters of an abbreviation
_ACRONYM = 4  # letters, of which each counts
_BEFORE = 12  # characters in which the end of the sentence before is looked for


@part
def is_slip(desk, one, other):  # type: ignore[no-untyped-def]  # typed by numba
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
    if not is_slip(desk, one, other):
        return False
    short = max(desk.keys[one, LENGTH], desk.keys[other, LENGTH]) <= _ACRONYM
    shouted = desk.old.words[old, FLAGS] & desk.new.words[new, FLAGS] & SHOUTED != 0
    return not (short and shouted and desk.old.head[CASED] != 0 and desk.new.head[CASED] != 0)


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
    return desk.keys[key, MARKS] & MARKED == 0 and desk.keys[key, FUNCTION] >> desk.new.head[LANGUAGE] & 1 == 0


@part
def is_name(desk, text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word is a name, as far as capitals tell; where they do not, what is no common English word."""
    key, flags, language = text.words[place, KEY], text.words[place, FLAGS], desk.new.head[LANGUAGE]
    marks = desk.keys[key, MARKS]
    if flags & ALPHA == 0 or (flags & LOWER != 0 and text.head[SMALL_LETTERS] == 0):
        return False
    cased = desk.old.head[CASED] != 0 and desk.new.head[CASED] != 0
    if cased:
        if flags & UPPER == 0 or language == DE:
            return False
        if (language != EN or marks & COMMON != 0) and starts_sentence(text, place):
            return False
    elif language != EN or marks & ASCII == 0 or desk.keys[key, LENGTH] < 3 or marks & COMMON != 0:
        return False
    acronym = flags & SHOUTED != 0 and desk.keys[key, FUNCTION] >> language & 1 != 0  # the US, the WHO
    if desk.keys[key, LENGTH] < 2 or (desk.keys[key, SMALL] >> language & 1 != 0 and not (acronym and cased)):
        return False
    # A word that only says whose office-holder is meant is none: "the UK prime minister" is Sir Keir.
    if place + 1 < text.head[COUNT] and desk.keys[text.words[place + 1, KEY], TITLE] >> language & 1 != 0:
        return not any_territory(desk, text, place, place + 1)
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
        gone = _among(desk, desk.old, desk.new, old, LEFT, GONE, False)
        named = _among(desk, desk.new, desk.old, new, COME, NAMED, False) if gone > 0 else 0
        if named == 0 and (desk.old.head[CASED] == 0 or desk.new.head[CASED] == 0):
            # In a headline, where one capital says little, several in a row say a name.
            gone = _among(desk, desk.old, desk.new, old, LEFT, GONE, True)
            named = _among(desk, desk.new, desk.old, new, COME, NAMED, True)
            if min(gone, named) < _PHRASE:
                return 0
        left = 0
        for k in range(named):
            if not _is_slip_of_any(desk, sheet[k, NAMED]):
                sheet[left, NAMED] = sheet[k, NAMED]
                left += 1
        named = left
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
def _among(desk, text, other, count, column, to, capitals):  # type: ignore[no-untyped-def]  # typed by numba
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
    if desk.keys[a.words[old + 1, KEY], TITLE] >> b.head[LANGUAGE] & 1 == 0:
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
    begins = True  # the name begins with the letters
    row = at = j = place = np.int64(0)
    for step in range(size):
        letter, row, at = _letter(desk, text, column, count, row, at)
        theirs, j, place = _letter(desk, other, other_column, others, j, place)
        if theirs != letter and (step == 0 or not shouted):
            return False
        begins &= theirs == letter
        while theirs != letter and theirs != 0:
            theirs, j, place = _letter(desk, other, other_column, others, j, place)
        if theirs == 0:
            return False
    return begins or shouted
