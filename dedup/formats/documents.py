"""Reads feeds and pages that follow each other in one input, each as if it were an input of its own.

`curl A B | dedup filter` gives such an input. White space, a byte order mark or an XML declaration may separate two
documents. Anything else between them, such as the warning of a server, is rejected.
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

#: A part of an input: its kind ("feed", "html", or None for neither), and its bytes.
Part = tuple[str | None, bytes]

_EXAMINED = 1 << 14  # bytes to search for the first element of a document
_NARROW_SPACE = re.compile(rb"(?<!\0)[ \t\r\n]++\Z")
_FOLLOWED = re.compile(rb"[^<>]*+>\s*+<[a-z]", re.IGNORECASE)
_SPACE = re.compile(rb"(?:\s|\xef\xbb\xbf)*+")
# The rest of a document after its last tag.
_TAIL = re.compile(rb"(?:\s++|\0|<!--.*?-->|</[^<>]*+>)*+", re.DOTALL)
_OPAQUE = rb"(?P<opaque><!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))"
# No feed contains this, so another document begins there.
_ANOTHER = re.compile(FEED_ROOT + rb"|<!doctype\s+html|\{\s*" + JSON_FEED, re.IGNORECASE)
_PAGE = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|xmp|iframe|template)\b.*?(?:</\1|\Z)|(?P<end></html\s*>)"
    rb"|\n(?:\s|\xef\xbb\xbf)*(?P<page><!doctype\s+html)|(?P<feed>" + FEED_ROOT + rb")|(?P<json>\{(?=\s*\"))",
    re.IGNORECASE | re.DOTALL,
)
# A JSON string contains neither an unescaped quotation mark nor a line end, so this is outside of strings.
_AFTER_JSON = re.compile(rb"(?=<\?xml\s+version\s*=\s*\")|\n\s*(?=" + FEED_ROOT + rb"|<!doctype\s+html)", re.IGNORECASE)
_JSON_SPACE = re.compile(r"[\s\ufeff]*")
_DECODER = json.JSONDecoder()
_BRACES = 20  # braces to try before the version of a JSON Feed, to find the one that begins it
_EXCERPT = 60  # characters of an excerpt


class Documents(Document):
    """Reads each document of an input by itself.

    Args:
        source: How to read the input.
        first: The kind of the first document, `feed` or `html`.
        only: A kind as which every document is read, whatever it looks like.
    """

    def __init__(self, source: Source, first: str, only: str | None = None) -> None:
        super().__init__(source)
        self._first = first
        self._only = only
        self._readers: dict[str, Document] = {"feed": Feed(source), "html": Html(source)}

    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        parts = [(kind, part) for kind, part in cut(data, self._first) if kind or part.strip()]
        name = self.source.name
        kinds = [kind for kind, _ in parts if kind]
        for place, (kind, part) in enumerate(parts):
            if kind is None:
                side = "before" if place == 0 else "after"
                document = {"feed": "a feed", "html": "a page"}[kinds[0]]
                yield RejectedInput(name, 0, part, f"{excerpt(part)} comes {side} {document} and is not part of it")
                continue
            try:
                yield from self._readers[self._only or kind].parse(part)
            except InputError as error:
                if len(parts) == 1:
                    raise
                yield RejectedInput(name, 0, part, str(error).removeprefix(f"{name}: "))


def excerpt(data: bytes) -> str:
    """The beginning of some bytes as readable text, for a message."""
    text = " ".join(data[: 8 * _EXCERPT].replace(b"\0", b"").decode(errors="replace").replace("\ufeff", " ").split())
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return f"“{text}”" if len(text) <= _EXCERPT else f"“{text[:_EXCERPT]}…”"


def cut(data: bytes, first: str) -> Iterator[Part]:
    """Split an input into its documents and the text between them, in order.

    Documents in UTF-16 or UTF-32 are split as UTF-8 and encoded again. UTF-8 white space after them is left out.

    Args:
        data: The whole input.
        first: The kind of the first document.
    """
    found = False  # whether a document was found
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
        if odd.strip():  # a document ends inside a character
            kind, part = parts.pop()
            parts.append((kind, part + odd))
        yield from parts


def _cut(data: bytes, first: str | None) -> Iterator[Part]:
    """Split an input that is not in UTF-16 or UTF-32. `first` is the kind of the first document, until it is found."""
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
    """The kind of a part, given that the first document of the input has the kind `first`."""
    if data.startswith(b"<", begin) and first == "html":
        return "html"
    if data.startswith(b"{", begin) or next_document(data, begin) == len(data):
        return kind or first
    return kind


def _begin(data: bytes, at: int) -> int:
    space = _SPACE.match(data, at)
    return space.end() if space else at


def _with_tail(data: bytes, at: int) -> int:
    """The end of a document, given the end of its last element."""
    tail = _TAIL.match(data, at)
    end = tail.end() if tail else at
    return len(data) if _begin(data, end) == len(data) else end


def _feed_end(data: bytes, begin: int) -> int:
    """The end of an XML feed. If another document begins before that, the feed is incomplete and ends there."""
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
    """Whether a comment or CDATA section is incomplete, so that a document at `at` in it begins after it.

    Then the end that was found belongs to a comment or CDATA section of that document.
    """
    ends, begins = (b"-->", b"<!--") if opaque.startswith(b"<!--") else (b"]]>", b"<![CDATA[")
    return not opaque.endswith(ends) or begins in opaque[at:]


def _page_end(data: bytes, begin: int) -> int:
    """The end of a page: its end tag before another document, or the start of a document that it cannot contain."""
    tail = begin
    # The warning of a server may precede the declaration of the same page.
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
            # A root in the middle of a line, without a declaration, is an example in the text of the page, unless
            # another element follows it.
            begins = start < found.start() or data[max(begin, start - 80) : start].rstrip(b" \t").endswith(b"\n")
            begins = begins or _FOLLOWED.match(data, found.end()) is not None
            head = data[found.start() : found.start() + _EXAMINED]
            if begins if found["feed"] else kind_of(head) == "feed":
                return start
    return len(data)


def _json_ends(data: bytes, begin: int) -> Iterator[int]:
    """The ends of consecutive JSON Feeds. The first feed begins at `begin`."""
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
    """The start of the next JSON Feed at or after `floor`, or the end of the data if there is none.

    It is the nearest object with a `version` of its own. In a string, the quotation marks of the name would be escaped.
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
