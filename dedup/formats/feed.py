"""RSS 0.9x to 2.0, RDF and Atom -> items, and the same feed with some of them.

What an item says is read by feedparser: nothing else reads as many of the feeds that are really there (wrong
encodings, undeclared entities and prefixes, a declaration after a blank line, ends that are missing), it expands no
entity that a feed declares and fetches nothing. Where an item stands is found by its tags, so that a feed can be
written again by cutting bytes out of it, and everything else stays what it was.
"""

import html
import re
import sys
from calendar import timegm
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from typing import Any

import feedparser
from feedparser import FeedParserDict

from dedup.errors import InputError
from dedup.formats.base import BOM, Document, Records, RejectedInput, Source
from dedup.formats.document_roots import PROLOG, element, wide
from dedup.formats.feed_items import Body, Item, Items, body, fingerprint, heading
from dedup.formats.html import encoding_of
from dedup.formats.jsonfeed import parse_json_feed
from dedup.formats.split_paragraphs import Article

_OPAQUE = rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
# Tags of items, and what may hold such a tag without being one. A '<' ends a tag that was never closed.
_ITEM_TAGS = re.compile(_OPAQUE + rb"|<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])[^<>]*>", re.DOTALL)
_TAGS = re.compile(_OPAQUE + rb"|<(/?)([a-z_][\w:.-]*)[^<>]*?(/?)>", re.DOTALL | re.IGNORECASE)
# A group matches only where the feed ends within the tag.
_MARKUP = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|(\Z))|<!--.*?(?:-->|(\Z))|<\?.*?(?:\?>|(\Z))|<[^<>]*(?:>|(?=<)|(\Z))", re.DOTALL
)
_ABOUT = re.compile(rb"<[^<>]*?\babout\s*=\s*[\"']([^\"'<>]*)")
# RDF lists its items once more, by name.
_LISTED = re.compile(
    rb"\s*<(?:[\w.-]+:)?li\b[^<>]*?\bresource\s*=\s*[\"']([^\"'<>]*)[\"'][^<>/]*(?:/>|>\s*</(?:[\w.-]+:)?li\s*>)"
)
_BODIES = re.compile(
    r"<(content:encoded|(?:atom:)?content|(?:xhtml:)?body|(?:media:|dc:)?description|(?:atom:|itunes:)?summary|fullitem)"
    r"(?=[\s>])([^<>]*)(?<!/)>(.*?)</\1\s*>",
    re.DOTALL,
)
# feedparser keeps only one of these. Under another name, which it knows too, it keeps each.
_OTHER_TEXTS = re.compile(
    _OPAQUE + rb"|(?P<begin></?)(?:media:description|itunes:summary|dc:description|atom:summary)(?=[\s/>])", re.DOTALL
)
_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w:.-]+)", re.IGNORECASE)
_ENCODING = re.compile(rb"(<\?xml[^>]*?)\sencoding\s*=\s*[\"'][^\"'>]*[\"']", re.IGNORECASE)
_ROOT = re.compile(PROLOG.pattern + rb"<[a-z_][^<>]*>", PROLOG.flags)
_ROOT_WITHIN = 4096  # bytes; it is read again with each item
_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,4000})|([0-9]{1,4000}))", re.IGNORECASE)
_NO_TEXT = re.compile(r"(?:image|audio|video|font|application/(?!.*xml))", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
Place = tuple[int, int | None]


class Feed(Document):
    """One feed of any kind; another one may be parsed after it, whose items are counted on."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._ordinals = count(1)

    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        encoding = encoding_of(data, _DECLARED)
        # Characters that are 2 or 4 bytes wide are cut as UTF-8.
        wide_ = wide(data) is not None
        text = data.decode(encoding, "replace").encode() if wide_ else data
        if text.removeprefix(BOM).lstrip().startswith(b"{"):
            yield from parse_json_feed(self.source, text, self._ordinals)
            return
        places = list(_places(text))
        if not places and _ROOT.match(text[:_ROOT_WITHIN]) and _closing_tags(text):
            raise InputError(f"{self.source.name}: the feed ends before its first item")
        until = _whole_until(text, places)
        text, rest = text[:until], text[until:]
        written = FeedText(text, places, encoding, wide_)
        read = _parse(_utf8(data, encoding)) or FeedParserDict()
        if not read.get("version") and not written.places:
            raise InputError(f"{self.source.name}: no feed that can be read; name what it is with --format")
        items = []
        for (start, end), entry in zip(written.places, _entries(read, written), strict=True):
            ordinal = next(self._ordinals)
            raw = text[start:end]
            try:
                items.append(self._item(ordinal, start, end, raw, entry))
            except InputError as error:
                yield RejectedInput(self.source.name, ordinal, written.original(raw), str(error))
        if rest:
            yield RejectedInput(self.source.name, 0, written.original(rest), "the feed ends within a tag")
        elif places and places[-1][1] is not None and not _has_end(text, places[-1][1]):
            yield RejectedInput(
                self.source.name, 0, b"", "the feed ends after an item, without the end of the feed itself"
            )
        yield XmlItems(self.source, read.get("feed", {}).get("title"), items, written)

    def _item(self, ordinal: int, start: int, end: int | None, raw: bytes, entry: Any) -> Item:
        """An item; raises InputError with the reason where it has to be rejected."""
        if end is None:
            raise InputError("the feed ends within this item")
        if len(raw) > self.source.max_bytes:
            raise InputError(f"longer than max-bytes {self.source.max_bytes}")
        if entry is None:
            raise InputError("an item that cannot be read")
        texts = [detail for detail in _details(entry) if detail.get("value")]
        # The longest one is the body; the order in which feeds give their texts means nothing.
        texts.sort(key=lambda detail: len(detail["value"]), reverse=True)
        main, *others = map(self._body, texts or [{}])
        link = entry.get("link")
        about = _ABOUT.match(raw)
        return Item(
            start,
            end,
            entry.get("id") or link or f"{self.source.name}:{ordinal}",
            heading(entry.get("title")),
            _time(entry),
            link if link != entry.get("id") else None,
            main,
            about[1] if about else None,
            [text for other in others if other is not None for text in other.texts],
            fingerprint(raw),
        )

    def _body(self, detail: Any) -> Body | None:
        # XHTML comes with ends of <br>, which HTML would take for further line breaks.
        text = (detail.get("value") or "").replace("</br>", "")
        return body(text, detail.get("type") != "text/plain", self.source.split)


def _details(entry: Any) -> Iterator[Any]:
    """Each text of an item but its title, with its type."""
    yield from (content for content in entry.get("content", ()) if not _NO_TEXT.match(content.get("type") or ""))
    yield entry.get("summary_detail", {"type": "text/html", "value": entry.get("summary")})
    yield entry.get("subtitle_detail", {"type": "text/plain", "value": entry.get("subtitle")})


def _parse(data: bytes) -> Any:
    """What feedparser makes of a feed; None where that fails."""
    for attempt in (bytes, _repaired):
        try:
            return feedparser.parse(BytesIO(attempt(data)), sanitize_html=False, resolve_relative_uris=False)
        except Exception:  # noqa: S112  # whatever its handlers raise where they met what they did not expect
            continue
    return None


def _repaired(data: bytes) -> bytes:
    """A feed whose references to characters that there are not are replaced; feedparser fails on them."""

    def repaired(reference: re.Match[bytes]) -> bytes:
        number = int(reference[1], 16) if reference[1] else int(reference[2])
        return reference[0] if number < 0xD800 or 0xDFFF < number <= sys.maxunicode else b"&#xFFFD"

    return _REFERENCE.sub(repaired, data)


def _utf8(data: bytes, encoding: str) -> bytes:
    """A feed, or a part of it, as UTF-8 that does not declare another encoding, for feedparser."""
    text = _ENCODING.sub(rb"\1", data.decode(encoding, "replace").encode(), count=1)
    return _OTHER_TEXTS.sub(lambda tag: tag["begin"] + b"fullitem" if tag["begin"] else tag[0], text)


def _entries(read: Any, written: "FeedText") -> list[Any]:
    """What feedparser says of each item; None of one on which it fails."""
    found = read.get("entries", [])
    if len(found) == len(written.places):
        return list(found)
    # Tags out of order, or a failure: each item is read by itself, below the root.
    root = _ROOT.match(written.text[:_ROOT_WITHIN])
    encoding = "utf-8" if written.wide else written.encoding
    return [
        _entry(_parse(_utf8((root[0] if root else b"") + written.text[start:end], encoding)))
        for start, end in written.places
    ]


def _entry(read: Any) -> Any:
    return None if read is None else next(iter(read.entries), FeedParserDict())


def _time(entry: Any) -> str | None:
    """When an item was published, or else updated, in UTC; as it was given where that is no date."""
    for name in ("published", "updated"):
        if entry.get(name):
            parsed = entry.get(f"{name}_parsed")
            if parsed is not None:
                try:
                    return datetime.fromtimestamp(timegm(parsed), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                except (ValueError, OverflowError):
                    pass
            return str(entry[name])
    return None


def _places(text: bytes) -> Iterator[Place]:
    """Where each item begins and ends; one that does not end has None."""
    start: int | None = None
    for tag in _ITEM_TAGS.finditer(text):
        if tag[1] is None:
            continue
        if tag[1]:
            if start is not None:
                yield start, tag.end()
            start = None
            continue
        if start is not None:
            yield start, tag.start()
        start = tag.start()
        if tag[0].endswith(b"/>"):
            yield start, tag.end()
            start = None
    if start is not None:
        yield start, None


def _whole_until(text: bytes, places: Sequence[Place]) -> int:
    """Where a tag after the items begins that has no end; the end of the text where there is none."""
    at = places[-1][1] if places else 0
    if at is None:
        return len(text)  # the last item has no end, and takes it along
    return next((tag.start() for tag in _MARKUP.finditer(text, at) if tag.lastindex), len(text))


def _has_end(text: bytes, at: int) -> bool:
    """Whether the root of a feed ends after its last item, which ends at `at`."""
    root = element(text.removeprefix(BOM))
    return (
        root is None or re.compile(rb"</" + re.escape(root[1]) + rb"\s*>", re.IGNORECASE).search(text, at) is not None
    )


@dataclass(frozen=True, slots=True)
class FeedText:
    """A feed as it is written: its bytes, or their UTF-8 where its characters are `wide`, and where items stand."""

    text: bytes
    places: Sequence[Place]
    encoding: str
    wide: bool

    def original(self, text: bytes) -> bytes:
        """A part of the text as it was in the input."""
        return text.decode().encode(self.encoding) if self.wide else text


class XmlItems(Items):
    """The items of a feed that is written in XML."""

    def __init__(self, source: Source, published_by: str | None, items: Sequence[Item], written: FeedText) -> None:
        super().__init__(source, published_by, items)
        self._written = written

    def write(self, wanted: Sequence[Sequence[bool]]) -> bytes:
        text = self._written.text
        kept = {item.start: (item, mask) for item, mask in zip(self._items, wanted, strict=True) if any(mask)}
        unnamed = {item.named for item, mask in zip(self._items, wanted, strict=True) if not any(mask)}
        unnamed -= {item.named for item, _ in kept.values()}
        parts: list[bytes] = []
        at = 0
        for start, end in self._written.places:
            between = _LISTED.sub(lambda listed: b"" if listed[1] in unnamed else listed[0], text[at:start])
            at = len(text) if end is None else end
            if start in kept:
                parts += (between, self._item(*kept[start], text[start:at]))
            else:
                parts.append(between.rstrip())
        parts.append(text[at:])
        first = self._written.places[0][0] if self._written.places else at
        whole = b"".join(parts) + _closing_tags(text[:first] + text[at:])
        return self._written.original(whole)

    def _item(self, item: Item, mask: Sequence[bool], raw: bytes) -> bytes:
        trimmed = item.trimmed(mask) if self._source.trim else None
        if trimmed is None or item.body is None:
            return raw
        encoding = "utf-8" if self._written.wide else self._written.encoding
        text = raw.decode(encoding, "surrogateescape")
        for found in _BODIES.finditer(text):
            name, attributes, inner = found.groups()
            cdata = inner.lstrip().startswith("<![CDATA[")
            said = "".join(_CDATA.findall(inner)) if cdata else html.unescape(inner)
            if "xhtml" in attributes:  # HTML without a block need not be XHTML
                attributes, said = attributes.replace("xhtml", "html"), inner
            written = body(said, not isinstance(item.body, Article), self._source.split)
            if written is not None and written.texts == item.body.texts:
                new = f"<![CDATA[{trimmed.replace(']]>', ']]&gt;')}]]>" if cdata else html.escape(trimmed, quote=False)
                before, after = f"{text[: found.start()]}<{name}{attributes}>", f"</{name}>{text[found.end() :]}"
                return b"".join(
                    (
                        before.encode(encoding, "surrogateescape"),
                        new.encode(encoding, "xmlcharrefreplace"),
                        after.encode(encoding, "surrogateescape"),
                    )
                )
        return raw


def _closing_tags(outside: bytes) -> bytes:
    """The ends of what is open where a feed was cut, given what stands outside its items."""
    open_: list[bytes] = []
    for tag in _TAGS.finditer(outside):
        if tag[2] is None or tag[3]:
            continue
        if not tag[1]:
            open_.append(tag[2])
        elif tag[2] in open_:
            del open_[len(open_) - 1 - open_[::-1].index(tag[2]) :]
    return b"".join(b"</" + name + b">" for name in reversed(open_)) + b"\n" if open_ else b""
