"""The rules that make a matching paragraph an update, in the order in which they are applied.

To add a rule, write a function of one of the three kinds below and add it to the list of its kind.
"""

from collections.abc import Callable, Iterator

from dedup.facts.added_text import has_long_insertion, has_new_sentence, is_different_statement
from dedup.facts.alignment import Run
from dedup.facts.alternatives import listed_alternatives
from dedup.facts.changed_numbers import changed_numbers
from dedup.facts.changed_order import swapped_figures
from dedup.facts.changed_phrases import changed_phrases
from dedup.facts.changed_signs import changed_identifiers, changed_signs
from dedup.facts.changed_units import changed_units
from dedup.facts.disguised_words import disguised_words
from dedup.facts.introduced_names import introduced_names
from dedup.facts.names import MOST_NEW, MOST_OLD, changed_names, changed_territories, is_name
from dedup.facts.negated_statements import negated_statements
from dedup.facts.new_words import adds_content
from dedup.facts.territories import territories
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.vocabulary import CONJUNCTIONS
from dedup.facts.word_forms import exclude, is_numeric, negates

_CLAUSE = 4  # content words of a clause
_LONGEST_SWAP = 9  # words


def changed_negations(pair: TextPair, run: Run) -> list[Change]:
    """The negation that a run inserted or deleted, unless it moved, or was deleted together with its clause."""
    old, new, language = pair.old, pair.new, pair.language
    old_places, new_places = pair.replaced(run)
    if run.new_size == 1:
        new_places = list(run.new_places)  # a negation alone does not move
    inserted = [place for place in new_places if negates(new.keys[place], language)]
    deleted = [place for place in old_places if negates(old.keys[place], language)]
    if len(inserted) > len(deleted):
        return [((), [inserted[len(deleted)]])]
    if len(inserted) == len(deleted):
        return []
    is_cut = run.new_start == run.new_end
    cut = {old.keys[place] for place in old_places} - new.key_set - language.function
    content = sum(not negates(key, language) for key in cut)
    if content > (1 if is_cut else _CLAUSE):
        return []
    if is_cut and run.old_size > 1 and (run.old_start == 0 or run.old_end == len(old.keys)):
        return []
    if not inserted and not pair.has_fewer_negations:
        return []  # it moved
    return [([deleted[len(inserted)]], ())]


def changed_ranks(pair: TextPair, run: Run) -> list[Change]:
    """The rank before a title that was inserted, deleted or replaced: the Deputy Leader is not the Leader.

    An office with a rank that the old text lacks is a change too.
    """
    language = pair.language
    old, new = pair.old.keys[run.old_start : run.old_end], pair.new.keys[run.new_start : run.new_end]
    is_rank = len(old) <= 1 and len(new) <= 1 and language.ranks.issuperset(old + new)
    if is_rank and run.new_end < len(pair.new.keys) and pair.new.keys[run.new_end] in language.titles:
        return [(range(run.old_start, run.old_end + 1), range(run.new_start, run.new_end + 1))]
    for place in pair.inserted(run) if not language.ranks.isdisjoint(new) else ():
        key, title = pair.new.keys[place], _title_after(pair, place)
        if key in language.ranks and key not in pair.old.key_set and title:
            return [((), range(place, title + 1))]
    return []


def _title_after(pair: TextPair, place: int) -> int:
    """The place of a title in the next two words; 0 if there is none."""
    following = range(place + 1, min(place + 3, len(pair.new.keys)))
    return next((at for at in following if pair.new.keys[at] in pair.language.titles), 0)


def replaced_words(pair: TextPair, run: Run) -> list[Change]:
    """The replaced territories; if there are none, the replaced names; otherwise the words that exclude each other."""
    old, new = pair.replaced(run)
    if not old or not new or len(new) > MOST_NEW:
        return []
    candidates = old[:MOST_OLD]
    return (
        (len(old) <= MOST_OLD and changed_territories(pair, run))
        or changed_names(pair, candidates, new)
        or _excluded_words(pair, candidates, new)
    )


def _excluded_words(pair: TextPair, old: list[int], new: list[int]) -> list[Change]:
    changes: list[Change] = []
    weekdays, is_english = pair.language.weekdays, pair.language.code == "en"
    for place in new:
        key = pair.new.keys[place]
        if len(old) + len(new) > 2 and pair.is_said(place):  # it may have moved
            continue
        for other in old:
            old_key = pair.old.keys[other]
            if (is_english and exclude(old_key, key)) or (key in weekdays and old_key in weekdays):
                changes.append(([other], [place]))
                break
    return changes


def swapped_words(pair: TextPair) -> list[Change]:
    """Two names or numbers that swapped places around a word that is not just a conjunction."""
    if not pair.runs:
        return []
    first, last = pair.runs[0], pair.runs[-1]
    whole = Run(first.old_start, last.old_end, first.new_start, last.new_end)
    old, new = pair.old.keys[whole.old_start : whole.old_end], pair.new.keys[whole.new_start : whole.new_end]
    if not 3 <= len(new) <= _LONGEST_SWAP or sorted(new) != sorted(old):
        return []
    for head in range(1, len(new) // 2 + 1):
        for tail in range(1, len(new) // 2 + 1):
            middle = new[head : len(new) - tail]
            if middle and old == new[len(new) - tail :] + middle + new[:head]:
                is_swap = _is_fact(pair, whole.new_start) and _is_fact(pair, whole.new_end - tail)
                if set(middle) <= CONJUNCTIONS or not is_swap:
                    return []
                return [(whole.old_places, whole.new_places)]
    return []


def _is_fact(pair: TextPair, place: int) -> bool:
    key = pair.new.keys[place]
    if key in pair.language.weekdays:
        return True
    return is_numeric(key, pair.language) or bool(territories([key], 0, 1)) or is_name(pair, pair.new, place)


#: Each of these finds the changes in one run.
RUN_RULES: tuple[Callable[[TextPair, Run], list[Change]], ...] = (
    changed_numbers,
    changed_units,
    changed_signs,
    changed_identifiers,
    changed_phrases,
    changed_negations,
    changed_ranks,
    replaced_words,
)
#: Each of these decides whether the new text adds news; the number is `max_new_words`.
ADDED_RULES: tuple[Callable[[TextPair, int], bool], ...] = (
    has_long_insertion,
    is_different_statement,
    has_new_sentence,
    adds_content,
)


def changed_facts(pair: TextPair) -> Iterator[Change]:
    """The changed facts of two texts, in order. Each is computed only when it is requested."""
    if not pair.is_aligned:
        return
    has_changed = False
    for run in pair.runs:
        for rule in RUN_RULES:
            for change in rule(pair, run):
                has_changed = True
                yield change
    names = [] if has_changed else introduced_names(pair)
    for change in (*names, *swapped_words(pair), *swapped_figures(pair)):
        has_changed = True
        yield change
    if not has_changed:
        yield from negated_statements(pair)
        yield from listed_alternatives(pair)
        yield from disguised_words(pair)


def adds_news(pair: TextPair, max_new_words: int) -> bool:
    """Whether the new text adds news. More than `max_new_words` new words in a row are news."""
    if not pair.is_aligned:
        return True
    return any(rule(pair, max_new_words) for rule in ADDED_RULES)
