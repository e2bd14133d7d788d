"""Decides whether the new text adds news: a sentence, more than a clause, or a different statement."""

from bisect import bisect_left, bisect_right
from math import inf
from operator import attrgetter

from dedup.facts.alignment import Run
from dedup.facts.new_words import has_few_new_words, lost_words
from dedup.facts.text_pair import TextPair
from dedup.facts.word_forms import is_content

_NEW_START, _NEW_END = attrgetter("new_start"), attrgetter("new_end")
_ISLAND = 3  # old words between new ones that are equal by chance and do not end a run of new words
_DENSE = 0.75  # the share of new words at which a run or a sentence is news
_LONG_SENTENCE = 7  # words of a sentence that is more than a clause, even if some of its words are old
_SENTENCE = 2  # words of an inserted sentence; a single word is an abbreviation, a dateline, or an exclamation
_SOME_NEW = 4  # words of a run that may be a new sentence although something was deleted
_ATTRIBUTION = 6  # words of a sentence that only names the speaker
_SAME_PLACE = 3  # words after a sentence that show where the old text continues
_CLOSERS = "\"'”’»)]"
_EDGE = 64  # characters before the end of a sentence in which its sign is looked for
_SENTENCE_SIGNS = tuple(".!?…。！？।؟")

# Content words on each side of a replaced clause, and on one of its sides, that make it a different clause.
_SOME_CONTENT, _MUCH_CONTENT = 2, 3
_SMALL_GAP = 2  # function words between two runs of one clause
# One new word in five makes a different text if words were deleted; otherwise one in three.
_EXCHANGED, _ADDED = 5, 3
_LINE = 24  # words; a shorter text is a heading, a caption, a greeting, or one brief sentence
_FEW_NEW, _MANY_LOST = 1, 4  # content words of a text that says less
_PHRASE = 12  # words; in a shorter text one content word for another is much


def has_long_insertion(pair: TextPair, max_new_words: int) -> bool:
    """Whether more than `max_new_words` words in a row are new, apart from a few old ones among them."""
    novel = pair.novel
    if len(novel) < _DENSE * (max_new_words + 1):
        return False
    first = 0  # first word of the runs that are still too short
    lowest = inf
    for at, place in enumerate(novel):
        if at and place - novel[at - 1] > _ISLAND + 1:
            first, lowest = at, inf
        while first <= at and place - novel[first] + 1 > max_new_words:
            lowest = min(lowest, first - _DENSE * novel[first])
            first += 1
        # From novel word `begin` on, at - begin + 1 of place - novel[begin] + 1 words are new.
        if at + 1 - _DENSE * (place + 1) >= lowest:
            return True
    return False


def has_new_sentence(pair: TextPair, max_new_words: int) -> bool:
    """Whether a long sentence is almost entirely new, or an inserted sentence of any length has new content words."""
    del max_new_words
    new = pair.new
    least = _SENTENCE * pair.new.characters_of_a_word
    if not _may_have_new_sentence(pair, least):
        return False
    novel = set(pair.novel)
    start, is_opened = 0, True
    for offset in sorted({*new.sentence_ends, _append_point(pair)}):
        end = bisect_left(new.spans, (offset, 0))
        count = sum(place in novel for place in range(start, end))
        if end - start >= _LONG_SENTENCE and count >= _DENSE * (end - start):
            return True
        is_closed = new.text[max(0, offset - _EDGE) : offset].rstrip(_CLOSERS)[-1:] in _SENTENCE_SIGNS
        if is_opened and is_closed and end - start >= least and _is_inserted(pair, start, end, count):
            return True
        start, is_opened = end, is_closed
    return False


def _may_have_new_sentence(pair: TextPair, least: int) -> bool:
    """Whether a new sentence is possible, judging by the runs alone. This excludes most pairs quickly."""
    if any(run.new_size >= _SOME_NEW for run in pair.runs):
        return True
    if not any(run.new_size >= least and run.old_start == run.old_end for run in pair.runs):
        return False
    is_sentence_cut = any(run.old_size >= least for run in pair.runs)
    old, new = (sum(map(text.body.count, _SENTENCE_SIGNS)) for text in (pair.old, pair.new))
    return new > old or is_sentence_cut


def _is_unit(pair: TextPair, run: Run) -> bool:
    """Whether all content words of a run are words of units."""
    units, function = pair.language.unit_words, pair.language.function
    old, new = pair.old.keys[run.old_start : run.old_end], pair.new.keys[run.new_start : run.new_end]
    return new[0] in units and all(key in units or key in function for key in old + new)


