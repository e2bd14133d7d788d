"""The rule on relative days and periods: today and tomorrow, this week and next week."""

from dedup.facts.alignment import Run
from dedup.facts.phrases import find_phrases
from dedup.facts.text_pair import Change, TextPair

_LONGEST = 4  # words of a phrase, or Han characters
_AROUND = 1  # words beside a run
_SLOT = 3  # words by which two phrases in one place of a run may be shifted


def changed_days(pair: TextPair, run: Run) -> list[Change]:
    """The days and periods of a run that replaced others of the same kind."""
    words = pair.language.day_words
    old, new = pair.old.keys, pair.new.keys
    if words.isdisjoint(old[run.old_start : run.old_end] + new[run.new_start : run.new_end]):
        return []
    known = pair.language.days
    # A replaced phrase may keep words at its ends, outside the run: cette semaine, la semaine prochaine.
    before = dict(find_phrases(known, old, max(0, run.old_start - _AROUND), run.old_end + _AROUND, _LONGEST))
    after = dict(find_phrases(known, new, max(0, run.new_start - _AROUND), run.new_end + _AROUND, _LONGEST))
    deleted = [day for day in before if day not in after]
    changed: list[Change] = []
    for day in after:
        if day in before:
            continue
        of_kind = (other for other in deleted if other[0] == day[0] and _is_slot(run, before[other], after[day]))
        if (replaced := next(of_kind, None)) is not None:
            deleted.remove(replaced)
            changed.append((before[replaced], after[day]))
    return changed


def _is_slot(run: Run, old: range, new: range) -> bool:
    """Whether two phrases are in the same place of a run."""
    return abs((new.start - run.new_start) - (old.start - run.old_start)) <= _SLOT
