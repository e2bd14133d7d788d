"""The content words that a new text adds to an old one, and whether a repeat is certain.

A word is not new if the old text has it in another form, or if it only says who speaks or how the text is presented.
"""

from collections.abc import Iterator

from dedup.facts.alignment import Run
from dedup.facts.text_pair import TextPair
from dedup.facts.tokens import SIGNS, START, Text
from dedup.facts.word_forms import are_forms, has_digit, is_content, roman

_LONGEST_ATTRIBUTION = 10  # words
_LONGEST_LABEL = 5  # words before a colon at the beginning
_ACRONYM = range(2, 7)  # letters
_PAUSES = ("", *".,;:!?–—-()。，")
_MOST_COMPARISONS = 1 << 12  # of old with new words of one run
_EDGE = 64  # characters beside a run in which a pause is looked for
_PUT_IN = 3  # content words that are news if they replace no others


def new_words(pair: TextPair) -> list[int]:
    """The places of the content words of the new text that the old text lacks, in order.

    These are left out: typos, other forms of a word, and other ways to write it (all anywhere in the old text);
    attributions, titles and courtesies; a label such as "Photo:" at the beginning; units after a number; and the
    abbreviation or the full form of a name in the old text.
    """
    return [place for run in pair.runs for place in _new_in(pair, run)]


def has_few_new_words(pair: TextPair, most: int) -> bool:
    """Whether the new text has at most `most` new content words. Stops when it has more."""
    found = 0
    for run in pair.runs:
        found += len(_new_in(pair, run))
        if found > most:
            return False
    return True


def adds_content(pair: TextPair, max_new_words: int) -> bool:
    """Whether three or more content words were put in that replace no others."""
    del max_new_words
    least = _PUT_IN * pair.new.characters_of_a_word
    if len(pair.novel) < least:
        return False
    put_in = 0
    for run in pair.runs:
        if found := _new_in(pair, run):
            put_in += max(0, len(found) - sum(_is_lost(pair, place) for place in run.old_places))
    return put_in >= least


def lost_words(pair: TextPair) -> int:
    """The number of content words of the old text that the new text lacks."""
    return sum(_is_lost(pair, place) for run in pair.runs for place in run.old_places)


def _is_lost(pair: TextPair, place: int) -> bool:
    """Whether the new text lacks a content word of the old one."""
    key = pair.old.keys[place]
    return key not in pair.new.key_set and is_content(key, pair.language)


def is_certain(pair: TextPair) -> bool:
    """Whether a repeat surely says nothing new.

    It has no new content word, no new modal verb, quantifier or pronoun, no changed sign or Roman numeral, no word that
    replaces another although the old text has it elsewhere, and no changed tense.
    """
    if not pair.is_aligned:
        return False
    new, language = pair.new, pair.language
    for run in pair.runs:
        if _new_in(pair, run) or _changes_tense(pair, run):
            return False
        lost = any(_is_lost(pair, place) for place in run.old_places)
        for place in pair.replaced(run)[1]:
            key = new.keys[place]
            is_title = key in language.titles or key in language.weekdays or key in language.day_words
            if is_title and key not in pair.old.key_set:
                return False
            if key in SIGNS or (new.words[place].isupper() and roman(new.words[place])):
                return False
            is_repeated = key in language.qualifiers or (lost and is_content(key, language))
            if is_repeated and pair.new_counts[key] > pair.old_counts[key]:
                return False
    return True


def _new_in(pair: TextPair, run: Run) -> list[int]:
    """The new content words of a run."""
    found = pair.new_content.get(run)
    if found is None:
        found = pair.new_content[run] = _find_new(pair, run)
    return found


def _find_new(pair: TextPair, run: Run) -> list[int]:
    if run.new_start == run.new_end:
        return []
    new, language = pair.new, pair.language
    found = [
        place for place in pair.replaced(run)[1] if is_content(new.keys[place], language) and not _is_known(pair, place)
    ]
    if not found or _is_attribution(pair, run) or _is_label(new, run):
        return []
    return [place for place in found if not _is_unit(pair, place) and not _is_same_name(pair, run, place)]


def _is_known(pair: TextPair, place: int) -> bool:
    """Whether the old text has a word, perhaps in another form."""
    key = pair.new.keys[place]
    if key in pair.old.key_set or key in pair.language.courtesies:
        return True
    others = pair.old.keys_by_start.get(key[:START], ())
    return any(are_forms(key, other, pair.language) for other in others)


def _is_attribution(pair: TextPair, run: Run) -> bool:
    """Whether a short run says who speaks, at an end of the text, of a sentence, or between commas."""
    new = pair.new
    if run.new_size > _LONGEST_ATTRIBUTION or pair.language.speech.isdisjoint(new.keys[run.new_start : run.new_end]):
        return False
    start, end = new.spans[run.new_start][0], new.spans[run.new_end - 1][1]
    before = new.text[max(0, start - _EDGE) : start].rstrip("\"'“”‘’«» \t\n")[-1:]
    after = new.text[end : end + _EDGE].lstrip("\"'“”‘’«» \t\n")[:1]
    return before in _PAUSES or after in _PAUSES


def _is_label(text: Text, run: Run) -> bool:
    """Whether a run belongs to a label at the beginning of the text: "Photo:"."""
    end = text.spans[run.new_end - 1][1]
    return run.new_end <= _LONGEST_LABEL and text.text[end : end + 1] in (":", "：")


def _is_unit(pair: TextPair, place: int) -> bool:
    """Whether a word is the unit of the number before it."""
    keys, units = pair.new.keys, pair.language.unit_words
    return place > 0 and keys[place] in units and (keys[place - 1] in units or has_digit(keys[place - 1]))


def _is_same_name(pair: TextPair, run: Run, place: int) -> bool:
    """Whether a word abbreviates a name of the old text, or is part of the full form of an abbreviation there."""
    new, old = pair.new, pair.old
    word = new.words[place]
    if not word[0].isupper():
        return False
    if word.isupper() and len(new.keys[place]) in _ACRONYM:
        return new.keys[place] in old.initials
    if run.old_size * run.new_size > _MOST_COMPARISONS:
        return False  # a short form and its full form stand in short runs
    shorts = {old.keys[at] for at in run.old_places if old.words[at].isupper() and len(old.keys[at]) in _ACRONYM}
    return any(first <= place < last for short in shorts - new.key_set for first, last in _spelled_out(new, run, short))


def _spelled_out(text: Text, run: Run, short: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of the words of a run whose initials are an abbreviation."""
    places = [at for at in run.new_places if text.words[at][0].isupper()]
    for first in range(len(places) - len(short) + 1):
        some = places[first : first + len(short)]
        if "".join(text.keys[at][0] for at in some) == short:
            yield some[0], some[-1] + 1


def _changes_tense(pair: TextPair, run: Run) -> bool:
    """Whether a run replaces a word by another form of it, and also changes small words: is going and went."""
    old = [pair.old.keys[place] for place in run.old_places]
    new = [pair.new.keys[place] for place in run.new_places]
    if not old or not new or sorted(old) == sorted(new):
        return False
    if len(old) * len(new) > _MOST_COMPARISONS:
        return True
    language = pair.language
    has_form = any(
        one != other and one[0] == other[0] and is_content(one, language) and is_content(other, language)
        and are_forms(one, other, language) for one in old for other in new
    )  # fmt: skip
    small = {key for key in old if key in language.closed} ^ {key for key in new if key in language.closed}
    return has_form and bool(small)
