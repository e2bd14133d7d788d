"""Repeats in feed order -> blocks: the runs of paragraphs that repeat a run of earlier ones.

A repeat continues the block of the repeat before it if what it matches follows what that one matched. On
either side one stranger may stand between: in the feed a paragraph that is no part of the block, among the kept
ones a paragraph that did not come again.
"""

from collections.abc import Iterable, Iterator

from dedup.model import Decision

_NEXT = 2  # so far may the next of a block be from the last: one stranger between


class Blocks:
    """Numbers blocks from 1 as their paragraphs come, over as many calls as it takes.

    No paragraph is kept waiting for the next: every repeat is in a block, and a block of one is a repeat by itself.
    What is remembered are the last two paragraphs.
    """

    def __init__(self) -> None:
        self._blocks = 0
        self._last = [(-1, 0)] * _NEXT  # (row, block) of the last paragraphs, nearest first; block 0 is none

    def follow(self, rows: Iterable[int]) -> list[int]:
        """The block of each paragraph, given the row of the kept one that it repeats; 0 for a row of -1, no repeat."""
        return [self._next(row) for row in rows]

    def _next(self, row: int) -> int:
        block = 0
        if row >= 0:
            for before, its_block in self._last:
                if its_block and 0 < row - before <= _NEXT:
                    block = its_block
                    break
            else:
                self._blocks = block = self._blocks + 1
        self._last = [(row, block), *self._last[:-1]]
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
