"""The first bytes of an input -> the name of its format."""

import re
from typing import Any

import orjson

from dedup.errors import InputError
from dedup.formats.compressed import SHORT
from dedup.formats.pieces import split_lines
from dedup.formats.records import BOM
from dedup.formats.tables import first_lines, looks_like_table

#: Bytes after which an input that was not recognised is taken for what it looks like.
ENOUGH = 1 << 20

_HOW = "name what it is with --format, or turn it into text first"
# What nobody means as text, and what to do about it.
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive", "unzip -p FILE | dedup filter"),
    (b"%PDF-", "a PDF document", "pdftotext FILE - | dedup filter --split blank"),
    (b"\x89PNG", "a PNG image", _HOW),
    (b"\xff\xd8\xff", "a JPEG image", _HOW),
    (b"GIF8", "a GIF image", _HOW),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so FILE | dedup filter"),
    (b"Rar!\x1a", "a RAR archive", "unrar p -inul FILE | dedup filter"),
    (b"\x7fELF", "a program", _HOW),
    (b"SQLite format 3\0", "an SQLite database", "sqlite3 -json FILE 'select …' | dedup filter"),
    (b"Obj\x01", "an Avro file", "turn it into JSON Lines or Parquet"),
    (b"ARROW1", "an Arrow file", "turn it into Parquet"),
    (b"ORC", "an ORC file", "turn it into Parquet"),
    (b"\xd0\xcf\x11\xe0", "an Office document", _HOW),
)
_LOOKED_AT = 512  # bytes, of which a twentieth are control characters in no text
_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"})
_UNICODE = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (b"\xff\xfe", "utf-16-le"),
            (b"\xfe\xff", "utf-16-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # fmt: skip

_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/')
_ITEMS = re.compile(rb'"items"\s*:\s*\[')
#: What may stand before the first element: declarations, comments, a document type.
PROLOG = re.compile(rb"(?>\s++|<\?.*?\?>|<!--.*?-->|<!doctype(?>[^\[>]++|\[[^\]]*+\])*+>)*+", re.IGNORECASE | re.DOTALL)
_ELEMENT = re.compile(rb"<([a-z_][\w.:-]*)(?=[\s/>])", re.IGNORECASE)
_BEGUN = re.compile(rb"(?:<(?:[!?].*|[a-z_][\w.:-]*)?)?", re.IGNORECASE | re.DOTALL)
_LINE_END = re.compile(rb"[\r\n]")
_FEEDS = {b"rss", b"rdf", b"feed", b"channel"}
_HTML = set(
    b"html head body title meta link script style div p article section main header footer nav aside h1 h2 h3 h4 h5 h6 "
    b"ul ol li dl table blockquote pre figure form center span br hr img a b i em strong font noscript".split()
)


def wide(head: bytes) -> str | None:
    """The encoding of an input whose characters are 2 or 4 bytes wide; None for all others."""
    return next((encoding for start, encoding in _UNICODE if head.startswith(start)), None)


def guess(head: bytes, text_field: str = "text") -> str:
    """The format of an input that begins with `head`; raises InputError, without a name, for what is none."""
    return recognise(head, True, text_field) or "text"


def recognise(head: bytes, complete: bool, text_field: str = "text") -> str | None:
    """The format of an input that begins with `head`, or None where more of it has to be seen.

    Raises InputError, without the name of the input, where it is something that is no feed.
    """
    if not complete and len(head) < SHORT and b"\n" not in head:
        return None
    if head.startswith(b"PAR1\x15"):
        return "parquet"
    for magic, called, advice in _FOREIGN:
        if head.startswith(magic) and (not magic.isalnum() or b"\0" in head):
            raise InputError(f"this is {called}; {advice}")
    if head[257:262] == b"ustar":
        raise InputError("this is a tar archive; unpack it and name its files, or their directory")
    controls = sum(map(head[:_LOOKED_AT].count, _CONTROLS))
    if len(head) >= _LOOKED_AT and controls > _LOOKED_AT // 20 and wide(head) is None:
        raise InputError(f"this is binary data of a kind that is not known; {_HOW}")
    encoding = wide(head)
    if encoding is not None:
        found = _recognise(head.decode(encoding, errors="ignore").removeprefix("\ufeff").encode(), complete, text_field)
        if found not in ("feed", "html", None):
            raise InputError(
                f"this is {encoding[:6].upper()} text; iconv -f {encoding[:6]} -t UTF-8 FILE | dedup filter"
            )
        return found
    return _recognise(head.removeprefix(BOM), complete, text_field)


def _recognise(head: bytes, complete: bool, text_field: str) -> str | None:
    begin = head.lstrip()
    if not begin:
        return "text" if complete else None
    if begin.startswith(b"{"):
        return _object(begin, complete)
    if begin.startswith(b"["):
        inner = begin[1:].lstrip()
        if not inner:
            return "text" if complete or b"\n" in begin else None
        return "json" if inner.startswith(b"{") else "text"
    if begin.startswith(b"<"):
        return _markup(begin, complete)
    if not complete and not _LINE_END.search(begin):
        return None
    return "csv" if looks_like_table(first_lines(begin, complete), text_field) else "text"


def _object(begin: bytes, complete: bool) -> str | None:
    """JSON Lines, unless the object is, or begins, a JSON Feed."""
    line = split_lines(begin)[0]
    if line == begin and not _LINE_END.search(line) and not complete:
        return None
    try:
        value: Any = orjson.loads(line)
    except ValueError:
        return "feed" if _JSON_FEED.search(begin) or (len(begin) > len(line) and _ITEMS.search(begin)) else "jsonl"
    version = value.get("version")
    return "feed" if isinstance(version, str) and "jsonfeed.org/" in version else "jsonl"


def _markup(begin: bytes, complete: bool) -> str | None:
    """A feed or a page, by its first element; text may begin with a tag too, but not with an XML declaration."""
    prolog = PROLOG.match(begin)
    at = prolog.end() if prolog else 0
    if b"<!doctype html" in begin[:at].lower():
        return "html"
    element = _ELEMENT.match(begin, at)
    if element is None and not complete and _BEGUN.fullmatch(begin, at):
        return None
    name = element[1].lower() if element else b""
    if name.rpartition(b":")[2] in _FEEDS:
        return "feed"
    if name in _HTML:
        return "html"
    if begin.startswith(b"<?xml"):
        found = f"<{name.decode(errors='replace')}>" if name else "nothing"
        raise InputError(f"this is XML, but {found} is not how a feed begins; {_HOW}")
    return "text"
