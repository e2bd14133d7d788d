"""Reads RSS 0.9x to 2.0, RDF and Atom, and writes the same feed with some of its items.

feedparser reads the content of items. No other library reads as many real feeds, with wrong encodings, undeclared
entities and prefixes, a declaration after a blank line, or missing end tags. It expands no entities that a feed
declares, and fetches nothing. This module finds the position of each item by its tags. So a feed is written by
removing bytes from it, and everything else stays unchanged.
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
from dedup.formats.html_limits import MOST, xml_too_deep
from dedup.formats.jsonfeed import parse_json_feed
from dedup.formats.split_paragraphs import Article

_OPAQUE = rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
# Tags of items, and sections that may contain the text of such a tag. A '<' ends a tag that was never closed.
_ITEM_TAGS = re.compile(_OPAQUE + rb"|<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])[^<>]*>", re.DOTALL)
_TAGS = re.compile(_OPAQUE + rb"|<(/?)([a-z_][\w:.-]*)[^<>]*?(/?)>", re.DOTALL | re.IGNORECASE)
# A group matches only if the feed ends inside the tag.
_MARKUP = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|(\Z))|<!--.*?(?:-->|(\Z))|<\?.*?(?:\?>|(\Z))|<[^<>]*(?:>|(?=<)|(\Z))", re.DOTALL
)
_ABOUT = re.compile(rb"<[^<>]*?\babout\s*=\s*[\"']([^\"'<>]*)")
# RDF also lists its items by name.
_LISTED = re.compile(
    rb"\s*<(?:[\w.-]+:)?li\b[^<>]*?\bresource\s*=\s*[\"']([^\"'<>]*)[\"'][^<>/]*(?:/>|>\s*</(?:[\w.-]+:)?li\s*>)"
)
_BODIES = re.compile(
    r"<(content:encoded|(?:atom:)?content|(?:xhtml:)?body|(?:media:|dc:)?description|(?:atom:|itunes:)?summary|fullitem)"
    r"(?=[\s>])([^<>]*)(?<!/)>(.*?)</\1\s*>",
    re.DOTALL,
)
# feedparser keeps only one of these elements. It keeps each one under another name that it knows, `fullitem`.
_OTHER_TEXTS = re.compile(
    _OPAQUE + rb"|(?P<begin></?)(?:media:description|itunes:summary|dc:description|atom:summary)(?=[\s/>])", re.DOTALL
)
_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w:.-]+)", re.IGNORECASE)
_ENCODING = re.compile(rb"(<\?xml[^>]*?)\sencoding\s*=\s*[\"'][^\"'>]*[\"']", re.IGNORECASE)
_ROOT = re.compile(PROLOG.pattern + rb"<[a-z_][^<>]*>", PROLOG.flags)
_ROOT_WITHIN = 4096  # bytes to search for the root element; this is short, because it is parsed again with each item
_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,4000})|([0-9]{1,4000}))", re.IGNORECASE)
_NO_TEXT = re.compile(r"(?:image|audio|video|font|application/(?!.*xml))", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
Place = tuple[int, int | None]


class Feed(Document):
    """Reads one feed of any kind. If further feeds are parsed after it, the ordinals of items continue."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._ordinals = count(1)

    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        encoding = encoding_of(data, _DECLARED)
        # UTF-16 and UTF-32 are converted, so that tags can be found in bytes.
        wide_ = wide(data) is not None
        text = data.decode(encoding, "replace").encode() if wide_ else data
        if text.removeprefix(BOM).lstrip().startswith(b"{"):
            yield from parse_json_feed(self.source, text, self._ordinals)
            return
        if xml_too_deep(text):
            raise InputError(f"{self.source.name}: elements are nested more than {MOST} deep")
        places = list(_places(text))
        if not places and _ROOT.match(text[:_ROOT_WITHIN]) and _closing_tags(text):
            raise InputError(f"{self.source.name}: the feed ends before its first item")
        complete_end = _complete_end(text, places)
        text, rest = text[:complete_end], text[complete_end:]
        feed_text = FeedText(text, places, encoding, wide_)
        parsed = _parse(_utf8(data, encoding)) or FeedParserDict()
        if not parsed.get("version") and not feed_text.places:
            raise InputError(f"{self.source.name}: this is not a readable feed; name its format with --format")
        items = []
        for (start, end), entry in zip(feed_text.places, _entries(parsed, feed_text), strict=True):
            ordinal = next(self._ordinals)
            raw = text[start:end]
            try:
                items.append(self._item(ordinal, start, end, raw, entry))
            except InputError as error:
                yield RejectedInput(self.source.name, ordinal, feed_text.original(raw), str(error))
        if rest:
            yield RejectedInput(self.source.name, 0, feed_text.original(rest), "the feed ends within a tag")
        elif places and places[-1][1] is not None and not _has_end(text, places[-1][1]):
            yield RejectedInput(self.source.name, 0, b"", "the feed ends after an item, without its closing tag")
        yield XmlItems(self.source, parsed.get("feed", {}).get("title"), items, feed_text)

    def _item(self, ordinal: int, start: int, end: int | None, raw: bytes, entry: Any) -> Item:
        """Read an item.

        Args:
            ordinal: Its ordinal in the input.
            start: Its start in the feed.
            end: Its end, or None if the feed ends before.
            raw: Its bytes.
            entry: What feedparser read, or None if that failed.

        Raises:
            InputError: The item cannot be read. The message is the reason alone.
        """
        if end is None:
            raise InputError("the feed ends within this item")
        if len(raw) > self.source.max_bytes:
            raise InputError(f"longer than max-bytes {self.source.max_bytes}")
        if entry is None:
            raise InputError("this item cannot be read")
        texts = [detail for detail in _details(entry) if detail.get("value")]
        # The longest text is the body, because the order of the texts of an item has no meaning.
        texts.sort(key=lambda detail: len(detail["value"]), reverse=True)
        main, *other_bodies = map(self._body, texts or [{}])
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
            [text for part in other_bodies if part is not None for text in part.texts],
            fingerprint(raw),
        )

    def _body(self, detail: Any) -> Body | None:
        # XHTML has end tags of <br>, which an HTML parser would read as further line breaks.
        text = (detail.get("value") or "").replace("</br>", "")
        return body(text, detail.get("type") != "text/plain", self.source.split)


