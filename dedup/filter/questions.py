"""Asks the second opinion about the paragraphs of a batch before they are decided."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from dedup.filter.batch import BatchDecisions, PendingBatch, workspace
from dedup.filter.second_opinion import Pair
from dedup.filter.similarity import similarity_workspace

if TYPE_CHECKING:
    from dedup.filter.engine import Engine


def ask_about_batch(engine: "Engine", work: PendingBatch) -> None:
    """Ask about a whole batch at once, before its first paragraph is decided."""
    if engine.second_opinion is not None and not work.asked:
        work.asked = True
        engine.second_opinion.prepare(_uncertain_pairs(engine, work, work.size))


def ask_about_next(engine: "Engine", work: PendingBatch) -> None:
    """Ask about the next paragraph of a batch, so that its decision finds the answer."""
    ask_about_batch(engine, work)
    if engine.second_opinion is not None:
        for pair in _uncertain_pairs(engine, work, work.done + 1):
            engine.second_opinion.is_repeat(pair)


def _uncertain_pairs(engine: "Engine", work: PendingBatch, stop: int) -> Iterator[Pair]:
    """The pairs of a batch up to `stop` about which the second opinion is asked.

    Pairs with paragraphs of the batch that are not decided yet are left out.
    """
    preview = replace(
        work,
        decisions=BatchDecisions.empty(work.size, 0),
        work=similarity_workspace(len(work.batch.sets.hashes), work.batch.largest_set, engine.longest),
        workspace=workspace(work.batch.keys.shape[1], engine.settings.bucket_limit),
        preview=True,
    )
    while preview.done < stop:
        if matches := engine.call_kernel(preview, stop):
            pair = engine.comparison.uncertain_pair(preview, abs(matches), again=matches < 0)
            if pair is not None:
                yield pair
            preview.done += 1
