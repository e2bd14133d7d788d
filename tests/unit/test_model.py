"""Labels in columns equal a list of labels."""

from itertools import compress

from hypothesis import given
from hypothesis import strategies as st

from dedup.model.types import Label, Labels

said = st.none() | st.text(max_size=3)
several = st.lists(st.builds(Label, st.text(max_size=3), said, said), max_size=8)


@given(several, several, st.data())
def test_labels(some: list[Label], others: list[Label], data: st.DataObject) -> None:
    """Splitting, selecting, joining and extending columns gives the same as with a list of labels."""
    labels, more = Labels.of(some), Labels.of(others)
    wanted = data.draw(st.lists(st.booleans(), min_size=len(some), max_size=len(some)))
    assert len(labels) == len(some)
    assert list(labels) == [labels[place] for place in range(len(some))] == some
    assert list(labels.choose(wanted)) == list(compress(some, wanted))
    assert list(Labels.joined([labels, more, labels])) == some + others + some
    labels.extend(more)
    assert list(labels) == some + others
    assert list(more) == others
