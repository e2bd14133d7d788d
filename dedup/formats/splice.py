"""Changes parts of a JSON object in its bytes, and leaves all other bytes as they are.

Decoding and encoding an object again could change it: a number may be too large for Python's types, and a string may
contain bytes that are not UTF-8. So these functions replace only the bytes of the changed value. They take valid JSON.
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
    """The end of the value that begins at `at`, however deep it is nested."""
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
    """The span of the value of each member of an object. If a name occurs twice, the last member counts."""
    return dict(_members(data))


def is_ambiguous(data: bytes, path: str) -> bool:
    """Whether a name on a dotted path occurs more than once in an object, with different values."""
    names = list(map(dump, path.split(".")))
    parsed = dump(load(data))  # has each name once
    if b"\\u" not in data and all(data.count(name) == parsed.count(name) for name in names):
        return False
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
    """The bytes of the value at a dotted path, or None if there is no such path."""
    for name in path.split("."):
        span = members(data).get(name) if data.startswith(b"{") else None
        if span is None:
            return None
        data = data[slice(*span)]
    return data


def replace(data: bytes, path: str, new: bytes) -> bytes:
    """The object with the value `new` at a dotted path. A missing member is added at the end."""
    name, _, rest = path.partition(".")
    found = members(data)
    if name in found:
        start, end = found[name]
        if rest:
            new = replace(data[start:end] if data.startswith(b"{", start) else b"{}", rest, new)
        return data[:start] + new + data[end:]
    return append(data, name, replace(b"{}", rest, new) if rest else new)


def append(data: bytes, name: str, new: bytes) -> bytes:
    """The object with one more member, `name` with the value `new`, at its end."""
    close = data.rindex(b"}")
    before = data[:close].rstrip()
    return before + (b"" if before.endswith(b"{") else b",") + dump(name) + b":" + new + data[len(before) :]


def as_line(data: bytes) -> bytes:
    """A value on one line, in valid UTF-8. Bytes that are not UTF-8 become escapes, which `load` reads the same way."""
    if b"\n" in data or b"\r" in data:
        data = _LINE_ENDS.sub(b"", data)  # valid JSON has line ends only between tokens
    try:
        data.decode()
    except UnicodeDecodeError:
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", decode(data)).encode()
    return data
