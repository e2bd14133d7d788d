"""Changes in the bytes of a JSON object that leave all its other bytes as they are.

A number may be larger than any type of ours, and a string may hold what no decoder gives back. So an object that was
read is not written again: what changes is cut out of its bytes. All of these functions take valid JSON.
"""

import re
from collections.abc import Iterator

from dedup.formats.json_values import dump, load
from dedup.model.utf8 import decode

_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_NAME = re.compile(_STRING, re.DOTALL)
_NESTING = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^ \t\r\n,\]}]++", re.DOTALL)
_LINE_ENDS = re.compile(rb"[ \t]*+[\r\n][ \t\r\n]*+")
_SURROGATE = re.compile("[\ud800-\udfff]")
Span = tuple[int, int]


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    return found.end() if found else at


def _value_end(data: bytes, at: int) -> int:
    """Where the value ends that begins at `at`; however deep it is nested."""
    if data[at : at + 1] not in (b"{", b"["):
        return _end(_SCALAR, data, at)
    depth = 0
    for token in _NESTING.finditer(data, at):
        depth += (token[0] in b"[{") - (token[0] in b"]}")
        if not depth:
            return token.end()
    return len(data)


def elements(data: bytes) -> Iterator[bytes]:
    """The elements of an array."""
    at = _end(_SPACE, data, data.index(b"[") + 1)
    while data[at : at + 1] != b"]":
        end = _value_end(data, at)
        yield data[at:end]
        at = _end(_SPACE, data, end)
        if data[at : at + 1] == b",":
            at = _end(_SPACE, data, at + 1)


def members(data: bytes) -> dict[str, Span]:
    """Where the value of each member of an object stands. Of members with one name the last counts."""
    return dict(_members(data))


def is_ambiguous(data: bytes, path: str) -> bool:
    """Whether an object has several members of one name on a dotted path, with different values."""
    name, _, rest = path.partition(".")
    values = {data[start:end] for found, (start, end) in _members(data) if found == name}
    if len(values) > 1 and len({dump(load(value)) for value in values}) > 1:
        return True
    return bool(rest) and any(value.startswith(b"{") and is_ambiguous(value, rest) for value in values)


def _members(data: bytes) -> Iterator[tuple[str, Span]]:
    at = _end(_SPACE, data, data.index(b"{") + 1)
    while data[at : at + 1] == b'"':
        end = _end(_NAME, data, at)
        name = load(data[at:end])
        start = _end(_SPACE, data, data.index(b":", end) + 1)
        end = _value_end(data, start)
        yield name, (start, end)
        at = _end(_SPACE, data, end)
        if data[at : at + 1] == b",":
            at = _end(_SPACE, data, at + 1)


def find(data: bytes, path: str) -> bytes | None:
    """The bytes of the value at a dotted path; None where there is none."""
    for name in path.split("."):
        span = members(data).get(name) if data.startswith(b"{") else None
        if span is None:
            return None
        data = data[slice(*span)]
    return data


def replace(data: bytes, path: str, new: bytes) -> bytes:
    """The object with another value at a dotted path; a member that is not there is added at the end."""
    name, _, rest = path.partition(".")
    found = members(data)
    if name in found:
        start, end = found[name]
        if rest:
            new = replace(data[start:end] if data.startswith(b"{", start) else b"{}", rest, new)
        return data[:start] + new + data[end:]
    return append(data, name, replace(b"{}", rest, new) if rest else new)


def append(data: bytes, name: str, new: bytes) -> bytes:
    """The object with one more member at its end."""
    close = data.rindex(b"}")
    before = data[:close].rstrip()
    return before + (b"" if before.endswith(b"{") else b",") + dump(name) + b":" + new + data[len(before) :]


def as_line(data: bytes) -> bytes:
    """A value on one line, in UTF-8 that any reader takes: bytes that are not UTF-8 become escapes, as `load` has them.

    Line ends and such bytes stand between tokens and in strings, respectively, and nowhere else.
    """
    if b"\n" in data or b"\r" in data:
        data = _LINE_ENDS.sub(b"", data)
    try:
        data.decode()
    except UnicodeDecodeError:
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", decode(data)).encode()
    return data
