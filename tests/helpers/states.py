"""Creates and reads state files."""

from pathlib import Path
from typing import Any

import numpy as np

from dedup.filter.restore import texts as texts_of
from dedup.store.state_file import State

STORM = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."


def unlike(count: int, words: int = 12) -> list[str]:
    """Paragraphs that are all unlike each other."""
    rows = np.random.default_rng(2).integers(0, 10**9, (count, words)).tolist()
    return [" ".join(map(str, row)) for row in rows]


def contents(path: Path) -> tuple[Any, ...]:
    """The contents of a state, independent of its pages."""
    state = State(path)
    try:
        remembered = [
            paragraph
            for page in state.pages()
            for paragraph in zip(
                page.numbers.tolist(),
                page.ticks.tolist(),
                page.times.tolist(),
                texts_of(page),
                page.labels,
                strict=True,
            )
        ]
        return remembered, state.checkpoint
    finally:
        state.close()
