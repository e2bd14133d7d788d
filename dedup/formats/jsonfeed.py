"""JSON with records in an array: a JSON Feed, or an array of objects."""

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
_DECODER = json.JSONDecoder(parse_int=integer)
_TEXTS = ("content_html", "content_text", "summary")  # of an item; the first one that it has is its body


@dataclass(slots=True)
class Array:
    """The elements of an array with where each stands, and what is wrong after the last, if something is.

    `end` is behind the last, `after` behind the array.
    """

    elements: list[tuple[int, int, Any]]
    end: int
    wrong: str | None = None
    after: int = 0


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def elements(text: str, at: int) -> Array:
    """The array that begins at `at`, up to where it can be read."""
    array = Array([], at + 1)
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            array.wrong = "not valid JSON: nested too deep"
            break
        except ValueError as error:
            array.wrong = f"not valid JSON: {error}"
            break
        array.elements.append((at, end, value))
        array.end = end
        at = _skip(text, end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            array.wrong = "not valid JSON: an array without an end"
            break
    array.after = at + 1
    return array


def objects(text: str, at: int) -> Array:
    """The objects that stand one after the other from `at` on, up to where they can be read."""
    run = Array([], at, after=at)
    while text.startswith("{", at):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            run.wrong = "not valid JSON: nested too deep"
            break
        except ValueError as error:
            run.wrong = f"not valid JSON: {error}"
            break
        run.elements.append((at, end, value))
        run.end = end
        run.after = at = _skip(text, end)
    return run


def _members(text: str) -> Iterator[tuple[str, int, Any]]:
    """The members of the object that a text is, as far as it can be read: name, where the value stands, value.

    The value of `items` is an Array. Raises ValueError or RecursionError where the object cannot be read to its end.
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
        raise ValueError("an object without an end")


def member_names(text: str) -> list[str]:
    """The names of the members of the object that a text is, as far as it can be read."""
    names = []
    with suppress(ValueError, RecursionError):
        for name, _, _ in _members(text):
            names.append(name)
    return names


def parse_json_feed(source: Source, data: bytes, ordinals: Iterator[int]) -> Iterator[Records | RejectedInput]:
    """The items of a JSON Feed, numbered by `ordinals`."""
    text = decode(data)
    feed: dict[str, Any] = {}
    cut = False
    try:
        for name, _, value in _members(text):
            feed[name] = value
    except (ValueError, RecursionError):
        cut = True  # what could be read is there
    array = feed.get("items")
    if not isinstance(array, Array):
        yield RejectedInput(source.name, 0, data, "a JSON Feed without items that can be read")
        return
    items = []
    for start, end, value in array.elements:
        ordinal = next(ordinals)
        raw = encode(text[start:end])
        try:
            items.append(_item(source, ordinal, start, end, value, raw))
        except InputError as error:
            yield RejectedInput(source.name, ordinal, raw, str(error))
    if array.wrong is None and cut:
        array.end, array.wrong = array.after, "not valid JSON: a feed without an end"
    if array.wrong is not None:
        rest = text[array.end :].lstrip(", \t\r\n")
        yield RejectedInput(source.name, next(ordinals), encode(rest), array.wrong)
    title = feed.get("title")
    yield JsonItems(source, title if isinstance(title, str) else None, items, text, array)


def _item(source: Source, ordinal: int, start: int, end: int, value: Any, raw: bytes) -> Item:
    """An item; raises InputError with the reason where it has to be rejected."""
    if not isinstance(value, dict):
        raise InputError("an item that is no object")
    if end - start > source.max_bytes:
        raise InputError(f"longer than max-bytes {source.max_bytes}")
    for name in (*_TEXTS, "title"):
        if is_ambiguous(raw, name):
            raise InputError(f"{name!r} is there twice, with different values")

    def said(*names: str) -> str | None:
        return next((value[name] for name in names if isinstance(value.get(name), str) and value[name]), None)

    bodies = [found for name in _TEXTS if (found := body(said(name), name == "content_html", source.split)) is not None]
    known = value.get("id")
    named = str(known) if isinstance(known, str | int | float) and known != "" else said("url")
    return Item(
        start,
        end,
        named or f"{source.name}:{ordinal}",
        heading(said("title")),
        said("date_published", "date_modified"),
        said("url", "external_url"),
        next(iter(bodies), None),
        others=[text for other in bodies[1:] for text in other.texts],
        key=fingerprint(raw),
    )


class JsonItems(Items):
    """The items of a JSON Feed."""

    def __init__(self, source: Source, by: str | None, items: Sequence[Item], text: str, array: Array) -> None:
        super().__init__(source, by, items)
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
    """Arrays of objects, and objects of several lines, one after the other; each object is a record as of JSON Lines.

    An array comes out as an array with an object a line, and an object byte for byte.
    """

    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        for ordinal, found, in_array in values(self.source.name, data):
            if isinstance(found, RejectedInput):
                yield found
                continue
            for batch in JsonLines(self.source).parse(found, ordinal):
                yield batch if isinstance(batch, RejectedInput) or not in_array else InArray(batch)


def values(name: str, data: bytes) -> Iterator[tuple[int, list[bytes] | RejectedInput, bool]]:
    """The JSON of the elements of each array, and of objects that follow each other.

    Each list comes with the ordinal of its first value, and whether it is of an array; last comes what cannot be read.
    Raises InputError where the input begins with neither an array nor an object.
    """
    text = decode(data.removeprefix(BOM))
    at = _skip(text, 0)
    if not text.startswith(("[", "{"), at):
        raise InputError(f"{name}: no JSON array or object; name what it is with --format")
    ordinal = 1
    wrong: str | None = None
    while wrong is None and text.startswith(("[", "{"), at):
        in_array = text.startswith("[", at)
        array = elements(text, at) if in_array else objects(text, at)
        ends = [end for _, end, _ in array.elements]
        if not in_array:  # what stands between two belongs to the first
            ends = [*(start for start, _, _ in array.elements[1:]), array.after][: len(ends)]
        raws = [encode(text[start:end]) for (start, _, _), end in zip(array.elements, ends, strict=True)]
        yield ordinal, raws, in_array
        ordinal += len(raws)
        wrong = array.wrong
        at = _skip(text, array.after) if wrong is None else array.end
    rest = text[at:].lstrip(", \t\r\n")
    if rest or wrong is not None:
        yield ordinal, RejectedInput(name, ordinal, encode(rest), wrong or "this is not within the array"), False


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
