"""Converts what callers pass as paragraphs to batches of Paragraph."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from dedup.errors import InputError
from dedup.model.times import written
from dedup.model.types import Paragraph

Item = TypeVar("Item")
_LARGE = 1024  # paragraphs that are prepared together


def plain(value: Any) -> Any:
    """A value of a table as Python writes it: scalars of pyarrow as their values, and NaN, NaT and NA as None."""
    if value is None or isinstance(value, str):
        return value
    if hasattr(value, "as_py"):
        value = value.as_py()
    if isinstance(value, Iterable):  # such as an array, which is not equal to itself as a whole
        return value
    try:
        return None if value != value else value  # only NaN and NaT differ from themselves
    except TypeError:  # the NA of pandas
        return None


def as_paragraph(item: str | Paragraph | Mapping[str, Any]) -> Paragraph:
    """Convert what `judge` takes to a Paragraph. Raises InputError for anything else."""
    value = item.as_py() if hasattr(item, "as_py") else item
    if isinstance(value, Paragraph):
        paragraph = value
        if not all(field is None or type(field) is str for field in (value.id, value.time, value.source)):
            paragraph = replace(value, id=_name(value.id), time=plain(value.time), source=_name(value.source))
    elif isinstance(value, str):
        paragraph = Paragraph(value, record=item)
    elif isinstance(value, Mapping):
        paragraph = Paragraph(
            plain(value.get("text")),
            _name(value.get("id")),
            written(plain(value.get("time"))),
            _name(value.get("source")),
            item,
        )
    else:
        raise InputError(f"a paragraph is a str, a Paragraph or a mapping with `text`, not {type(value).__name__}")
    if not isinstance(paragraph.text, str):
        raise InputError(f"the text of a paragraph is a str, not {type(paragraph.text).__name__}")
    return paragraph


def _name(value: Any) -> str | None:
    """An id or a source as text. A column of whole numbers with a gap holds floats, so 7.0 is 7."""
    value = plain(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value)


def check_iterable(paragraphs: object, method: str = "judge") -> None:
    """Check that a method got an iterable of paragraphs.

    Raises:
        TypeError: It did not. The message says what to pass instead.
    """
    name = type(paragraphs).__name__
    if isinstance(paragraphs, str | bytes | bytearray | Mapping | Paragraph):
        raise TypeError(f"{method} takes an iterable of paragraphs, not one {name}: pass [paragraph], or use judge_one")
    if hasattr(paragraphs, "__dataframe__") or hasattr(paragraphs, "columns"):
        rows = {"pandas": 'to_dict("records")', "polars": "iter_rows(named=True)"}
        call = rows.get(type(paragraphs).__module__.partition(".")[0], "to_pylist()")
        raise TypeError(f"{method} takes an iterable of paragraphs, not a {name}: pass its rows, table.{call}")
    if not isinstance(paragraphs, Iterable):
        raise TypeError(f"{method} takes an iterable of paragraphs, not {name}")


def batches(
    items: Iterable[Any], size: int | None, convert: Callable[[Any], Item]
) -> Iterator[tuple[list[Item], Exception | None]]:
    """Batches of `size` converted items. Without a size, a collection gives large batches and an iterator single items.

    An exception of the source or of `convert` ends the batches. It is returned together with the items before it.
    """
    size = size or (_LARGE if isinstance(items, Sized) else 1)
    source = iter(items)
    while True:
        batch: list[Item] = []
        try:
            for item in islice(source, size):
                batch.append(convert(item))
        except Exception as error:
            yield batch, error
            return
        if not batch:
            return
        yield batch, None
