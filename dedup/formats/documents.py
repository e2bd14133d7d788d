"""Feeds and pages that follow each other in one input -> each of them, read as if it were an input of its own.

`curl A B | dedup filter` gives such an input. White space, a byte order mark or an XML declaration may stand between
two documents; what else stands there, such as the warning of a server, is rejected.
"""

import json
import re
from collections.abc import Iterator

from dedup.errors import InputError
from dedup.formats.base import Document, Records, RejectedInput, Source
from dedup.formats.document_roots import (
    FEED_ROOT,
    HAS_VERSION,
    JSON_FEED,
    element,
    encodings,
    kind_of,
    next_document,
    with_declaration,
)
from dedup.formats.feed import Feed
from dedup.formats.html import Html
from dedup.formats.jsonfeed import member_names
from dedup.model.utf8 import decode, encode

#: A part of an input: what it is ("feed", "html", or None for neither), and its bytes.
Part = tuple[str | None, bytes]

_EXAMINED = 1 << 14  # bytes in which the first element of a document is looked for
_NARROW_SPACE = re.compile(rb"(?<!\0)[ \t\r\n]++\Z")
_FOLLOWED = re.compile(rb"[^<>]*+>\s*+<[a-z]", re.IGNORECASE)
_SPACE = re.compile(rb"(?:\s|\xef\xbb\xbf)*+")
# What follows the last tag of a document and is part of it.
_TAIL = re.compile(rb"(?:\s++|\0|<!--.*?-->|</[^<>]*+>)*+", re.DOTALL)
_OPAQUE = rb"(?P<opaque><!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))"
# What no feed has in it: another document begins there.
_ANOTHER = re.compile(FEED_ROOT + rb"|<!doctype\s+html|\{\s*" + JSON_FEED, re.IGNORECASE)
_PAGE = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|xmp|iframe|template)\b.*?(?:</\1|\Z)|(?P<end></html\s*>)"
    rb"|\n(?:\s|\xef\xbb\xbf)*(?P<page><!doctype\s+html)|(?P<feed>" + FEED_ROOT + rb")|(?P<json>\{(?=\s*\"))",
    re.IGNORECASE | re.DOTALL,
)
# Within a JSON string a quotation mark is escaped, and no line ends.
_AFTER_JSON = re.compile(rb"(?=<\?xml\s+version\s*=\s*\")|\n\s*(?=" + FEED_ROOT + rb"|<!doctype\s+html)", re.IGNORECASE)
_JSON_SPACE = re.compile(r"[\s\ufeff]*")
_DECODER = json.JSONDecoder()
_BRACES = 20  # before the version of a JSON Feed, one of which begins it
_EXCERPT = 60  # characters


class Documents(Document):
    """Reads each document of an input by itself.

    `first` says what the first one is. With `only`, every document is read as that.
    """

    def __init__(self, source: Source, first: str, only: str | None = None) -> None:
        super().__init__(source)
        self._first = first
        self._only = only
        self._readers: dict[str, Document] = {"feed": Feed(source), "html": Html(source)}

    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        parts = [(kind, part) for kind, part in cut(data, self._first) if kind or part.strip()]
        name = self.source.name
        found = [kind for kind, _ in parts if kind]
        for place, (kind, part) in enumerate(parts):
            if kind is None:
                other = "before" if place == 0 else "after"
                called = {"feed": "a feed", "html": "a page"}[found[0]]
                yield RejectedInput(name, 0, part, f"{excerpt(part)} stands {other} {called} and is no part of it")
                continue
            try:
                yield from self._readers[self._only or kind].parse(part)
            except InputError as error:
                if len(parts) == 1:
                    raise
                yield RejectedInput(name, 0, part, str(error).removeprefix(f"{name}: "))


def excerpt(data: bytes) -> str:
    """The beginning of some bytes, for a message."""
    text = " ".join(data[: 8 * _EXCERPT].replace(b"\0", b"").decode(errors="replace").replace("\ufeff", " ").split())
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return f"“{text}”" if len(text) <= _EXCERPT else f"“{text[:_EXCERPT]}…”"


