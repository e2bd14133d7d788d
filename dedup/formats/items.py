"""The items of a feed as records, whatever the feed is written in."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import decode, encode
from dedup.formats.articles import Article, masks, numbered
from dedup.formats.html import Page
from dedup.formats.records import Records, Source
from dedup.model import Labels

#: Words in its text below which the title of an item is judged too: "Comments" says of no item that it is known.
TELLING = 20


class Body(Protocol):
    """What an item says: its paragraphs, and how it reads with only some of them."""

    texts: list[str]

    def without(self, wanted: Sequence[bool]) -> str:
        """The body with only the wanted paragraphs."""


@dataclass(slots=True)
class Item:
    """One item of a feed; `start` and `end` are where it stands, `named` how else the feed names it."""

    start: int
    end: int
    id: str
    title: str | None = None
    time: str | None = None
    link: str | None = None
    body: Body | None = None
    named: bytes | None = None
    texts: list[str] = field(init=False)

    def __post_init__(self) -> None:
        texts = self.body.texts if self.body is not None else []
        title = (self.title or "").strip()
        if sum(len(text.split()) for text in texts) < TELLING and title and title not in texts:
            texts = [title, *texts]
        # An item without a word is never compared, and passes through.
        self.texts = texts or [""]

    def trimmed(self, wanted: Sequence[bool]) -> str | None:
        """The body with only the wanted of the paragraphs in `texts`; None where it stays as it is."""
        if self.body is None or not self.body.texts:
            return None
        wanted = wanted[len(self.texts) - len(self.body.texts) :]
        return None if all(wanted) else self.body.without(wanted)


def body(text: str | None, html: bool, split: str) -> Body | None:
    """What an item says, which is HTML or plain text."""
    if not text:
        return None
    return Page(text, split) if html else Article(text, split)


class Items(Records):
    """The items of one feed, which comes out as a feed."""

    def __init__(self, source: Source, published_by: str | None, items: Sequence[Item]) -> None:
        self.texts = [encode(text) for item in items for text in item.texts]
        self._source = source
        self._by = published_by or source.name
        self._items = items

    @cached_property
    def _paragraphs(self) -> list[tuple[str, Item]]:
        """Each paragraph's id, and its item."""
        items = [(self._items[record], k) for record, k in numbered([item.texts for item in self._items])]
        return [(item.id if k is None else f"{item.id}#{k}", item) for item, k in items]

    def labels(self) -> Labels:
        ids = [id_ for id_, _ in self._paragraphs]
        return Labels(ids, [item.time for _, item in self._paragraphs], [self._by] * len(ids))

    def fields(self, paragraph: int) -> dict[str, Any]:
        id_, item = self._paragraphs[paragraph]
        known = {"id": id_, "time": item.time, "source": self._by, "title": item.title, "link": item.link}
        said = {name: value for name, value in known.items() if value is not None}
        return said | {"text": decode(self.texts[paragraph])}

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        return [self.write(masks([item.texts for item in self._items], wanted))]

    @abstractmethod
    def write(self, wanted: Sequence[Sequence[bool]]) -> bytes:
        """The feed without the items of which no paragraph is wanted; with `trim`, without those paragraphs."""
