"""What the kept paragraphs are called, row by row; one that came without a label is called `unnamed:N`."""

import numpy as np
from numpy.typing import NDArray

from dedup.model.types import Label, Labels
from dedup.store.retention import Lives


class Names:
    """The labels of the rows of a memory; where none are ever given, none are kept."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self._labels = Labels([], [], [])

    def __getitem__(self, row: int) -> Label:
        return self._labels[row] if row < len(self._labels) else self.unnamed(row, row + 1)[0]

    def add(self, row: int, labels: Labels) -> None:
        """Name the rows from `row` on."""
        self._labels.extend(self.unnamed(len(self._labels), row))
        self._labels.extend(labels)

    def unnamed(self, first: int, end: int) -> Labels:
        """What rows are called that came without a label."""
        ids = [f"unnamed:{number + 1}" for number in self._lives.numbers(np.arange(first, end)).tolist()]
        return Labels(ids, [None] * len(ids), [None] * len(ids))

    def condense(self, wanted: NDArray[np.int64]) -> None:
        """Leave only the wanted rows, (k,) ascending, as the first k."""
        chosen = np.zeros(len(self._labels), np.bool_)
        chosen[wanted[wanted < len(chosen)]] = True
        self._labels = self._labels.choose(chosen.tolist())
