"""Builds feeds for tests, and reads their items."""

import io
import json

import feedparser

from dedup.formats.base import RejectedInput, Source
from dedup.formats.feed_items import Items
from dedup.formats.reading import records

LONG = "It was said at length, so that the text of this item is enough to tell it from every other one that there is."


def parsed(data: bytes, **fields: object) -> tuple[Items, list[RejectedInput]]:
    """The items of a feed, and its rejected input."""
    found = list(records(io.BytesIO(data), Source("feed", **fields)))  # type: ignore[arg-type]  # fields of many types
    rejected = [batch for batch in found if isinstance(batch, RejectedInput)]
    (items,) = [batch for batch in found if isinstance(batch, Items)]
    return items, rejected


def rss(*items: str, head: str = "") -> bytes:
    """An RSS feed with these items."""
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'{head}<rss version="2.0"><channel><title>T</title>{inner}</channel></rss>'.encode()


def ids(data: bytes) -> list[str]:
    """The ids of a feed's items, as feedparser reads them."""
    if data.lstrip().startswith(b"{"):
        return [str(item["id"]) for item in json.loads(data)["items"]]
    read = feedparser.parse(io.BytesIO(data))
    assert not read.bozo
    return [entry.get("id") or entry.link for entry in read.entries]
