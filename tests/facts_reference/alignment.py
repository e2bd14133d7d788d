"""Two sequences of words -> the runs in which they differ, and which new words only moved."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from dedup.facts.lexicon import LETTERS
from facts_reference.words import Words


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

    What is equal at both ends is set aside first, so that one insertion is always one run. Of the rest, from its end
    on, a word of the old that the subsequence can do without is left out, else such a word of the new. A run that
    differs only in where its words are cut ("co-operate", "cooperate") is none.
    """
    begin = 0
    while begin < min(len(a), len(b)) and a[begin] == b[begin]:
        begin += 1
    a_end, b_end = len(a), len(b)
    while min(a_end, b_end) > begin and a[a_end - 1] == b[b_end - 1]:
        a_end, b_end = a_end - 1, b_end - 1
    runs: list[Run] = []
    first, start = begin, begin
    for place, other in [*_matches(a[begin:a_end], b[begin:b_end]), (a_end - begin, b_end - begin)]:
        run = Run(first, place + begin, start, other + begin)
        first, start = run.last + 1, run.end + 1
        if run.first == run.last and run.begin == run.end:
            continue
        if runs:
            last = runs[-1]
            size = last.last - last.first + last.end - last.begin
            if run.begin - last.end <= _CHANCE and min(size, run.end - run.begin or run.last - run.first) >= _LONG:
                runs[-1] = Run(last.first, run.last, last.begin, run.end)
                continue
        runs.append(run)
    return [run for run in runs if not _same_letters(a, b, run)]


def _matches(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence, in both."""
    longest = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]  # of what is before word i and before word j
    for i, word in enumerate(a):
        for j, other in enumerate(b):
            best = max(longest[i][j + 1], longest[i + 1][j])
            longest[i + 1][j + 1] = longest[i][j] + 1 if word == other else best
    found = []
    i, j = len(a), len(b)
    while i and j:
        if longest[i][j] == longest[i - 1][j]:
            i -= 1
        elif longest[i][j] == longest[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            found.append((i, j))
    return found[::-1]


def _same_letters(a: Sequence[str], b: Sequence[str], run: Run) -> bool:
    if run.first == run.last or run.begin == run.end:
        return False
    words = [*a[run.first : run.last], *b[run.begin : run.end]]
    joined, other = ("".join(keys).replace("'", "") for keys in (a[run.first : run.last], b[run.begin : run.end]))
    return joined == other and joined.isalpha() and max(map(len, words)) <= LETTERS


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
