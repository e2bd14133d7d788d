"""The items of a feed as records, whatever the feed is written in."""

import html
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dedup.formats.base import Records, Source
from dedup.formats.html import Page
from dedup.formats.split_paragraphs import Article, masks
from dedup.model.types import Labels
from dedup.model.utf8 import decode, encode
from dedup.sketch.char_classes import CharClasses
from dedup.sketch.normalize import canonicalise, pack, prenormalize

_TAG_NAMES = (
    "a|abbr|article|b|blockquote|br|center|cite|code|del|div|em|figcaption|figure|font|h[1-6]|i|iframe|img|ins|li|mark|"
    "ol|p|pre|q|s|section|small|span|strong|sub|sup|table|tbody|td|th|tr|u|ul|video|wbr"
)
_TAG = re.compile(rf"</?(?:{_TAG_NAMES})(?:\s[^<>]*)?/?>", re.IGNORECASE)
# What only markup has: the end of an element, or a line break.
_MARKUP = re.compile(rf"<(?:/(?:{_TAG_NAMES})|br\s*/?|img\s[^<>]*)\s*>", re.IGNORECASE)
_ESCAPED = re.compile(rf"&(?:amp;)*lt;(?:/(?:{_TAG_NAMES})|br\s*/?)\s*&(?:amp;)*gt;", re.IGNORECASE)
_MOST_COMPARED = 100  # paragraphs of other texts, each of which is looked up in the body
_MOST_LEVELS = 4  # how often a text is unescaped at most
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)[\s\]\)»”\"']*\Z")
_SIGNS = re.compile(r"[%‰°±−+$€£¥₹₽₩₺₪฿₴]")  # what the words do not hold, and yet is meant


class Body(Protocol):
    """What an item says: its paragraphs, and how it reads with only some of them."""

    texts: list[str]

    def keep_only(self, wanted: Sequence[bool]) -> str:
        """The body with only the wanted paragraphs."""


class _EscapedPage(Page):
    """Markup that was escaped `levels` times too often."""

    def __init__(self, text: str, split: str, levels: int) -> None:
        super().__init__(text, split)
        self._levels = levels

    def keep_only(self, wanted: Sequence[bool]) -> str:
        text = super().keep_only(wanted)
        for _ in range(self._levels):
            text = html.escape(text, quote=False)
        return text


def body(text: str | None, markup: bool, split: str) -> Body | None:
    """What an item says, which is HTML or plain text.

    Plain text with the tags of HTML in it is taken for HTML, and HTML that has no tags but escaped ones is unescaped:
    many feeds escape too often or name the wrong type.
    """
    if not text:
        return None
    levels = 0
    while levels < _MOST_LEVELS and not _TAG.search(text) and _ESCAPED.search(text):
        text = html.unescape(text)
        levels += 1
    return _EscapedPage(text, split, levels) if markup or levels or _MARKUP.search(text) else Article(text, split)


def heading(title: str | None) -> str | None:
    """A title as it is read: without entities, however often they were escaped, and without markup."""
    if title is None:
        return None
    for _ in range(_MOST_LEVELS):
        if "&" in title:
            title = html.unescape(title)
    if _TAG.search(title):
        title = " ".join(Page(title).texts)
    return " ".join(title.split())


def fingerprint(raw: bytes) -> str:
    """One word for an item that has none: equal for equal bytes only."""
    return blake2b(raw, digest_size=16).hexdigest()


