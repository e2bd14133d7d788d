"""Repeats in feed order -> blocks: the runs of paragraphs that repeat a run of earlier ones.

A repeat continues the block of the repeat before it if what it matches follows what that one matched. On
either side one stranger may stand between: in the feed a paragraph that is no part of the block, among the kept
ones a paragraph that did not come again.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.model.types import Decision

_NEXT = 2  # so far may the next of a block be from the last: one stranger between


class Blocks:
    """Numbers blocks from 1 as their paragraphs come, over as many calls as it takes.

    No paragraph is kept waiting for the next: every repeat is in a block, and a block of one is a repeat by itself.
    What is remembered are the last two paragraphs.
    """

    def __init__(self) -> None:
        self._blocks = 0
        self._place = 0  # of the next paragraph
        self._last: list[tuple[int, int, int]] = []  # (place, row, block) of the last repeats, nearest first

    def state(self) -> list[Any]:
        """What is remembered, for `Blocks.resume`."""
        return [self._blocks, *((place - self._place, row, block) for place, row, block in self._last)]

    def resume(self, state: Sequence[Any]) -> None:
        """Go on where others stood."""
        if state:
            self._blocks, *last = state
            self._last = [(place, row, block) for place, row, block in last]

    def follow(self, rows: Sequence[int] | NDArray[np.int64]) -> list[int]:
        """The block of each paragraph, given the row of the kept one that it repeats; 0 for a row of -1, no repeat."""
        blocks = [0] * len(rows)
        for i in np.flatnonzero(np.asarray(rows) >= 0).tolist():
            blocks[i] = self._next(self._place + i, int(rows[i]))
        self._place += len(rows)
        self._last = [one for one in self._last if self._place - one[0] <= _NEXT]
        return blocks

    def _next(self, place: int, row: int) -> int:
        self._last = [one for one in self._last if place - one[0] <= _NEXT]
        for _, before, its_block in self._last:
            if 0 < row - before <= _NEXT:
                block = its_block
                break
        else:
            self._blocks = block = self._blocks + 1
        self._last.insert(0, (place, row, block))
        return block


def gather(decisions: Iterable[Decision]) -> Iterator[list[Decision]]:
    """What repeats, block by block in the order in which they begin; an update stands alone, what is novel is left out.

    A block comes when it, and all that began before it, has ended.
    """
    begun: dict[int, list[Decision]] = {}
    last: dict[int, int] = {}
    for place, decision in enumerate(decisions):
        if decision.block is not None:
            begun.setdefault(decision.block, []).append(decision)
            last[decision.block] = place
        elif decision.match is not None:
            begun[-place] = [decision]  # its own block, which no number names
            last[-place] = place - _NEXT
        for block in list(begun):
            if place - last[block] < _NEXT:
                break
            del last[block]
            yield begun.pop(block)
    yield from begun.values()
