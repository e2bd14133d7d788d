"""What callers give as paragraphs -> Paragraph."""

from collections.abc import Mapping
from typing import Any

from dedup.errors import InputError
from dedup.model import Paragraph
from dedup.moments import written


def as_paragraph(item: str | Paragraph | Mapping[str, Any]) -> Paragraph:
    """What `judge` takes, as a Paragraph. Raises InputError for what is none."""
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
