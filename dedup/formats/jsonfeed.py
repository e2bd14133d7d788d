"""Reads and writes JSON Feeds and arrays of objects."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import InputError
from dedup.formats.base import BOM, Document, Records, RejectedInput, Source
from dedup.formats.feed_items import Item, Items, body, fingerprint, heading
from dedup.formats.json_values import dump, integer
from dedup.formats.jsonl import JsonLines
from dedup.formats.splice import is_ambiguous, replace
from dedup.model.types import Labels
from dedup.model.utf8 import decode, encode

_SPACE = re.compile(r"[ \t\r\n]*")
_MOST_VALUES = 1_000_000  # of an array, or that follow each other
_DECODER = json.JSONDecoder(parse_int=integer)
_TEXTS = ("content_html", "content_text", "summary")  # the texts of an item; the first one present is its body


@dataclass(slots=True)
class Array:
    """The elements of an array, or a run of objects, as far as they can be read.

    Attributes:
        elements: The start, the end and the value of each element.
        end: The end of the last element.
        wrong: The reason if the rest cannot be read.
        after: The end of the array.
    """

    elements: list[tuple[int, int, Any]]
    end: int
    wrong: str | None = None
    after: int = 0


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def elements(text: str, at: int, *, keep: bool = True) -> Array:
    """Read the array that begins at `at`, as far as possible. Without `keep`, each value is None, which saves memory.

    An array ends after its first million values: each takes some hundred bytes of memory, however short it is.
    """
    array = Array([], at + 1)
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        if len(array.elements) == _MOST_VALUES:
            array.wrong = f"more than {_MOST_VALUES:,} values follow each other; use JSON Lines"
            break
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            array.wrong = "not valid JSON: nested too deep"
            break
        except ValueError as error:
            array.wrong = f"not valid JSON: {error}"
            break
        array.elements.append((at, end, value if keep else None))
        array.end = end
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            array.wrong = "not valid JSON: the array has no end"
            break
    array.after = at + 1
    return array


def objects(text: str, at: int, *, keep: bool = True) -> Array:
    """Read the objects that follow each other from `at` on, as far as possible, within the bound of `elements`."""
    run = Array([], at, after=at)
    while text.startswith("{", at):
        if len(run.elements) == _MOST_VALUES:
            run.wrong = f"more than {_MOST_VALUES:,} values follow each other; use JSON Lines"
            break
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            run.wrong = "not valid JSON: nested too deep"
            break
        except ValueError as error:
            run.wrong = f"not valid JSON: {error}"
            break
        run.elements.append((at, end, value if keep else None))
        run.end = end
        run.after = at = _skip(text, end)
    return run


def _members(text: str) -> Iterator[tuple[str, int, Any]]:
    """The name, the start of the value and the value of each member of an object. The value of `items` is an Array.

    Raises:
        ValueError: The object cannot be read to its end.
        RecursionError: A value is nested too deep.
    """
    at = _skip(text, text.index("{") + 1)
    while text[at : at + 1] == '"':
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            break
        start = _skip(text, at + 1)
        if name == "items" and text[start : start + 1] == "[":
            array = elements(text, start)
            yield name, start, array
            if array.wrong is not None:
                break
            at = array.after
        else:
            value, at = _DECODER.raw_decode(text, start)
            yield name, start, value
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
    if text[at : at + 1] != "}":
        raise ValueError("the object has no end")


def member_names(text: str) -> list[str]:
    """The names of the members of an object, as far as it can be read."""
    names = []
    with suppress(ValueError, RecursionError):
        for name, _, _ in _members(text):
            names.append(name)
    return names


def parse_json_feed(source: Source, data: bytes, ordinals: Iterator[int]) -> Iterator[Records | RejectedInput]:
    """Read the items of a JSON Feed. `ordinals` gives the ordinal of each item."""
    text = decode(data)
    feed: dict[str, Any] = {}
    is_incomplete = False
    try:
        for name, _, value in _members(text):
            feed[name] = value
    except (ValueError, RecursionError):
        is_incomplete = True  # `feed` has the members before the error
    array = feed.get("items")
    if not isinstance(array, Array):
        yield RejectedInput(source.name, 0, data, "this JSON Feed has no readable items")
        return
    items = []
    for start, end, value in array.elements:
        ordinal = next(ordinals)
        raw = encode(text[start:end])
        try:
            items.append(_item(source, ordinal, start, end, value, raw))
        except InputError as error:
            yield RejectedInput(source.name, ordinal, raw, str(error))
    if array.wrong is None and is_incomplete:
        array.end, array.wrong = array.after, "not valid JSON: the feed has no end"
    if array.wrong is not None:
        rest = text[array.end :].lstrip(", \t\r\n")
        yield RejectedInput(source.name, next(ordinals), encode(rest), array.wrong)
    title = feed.get("title")
    yield JsonItems(source, title if isinstance(title, str) else None, items, text, array)


def _item(source: Source, ordinal: int, start: int, end: int, value: Any, raw: bytes) -> Item:
    """Read an item.

    Args:
        source: How the input is read.
        ordinal: Its ordinal in the input.
        start: Its start in the feed.
        end: Its end there.
        value: Its JSON value.
        raw: Its bytes.

    Raises:
        InputError: The item cannot be read. The message is the reason alone.
    """
    if not isinstance(value, dict):
        raise InputError("this item is not an object")
    if end - start > source.max_bytes:
        raise InputError(f"longer than max-bytes {source.max_bytes}")
    for name in (*_TEXTS, "title"):
        if is_ambiguous(raw, name):
            raise InputError(f"{name!r} occurs twice with different values")

    def first_string(*names: str) -> str | None:
        return next((value[name] for name in names if isinstance(value.get(name), str) and value[name]), None)

    bodies = [
        found
        for name in _TEXTS
        if (found := body(first_string(name), name == "content_html", source.split)) is not None
    ]
    given_id = value.get("id")
    id_ = str(given_id) if isinstance(given_id, str | int | float) and given_id != "" else first_string("url")
    return Item(
        start,
        end,
        id_ or f"{source.name}:{ordinal}",
        heading(first_string("title")),
        first_string("date_published", "date_modified"),
        first_string("url", "external_url"),
        next(iter(bodies), None),
        others=[text for part in bodies[1:] for text in part.texts],
        key=fingerprint(raw),
    )


class JsonItems(Items):
    """The items of a JSON Feed."""

    def __init__(self, source: Source, publisher: str | None, items: Sequence[Item], text: str, array: Array) -> None:
        super().__init__(source, publisher, items)
        self._text = text
        self._array = array

    def write(self, wanted: Sequence[Sequence[bool]]) -> bytes:
        text = self._text
        all_ = self._array.elements
        if not all_:
            return encode(text)
        between = text[all_[0][1] : all_[1][0]] if len(all_) > 1 else ","
        kept = [self._item(item, mask) for item, mask in zip(self._items, wanted, strict=True) if any(mask)]
        tail = text[all_[-1][1] :] if self._array.wrong is None else "]}\n"
        return encode(text[: all_[0][0]] + between.join(kept) + tail)

    def _item(self, item: Item, mask: Sequence[bool]) -> str:
        raw = self._text[item.start : item.end]
        trimmed = item.trimmed(mask) if self._source.trim else None
        if trimmed is None:
            return raw
        value = json.loads(raw)
        name = next(name for name in _TEXTS if isinstance(value.get(name), str) and value[name])
        return decode(replace(encode(raw), name, dump(trimmed)))


class JsonArray(Document):
    """Reads arrays of objects, and objects of several lines. They may follow each other.

    Each object is a record as in JSON Lines. An array is written as an array with one object per line, and an object
    outside of arrays is written byte for byte.
    """

    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        for ordinal, found, in_array in values(self.source.name, data):
            if isinstance(found, RejectedInput):
                yield found
                continue
            for batch in JsonLines(self.source).parse(found, ordinal):
                yield batch if isinstance(batch, RejectedInput) or not in_array else InArray(batch)


def values(name: str, data: bytes) -> Iterator[tuple[int, list[bytes] | RejectedInput, bool]]:
    """Read the values of an input with arrays and objects.

    Args:
        name: The name of the input.
        data: The whole input.

    Returns:
        For each array or run of objects: the ordinal of its first value, the JSON of its values, and whether it is an
        array. If the rest of the input cannot be read, a RejectedInput comes last.

    Raises:
        InputError: The input begins with neither an array nor an object.
    """
    text = decode(data.removeprefix(BOM))
    at = _skip(text, 0)
    if not text.startswith(("[", "{"), at):
        raise InputError(f"{name}: this is neither a JSON array nor an object; name its format with --format")
    ordinal = 1
    wrong: str | None = None
    while wrong is None and text.startswith(("[", "{"), at):
        in_array = text.startswith("[", at)
        array = elements(text, at, keep=False) if in_array else objects(text, at, keep=False)
        ends = [end for _, end, _ in array.elements]
        if not in_array:  # the text between two objects belongs to the first
            ends = [*(start for start, _, _ in array.elements[1:]), array.after][: len(ends)]
        raws = [encode(text[start:end]) for (start, _, _), end in zip(array.elements, ends, strict=True)]
        yield ordinal, raws, in_array
        ordinal += len(raws)
        wrong = array.wrong
        at = _skip(text, array.after) if wrong is None else array.end
    rest = text[at:].lstrip(", \t\r\n")
    if rest or wrong is not None:
        yield ordinal, RejectedInput(name, ordinal, encode(rest), wrong or "this is outside the array"), False


class InArray(Records):
    """The records of an array."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.texts = records.texts

    def labels(self) -> Labels:
        return self._records.labels()

    def fields(self, paragraph: int) -> dict[str, Any]:
        return self._records.fields(paragraph)

    def owners(self) -> Sequence[int]:
        return self._records.owners()

    def names(self) -> list[str]:
        return self._records.names()

    def count_filled(self, field: str) -> int:
        return self._records.count_filled(field)

    def report(self, paragraph: int, decision: dict[str, Any]) -> bytes:
        return self._records.report(paragraph, decision)

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        return [b"[" + b",\n".join(raw.strip() for raw in self._records.select(wanted)) + b"]\n"]
