"""Finds blocks: runs of paragraphs that repeat a run of earlier paragraphs.

A repeat continues the block of the previous repeat if its match follows the match of that one. On either side one other
paragraph may be between: in the feed, one that is not part of the block; among the stored ones, one that was not
repeated.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.model.types import Decision

_NEXT = 2  # largest distance between two consecutive paragraphs of a block


class Blocks:
    """Numbers blocks from 1, over any number of calls.

    Every repeat is in a block at once. A single repeat is a block of one. Only the last two paragraphs are remembered.
    """

    def __init__(self) -> None:
        self._blocks = 0
        self._place = 0  # of the next paragraph
        self._last: list[tuple[int, int, int]] = []  # (place, row, block) of the last repeats, nearest first

    def state(self) -> list[Any]:
        """The state to pass to `resume`."""
        return [self._blocks, *((place - self._place, row, block) for place, row, block in self._last)]

    def resume(self, state: Sequence[Any]) -> None:
        """Continue from a state."""
        if state:
            self._blocks, *last = state
            self._last = [(place, row, block) for place, row, block in last]

    def follow(self, rows: Sequence[int] | NDArray[np.int64]) -> list[int]:
        """The block of each paragraph, given the stored row that it repeats. A row of -1, no repeat, gives block 0."""
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


def group_blocks(decisions: Iterable[Decision]) -> Iterator[list[Decision]]:
    """Group the repeats of a feed by block, in the order in which the blocks begin.

    An update is a group of its own. Novel paragraphs are left out. A block is yielded when it and all earlier blocks
    have ended.
    """
    begun: dict[int, list[Decision]] = {}
    last: dict[int, int] = {}
    for place, decision in enumerate(decisions):
        if decision.block is not None:
            begun.setdefault(decision.block, []).append(decision)
            last[decision.block] = place
        elif decision.match is not None:
            begun[-place] = [decision]  # a block without a number
            last[-place] = place - _NEXT
        for block in list(begun):
            if place - last[block] < _NEXT:
                break
            del last[block]
            yield begun.pop(block)
    yield from begun.values()
