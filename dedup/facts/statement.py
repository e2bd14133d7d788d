"""Runs of difference -> whether the new is another statement, rather than the old one in other words.

Word pairs and templates bring paragraphs together that say different things in the same frame. What tells them from
rewordings is how much is new inside: a clause in the place of another, a fifth of all words, or a word in the place of
another in a short line. What was only added is no matter of this room, nor what an end has more than it had before.
"""

from dedup.facts.changes import take_slips
from dedup.facts.cut import COUNT, LANGUAGE, NOVEL, STATE, ZH
from dedup.facts.desk import BEGIN, COME, FIRST, LAST, LEFT, STOP, holds
from dedup.facts.lexicon import FUNCTION, KEY, LETTERED, MARKS, NEGATION, NUMERIC, TITLE, WEEKDAY
from dedup.jit import part

_FEW, _MANY = 2, 3  # content words on the two sides of a run, and on one of them, that make it another clause
_SHARE = 5  # more new words inside than one in so many make another text
_LINE = 12  # words; in a shorter text one content word for another is much


@part
def is_other(desk, runs):  # type: ignore[no-untyped-def]
    """Whether the new says something else: a clause for a clause, words for words all over, or in a short line."""
    text, sheet = desk.new, desk.sheet
    word = 2 if text.head[LANGUAGE] == ZH else 1  # Han and kana: a word is about two characters, a word each here
    inside = 0
    exchanged = 0
    for run in range(runs):
        begin, stop = sheet[run, BEGIN], sheet[run, STOP]
        come = 0
        for place in range(begin, stop):
            if text.words[place, STATE] == NOVEL:
                sheet[come, COME] = place
                come += 1
        left = sheet[run, LAST] - sheet[run, FIRST]
        if come == 0 or left == 0:
            continue
        for k in range(left):
            sheet[k, LEFT] = sheet[run, FIRST] + k
        slips = take_slips(desk, left, come)
        left -= slips
        come -= slips
        gone = 0
        for k in range(left):
            gone += _is_content(desk, desk.old.words[sheet[k, LEFT], KEY])
        said = 0
        for k in range(come):
            key = text.words[sheet[k, COME], KEY]
            said += _is_content(desk, key) and not holds(desk.old, desk.keys, key)
        if min(gone, said) >= _FEW * word and max(gone, said) >= _MANY * word:
            return True
        inside += min(left, come) if begin == 0 or stop == text.head[COUNT] else come
        exchanged += min(gone, said)
    count = text.head[COUNT]
    return _SHARE * inside > count or (exchanged > 0 and count < _LINE * word)


@part
def _is_content(desk, key):  # type: ignore[no-untyped-def]
    """Whether a word says something that neither grammar nor the rules on numbers, negations and titles see to."""
    row = desk.keys[key]
    if row[MARKS] & LETTERED == 0:
        return False
    seen_to = row[FUNCTION] | row[TITLE] | row[WEEKDAY] | row[NUMERIC] | row[NEGATION]
    return seen_to >> desk.new.head[LANGUAGE] & 1 == 0
