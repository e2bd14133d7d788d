"""Names that are strangers to the old text: in the stead of one that went elsewhere, or where none went."""

from itertools import pairwise
from typing import TYPE_CHECKING

from dedup.facts.lexicon import LETTERS
from dedup.facts.told import COMPASS, PRONOUNS, SPEECH
from facts_reference.alignment import Run
from facts_reference.names import territories

if TYPE_CHECKING:
    from facts_reference.changes import Judge

Pair = tuple[str, str]
_RUNS = 32  # of more, none are looked for
_NEAR = 12  # words between a name that went and one that came in its stead
_CLAUSE = 8  # new words among which a name is looked for that came in the stead of another
_LONG = 24  # words of a run that are looked at
_STEM = 3  # letters that two words share at their beginning


def strangers(judge: "Judge") -> list[Pair]:
    """The first name of another part, or in the stead of one that went in the next run, or inside where none went."""
    if len(judge.runs) > _RUNS:
        return []
    for run in judge.runs:
        if pair := _parted(judge, run):
            return pair
    for one, other in pairwise(judge.runs):
        for old, new in [(one, other), (other, one)] if other.begin - one.end <= _NEAR else ():
            if pair := _displaced(judge, old, new):
                return pair
    return next((pair for run in judge.runs if (pair := _came(judge, run))), [])


def _parted(judge: "Judge", run: Run) -> list[Pair]:
    """The point of the compass that a name gained or lost."""
    a, b = judge.a, judge.b
    words = [*a.keys[run.first : run.last], *b.keys[run.begin : run.end]]
    if len(words) != 1 or words[0] not in COMPASS or run.end == len(b.keys) or not judge.is_name(b, run.end):
        return []
    return [(" ".join(a.written[run.first : run.last]), " ".join(b.written[run.begin : run.end]))]


def _displaced(judge: "Judge", old: Run, new: Run) -> list[Pair]:
    cut = old.begin == old.end and (old.first == 0 or old.last == len(judge.a.keys))
    come = [place for place in range(new.begin, new.end) if not judge.known[place]]
    if cut or len(come) > _CLAUSE:
        return []
    theirs, ours = judge.names_among(list(range(old.first, old.last))[:_LONG], come)
    theirs = [at for at in theirs if not _is_in_new(judge, at)]
    ours = [at for at in ours if not _is_in_old(judge, at)]
    lands = [territories([judge.a.keys[at]], 0, 1).keys() for at in theirs]
    if any(land & territories([judge.b.keys[at]], 0, 1).keys() for at in ours for land in lands):
        return []
    return judge.pair_of(theirs, ours)


def _begins(one: str, other: str) -> bool:
    """Whether one of two words begins with the other, of three letters or more."""
    short, long = sorted((one, other), key=len)
    return _STEM <= len(short) <= LETTERS and long.startswith(short)


def _is_in_new(judge: "Judge", old: int) -> bool:
    key = judge.a.keys[old]
    return any(_begins(key, other) or judge.slip(old, at) for at, other in enumerate(judge.b.keys))


def _is_in_old(judge: "Judge", new: int) -> bool:
    key = judge.b.keys[new]
    return any(_begins(key, other) or judge.slip(at, new) for at, other in enumerate(judge.a.keys))


def _came(judge: "Judge", run: Run) -> list[Pair]:
    a, b, titles = judge.a, judge.b, judge.small.titles
    if run.begin == 0 or run.end == len(b.keys) or max(run.end - run.begin, run.last - run.first) > _LONG:
        return []
    if run.last - run.first == 1 and a.keys[run.first] in PRONOUNS:
        return []
    if any(a.keys[at] in titles or judge.is_name(a, at) for at in range(run.first, run.last)):
        return []
    if not SPEECH.isdisjoint(b.keys[run.begin : run.end]):
        return []
    found = [at for at in range(run.begin, run.end) if not judge.known[at] and _is_new(judge, at)]
    # Where capitals tell nothing, two in a row are a name.
    row = judge.cased or any(at == before + 1 for before, at in pairwise(found))
    return [("", " ".join(b.written[at] for at in found))] if found and row else []


def _is_new(judge: "Judge", at: int) -> bool:
    """Whether a new word is a name by itself: no abbreviation, title or what belongs to one, given name or slip."""
    b, begin = judge.b, judge.b.spans[at][0]
    if b.keys[at] in judge.a.held or (judge.cased and b.written[at].isupper()) or not judge.is_name(b, at):
        return False
    titles = judge.small.titles
    if b.keys[at] in titles or (at > 0 and b.keys[at - 1] in titles & judge.a.held):
        return False
    if b.text[begin - 1 : begin] in tuple("(<["):
        return False
    # What completes a name that was there is none by itself.
    beside = {at - 1, at + 1} - {place for run in judge.runs for place in range(run.begin, run.end)}
    return not any(place >= 0 and judge.is_name(b, place) for place in beside) and not _is_in_old(judge, at)
