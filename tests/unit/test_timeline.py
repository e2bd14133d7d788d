"""Columns of paragraphs over time, and their charts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.analysis.charts import axis
from dedup.analysis.timeline import timeline


@given(st.lists(st.tuples(st.none() | st.floats(-1e9, 4e9), st.booleans()), max_size=200))
def test_a_timeline_counts_all(places: list[tuple[float | None, bool]]) -> None:
    """Every paragraph is in one column or counted as left out, and there are not too many columns."""
    found = timeline(places)
    assert len(found.columns) <= 51
    novel = sum(column.novel for column in found.columns)
    repeated = sum(column.repeated for column in found.columns)
    assert novel + repeated + found.not_indexed == len(places)
    counted = [repeats for at, repeats in places if found.over == "position" or at is not None]
    assert repeated == sum(counted)


@pytest.mark.parametrize(
    ("hours", "each", "labels"),
    [
        (2, "5 minutes", ["1970-01-01 00:00", "1970-01-01 00:05"]),
        (60, "3 hours", ["1970-01-01 00:00", "1970-01-01 03:00"]),
        (24 * 49, "one day", ["1970-01-01", "1970-01-02"]),
        (24 * 365 * 90, "730 days", ["1970-01-01", "1972-01-01"]),
    ],
)
def test_columns_are_named_time_spans(hours: int, each: str, labels: list[str]) -> None:
    """A column is a time span with a name, such as a day or a week."""
    found = timeline([(60.0, False), (3600.0 * hours - 60, True)])
    assert (found.over, found.each) == ("time", each)
    assert [column.label for column in found.columns[:2]] == labels


@given(st.integers(1, 10**9) | st.floats(1e-6, 100))
def test_an_axis_holds_all_values(top: float) -> None:
    """The labels go from 0 in up to four equal round steps to at least the largest value. No share is above 100."""
    unit = "%" if isinstance(top, float) else ""
    ticks = axis(top, unit)
    values = [value for value, _ in ticks]
    assert [float(text.removesuffix(unit).replace(",", "")) for _, text in ticks] == pytest.approx(values)
    assert 2 <= len(values) <= 5
    assert values == pytest.approx([k * values[1] for k in range(len(values))])
    assert f"{values[1]:.3e}"[:5] in ("1.000", "2.000", "5.000")
    assert values[-2] < top
    assert top <= values[-1] <= (100 if unit else 2 * top + 4)