@dataclass(slots=True)
class Item:
    """One item of a feed.

    `start` and `end` are where it stands, `named` is how else the feed names it. `others` are the paragraphs of its
    texts beside the body, such as a summary. `key` stands for an item without a word; it is compared instead.

    `texts` are the paragraphs that are judged, set by `Items`: those of the body, then what the other texts and the
    title add to it. The title comes last, so that no text is taken for a repeat of its own title.
    """

    start: int
    end: int
    id: str
    title: str | None = None
    time: str | None = None
    link: str | None = None
    body: Body | None = None
    named: bytes | None = None
    others: Sequence[str] = ()
    key: str = ""
    texts: list[str] = field(init=False, default_factory=list)
    ids: list[str] = field(init=False, default_factory=list)
    _places: list[int] = field(init=False, default_factory=list)  # in the body, of its paragraphs in `texts`

    @property
    def all_texts(self) -> list[str]:
        """Every text of the item: the paragraphs of the body, the others, the title."""
        return [*(self.body.texts if self.body else ()), *self.others, self.title or ""]

    @property
    def wordless(self) -> bool:
        """Whether no text of the item has a word in it."""
        return self.texts == [self.key]

    def choose(self, words: Sequence[str]) -> None:
        """Choose what is judged, given the canonical text of each of `all_texts`.

        A text without a word says nothing, and neither does one that stands in the texts before it.
        """
        texts = self.all_texts
        count = len(self.body.texts) if self.body else 0
        self._places = [k for k in range(count) if words[k]]
        chosen = list(self._places)
        said = _SeenTexts()
        for k in chosen:
            said.add(texts[k], words[k])
        for k in range(count, len(texts)):
            compared = k - count < _MOST_COMPARED or k == len(texts) - 1
            if words[k] and not (compared and said.holds(texts[k], words[k])):
                chosen.append(k)
                said.add(texts[k], words[k])
        titled = chosen[-1:] == [len(texts) - 1]
        self.texts = [texts[k] for k in chosen] or [self.key]
        numbered = len(chosen) - titled
        self.ids = [f"{self.id}#{k}" for k in range(1, numbered + 1)] if numbered > 1 else [self.id]
        if titled and numbered:
            self.ids.append(f"{self.id}#title")

    def trimmed(self, wanted: Sequence[bool]) -> str | None:
        """The body with only the wanted of the paragraphs in `texts`; None where it stays as it is."""
        dropped = {place for place, keep in zip(self._places, wanted, strict=False) if not keep}
        if self.body is None or not dropped:
            return None
        return self.body.keep_only([place not in dropped for place in range(len(self.body.texts))])


class _SeenTexts:
    """What an item says, text by text."""

    def __init__(self) -> None:
        self._words = [""]
        self._signs: set[str] = set()

    def add(self, text: str, words: str) -> None:
        """Add a text and its canonical text."""
        self._words.append(words)
        self._signs.update(_SIGNS.findall(text))

    def holds(self, text: str, words: str) -> bool:
        """Whether another text stands in it word by word; if it ends in an ellipsis, its last word may be cut."""
        self._words = ["", " ".join(self._words).strip()]
        end = "" if _ELLIPSIS.search(text) else " "
        return f" {words}{end}" in f" {self._words[1]} " and self._signs.issuperset(_SIGNS.findall(text))


def _canonical(texts: Sequence[str]) -> Iterator[str]:
    """The canonical text of each text."""
    char_classes = CharClasses()
    (data, offsets), _ = canonicalise(*prenormalize(pack(list(map(encode, texts))), char_classes), char_classes)
    whole = data.tobytes()
    return (decode(whole[start:end]) for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))


class Items(Records):
    """The items of one feed, which comes out as a feed."""

    def __init__(self, source: Source, published_by: str | None, items: Sequence[Item]) -> None:
        words = _canonical([text for item in items for text in item.all_texts])
        for item in items:
            item.choose(list(islice(words, len(item.all_texts))))
        self.texts = [encode(text) for item in items for text in item.texts]
        self._source = source
        self._by = published_by or source.name
        self._items = items

    @cached_property
    def _paragraphs(self) -> list[tuple[str, Item]]:
        """Each paragraph's id, and its item."""
        return [(id_, item) for item in self._items for id_ in item.ids]

    def labels(self) -> Labels:
        ids = [id_ for id_, _ in self._paragraphs]
        return Labels(ids, [item.time for _, item in self._paragraphs], [self._by] * len(ids))

    def fields(self, paragraph: int) -> dict[str, Any]:
        id_, item = self._paragraphs[paragraph]
        known = {"id": id_, "time": item.time, "source": self._by, "title": item.title, "link": item.link}
        said = {name: value for name, value in known.items() if value is not None}
        return said | {"text": " ".join(item.all_texts).strip() if item.wordless else decode(self.texts[paragraph])}

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        return [self.write(masks([item.texts for item in self._items], wanted))]

    @abstractmethod
    def write(self, wanted: Sequence[Sequence[bool]]) -> bytes:
        """The feed without the items of which no paragraph is wanted; with `trim`, without those paragraphs."""
