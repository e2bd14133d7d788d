"""The rules on names that the old text lacks, and that replaced a name of another run or none."""

from itertools import pairwise

from dedup.facts.alignment import Run
from dedup.facts.names import MOST_NEW, MOST_OLD, is_name, name_change, names_among
from dedup.facts.territories import territories
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.vocabulary import PRONOUNS
from dedup.facts.word_forms import LONGEST

_MOST_RUNS = 32
_MOST_WORDS = 2048  # words of a text in which another form of a name is looked for
_NEAR = 12  # words between a deleted name and the one that replaced it
_SHORTEST_STEM = 3  # letters


def introduced_names(pair: TextPair) -> list[Change]:
    """The first change of a name: a compass point, a name that replaced one of the next run, or an inserted name."""
    runs = pair.runs
    if len(runs) > _MOST_RUNS:
        return []
    for run in runs:
        if change := _compass_point(pair, run):
            return change
    for one, other in pairwise(runs):
        for old, new in [(one, other), (other, one)] if other.new_start - one.new_end <= _NEAR else ():
            if change := _displaced_name(pair, old, new):
                return change
    return next((change for run in runs if (change := _inserted_name(pair, run))), [])


def _compass_point(pair: TextPair, run: Run) -> list[Change]:
    """The compass point that a name gained or lost."""
    old, new = pair.old, pair.new
    if run.old_size + run.new_size != 1 or run.new_end == len(new.keys):
        return []
    key = old.keys[run.old_start] if run.old_size else new.keys[run.new_start]
    if key not in pair.language.compass_points or not is_name(pair, new, run.new_end):
        return []
    return [(run.old_places, run.new_places)]


def _displaced_name(pair: TextPair, old: Run, new: Run) -> list[Change]:
    """The names deleted in one run, and the names inserted in another run near it."""
    is_cut_at_end = old.new_start == old.new_end and (old.old_start == 0 or old.old_end == len(pair.old.keys))
    inserted = pair.inserted(new)
    if is_cut_at_end or len(inserted) > MOST_NEW:
        return []
    old_names, new_names = names_among(pair, old.old_places[:MOST_OLD], inserted)
    old_names = [at for at in old_names if not _is_in_new_text(pair, at)]
    new_names = [at for at in new_names if not _is_in_old_text(pair, at)]
    lands = [territories([pair.old.keys[at]], 0, 1).keys() for at in old_names]
    if any(land & territories([pair.new.keys[at]], 0, 1).keys() for at in new_names for land in lands):
        return []
    return name_change(pair, old_names, new_names)


def _is_in_new_text(pair: TextPair, old: int) -> bool:
    """Whether the new text has an old word in another form or with a typo."""
    key = pair.old.keys[old]
    return any(
        _begins(key, other) or pair.is_typo(old, at)
        for at, other in enumerate(pair.new.keys[:_MOST_WORDS])
        if key[0] == other[0] or key[-1] == other[-1]
    )


def _is_in_old_text(pair: TextPair, new: int) -> bool:
    """Whether the old text has a new word in another form or with a typo."""
    key = pair.new.keys[new]
    return any(
        _begins(key, other) or pair.is_typo(at, new)
        for at, other in enumerate(pair.old.keys[:_MOST_WORDS])
        if key[0] == other[0] or key[-1] == other[-1]
    )


def _begins(one: str, other: str) -> bool:
    """Whether one of two words of three letters or more is the beginning of the other."""
    short, long = sorted((one, other), key=len)
    return _SHORTEST_STEM <= len(short) <= LONGEST and long.startswith(short)


def _inserted_name(pair: TextPair, run: Run) -> list[Change]:
    """The names that a run inside the new text inserts without replacing a name or attributing a statement."""
    old, new, titles = pair.old, pair.new, pair.language.titles
    if run.new_start == 0 or run.new_end == len(new.keys) or max(run.new_size, run.old_size) > MOST_OLD:
        return []
    if run.old_size == 1 and old.keys[run.old_start] in PRONOUNS:
        return []
    if any(old.keys[at] in titles or is_name(pair, old, at) for at in run.old_places):
        return []
    if not pair.language.speech.isdisjoint(new.keys[run.new_start : run.new_end]):
        return []
    found = [at for at in pair.inserted(run) if _is_new_name(pair, at)]
    # If capitals are no evidence for names, only two such words in a row are a name.
    is_sure = pair.has_capitalised_names or any(at == before + 1 for before, at in pairwise(found))
    return [((), found)] if found and is_sure else []


def _is_new_name(pair: TextPair, at: int) -> bool:
    """Whether a new word alone is a name: no abbreviation, title, word after a title, or typo."""
    new, key = pair.new, pair.new.keys[at]
    if pair.is_said(at) or (pair.has_capitalised_names and new.words[at].isupper()):
        return False
    if not is_name(pair, new, at):
        return False
    titles = pair.language.titles
    if key in titles or (at > 0 and new.keys[at - 1] in titles & pair.old.key_set):
        return False
    start = new.spans[at][0]
    if new.text[start - 1 : start] in ("(", "<", "["):
        return False
    # A word that completes a name of the old text is not a name of its own.
    completes = any(
        place >= 0 and not any(run.new_start <= place < run.new_end for run in pair.runs) and is_name(pair, new, place)
        for place in (at - 1, at + 1)
    )
    return not completes and not _is_in_old_text(pair, at)
