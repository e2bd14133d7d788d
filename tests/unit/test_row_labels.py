"""The names of stored paragraphs, with and without labels, even after rows are reused."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup import Settings
from dedup.model.types import Label, Labels
from dedup.store.retention import Retention
from dedup.store.row_labels import RowLabels

label = st.builds(Label, st.text(max_size=3), st.none() | st.text(max_size=3))


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(label, max_size=4)), max_size=5), st.data())
def test_names(batches: list[tuple[int, list[Label]]], data: st.DataObject) -> None:
    """A row without a label gets its number as its name."""
    names = RowLabels(Retention(Settings(), False))
    expected: list[Label | None] = []
    for nameless, labels in batches:
        expected += [None] * nameless
        names.add(len(expected), Labels.of(labels))
        expected += labels
    rows = range(len(expected) + 2)
    every = [*expected, None, None]
    assert [names[row] for row in rows] == [every[row] or Label(f"unnamed:{row + 1}") for row in rows]
    named = [row for row in range(len(expected)) if expected[row]]
    wanted = data.draw(st.lists(st.sampled_from(named), unique=True).map(sorted) if named else st.just([]))
    names.compact(np.array([*wanted, len(expected), len(expected) + 1]))
    assert [names[row] for row in range(len(wanted))] == [expected[row] for row in wanted]
