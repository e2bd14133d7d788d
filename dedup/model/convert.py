"""Converts what callers pass as paragraphs to batches of Paragraph."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from itertools import islice
from typing import Any, TypeVar

from dedup.errors import InputError
from dedup.model.times import written
from dedup.model.types import Paragraph

Item = TypeVar("Item")
_LARGE = 1024  # paragraphs that are prepared together


def as_paragraph(item: str | Paragraph | Mapping[str, Any]) -> Paragraph:
    """Convert what `judge` takes to a Paragraph. Raises InputError for anything else."""
    if isinstance(item, Paragraph):
        paragraph = item
    elif isinstance(item, str):
        paragraph = Paragraph(item)
    elif isinstance(item, Mapping):
        id_ = item.get("id")
        time = item.get("time")
        source = item.get("source")
        paragraph = Paragraph(
            item.get("text"),  # type: ignore[arg-type]  # checked below
            None if id_ is None else str(id_),
            written(time),
            None if source is None else str(source),
        )
    else:
        raise InputError(f"a paragraph is a str, a Paragraph or a mapping with `text`, not {type(item).__name__}")
    if not isinstance(paragraph.text, str):
        raise InputError(f"the text of a paragraph is a str, not {type(paragraph.text).__name__}")
    return paragraph


def check_iterable(paragraphs: object) -> None:
    """Check that `judge` got an iterable of paragraphs.

    Raises:
        TypeError: It did not. The message says what to pass instead.
    """
    name = type(paragraphs).__name__
    if isinstance(paragraphs, str | bytes | bytearray | Mapping | Paragraph):
        raise TypeError(f"judge takes an iterable of paragraphs, not one {name}: pass [paragraph], or use judge_one")
    if hasattr(paragraphs, "__dataframe__") or hasattr(paragraphs, "to_pydict"):
        rows = {"pandas": 'to_dict("records")', "polars": "iter_rows(named=True)"}
        call = rows.get(type(paragraphs).__module__.partition(".")[0], "to_pylist()")
        raise TypeError(f"judge takes an iterable of paragraphs, not a {name}: pass its rows, table.{call}")
    if not isinstance(paragraphs, Iterable):
        raise TypeError(f"judge takes an iterable of paragraphs, not {name}")


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
