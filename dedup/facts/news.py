"""Runs of difference -> whether they are news: a whole sentence, or more than a clause of new words."""

from dedup.facts.cut import COUNT, FROM, NOVEL, STATE, TO, before, character, is_space
from dedup.facts.desk import BEGIN, COME, FIRST, LAST, STOP, holds, says
from dedup.facts.lexicon import BRIEF, END, FLAGS, FUNCTION, KEY, START
from dedup.jit import part

_ISLAND = 3  # so many known words between new ones are met by chance and do not end a run of news
_DENSE = 0.75  # the share of new words in a run, or sentence, that is news
_SENTENCE = 7  # words of a sentence that is more than a clause, also where some of them are known
_SHORT = 4  # words of a sentence that is news where it is all new


@part
def is_news(desk, runs, novel, most):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether the `novel` new words are news: a dense run of more than `most`, or a sentence."""
    text, sheet = desk.new, desk.sheet
    if novel >= _DENSE * (most + 1) and _is_long(desk, most):
        return True
    longest = 0
    for run in range(runs):
        longest = max(longest, sheet[run, STOP] - sheet[run, BEGIN])
    if longest < _SHORT:
        return False
    seam = _seam(desk, runs)
    place = 0
    opened = True
    at = text.head[FROM]
    while at < text.head[TO]:
        end, stop = _next_end(text, at, place)
        if at < seam < end:
            end = seam
            stop = place
            while stop < text.head[COUNT] and text.words[stop, START] < seam:
                stop += 1
        closed = _is_closed(text, end)
        fresh = 0
        for k in range(place, stop):
            fresh += text.words[k, STATE] == NOVEL
        if stop - place >= _SENTENCE and fresh >= _DENSE * (stop - place):
            return True
        if opened and closed and _SHORT <= fresh == stop - place and _is_inserted(desk, runs, place, stop):
            return True
        at, place, opened = end, stop, closed
    return False


@part
def _is_long(desk, most):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether more than `most` words in a row are new, but for a few."""
    words, sheet = desk.new.words, desk.sheet
    first = 0
    at = 0
    for place in range(desk.new.head[COUNT]):
        if words[place, STATE] != NOVEL:
            continue
        sheet[at, COME] = place
        if at > 0 and place - sheet[at - 1, COME] > _ISLAND + 1:
            first = at
        # The longest dense run that ends here; of a very long one, a part is dense.
        for begin in range(max(first, at - 4 * most), at + 1):
            length = place - sheet[begin, COME] + 1
            if length <= most:
                break
            if at - begin + 1 >= _DENSE * length:
                return True
        at += 1
    return False


@part
def _is_inserted(desk, runs, begin, end):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a short sentence stands where nothing stood, and speaks of other things."""
    sheet = desk.sheet
    for run in range(runs):
        if sheet[run, BEGIN] < end and begin < sheet[run, STOP] and sheet[run, FIRST] < sheet[run, LAST]:
            return False
    for place in range(begin, end):
        if not holds(desk.old, desk.new.words[place, KEY]) and not says(desk, desk.new, place, FUNCTION):
            return True
    return False


@part
def _seam(desk, runs):  # type: ignore[no-untyped-def]  # typed by numba
    """The offset in the new behind what stood before an added end, unless a clause goes on there."""
    text = desk.new
    begin = desk.sheet[runs - 1, BEGIN]
    if desk.sheet[runs - 1, FIRST] < desk.old.head[COUNT] or begin == 0:
        return text.head[TO]
    seam = text.words[begin - 1, END]
    at = seam
    while at < text.head[TO]:
        code, length = character(text.data, at, text.head[TO])
        if not is_space(code):
            return text.head[TO] if code in (44, 59, 0x2013, 0x2014) else seam  # , ; – —
        at += length
    return seam


@part
def _next_end(text, at, place):  # type: ignore[no-untyped-def]  # typed by numba
    """(offset, words before it) of the first end of a sentence behind `at`, where `place` words are before `at`.

    It is behind a line, or behind the signs that end a sentence and what closes quotations and brackets; "Mr." and
    "J." end none.
    """
    data, end = text.data, text.head[TO]
    while at < end:
        code, length = character(data, at, end)
        begin = at
        at += length
        if code == 10:
            break
        if not _is_sign(code):
            continue
        strong = False  # a sign that needs no white space behind it
        while True:
            strong |= code in (0x3002, 0xFF01, 0xFF1F, 0x964)
            if at == end:
                break
            code, length = character(data, at, end)
            if not _is_sign(code):
                break
            at += length
        last = at
        while last < end:
            code, length = character(data, last, end)
            if not _is_closer(code):
                break
            last += length
        if last == end or is_space(code):
            while place < text.head[COUNT] and text.words[place, START] < begin:
                place += 1
            brief = place > 0 and text.words[place - 1, END] == begin and text.words[place - 1, FLAGS] & BRIEF != 0
            at = last
            if not (brief and data[begin] == 46):
                break
        elif strong:
            break
    while place < text.head[COUNT] and text.words[place, START] < at:
        place += 1
    return at, place


@part
def _is_sign(code):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a character ends a sentence: . ! ? 。 ！ ？ । ؟"""
    return code in (46, 33, 63) or code in (0x3002, 0xFF01, 0xFF1F, 0x964, 0x61F)


@part
def _is_closer(code):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a character may stand behind the end of a sentence: " ' ” ’ » ) ]"""
    return code in (34, 39, 41, 93) or code in (0x201D, 0x2019, 0xBB)


@part
def _is_closed(text, at):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a sentence ends before `at`, by a sign or an ellipsis."""
    while at > text.head[FROM]:
        code, length = before(text.data, text.head[FROM], at)
        if not _is_closer(code):
            return _is_sign(code) or code == 0x2026
        at -= length
    return False