def _is_inserted(pair: TextPair, start: int, end: int, novel: int) -> bool:
    """Whether a sentence was inserted and has a content word that the old text lacks.

    If the sentence begins or ends like its neighbour, the alignment finds some of the new words in that neighbour. So
    the sentence also counts as inserted if the old text continues after it as the new text does.

    Args:
        pair: The two texts.
        start: The first word of the sentence in the new text.
        end: The word after its last.
        novel: The number of its words that are new.
    """
    new = pair.new.keys
    for run in pair.runs[bisect_right(pair.runs, start, key=_NEW_END) :]:
        if run.new_start >= end:
            break
        if run.old_start < run.old_end:
            return False
    if not any(key not in pair.old.key_set and is_content(key, pair.language) for key in new[start:end]):
        return False
    if novel < end - start and not _goes_on(pair, start, end):
        return False
    is_at_edge = start == 0 or end == len(new)
    return not (is_at_edge and end - start <= _ATTRIBUTION and not pair.language.speech.isdisjoint(new[start:end]))


def _goes_on(pair: TextPair, start: int, end: int) -> bool:
    """Whether the old text continues at the place of a sentence as the new text does after it."""
    place = start
    before = bisect_left(pair.runs, start, key=_NEW_START)
    for run in pair.runs[max(0, before - 1) : before]:
        place = run.old_end + start - run.new_end if run.new_end <= start else run.old_end
    return pair.old.keys[place : place + _SAME_PLACE] == pair.new.keys[end : end + _SAME_PLACE]


def _append_point(pair: TextPair) -> int:
    """The offset in the new text after which text was appended.

    It is the end if nothing was, or a clause continues.
    """
    new = pair.new
    last = pair.runs[-1]
    if last.old_start < len(pair.old.keys) or not last.new_start:
        return new.end
    offset = new.spans[last.new_start - 1][1]
    return new.end if new.text[offset : new.end].lstrip()[:1] in (",", ";", "–", "—") else offset


def is_different_statement(pair: TextPair, max_new_words: int) -> bool:
    """Whether the new text is a different statement in the same template, not a rewording of the old one.

    A text with at most one new content word that lacks many old ones says less. A short line of thanks states nothing.
    Templates bring paragraphs together that state different things. They differ from rewordings in the amount of new
    text. A statement is different if a clause replaced another one, or if a fifth of all words are new inside the text.
    In a short line, most words belong to the template, so a fifth anywhere is enough if something was deleted, and a
    third otherwise.
    """
    del max_new_words
    return _has_different_clause(pair) and not _says_less(pair) and not _is_thanks(pair)


def _has_different_clause(pair: TextPair) -> bool:
    """Whether a clause replaced another one, or a fifth of all words are new inside the text."""
    language, old, new = pair.language, pair.old.keys, pair.new.keys
    old_keys, new_keys = pair.old.key_set, pair.new.key_set
    word = pair.new.characters_of_a_word
    total = len(new)
    is_phrase, is_line = total < _PHRASE * word, total < _LINE * word
    clause_deleted = clause_inserted = 0  # content words of the current clause
    inserted = inside = 0
    has_deleted = has_inserted = False  # a content word that the other text lacks
    clause_end = 0
    for run in pair.runs:
        old_places, new_places = pair.replaced(run)
        if old_places and new_places:
            if _is_unit(pair, run):
                continue  # `changed_units` compares units
            is_at_end = run.new_start == 0 or run.new_end == total
            inside += min(len(old_places), len(new_places)) if is_at_end else len(new_places)
        inserted += len(new_places)
        if _EXCHANGED * inside > total or (is_line and _ADDED * inserted > total):
            return True
        deleted_content = [old[place] for place in old_places if is_content(old[place], language)]
        inserted_content = [
            new[place] for place in new_places if new[place] not in old_keys and is_content(new[place], language)
        ]
        gap = new[clause_end : run.new_start]
        if len(gap) > _SMALL_GAP or any(is_content(key, language) for key in gap):
            clause_deleted = clause_inserted = 0
        clause_end = run.new_end
        clause_deleted += len(deleted_content)
        clause_inserted += len(inserted_content)
        fewer, more = sorted((clause_deleted, clause_inserted))
        if fewer >= _SOME_CONTENT * word and more >= _MUCH_CONTENT * word:
            return True
        if is_phrase and deleted_content and inserted_content:
            return True
        has_inserted |= bool(inserted_content)
        has_deleted |= not new_keys.issuperset(deleted_content)
        if is_line and has_inserted and has_deleted and _EXCHANGED * inserted >= total:
            return True
    return False


def _says_less(pair: TextPair) -> bool:
    """Whether the new text has at most one new content word and lacks at least four of the old ones."""
    word = pair.new.characters_of_a_word
    return lost_words(pair) >= _MANY_LOST * word and has_few_new_words(pair, _FEW_NEW * word)


def _is_thanks(pair: TextPair) -> bool:
    """Whether the new text is a short line with a word of thanks."""
    new = pair.new
    return len(new.keys) < _PHRASE * new.characters_of_a_word and not pair.language.thanks.isdisjoint(new.keys)