def cut(data: bytes, first: str) -> Iterator[Part]:
    """The parts of an input, in order, given the kind of its first document.

    Documents whose characters are 2 or 4 bytes wide are cut as UTF-8; narrow white space after them is left out.
    """
    found = False
    for run, encoding in encodings(data):
        text, odd = run, b""
        if encoding is not None:
            run = _NARROW_SPACE.sub(b"", run)
            odd = run[len(run) - len(run) % (4 if "32" in encoding else 2) :]
            try:
                text = run.removesuffix(odd).decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
            except UnicodeDecodeError:
                encoding, odd = None, b""
        parts = list(_cut(text, None if found else first))
        found = found or any(kind for kind, _ in parts)
        if encoding is not None:
            parts = [
                (kind, part.decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass")) for kind, part in parts
            ]
        if odd.strip():  # a document was cut within a character
            kind, part = parts.pop()
            parts.append((kind, part + odd))
        yield from parts


def _cut(data: bytes, first: str | None) -> Iterator[Part]:
    """The parts of bytes without wide characters; `first` is the kind of the first document that is still to come."""
    at = 0
    while at < len(data):
        begin = _begin(data, at)
        kind = kind_of(data[begin : begin + _EXAMINED])
        if first is not None and begin < len(data):
            kind = _first_kind(data, begin, kind, first)
            first = None if kind else first
        if kind is None:
            ends = iter([next_document(data, begin)])
        elif kind == "html":
            ends = iter([_page_end(data, begin)])
        elif data.startswith(b"{", begin):
            ends = _json_ends(data, begin)
        else:
            ends = iter([_feed_end(data, begin)])
        for end in ends:
            yield kind, data[at:end]
            at = end


def _first_kind(data: bytes, begin: int, kind: str | None, first: str) -> str | None:
    """What the first part is, of which it is known what its first document is."""
    if data.startswith(b"<", begin) and first == "html":
        return "html"
    if data.startswith(b"{", begin) or next_document(data, begin) == len(data):
        return kind or first
    return kind


def _begin(data: bytes, at: int) -> int:
    space = _SPACE.match(data, at)
    return space.end() if space else at


def _with_tail(data: bytes, at: int) -> int:
    """Where a document ends, given the end of its last element."""
    tail = _TAIL.match(data, at)
    end = tail.end() if tail else at
    return len(data) if _begin(data, end) == len(data) else end


def _feed_end(data: bytes, begin: int) -> int:
    """Where a feed in XML ends; where another document begins before that, the feed was cut there."""
    root = element(data[begin : begin + _EXAMINED])
    if root is None:
        return len(data)
    begin += root.end()
    if data[begin : data.find(b">", begin) + 1].endswith(b"/>"):
        return _with_tail(data, data.index(b">", begin) + 1)
    inside = re.compile(
        _OPAQUE + rb"|(?P<another>" + _ANOTHER.pattern + rb")|</" + re.escape(root[1]) + rb"\s*>",
        re.IGNORECASE | re.DOTALL,
    )
    for found in inside.finditer(data, begin):
        if found["another"]:
            return min(with_declaration(data, found.start(), begin), _next_json_feed(data, begin))
        if found["opaque"] is None:
            return _with_tail(data, found.end())
        another = _ANOTHER.search(data, found.start() + 1, found.end())
        if another is not None and _was_cut(found[0], another.start() - found.start()):
            return min(with_declaration(data, another.start(), begin), _next_json_feed(data, begin))
    return _next_json_feed(data, begin)


def _was_cut(opaque: bytes, at: int) -> bool:
    """Whether a comment or CDATA was cut before a document that begins in it: it ends in what that one began."""
    ends, begins = (b"-->", b"<!--") if opaque.startswith(b"<!--") else (b"]]>", b"<![CDATA[")
    return not opaque.endswith(ends) or begins in opaque[at:]


def _page_end(data: bytes, begin: int) -> int:
    """Where a page ends: another document follows its end, or begins like none that is part of a page."""
    tail = begin
    # What a server wrote may stand before the declaration of the same page.
    declared = kind_of(data[begin : begin + _EXAMINED]) == "html"
    for found in _PAGE.finditer(data, begin + 1):
        if found["end"] and found.end() >= tail:
            tail = _with_tail(data, found.end())
            after = _begin(data, tail)
            if tail == len(data) or kind_of(data[after : after + _EXAMINED]) is not None:
                return tail
        elif found["page"]:
            if declared:
                return with_declaration(data, found.start("page"), begin + 1)
            declared = True
        elif found["feed"] or found["json"]:
            start = with_declaration(data, found.start(), begin + 1)
            # Within a line, a root without a declaration shows how a feed is written, but not before another element.
            begins = start < found.start() or data[max(begin, start - 80) : start].rstrip(b" \t").endswith(b"\n")
            begins = begins or _FOLLOWED.match(data, found.end()) is not None
            head = data[found.start() : found.start() + _EXAMINED]
            if begins if found["feed"] else kind_of(head) == "feed":
                return start
    return len(data)


def _json_ends(data: bytes, begin: int) -> Iterator[int]:
    """Where each JSON Feed ends that follows another one."""
    text = decode(data[begin:])
    at = 0
    while at < len(text):
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            another = _AFTER_JSON.search(data, begin + 1)
            yield min(another.end() if another else len(data), _next_json_feed(data, begin + 1))
            return
        space = _JSON_SPACE.match(text, end)
        end = space.end() if space else end
        begin += len(encode(text[at:end]))
        yield begin
        at = end
        if not text.startswith("{", at) or kind_of(encode(text[at : at + _EXAMINED])) is None:
            return


def _next_json_feed(data: bytes, floor: int) -> int:
    """Where the next JSON Feed begins, not before `floor`, after one that was cut; the end of the data where none does.

    It is the nearest object with its own version: within a string the quotation marks of that would be escaped.
    """
    for found in HAS_VERSION.finditer(data, floor):
        at = found.start()
        for _ in range(_BRACES):
            at = data.rfind(b"{", max(floor, found.start() - _EXAMINED), at)
            if at < 0:
                break
            if "version" in member_names(decode(data[at : found.end() + _EXCERPT])):
                return at
    return len(data)
