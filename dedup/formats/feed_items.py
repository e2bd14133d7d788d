"""The items of a feed as records, for XML and JSON feeds."""

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
# Only markup contains these: the end tag of an element, a line break or an image.
_MARKUP = re.compile(rf"<(?:/(?:{_TAG_NAMES})|br\s*/?|img\s[^<>]*)\s*>", re.IGNORECASE)
_ESCAPED = re.compile(rf"&(?:amp;)*lt;(?:/(?:{_TAG_NAMES})|br\s*/?)\s*&(?:amp;)*gt;", re.IGNORECASE)
_MOST_COMPARED = 100  # the largest number of paragraphs of other texts that are searched in the body
_MOST_LEVELS = 4  # the largest number of times that a text is unescaped
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)[\s\]\)»”\"']*\Z")
_SIGNS = re.compile(r"[%‰°±−+$€£¥₹₽₩₺₪฿₴]")  # signs with a meaning that canonical texts lack


class Body(Protocol):
    """The main text of an item, split into paragraphs.

    Attributes:
        texts: The paragraphs.
    """

    texts: list[str]

    def keep_only(self, wanted: Sequence[bool]) -> str:
        """The body with only the wanted paragraphs."""


class _EscapedPage(Page):
    """HTML that was escaped `levels` times too often."""

    def __init__(self, text: str, split: str, levels: int) -> None:
        super().__init__(text, split)
        self._levels = levels

    def keep_only(self, wanted: Sequence[bool]) -> str:
        text = super().keep_only(wanted)
        for _ in range(self._levels):
            text = html.escape(text, quote=False)
        return text


def body(text: str | None, markup: bool, split: str) -> Body | None:
    """The body of an item.

    Many feeds name the wrong type, or escape too often. So plain text with HTML tags is read as HTML, and HTML with
    escaped tags only is unescaped.

    Args:
        text: The text.
        markup: Whether it is HTML, according to the feed.
        split: How to split it into paragraphs; see `Source.split`.

    Returns:
        The body, or None if there is no text.
    """
    if not text:
        return None
    levels = 0
    while levels < _MOST_LEVELS and not _TAG.search(text) and _ESCAPED.search(text):
        text = html.unescape(text)
        levels += 1
    return _EscapedPage(text, split, levels) if markup or levels or _MARKUP.search(text) else Article(text, split)


def heading(title: str | None) -> str | None:
    """A title as plain text: without entities, even if they were escaped several times, and without markup."""
    if title is None:
        return None
    for _ in range(_MOST_LEVELS):
        if "&" in title:
            title = html.unescape(title)
    if _TAG.search(title):
        title = " ".join(Page(title).texts)
    return " ".join(title.split())


def fingerprint(raw: bytes) -> str:
    """A hash of an item without words, as one word. It is equal only for equal bytes."""
    return blake2b(raw, digest_size=16).hexdigest()


