"""The first bytes of an input -> the name of its format."""

import re

from dedup.errors import InputError
from dedup.formats.base import BOM
from dedup.formats.byte_reader import split_lines
from dedup.formats.compression import MAGIC_SIZE
from dedup.formats.detect_json import recognise_array, recognise_object
from dedup.formats.document_roots import PROLOG, element, encodings, kind_of, next_document, wide
from dedup.formats.tables import count_lines_above, first_lines, may_precede_header

#: Bytes after which an input that was not recognised is taken for what it looks like.
DETECTION_LIMIT = 1 << 20

_ADVICE = "name what it is with --format, or turn it into text first"
# What nobody means as text, and what to do about it.
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive", "unzip -p FILE | dedup filter"),
    (b"%PDF-", "a PDF document", "pdftotext FILE - | dedup filter --split blank"),
    (b"\x89PNG", "a PNG image", _ADVICE),
    (b"\xff\xd8\xff", "a JPEG image", _ADVICE),
    (b"GIF8", "a GIF image", _ADVICE),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so FILE | dedup filter"),
    (b"Rar!\x1a", "a RAR archive", "unrar p -inul FILE | dedup filter"),
    (b"\x7fELF", "a program", _ADVICE),
    (b"SQLite format 3\0", "an SQLite database", "sqlite3 -json FILE 'select …' | dedup filter"),
    (b"Obj\x01", "an Avro file", "turn it into JSON Lines or Parquet"),
    (b"ARROW1", "an Arrow file", "turn it into Parquet"),
    (b"ORC", "an ORC file", "turn it into Parquet"),
    (b"\xd0\xcf\x11\xe0", "an Office document", _ADVICE),
)
_EXAMINED = 512  # bytes, of which a twentieth are control characters in no text
_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"})
_BEGUN = re.compile(rb"(?:<(?:[!?].*|[a-z_][\w.:-]*)?)?", re.IGNORECASE | re.DOTALL)
_LINE_END = re.compile(rb"[\r\n]")
# What curl -i and PHP write before a document.
_HEADERS = re.compile(rb"HTTP/[\d.]+\s+\d{3}\b")
_RESPONSE = re.compile(rb"HTTP/[\d.]+\s+\d{3}\b[^\r\n]*\r?\n[\w-]+:[^\r\n]*[\r\n]")
_WARNING = re.compile(rb"\b(?:warning|notice|deprecated|error|standards)(?:</b>)?\s*:", re.IGNORECASE)
_LARGEST_PREFIX = 4096  # bytes, the most that stands before a document by mistake
# Elements of a page: within a line, and those that text has not.
_INLINE = set(
    b"a abbr b big cite code del em font i img ins kbd mark q s small span strike strong sub sup tt u".split()
)
_BLOCKS = set(
    b"meta title link script style div p article section main header footer nav aside h1 h2 h3 h4 h5 h6 ul ol li dl "
    b"table blockquote pre figure form center br hr noscript".split()
)
_BLOCK = re.compile(rb"<(?:" + b"|".join(sorted(_BLOCKS)) + rb"|html|body)[\s/>]", re.IGNORECASE)


def guess(head: bytes, text_field: str = "text") -> str:
    """The format of an input that begins with `head`; raises InputError, without a name, for what is none."""
    return recognise(head, True, text_field) or "text"


def recognise(head: bytes, complete: bool, text_field: str = "text") -> str | None:
    """The format of an input that begins with `head`, or None where more of it has to be seen.

    Raises InputError, without the name of the input, where it is something that is no feed.
    """
    if not complete and len(head) < MAGIC_SIZE and b"\n" not in head:
        return None
    if head.startswith(b"PAR1\x15"):
        return "parquet"
    for magic, called, advice in _FOREIGN:
        if head.startswith(magic) and (not magic.isalnum() or b"\0" in head):
            raise InputError(f"this is {called}; {advice}")
    if head[257:262] == b"ustar":
        raise InputError("this is a tar archive; unpack it and name its files, or their directory")
    if head.lstrip().startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.lstrip()
    begin = next((part for part, _ in encodings(head)), b"")[:_EXAMINED]
    controls = sum(map(begin.count, _CONTROLS))
    if len(begin) == _EXAMINED and controls > _EXAMINED // 20 and wide(head) is None:
        raise InputError(f"this is binary data of a kind that is not known; {_ADVICE}")
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
        return recognise_object(begin, complete, text_field)
    if begin.startswith(b"["):
        return recognise_array(begin, complete)
    if begin.startswith(b"<"):
        return _markup(begin, complete)
    if not complete and not _LINE_END.search(begin):
        return None
    if _RESPONSE.match(begin):
        found = _document_after(begin)
        if found is None and (complete or len(begin) > 2 * _LARGEST_PREFIX):
            raise InputError(
                "this begins with the headers of an HTTP response; fetch it without them, as curl does without -i"
            )
        return found
    lines = first_lines(begin, complete)
    if count_lines_above(lines, text_field) is not None:
        return "csv"
    unsure = not complete and (_is_message(split_lines(begin)[0]) or may_precede_header(lines))
    return _document_after(begin) or (None if unsure else "text")


def _is_message(line: bytes) -> bool:
    """Whether a line is what a server writes before a document, which then has to be awaited."""
    line = line[:_LARGEST_PREFIX]
    return bool(_HEADERS.match(line) or (b" on line " in line and _WARNING.search(line)))


def _document_after(begin: bytes) -> str | None:
    """What kind of document begins at a line shortly after something else: a feed, a page, or None."""
    late = next_document(begin[: 2 * _LARGEST_PREFIX], 0)
    if late > _LARGEST_PREFIX or not begin[:late].rstrip(b" \t" + BOM).endswith(b"\n"):
        return None
    return kind_of(begin[late:].removeprefix(BOM))


def _markup(begin: bytes, complete: bool) -> str | None:
    """A feed, a page, or text that begins with a tag, by the first element; text has no XML declaration."""
    kind = kind_of(begin)
    if kind is not None:
        return kind
    first = element(begin)
    prolog = PROLOG.match(begin)
    if first is None and not complete and _BEGUN.fullmatch(begin, prolog.end() if prolog else 0):
        return None
    name = first[1].lower() if first else b""
    if begin.startswith(b"<?xml") and name not in _BLOCKS | _INLINE:
        if not name:
            raise InputError(f"this is XML without an element, and no feed; {_ADVICE}")
        raise InputError(f"this is XML, but <{name.decode(errors='replace')}> is not how a feed begins; {_ADVICE}")
    if name in _BLOCKS or (name in _INLINE and _BLOCK.search(begin)):
        # What a server wrote before a feed looks like a page, which is read whole anyway.
        late = next_document(begin, 0)
        return kind_of(begin[late:].removeprefix(BOM)) or ("html" if complete else None)
    line, end, _ = begin.partition(b"\n")
    unsure = not complete and ((name in _INLINE and not end) or _is_message(line))
    return _document_after(begin) or (None if unsure else "text")
