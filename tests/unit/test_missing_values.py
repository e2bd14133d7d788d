"""Values of tables: scalars of pandas, NumPy, pyarrow and Polars, and the ways in which they write a missing value."""

import datetime
import decimal
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from dedup import NoveltyFilter, Paragraph
from dedup.errors import InputError
from dedup.model.convert import as_paragraph, plain

STORM = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
DAY = datetime.datetime(2024, 6, 7, 12, 30)
MISSING: list[Any] = [
    None,
    float("nan"),
    np.float64("nan"),
    np.float32("nan"),
    np.datetime64("NaT"),
    pandas.NA,
    pandas.NaT,
    decimal.Decimal("nan"),
    pyarrow.scalar(None, pyarrow.string()),
    pyarrow.scalar(float("nan")),
]


@pytest.mark.parametrize("missing", MISSING, ids=repr)
def test_missing(missing: Any) -> None:
    """A missing id, time or source is none, in a mapping and in a Paragraph. A missing text cannot be judged."""
    assert plain(missing) is None
    given = {"text": STORM, "id": missing, "time": missing, "source": missing}
    assert as_paragraph(given) == Paragraph(STORM)
    assert as_paragraph(Paragraph(**given)) == Paragraph(STORM)
    for item in ({"text": missing}, missing):
        with pytest.raises(InputError, match="not"):
            as_paragraph(item)
        (decision,) = NoveltyFilter().decide_many([item], on_error="yield")
        assert (decision.kind, decision.paragraph.record is item) == ("unreadable", True)


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        (7, "7"), (7.0, "7"), (7.5, "7.5"), (np.int64(7), "7"), (np.float64(7.0), "7"), (np.str_("b"), "b"),
        (pyarrow.scalar(7), "7"), (pyarrow.scalar("b"), "b"), (True, "True"), (float("inf"), "inf"), (0, "0"), ("", ""),
    ],
)  # fmt: skip
def test_ids(id_: Any, expected: str) -> None:
    """An id of any type is text. A whole number is the same in a column of floats."""
    for paragraph in (as_paragraph({"text": STORM, "id": id_}), as_paragraph(Paragraph(STORM, id_))):
        assert paragraph.id == expected
        assert type(paragraph.id) is str


@pytest.mark.parametrize(
    "time", [DAY, pandas.Timestamp(DAY), np.datetime64(DAY), pyarrow.scalar(DAY), DAY.isoformat(), pyarrow.scalar("x")]
)
def test_times(time: Any) -> None:
    """A time of any type comes back as text."""
    novelty = NoveltyFilter()
    for form in ({"text": STORM, "time": time}, Paragraph(STORM, time=time)):
        novelty.judge_one(form)
    match = novelty.judge_one(STORM).match
    assert match is not None
    assert match.seen is not None
    assert match.seen.removesuffix(".000000") == ("x" if str(time) == "x" else DAY.isoformat())


TEXTS = [STORM, None, STORM]
COLUMNS: list[Callable[[], Iterable[Any]]] = [
    lambda: pandas.Series(TEXTS),
    lambda: pandas.Series(TEXTS, dtype="string"),
    lambda: pandas.Series(TEXTS, dtype="object"),
    lambda: pandas.DataFrame({"text": TEXTS})["text"].to_numpy(),
    lambda: polars.Series(TEXTS),
    lambda: pyarrow.array(TEXTS),
    lambda: pyarrow.chunked_array([TEXTS[:1], TEXTS[1:]]),
    lambda: pandas.DataFrame({"id": [1, None, 3], "text": TEXTS}).to_dict("records"),
    lambda: pyarrow.table({"text": TEXTS}).to_pylist(),
    lambda: pyarrow.array([{"text": text, "id": 1} for text in TEXTS]),
    lambda: polars.DataFrame({"text": TEXTS}).iter_rows(named=True),
]


@pytest.mark.parametrize("column", COLUMNS)
def test_columns(column: Callable[[], Iterable[Any]]) -> None:
    """A column with a gap gives one decision per row."""
    kinds = ["novel", "unreadable", "exact"]
    assert [decision.kind for decision in NoveltyFilter().decide_many(column(), on_error="yield")] == kinds
    assert [decision.kind for decision in NoveltyFilter().judge(column(), on_error="yield")] == kinds


@pytest.mark.parametrize(
    "text",
    [[STORM, "", "***"], (STORM, "", "***"), np.array([STORM, "", "***"]), pyarrow.array([STORM, "", "***"]),
     pyarrow.scalar([STORM, "", "***"]), pandas.Series([STORM, "", "***"]), polars.Series([STORM, "", "***"])],
)  # fmt: skip
def test_lists_of_paragraphs(text: Any) -> None:
    """The paragraphs of an article may be in a list of any library."""
    (article,) = NoveltyFilter().decide_articles([{"text": text, "id": 4.0}])
    assert article.text == [STORM, "", "***"]
    assert [decision.paragraph.id for decision in article.decisions] == ["4#1", "4#2", "4#3"]
    (article,) = NoveltyFilter().decide_articles(pyarrow.array([{"text": [STORM], "id": 4}]))
    assert (article.text, article.decisions[0].paragraph.id) == ([STORM], "4#1")


@pytest.mark.parametrize(
    "table", [pandas.DataFrame({"text": TEXTS}), polars.DataFrame(), pyarrow.table({"text": TEXTS})]
)
def test_tables_are_refused(table: Any) -> None:
    """A whole table is refused, with a hint how to pass its rows."""
    for method in ("judge", "decide_many", "decide_articles"):
        with pytest.raises(TypeError, match=f"{method} takes an iterable of paragraphs, not a .*: pass its rows"):
            getattr(NoveltyFilter(), method)(table)
