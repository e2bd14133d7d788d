"""Decides paragraphs against what is remembered, without remembering anything."""

from typing import TYPE_CHECKING

import numpy as np

from dedup.filter.batch import BatchDecisions, PendingBatch, SketchedBatch, workspace
from dedup.filter.similarity import similarity_workspace
from dedup.model.types import Labels
from dedup.store.clock import NO_TIMESTAMPS, Timestamps

if TYPE_CHECKING:
    from dedup.filter.engine import Engine


def probe(engine: "Engine", batch: SketchedBatch, labels: Labels) -> BatchDecisions:
    """The decision that each paragraph of a batch would get if it were the next one. Nothing changes.

    Each paragraph is judged alone: the others of the batch are no matches, and do not move the clock. None is stored,
    so all rows are -1.
    """
    n, retention = len(batch.words), engine.retention
    batch = batch.with_labels(labels)
    longest = max(engine.longest, batch.longest)
    times = _timestamps(engine, labels, n) if retention.forgets else NO_TIMESTAMPS
    work = PendingBatch(
        batch,
        engine.rule,
        labels,
        BatchDecisions.empty(n, 0),
        times,
        engine.clock,
        similarity_workspace(len(batch.sets.hashes), batch.largest_set, longest),
        workspace(batch.keys.shape[1], engine.settings.bucket_limit),
        len(engine.store),
        preview=True,
    )
    columns = retention.columns
    try:
        for i in range(n):
            if retention.forgets:
                work.timestamps = times._replace(tick=engine.read - i)  # so that each one is the next
                retention.columns = columns
                retention.columns = retention.as_of(float(times.expiry_cutoffs[i]), int(times.early[i]), engine.read)
            engine.match(work, i + 1)
            engine.mark_again(work, slice(i, i + 1))
    finally:
        retention.columns = columns
    return work.decisions


def _timestamps(engine: "Engine", labels: Labels, n: int) -> Timestamps:
    """The timestamps of n paragraphs, each as if it were the next one."""
    alone = [engine.clock.copy().read(labels.part(slice(i, i + 1)), 1, engine.read) for i in range(n)]
    columns = zip(*(one[1:] for one in alone), strict=True)
    return Timestamps(engine.read, *map(np.concatenate, columns)) if alone else NO_TIMESTAMPS