def _details(entry: Any) -> Iterator[Any]:
    """The texts of an item with their types, without the title."""
    yield from (content for content in entry.get("content", ()) if not _NO_TEXT.match(content.get("type") or ""))
    yield entry.get("summary_detail", {"type": "text/html", "value": entry.get("summary")})
    yield entry.get("subtitle_detail", {"type": "text/plain", "value": entry.get("subtitle")})


def _parse(data: bytes) -> Any:
    """Parse a feed with feedparser. Returns None if that fails."""
    for prepare in (bytes, _repaired):
        try:
            return feedparser.parse(BytesIO(prepare(data)), sanitize_html=False, resolve_relative_uris=False)
        except Exception:  # noqa: S112  # its handlers may raise anything on unexpected input
            continue
    return None


def _repaired(data: bytes) -> bytes:
    """Replace references to characters that do not exist, because feedparser fails on them."""

    def repaired(reference: re.Match[bytes]) -> bytes:
        number = int(reference[1], 16) if reference[1] else int(reference[2])
        return reference[0] if number < 0xD800 or 0xDFFF < number <= sys.maxunicode else b"&#xFFFD"

    return _REFERENCE.sub(repaired, data)


def _utf8(data: bytes, encoding: str) -> bytes:
    """Convert a feed, or a part of it, to UTF-8 for feedparser, without the declaration of an encoding."""
    text = _ENCODING.sub(rb"\1", data.decode(encoding, "replace").encode(), count=1)
    return _OTHER_TEXTS.sub(lambda tag: tag["begin"] + b"fullitem" if tag["begin"] else tag[0], text)


def _entries(parsed: Any, feed_text: "FeedText") -> list[Any]:
    """The entry that feedparser read for each item, or None if it fails on that item.

    Args:
        parsed: The whole feed, read by feedparser.
        feed_text: The text of the feed, and the places of its items.
    """
    entries = parsed.get("entries", [])
    if len(entries) == len(feed_text.places):
        return list(entries)
    # feedparser failed, or tags are out of order. So it parses each item alone, after the root element.
    root = _ROOT.match(feed_text.text[:_ROOT_WITHIN])
    encoding = "utf-8" if feed_text.wide else feed_text.encoding
    return [
        _entry(_parse(_utf8((root[0] if root else b"") + feed_text.text[start:end], encoding)))
        for start, end in feed_text.places
    ]


