"""Detects the format of an input from its first bytes."""

import re

from dedup.errors import InputError
from dedup.formats.base import BOM
from dedup.formats.byte_reader import split_lines
from dedup.formats.compression import MAGIC_SIZE
from dedup.formats.detect_json import recognise_array, recognise_object
from dedup.formats.document_roots import PROLOG, element, encodings, kind_of, next_document, wide
from dedup.formats.tables import count_lines_above, first_lines, may_precede_header

#: After this many bytes, the format is decided even if it is uncertain.
DETECTION_LIMIT = 1 << 20

_ADVICE = "name its format with --format, or convert it to text first"
# The first bytes of files that are not text, the names of their formats, and what to do.
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
    (b"Obj\x01", "an Avro file", "convert it to JSON Lines or Parquet"),
    (b"ARROW1", "an Arrow file", "convert it to Parquet"),
    (b"ORC", "an ORC file", "convert it to Parquet"),
    (b"\xd0\xcf\x11\xe0", "an Office document", _ADVICE),
)
_EXAMINED = 512  # bytes to examine for control characters; in text, these are less than a twentieth
_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"})
_BEGUN = re.compile(rb"(?:<(?:[!?].*|[a-z_][\w.:-]*)?)?", re.IGNORECASE | re.DOTALL)
_LINE_END = re.compile(rb"[\r\n]")
# Lines that `curl -i` and PHP write before a document.
_HEADERS = re.compile(rb"HTTP/[\d.]+\s+\d{3}\b")
_RESPONSE = re.compile(rb"HTTP/[\d.]+\s+\d{3}\b[^\r\n]*\r?\n[\w-]+:[^\r\n]*[\r\n]")
_WARNING = re.compile(rb"\b(?:warning|notice|deprecated|error|standards)(?:</b>)?\s*:", re.IGNORECASE)
_LARGEST_PREFIX = 4096  # the largest number of bytes before a document that are ignored
# The elements of a page: those inside a line of text, which plain text may contain too, and blocks.
_INLINE = set(
    b"a abbr b big cite code del em font i img ins kbd mark q s small span strike strong sub sup tt u".split()
)
_BLOCKS = set(
    b"meta title link script style div p article section main header footer nav aside h1 h2 h3 h4 h5 h6 ul ol li dl "
    b"table blockquote pre figure form center br hr noscript".split()
)
_BLOCK = re.compile(rb"<(?:" + b"|".join(sorted(_BLOCKS)) + rb"|html|body)[\s/>]", re.IGNORECASE)


def guess(head: bytes, text_field: str = "text") -> str:
    """The most likely format of an input that begins with `head`.

    Raises:
        InputError: The input is not a feed. The message does not name the input.
    """
    return recognise(head, True, text_field) or "text"


def recognise(head: bytes, complete: bool, text_field: str = "text") -> str | None:
    """The format of an input, or None if more of it is needed to decide.

    Args:
        head: The first bytes of the input.
        complete: Whether to decide now, because `head` is the whole input or long enough.
        text_field: The field or column of the text.

    Raises:
        InputError: The input is not a feed, but for example an image. The message does not name the input.
    """
    if not complete and len(head) < MAGIC_SIZE and b"\n" not in head:
        return None
    if head.startswith(b"PAR1\x15"):
        return "parquet"
    for magic, kind, advice in _FOREIGN:
        if head.startswith(magic) and (not magic.isalnum() or b"\0" in head):
            raise InputError(f"this is {kind}; {advice}")
    if head[257:262] == b"ustar":
        raise InputError("this is a tar archive; unpack it and name its files, or their directory")
    if head.lstrip().startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.lstrip()
    begin = next((part for part, _ in encodings(head)), b"")[:_EXAMINED]
    controls = sum(map(begin.count, _CONTROLS))
    if len(begin) == _EXAMINED and controls > _EXAMINED // 20 and wide(head) is None:
        raise InputError(f"this is binary data of an unknown kind; {_ADVICE}")
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
    """Whether a server may have written this line before a document. Then the document may still follow."""
    line = line[:_LARGEST_PREFIX]
    return bool(_HEADERS.match(line) or (b" on line " in line and _WARNING.search(line)))


def _document_after(begin: bytes) -> str | None:
    """The kind of the document (a feed or a page) that begins at a line after other text; None if there is none."""
    start = next_document(begin[: 2 * _LARGEST_PREFIX], 0)
    if start > _LARGEST_PREFIX or not begin[:start].rstrip(b" \t" + BOM).endswith(b"\n"):
        return None
    return kind_of(begin[start:].removeprefix(BOM))


def _markup(begin: bytes, complete: bool) -> str | None:
    """Decide by the first element whether this is a feed, a page, or text that begins with a tag."""
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
            raise InputError(f"this is XML without an element, and not a feed; {_ADVICE}")
        raise InputError(f"this is XML, but no feed begins with <{name.decode(errors='replace')}>; {_ADVICE}")
    if name in _BLOCKS or (name in _INLINE and _BLOCK.search(begin)):
        # The warning of a server before a feed looks like a page. Pages are read whole anyway, so wait for the feed.
        start = next_document(begin, 0)
        return kind_of(begin[start:].removeprefix(BOM)) or ("html" if complete else None)
    line, end, _ = begin.partition(b"\n")
    unsure = not complete and ((name in _INLINE and not end) or _is_message(line))
    return _document_after(begin) or (None if unsure else "text")
