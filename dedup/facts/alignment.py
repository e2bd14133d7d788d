"""Two sequences of words -> the runs in which they differ, and which new words only moved."""

from collections.abc import Sequence
from itertools import compress, count, pairwise
from operator import ne
from typing import NamedTuple

from dedup.facts.words import Words


class Run(NamedTuple):
    """A place where two texts differ: words `first` to `last` of the old became `begin` to `end` of the new."""

    first: int
    last: int
    begin: int
    end: int


_CHANCE = 1  # so many equal words between two long runs are equal by chance
_PHRASE = 3  # words that are no chance together
_LONG = 6  # words of a run that is long


def align(a: Sequence[str], b: Sequence[str]) -> list[Run]:
    """The runs in which two sequences of words differ, in order, by their longest common subsequence.

    What is equal at both ends is set aside first, so that one insertion is always one run. A run that differs only
    in where its words are cut ("co-operate", "cooperate") is none.
    """
    shorter = min(len(a), len(b))
    begin = next(compress(count(), map(ne, a, b)), shorter)
    if begin == len(a) == len(b):
        return []
    end = min(next(compress(count(), map(ne, reversed(a), reversed(b))), shorter), shorter - begin)
    a_end, b_end = len(a) - end, len(b) - end
    if begin in (a_end, b_end):
        return [Run(begin, a_end, begin, b_end)]
    from rapidfuzz.distance import LCSseq  # here, as no start of the program needs it

    runs: list[Run] = []
    for step in LCSseq.opcodes(a[begin:a_end], b[begin:b_end]):
        if step.tag == "equal":
            continue
        run = Run(step.src_start + begin, step.src_end + begin, step.dest_start + begin, step.dest_end + begin)
        if runs:
            last = runs[-1]
            island = run.begin - last.end
            long = min(last.last - last.first + last.end - last.begin, run.last - run.first + run.end - run.begin)
            if island == 0 or (island <= _CHANCE and long >= _LONG):
                runs[-1] = Run(last.first, run.last, last.begin, run.end)
                continue
        runs.append(run)
    return [run for run in runs if not _same_letters(a, b, run)]


def _same_letters(a: Sequence[str], b: Sequence[str], run: Run) -> bool:
    if run.first == run.last or run.begin == run.end:
        return False
    joined, other = ("".join(keys).replace("'", "") for keys in (a[run.first : run.last], b[run.begin : run.end]))
    return joined == other and joined.isalpha()


def moved(a: Words, b: Words, runs: Sequence[Run]) -> list[bool]:
    """For each word of `b`, whether it stands in a run but in a phrase that `a` has elsewhere.

    A phrase is three words; two, or one, where the whole run is no longer.
    """
    known = [False] * len(b.keys)
    gone: set[tuple[str, ...]] | None = None  # what was taken away, word by word and by two
    for run in runs:
        size = run.end - run.begin
        if size >= _PHRASE:
            for at in range(run.begin, run.end - _PHRASE + 1):
                phrase = b.keys[at : at + _PHRASE]
                if a.held.issuperset(phrase) and tuple(phrase) in a.threes:
                    known[at : at + _PHRASE] = [True] * _PHRASE
        elif size and run.first == run.last:
            if gone is None:
                taken = [a.keys[other.first : other.last] for other in runs]
                gone = {pair for keys in taken for pair in pairwise(keys)}
                gone.update((key,) for keys in taken for key in keys)
            if tuple(b.keys[run.begin : run.end]) in gone:
                known[run.begin : run.end] = [True] * size
    return known