def _entry(parsed: Any) -> Any:
    return None if parsed is None else next(iter(parsed.entries), FeedParserDict())


def _time(entry: Any) -> str | None:
    """The time when an item was published, or else updated, in UTC. A time that is not a date is returned as it is."""
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
    """The start and the end of each item. The end is None if the feed ends before."""
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


def _complete_end(text: bytes, places: Sequence[Place]) -> int:
    """The start of an incomplete tag after the items, or the end of the text if all tags are complete."""
    at = places[-1][1] if places else 0
    if at is None:
        return len(text)  # the last item is incomplete, and includes everything after its start
    return next((tag.start() for tag in _MARKUP.finditer(text, at) if tag.lastindex), len(text))


def _has_end(text: bytes, at: int) -> bool:
    """Whether the end tag of the root follows the last item, which ends at `at`."""
    root = element(text.removeprefix(BOM))
    return (
        root is None or re.compile(rb"</" + re.escape(root[1]) + rb"\s*>", re.IGNORECASE).search(text, at) is not None
    )


@dataclass(frozen=True, slots=True)
class FeedText:
    """The bytes of a feed and the places of its items.

    Attributes:
        text: The bytes of the feed, converted to UTF-8 if they are UTF-16 or UTF-32.
        places: The start and the end of each item in `text`.
        encoding: The encoding of the input.
        wide: Whether that is UTF-16 or UTF-32.
    """

    text: bytes
    places: Sequence[Place]
    encoding: str
    wide: bool

    def original(self, text: bytes) -> bytes:
        """A part of the text in the encoding of the input."""
        return text.decode().encode(self.encoding) if self.wide else text


class XmlItems(Items):
    """The items of an XML feed."""

    def __init__(self, source: Source, publisher: str | None, items: Sequence[Item], feed_text: FeedText) -> None:
        super().__init__(source, publisher, items)
        self._feed_text = feed_text

    def write(self, wanted: Sequence[Sequence[bool]]) -> bytes:
        text = self._feed_text.text
        kept = {item.start: (item, mask) for item, mask in zip(self._items, wanted, strict=True) if any(mask)}
        removed_names = {item.rdf_name for item, mask in zip(self._items, wanted, strict=True) if not any(mask)}
        removed_names -= {item.rdf_name for item, _ in kept.values()}
        parts: list[bytes] = []
        at = 0
        for start, end in self._feed_text.places:
            between = _LISTED.sub(lambda listed: b"" if listed[1] in removed_names else listed[0], text[at:start])
            at = len(text) if end is None else end
            if start in kept:
                parts += (between, self._item(*kept[start], text[start:at]))
            else:
                parts.append(between.rstrip())
        parts.append(text[at:])
        first = self._feed_text.places[0][0] if self._feed_text.places else at
        whole = b"".join(parts) + _closing_tags(text[:first] + text[at:])
        return self._feed_text.original(whole)

    def _item(self, item: Item, mask: Sequence[bool], raw: bytes) -> bytes:
        trimmed = item.trimmed(mask) if self._source.trim else None
        if trimmed is None or item.body is None:
            return raw
        encoding = "utf-8" if self._feed_text.wide else self._feed_text.encoding
        text = raw.decode(encoding, "surrogateescape")
        for found in _BODIES.finditer(text):
            name, attributes, inner = found.groups()
            cdata = inner.lstrip().startswith("<![CDATA[")
            content = "".join(_CDATA.findall(inner)) if cdata else html.unescape(inner)
            if "xhtml" in attributes:  # HTML from which a block was removed may not be valid XHTML
                attributes, content = attributes.replace("xhtml", "html"), inner
            found_body = body(content, not isinstance(item.body, Article), self._source.split)
            if found_body is not None and found_body.texts == item.body.texts:
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
    """The end tags that an incomplete feed lacks, given its text outside of items."""
    open_: list[bytes] = []
    for tag in _TAGS.finditer(outside):
        if tag[2] is None or tag[3]:
            continue
        if not tag[1]:
            open_.append(tag[2])
        elif tag[2] in open_:
            del open_[len(open_) - 1 - open_[::-1].index(tag[2]) :]
    return b"".join(b"</" + name + b">" for name in reversed(open_)) + b"\n" if open_ else b""
