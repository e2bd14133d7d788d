"""Finds where feeds and pages begin in an input, whatever surrounds them."""

import re
from collections.abc import Iterator

from dedup.formats.base import BOM

_UNICODE = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"\xff\xfe", "utf-16-le"),
            (b"\xfe\xff", "utf-16-be"), (b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"),
            (b"\0<", "utf-16-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))  # fmt: skip
# The beginning of a document in UTF-16 or UTF-32, with and without a byte order mark.
_MARKED = re.compile(rb"\xff\xfe(?:\0\0)?(?=[<{\s]\0)|(?:\0\0)?\xfe\xff(?=(?:\0\0)?\0[<{\s])")
_UNMARKED = re.compile(rb"<\0(?=[?!a-z]\0[a-z-]\0)|\0<(?=\0[?!a-z]\0[a-z-])", re.IGNORECASE)

#: The version of a JSON Feed.
JSON_FEED = rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/'
HAS_VERSION = re.compile(JSON_FEED)
#: The items of a JSON Feed.
HAS_ITEMS = re.compile(rb'"items"\s*:\s*\[\s*(?:[{\]]|\Z)')
#: The beginning of a JSON object, possibly cut off.
MEMBER = re.compile(rb'\{\s*(?:"(?:[^"\\\n]|\\.)*+"\s*:|\}|\Z)')
#: Everything that may precede the first element: declarations, comments, a document type.
PROLOG = re.compile(rb"(?>\s++|<\?.*?\?>|<!--.*?-->|<!doctype(?>[^\[>]++|\[[^\]]*+\])*+>)*+", re.IGNORECASE | re.DOTALL)
_ELEMENT = re.compile(rb"<([a-z_][\w.:-]*)(?=[\s/>])", re.IGNORECASE)
_FEEDS = {b"rss", b"rdf", b"feed", b"channel"}
_PAGES = {b"html", b"head", b"body"}
#: The root element of a feed.
FEED_ROOT = (
    rb"<(?:[\w.-]+:)?(?:rss(?=\s)[^<>]*?\sversion\s*=|(?:feed|rdf)(?=\s)[^<>]*?\sxmlns[\w:.-]*\s*=\s*[\"']"
    rb"https?://(?:www\.w3\.org/2005/Atom|purl\.org/(?:rss|atom)/|(?:my|channel)\.netscape\.com/rdf/))"
)
_DOCUMENT = re.compile(
    rb"(?P<feed>" + FEED_ROOT + rb")|<!doctype\s+html|<html[\s>]|^[^\S\n]*(?P<json>\{(?=\s*\"))",
    re.IGNORECASE | re.MULTILINE,
)
_DECLARED_WITHIN = 4096  # bytes before a root in which its declaration begins


def wide(head: bytes) -> str | None:
    """The encoding of an input in UTF-16 or UTF-32, from its first bytes; None for any other encoding."""
    return next((encoding for start, encoding in _UNICODE if head.startswith(start)), None)


def encodings(data: bytes) -> Iterator[tuple[bytes, str | None]]:
    """Split an input where its encoding changes to or from UTF-16 or UTF-32.

    Returns:
        Each part with its encoding, which is None for a part in another encoding.
    """
    at = 0
    while at < len(data):
        encoding = wide(data[at : at + 4])
        marked = _MARKED.search(data, at + (1 if encoding is None else 4))
        ends = [len(data), marked.start() if marked else len(data)]
        if encoding is not None:
            ends += [next_document(data, at + 2), _narrow_json(data, at + 2)]
        elif unmarked := _UNMARKED.search(data, at + 1):
            ends.append(unmarked.start())
        yield data[at : min(ends)], encoding
        at = min(ends)


def _narrow_json(data: bytes, floor: int) -> int:
    """The start of a JSON Feed in UTF-8 after text in UTF-16 or UTF-32, or the end of the data if there is none."""
    found = min((found.start() for has in (HAS_VERSION, HAS_ITEMS) if (found := has.search(data, floor))), default=-1)
    begin = data.find(b"{", data.rfind(b"\0", 0, found) + 1, found) if found >= 0 else -1
    return begin if begin >= floor else len(data)


def element(begin: bytes) -> re.Match[bytes] | None:
    """The first element of a document; group 1 is its name."""
    prolog = PROLOG.match(begin)
    return _ELEMENT.match(begin, prolog.end() if prolog else 0)


def kind_of(head: bytes) -> str | None:
    """Whether bytes begin a feed or a page, for certain: "feed", "html", or None for neither."""
    encoding = wide(head[:4])
    if encoding is not None:
        head = head.decode(encoding, "ignore").removeprefix("\ufeff").encode()
    if head.startswith(b"{"):
        return "feed" if MEMBER.match(head) and (HAS_VERSION.search(head) or HAS_ITEMS.search(head)) else None
    if not head.startswith(b"<"):
        return None
    first = element(head)
    name = first[1].lower() if first else b""
    if name.rpartition(b":")[2] in _FEEDS:
        return "feed"
    declared = head[: first.start()] if first else head[:_DECLARED_WITHIN]
    return "html" if name in _PAGES or b"<!doctype html" in declared.lower() else None


def next_document(data: bytes, at: int) -> int:
    """The start of the next feed or page after `at`, or the end of the data if there is none."""
    for found in _DOCUMENT.finditer(data, at + 1):
        start = found.start("json") if found["json"] else found.start()
        if not found["json"] or kind_of(data[start : start + _DECLARED_WITHIN]) == "feed":
            return with_declaration(data, start, at + 1)
    return len(data)


def with_declaration(data: bytes, root: int, floor: int) -> int:
    """The start of the document with a root at `root`: its XML declaration or byte order mark, not before `floor`."""
    floor = max(floor, root - _DECLARED_WITHIN)
    declared = data.rfind(b"<?xml ", floor, root)
    if declared >= 0 and PROLOG.fullmatch(data, declared, root):
        root = declared
    mark = root - len(BOM)
    return mark if mark >= floor and data.startswith(BOM, mark) else root
