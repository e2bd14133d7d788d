"""Aligns two sequences of words: finds the runs in which they differ, and the new words that only moved."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from dedup.facts.tokens import Text
from dedup.facts.word_forms import LONGEST

_MOST_CELLS = 1 << 26  # of an alignment; about 8,000 words by 8,000
_CHANCE = 1  # equal words between two long runs that are equal only by chance
_LONG = 6  # words of a long run
_PHRASE = 3  # words in a row that cannot be equal by chance


class Run(NamedTuple):
    """A place where two texts differ: words `old_start` to `old_end` became words `new_start` to `new_end`."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def old_places(self) -> range:
        """The places of the old words."""
        return range(self.old_start, self.old_end)

    @property
    def new_places(self) -> range:
        """The places of the new words."""
        return range(self.new_start, self.new_end)

    @property
    def old_size(self) -> int:
        """The number of old words."""
        return self.old_end - self.old_start

    @property
    def new_size(self) -> int:
        """The number of new words."""
        return self.new_end - self.new_start


def align(old: Sequence[str], new: Sequence[str]) -> list[Run] | None:
    """The runs in which two sequences of words differ, in order, from their longest common subsequence.

    Equal words at both ends are removed first, so one insertion always gives one run. Among several longest common
    subsequences, the alignment drops old words rather than new ones, from the end. Runs that differ only in the
    separation of words ("co-operate", "cooperate") are left out.

    Returns:
        The runs, or None if the sequences are too long to align.
    """
    if len(old) * len(new) > _MOST_CELLS and _size_between_equal_ends(old, new) > _MOST_CELLS:
        return None
    runs: list[Run] = []
    old_start = new_start = 0
    for old_end, new_end, size in LCSseq.opcodes(old, new).as_matching_blocks():  # the last block is empty
        if old_end > old_start or new_end > new_start:
            runs.append(Run(old_start, old_end, new_start, new_end))
        old_start, new_start = old_end + size, new_end + size
    if len(runs) > 1:
        runs = _joined(runs)
    return [run for run in runs if not _has_same_letters(old, new, run)]


def _size_between_equal_ends(old: Sequence[str], new: Sequence[str]) -> int:
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    end = next((at for at in range(shorter - start) if old[-1 - at] != new[-1 - at]), shorter - start)
    return (len(old) - start - end) * (len(new) - start - end)


def _joined(runs: list[Run]) -> list[Run]:
    """The runs, with long runs joined if they almost touch."""
    joined: list[Run] = []
    last = Run(0, 0, -_CHANCE - 1, -_CHANCE - 1)
    for run in runs:
        is_near = run.new_start - last.new_end <= _CHANCE
        if is_near and min(last.old_size + last.new_size, run.new_size or run.old_size) >= _LONG:
            last = joined[-1] = Run(last.old_start, run.old_end, last.new_start, run.new_end)
        else:
            joined.append(run)
            last = run
    return joined


def _has_same_letters(old: Sequence[str], new: Sequence[str], run: Run) -> bool:
    if run.old_start == run.old_end or run.new_start == run.new_end:
        return False
    if old[run.old_start][0] != new[run.new_start][0]:
        return False
    before, after = old[run.old_start : run.old_end], new[run.new_start : run.new_end]
    letters = "".join(before).replace("'", "")
    if letters != "".join(after).replace("'", ""):
        return False
    return letters.isalpha() and max(map(len, [*before, *after])) <= LONGEST


def moved_words(old: Text, new: Text, runs: Sequence[Run]) -> set[int]:
    """The places of the words of `new` that are in a run, but belong to a phrase that `old` has elsewhere.

    A phrase is three words. If a run is shorter and nothing was deleted there, the whole run must be among the deleted
    words, and a single word must have the same word before it or after it.
    """
    moved: set[int] = set()
    deleted: set[tuple[str, ...]] | None = None
    keys, known = new.keys, old.key_set
    for run in runs:
        size = run.new_end - run.new_start
        if size >= _PHRASE:
            for at in range(run.new_start, run.new_end - _PHRASE + 1):
                if keys[at] in known and keys[at + 1] in known and tuple(keys[at : at + _PHRASE]) in old.phrases:
                    moved.update(range(at, at + _PHRASE))
        elif size and run.old_start == run.old_end:
            if deleted is None:
                deleted = _deleted_pairs(old.keys, runs)
            start, end = (run.new_start, run.new_end) if size > 1 else (run.new_start - 1, run.new_end + 1)
            if not deleted.isdisjoint(pairwise(keys[max(0, start) : end])):
                moved.update(run.new_places)
    return moved


def _deleted_pairs(old: Sequence[str], runs: Sequence[Run]) -> set[tuple[str, ...]]:
    """The pairs of words in a row of which at least one was deleted."""
    return {pair for run in runs if run.old_size for pair in pairwise(old[max(0, run.old_start - 1) : run.old_end + 1])}
