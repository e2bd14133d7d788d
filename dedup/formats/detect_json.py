"""Detects the format of an input that begins with a brace or a bracket."""

import json
import re
from typing import Any

from dedup.errors import InputError
from dedup.formats.byte_reader import split_lines
from dedup.formats.document_roots import HAS_ITEMS, HAS_VERSION, MEMBER
from dedup.formats.json_values import load

_CONTENT = ("content_html", "content_text")
_ABOUT_FEED = ("home_page_url", "feed_url")
_OTHER_MEMBER = re.compile(rb"\{\s*(?:'[^'\n]*+'|\w++)\s*:\s*['\"\d\[{]")  # of Python, JavaScript and YAML
_BROKEN_LINES = 10  # after this many broken lines, an input is not JSON Lines
_DECODER = json.JSONDecoder()


def _parsed(line: bytes) -> Any:
    try:
        return load(line)
    except ValueError:
        return None


def _spanned(begin: bytes, complete: bool) -> tuple[Any, bool]:
    """Read a JSON value that covers several lines.

    Returns:
        The value, or None, and whether the rest of the value may still follow.
    """
    text = (begin if complete else begin[: begin.rfind(b"\n") + 1]).decode(errors="replace").rstrip()
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        # A line end is between two tokens of a value. So a value that continues fails at the very end of the text.
        return None, error.pos >= len(text) or error.msg.startswith("Unterminated string")
    except (ValueError, RecursionError):
        return None, False
    return (value if "\n" in text[:end] else None), False


def recognise_object(begin: bytes, complete: bool, text_field: str) -> str | None:
    """Decide between a JSON Feed, JSON Lines, objects of several lines, and text that begins with a brace.

    Args and errors are those of `detect.recognise`.
    """
    line, *lines = split_lines(begin)
    if not complete and not line.endswith((b"\n", b"\r")):
        return None
    value = _parsed(line)
    if isinstance(value, dict):
        return "feed" if _is_feed(value, text_field) else "jsonl"
    if MEMBER.match(begin):
        value, more = _spanned(begin, complete)
        if isinstance(value, dict):
            return "feed" if _is_feed(value, text_field) else "json"
        if HAS_VERSION.search(begin) or (more and HAS_ITEMS.search(begin)):
            return "feed"
        if more:
            return "json" if complete else None
    if any(isinstance(_parsed(later), dict) for later in lines if later.lstrip().startswith(b"{")):
        return "jsonl"
    if not MEMBER.match(line) and not _OTHER_MEMBER.match(line):
        return "text"
    if not complete and len(lines) < _BROKEN_LINES:
        return None
    try:
        load(line)
    except ValueError as error:
        raise InputError(
            f"this begins like JSON, but its first line is {error}; read it as lines of text with --format text, or "
            f"put each object on a line of its own with jq -c"
        ) from None
    return "jsonl"


def _is_feed(value: dict[str, Any], text_field: str) -> bool:
    """Whether an object is a JSON Feed, even one without the version."""
    version = value.get("version")
    if isinstance(version, str) and "jsonfeed.org/" in version:
        return True
    items = value.get("items")
    if not isinstance(items, list) or text_field.partition(".")[0] in value:
        return False
    has_content = any(isinstance(item, dict) and any(name in item for name in _CONTENT) for item in items)
    return has_content or any(name in value for name in _ABOUT_FEED)


def recognise_array(begin: bytes, complete: bool) -> str | None:
    """Decide between an array of objects and text that begins with a bracket.

    Raises:
        InputError: This is an array of strings. The message does not name the input.
    """
    inner = begin[1:].lstrip()
    if not inner:
        return "text" if complete or b"\n" in begin else None
    if not inner.startswith(b'"'):
        return "json" if inner.startswith(b"{") else "text"
    line, *lines = split_lines(begin)
    if not complete and not line.endswith((b"\n", b"\r")):
        return None
    value, more = _parsed(line), False
    if value is None:
        value, more = _spanned(begin, complete)
    elif any(later.strip() and not later.lstrip().startswith(b"[") for later in lines[:_BROKEN_LINES]):
        return "text"
    if more and not complete:
        return None
    if isinstance(value, list):
        raise InputError("this is a JSON array of strings; jq -c '.[] | {text: .}' FILE | dedup filter")
    return "text"
