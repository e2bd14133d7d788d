"""The labels of stored paragraphs, row by row. A paragraph without a label is called `unnamed:N`."""

import numpy as np
from numpy.typing import NDArray

from dedup.model.types import Label, Labels
from dedup.store.retention import Retention


class RowLabels:
    """The labels of stored rows. If no labels are ever given, none are stored."""

    def __init__(self, retention: Retention) -> None:
        self._retention = retention
        self._labels = Labels([], [], [])

    def __getitem__(self, row: int) -> Label:
        return self._labels[row] if row < len(self._labels) else self.unnamed(row, row + 1)[0]

    def add(self, row: int, labels: Labels) -> None:
        """Add the labels of the rows from `row` on."""
        self._labels.extend(self.unnamed(len(self._labels), row))
        self._labels.extend(labels)

    def unnamed(self, first: int, end: int) -> Labels:
        """The labels of rows that came without a label."""
        ids = [f"unnamed:{number + 1}" for number in self._retention.numbers(np.arange(first, end)).tolist()]
        return Labels(ids, [None] * len(ids), [None] * len(ids))

    def compact(self, wanted: NDArray[np.int64]) -> None:
        """Keep only the wanted rows, (k,) ascending, as the first k."""
        chosen = np.zeros(len(self._labels), np.bool_)
        chosen[wanted[wanted < len(chosen)]] = True
        self._labels = self._labels.choose(chosen.tolist())
