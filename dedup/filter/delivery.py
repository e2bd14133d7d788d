"""Decides the paragraphs of a batch one by one, when each is delivered."""

from collections.abc import Sequence

from dedup.filter.batch import PendingBatch, SketchedBatch
from dedup.filter.engine import Engine
from dedup.filter.questions import ask_about_next
from dedup.model.times import written
from dedup.model.types import Decision, Labels, Paragraph
from dedup.store.clock import AUTOMATIC

_SHORT = 16  # paragraphs in the first part of a batch after another thread had its turn


class Delivery:
    """Remembers each paragraph of a batch when its decision is delivered, not earlier.

    Args:
        engine: The engine, which one thread at a time may use.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # The batch whose decisions are delivered, the place where this part of it begins, and the part.
        self._begun: tuple[SketchedBatch, int, PendingBatch] | None = None

    def decide(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int) -> Decision:
        """Decide the paragraph at `place` of a batch. Places must ascend."""
        first, work = self._part(batch, paragraphs, place)
        self._engine.advance(work, place - first + 1)
        return self._engine.decision(work.decisions, place - first, paragraphs[place])

    def ask(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int) -> None:
        """Ask the second opinion about the paragraph at `place` of a batch, so that `decide` need not wait for it."""
        _, work = self._part(batch, paragraphs, place)
        ask_about_next(self._engine, work)

    def _part(self, batch: SketchedBatch, paragraphs: list[Paragraph], place: int) -> tuple[int, PendingBatch]:
        """The part of a batch that contains `place`, and the place where it begins.

        A new part is the rest of the batch. While threads take turns, it is short at first and doubles.
        """
        size = len(paragraphs)
        if self._begun is not None:
            begun, first, work = self._begun
            if begun is batch and place < first + work.size:
                return first, work
            size = 2 * work.size if begun is batch else _SHORT
        self.end()
        some = slice(place, min(place + size, len(paragraphs)))
        work = self._engine.begin(batch.part(some), labels_of(paragraphs[some], self._engine.read))
        self._begun = batch, place, work
        return place, work

    def end(self) -> None:
        """End the batch after the last delivered decision. The next one may be any other batch."""
        if self._begun is not None:
            work = self._begun[2]
            self._begun = None
            self._engine.end(work)


def labels_of(paragraphs: Sequence[Paragraph], read: int) -> Labels:
    """The labels of paragraphs, of which `read` others were read before."""
    return Labels(
        [
            f"{AUTOMATIC}{ordinal}" if paragraph.id is None else paragraph.id
            for ordinal, paragraph in enumerate(paragraphs, read + 1)
        ],
        [written(paragraph.time) for paragraph in paragraphs],
        [paragraph.source for paragraph in paragraphs],
    )
