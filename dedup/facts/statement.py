"""Runs of difference -> whether the new is another statement, rather than the old one in other words.

Word pairs and templates bring paragraphs together that say different things in the same frame. What tells them from
rewordings is how much is new: a clause in the place of another, a fifth of all words inside, and in a line, where a
frame is most of the text, a fifth anywhere if something had to go for it, or a third in any case.
"""

from dedup.facts.changes import take_slips
from dedup.facts.cut import COUNT, LANGUAGE, ZH
from dedup.facts.desk import BEGIN, COME, LEFT, STOP, holds, list_come, list_left
from dedup.facts.lexicon import FUNCTION, KEY, LETTERED, MARKS, NEGATION, NUMERIC, TITLE, WEEKDAY
from dedup.jit import part

_FEW, _MANY = 2, 3  # content words on the two sides of a clause, and on one of them, that make it another
_SEAM = 2  # so many small words between two runs do not part a clause
_EXCHANGED, _ADDED = 5, 3  # one new word in so many makes another text: where something went, and where nothing did
_LINE = 24  # words; a shorter text is a heading, a caption, a greeting, or one brief sentence
_PHRASE = 12  # words; in a shorter text one content word for another is much


@part
def is_other(desk, runs):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether the new says something else: a clause for a clause, words for words all over, or much in a line."""
    text, sheet = desk.new, desk.sheet
    word = 2 if text.head[LANGUAGE] == ZH else 1  # Han and kana: a word is about two characters, a word each here
    fresh, inside = 0, 0  # new words, and those with words of the old beside them
    said, lost, exchanged = 0, 0, 0  # content words
    clause_gone, clause_said, seam = 0, 0, 0
    for run in range(runs):
        begin, stop = sheet[run, BEGIN], sheet[run, STOP]
        come = list_come(desk, run)
        left = list_left(desk, run)
        slips = take_slips(desk, left, come)
        left -= slips
        come -= slips
        run_gone, run_said = 0, 0
        for k in range(left):
            key = desk.old.words[sheet[k, LEFT], KEY]
            content = _is_content(desk, key)
            run_gone += content
            lost += content and not holds(text, key)
        for k in range(come):
            key = text.words[sheet[k, COME], KEY]
            run_said += _is_content(desk, key) and not holds(desk.old, key)
        if _parts(desk, seam, begin):
            clause_gone, clause_said = 0, 0
        seam = stop
        clause_gone += run_gone
        clause_said += run_said
        if min(clause_gone, clause_said) >= _FEW * word and max(clause_gone, clause_said) >= _MANY * word:
            return True
        fresh += come
        said += run_said
        exchanged += min(run_gone, run_said)
        if come > 0 and left > 0:
            inside += min(left, come) if begin == 0 or stop == text.head[COUNT] else come
    count = text.head[COUNT]
    if _EXCHANGED * inside > count or (exchanged > 0 and count < _PHRASE * word):
        return True
    if count >= _LINE * word:
        return False
    return _ADDED * fresh > count or (_EXCHANGED * fresh >= count and said > 0 and lost > 0)


@part
def _parts(desk, seam, begin):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether what is equal between two runs, from `seam` to `begin` of the new, is more than small words."""
    content = 0
    for place in range(seam, begin):
        content += _is_content(desk, desk.new.words[place, KEY])
    return content > 0 or begin - seam > _SEAM


@part
def _is_content(desk, key):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word says something that neither grammar nor the rules on numbers, negations and titles see to."""
    row = desk.keys[key]
    if row[MARKS] & LETTERED == 0:
        return False
    seen_to = row[FUNCTION] | row[TITLE] | row[WEEKDAY] | row[NUMERIC] | row[NEGATION]
    return seen_to >> desk.new.head[LANGUAGE] & 1 == 0