@dataclass(slots=True)
class Item:
    """One item of a feed.

    Attributes:
        start: Its start in the text of the feed.
        end: Its end there.
        id: Its id.
        title: Its title, as plain text.
        time: The time when it was published, as text.
        link: Its address, if that is not the id.
        body: Its main text.
        rdf_name: The name by which an RDF feed lists it.
        others: The paragraphs of its other texts, such as a summary.
        key: Compared instead of the texts if none of them has a word.
        texts: The paragraphs to decide on, set by `choose`: those of the body, then other texts and the title if they
            add something. The title is last, so that no text is a repeat of its own title.
        ids: The id of each of `texts`.
    """

    start: int
    end: int
    id: str
    title: str | None = None
    time: str | None = None
    link: str | None = None
    body: Body | None = None
    rdf_name: bytes | None = None
    others: Sequence[str] = ()
    key: str = ""
    texts: list[str] = field(init=False, default_factory=list)
    ids: list[str] = field(init=False, default_factory=list)
    _places: list[int] = field(
        init=False, default_factory=list
    )  # the index in the body of each body paragraph in `texts`

    @property
    def all_texts(self) -> list[str]:
        """All texts of the item: the paragraphs of the body, the other paragraphs, and the title."""
        return [*(self.body.texts if self.body else ()), *self.others, self.title or ""]

    @property
    def wordless(self) -> bool:
        """Whether no text of the item contains a word."""
        return self.texts == [self.key]

    def choose(self, words: Sequence[str]) -> None:
        """Set `texts` and `ids`. Texts without a word are left out, and so are texts that earlier texts contain.

        Args:
            words: The canonical text of each of `all_texts`.
        """
        texts = self.all_texts
        count = len(self.body.texts) if self.body else 0
        self._places = [k for k in range(count) if words[k]]
        chosen = list(self._places)
        seen = _SeenTexts()
        for k in chosen:
            seen.add(texts[k], words[k])
        for k in range(count, len(texts)):
            is_compared = k - count < _MOST_COMPARED or k == len(texts) - 1
            if words[k] and not (is_compared and seen.contain(texts[k], words[k])):
                chosen.append(k)
                seen.add(texts[k], words[k])
        has_title = chosen[-1:] == [len(texts) - 1]
        self.texts = [texts[k] for k in chosen] or [self.key]
        numbered = len(chosen) - has_title
        self.ids = [f"{self.id}#{k}" for k in range(1, numbered + 1)] if numbered > 1 else [self.id]
        if has_title and numbered:
            self.ids.append(f"{self.id}#title")

    def trimmed(self, wanted: Sequence[bool]) -> str | None:
        """The body without the unwanted paragraphs of `texts`, or None if it stays unchanged."""
        dropped = {place for place, keep in zip(self._places, wanted, strict=False) if not keep}
        if self.body is None or not dropped:
            return None
        return self.body.keep_only([place not in dropped for place in range(len(self.body.texts))])


class _SeenTexts:
    """The texts of an item so far."""

    def __init__(self) -> None:
        self._words = [""]
        self._signs: set[str] = set()

    def add(self, text: str, words: str) -> None:
        """Add a text and its canonical text."""
        self._words.append(words)
        self._signs.update(_SIGNS.findall(text))

    def contain(self, text: str, words: str) -> bool:
        """Whether the words of a text occur together in one of these texts.

        If the text ends with an ellipsis, its last word may be cut off.
        """
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
    """The items of one feed, which are written as a feed.

    Args:
        source: How the input is read.
        publisher: The title of the feed; without it, the name of the input.
        items: The items.
    """

    def __init__(self, source: Source, publisher: str | None, items: Sequence[Item]) -> None:
        words = _canonical([text for item in items for text in item.all_texts])
        for item in items:
            item.choose(list(islice(words, len(item.all_texts))))
        self.texts = [encode(text) for item in items for text in item.texts]
        self._source = source
        self._publisher = publisher or source.name
        self._items = items

    @cached_property
    def _paragraphs(self) -> list[tuple[str, Item]]:
        """The id and the item of each paragraph."""
        return [(id_, item) for item in self._items for id_ in item.ids]

    def labels(self) -> Labels:
        ids = [id_ for id_, _ in self._paragraphs]
        return Labels(ids, [item.time for _, item in self._paragraphs], [self._publisher] * len(ids))

    def fields(self, paragraph: int) -> dict[str, Any]:
        id_, item = self._paragraphs[paragraph]
        fields = {"id": id_, "time": item.time, "source": self._publisher, "title": item.title, "link": item.link}
        present = {name: value for name, value in fields.items() if value is not None}
        return present | {"text": " ".join(item.all_texts).strip() if item.wordless else decode(self.texts[paragraph])}

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        return [self.write(masks([item.texts for item in self._items], wanted))]

    @abstractmethod
    def write(self, wanted: Sequence[Sequence[bool]]) -> bytes:
        """The feed without items that have no wanted paragraph.

        With `trim`, unwanted paragraphs of other items are left out too.

        Args:
            wanted: For each item, whether each of its paragraphs is wanted.
        """
