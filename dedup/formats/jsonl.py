"""JSON Lines: an object a line, of which one field is a text, or the paragraphs of an article."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from dedup.canonical import decode, encode
from dedup.formats.articles import cut, join, separator
from dedup.formats.records import BOM, Records, Rejected, Source, Stream
from dedup.model import Labels


class JsonRecords(Records):
    """Objects with a text each, or with the paragraphs of an article.

    `articles` says for each record how its text was cut, None where it is one paragraph; it is None itself
    where no record is an article. The parts of a string keep what separates them from the next. `values` are the
    objects, where they are held: one that is let go at once costs a third less. Then `columns` may have what each says
    in a field, and what else is asked for is parsed again.
    """

    def __init__(
        self,
        source: Source,
        ordinals: Sequence[int],
        raws: Sequence[bytes],
        texts: list[bytes],
        values: list[dict[str, Any]] | None = None,
        columns: Mapping[str, Sequence[Any]] | None = None,
        articles: list[list[str] | None] | None = None,
    ) -> None:
        self._source = source
        self._ordinals = ordinals
        self._raws = raws
        self._values = values
        self._columns = columns or {}
        self._articles = articles
        self.texts = texts

    def _value(self, record: int) -> Any:
        return load(self._raws[record]) if self._values is None else self._values[record]

    @cached_property
    def _places(self) -> Sequence[tuple[int, int | None]]:
        """The record of each paragraph, and its place in an article from 1."""
        if self._articles is None:
            return [(record, None) for record in range(len(self.texts))]
        return [
            (record, k)
            for record, parts in enumerate(self._articles)
            for k in ([None] if parts is None else range(1, len(parts) + 1))
        ]

    @cached_property
    def _ids(self) -> list[str]:
        """What each record is called."""
        given = self._column(self._source.id_field)
        if set(map(type, given)) <= {str}:
            return list(given)
        return [
            value
            if type(value) is str
            else str(value)
            if isinstance(value, str | int | float)
            else f"{self._source.name}:{self._ordinals[record]}"
            for record, value in enumerate(given)
        ]

    def _column(self, field: str) -> Sequence[Any]:
        """The value of a field in each record, None where it has none."""
        if field in self._columns:
            return self._columns[field]
        values = list(map(self._value, range(len(self._raws))))
        try:
            return list(map(getter(field), values))
        except (LookupError, TypeError):
            return [get(value, field) for value in values]

    def _named(self, field: str | None) -> list[str | None]:
        if field is None:
            return [None] * len(self._raws)
        return [None if value is None else str(value) for value in self._column(field)]

    def labels(self) -> Labels:
        name = self._source.name
        times = self._named(self._source.time_field)
        by: list[str | None] = [source or name for source in self._named(self._source.source_field)]
        if self._articles is None:
            return Labels(self._ids, times, by)
        return Labels(
            [self._id(record, k) for record, k in self._places],
            [times[record] for record, _ in self._places],
            [by[record] for record, _ in self._places],
        )

    def _id(self, record: int, k: int | None) -> str:
        return self._ids[record] if k is None else f"{self._ids[record]}#{k}"

    def fields(self, paragraph: int) -> dict[str, Any]:
        record, k = self._places[paragraph]
        value = put(self._value(record), self._source.text_field, decode(self.texts[paragraph]))
        if k is not None or get(value, self._source.id_field) is None:
            value = put(value, self._source.id_field, self._id(record, k))
        return value

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        if self._articles is None:
            return list(compress(self._raws, wanted.tolist()))
        chosen = []
        at = 0
        for record, parts in enumerate(self._articles):
            mask = wanted[at : at + (1 if parts is None else len(parts))]
            at += len(mask)
            if mask.all():
                chosen.append(self._raws[record])
            elif parts is not None and mask.any():
                try:
                    chosen.append(self._trim(record, parts, mask))
                except (RecursionError, OverflowError):  # what cannot be written again stays whole
                    chosen.append(self._raws[record])
        return chosen

    def _trim(self, record: int, parts: list[str], mask: NDArray[np.bool_]) -> bytes:
        """An article with only some of its paragraphs."""
        value = json.loads(
            decode(self._raws[record].removeprefix(BOM)), parse_float=_finite
        )  # orjson makes floats of large integers
        chosen = mask.tolist()
        whole = isinstance(get(value, self._source.text_field), str)
        text: str | list[str] = join(parts, chosen) if whole else list(compress(parts, chosen))
        end = b"\r\n" if self._raws[record].endswith(b"\r\n") else b"\n"
        return dump(put(value, self._source.text_field, text)) + end


class JsonLines(Stream):
    """One object a line; lines of white space are no records."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        labels = [source.id_field, source.time_field, source.source_field] if source.labelled else []
        self._fields = list(dict.fromkeys(filter(None, [source.text_field, *labels])))
        self._separator = separator(source.split)

    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | Rejected]:
        simple = self._parse_simple(raws, first)
        if simple is not None:
            yield simple
            return
        good: list[tuple[int, bytes, dict[str, Any]]] = []
        articles: list[list[str] | None] = []
        texts: list[bytes] = []
        for ordinal, raw in enumerate(raws, first):
            if not raw.strip():
                continue
            try:
                value = load(raw.removeprefix(BOM) if ordinal == 1 else raw)
                text = self._checked(value)
            except ValueError as error:
                yield Rejected(self.source.name, ordinal, raw, str(error))
                continue
            parts = (text or [""]) if isinstance(text, list) else self._cut(text)
            good.append((ordinal, raw, value))
            articles.append(parts if isinstance(text, list) or len(parts) > 1 else None)
            texts += [encode(part.strip("\r\n")) for part in parts]
        if good:
            ordinals, kept, values = zip(*good, strict=True)
            yield JsonRecords(self.source, ordinals, kept, texts, list(values), articles=articles)

    def _parse_simple(self, raws: Sequence[bytes], first: int) -> Records | None:
        """The batch where every line is an object with one paragraph; None where some line is not."""
        try:
            texts, columns, values = self._taken(raws)
            encoded = list(map(str.encode, texts))
        except (ValueError, LookupError, TypeError):
            return None
        together = b"".join(encoded)
        if b"\n" in together or b"\r" in together:
            if any(len(self._cut(text.decode())) > 1 for text in encoded):
                return None
            encoded = [text.strip(b"\r\n") for text in encoded]
        return JsonRecords(self.source, range(first, first + len(raws)), raws, encoded, values, columns)

    def _taken(
        self, raws: Sequence[bytes]
    ) -> tuple[Sequence[Any], dict[str, Sequence[Any]], list[dict[str, Any]] | None]:
        """The texts of all records, what they say in the fields of labels, and the objects where they are held.

        An object is let go when that was taken out of it, but where some record has no such field.
        """
        text, *labels = self._fields
        if not labels:
            return list(map(getter(text), map(orjson.loads, raws))), {}, None
        try:
            texts, *said = zip(*map(taker(self._fields), map(orjson.loads, raws)), strict=True)
            return texts, dict(zip(labels, said, strict=True)), None
        except (LookupError, TypeError):
            values = list(map(orjson.loads, raws))
            return list(map(getter(text), values)), {}, values

    def _checked(self, value: Any) -> str | list[str]:
        """The text of a record; raises ValueError with the reason, for people, where it has none."""
        if not isinstance(value, dict):
            raise ValueError(f"not a JSON object but {_called(value)}")
        field = self.source.text_field
        text = get(value, field)
        if text is None:
            raise ValueError(f"no text field {field!r}")
        if not isinstance(text, str | list):
            raise ValueError(f"text field {field!r} is {_called(text)}, not a string")
        if isinstance(text, list):
            for k, part in enumerate(text, 1):
                if not isinstance(part, str):
                    raise ValueError(f"paragraph {k} of text field {field!r} is {_called(part)}, not a string")
        return text

    def _cut(self, text: str) -> list[str]:
        """The paragraphs of a text, each with what separates it from the next."""
        return cut(text, self._separator)


def _called(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}
    return "null" if value is None else names[type(value)]


def getter(path: str) -> Callable[[Any], Any]:
    """A function that takes the value at a dotted path out of an object, or raises LookupError or TypeError."""
    first, *rest = path.split(".")
    if not rest:
        return itemgetter(first)

    def walk(value: Any) -> Any:
        for key in path.split("."):
            value = value[key]
        return value

    return walk


def taker(paths: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that takes what is at each of several dotted paths, or raises LookupError or TypeError."""
    if not any("." in path for path in paths):
        return itemgetter(*paths)
    getters = [getter(path) for path in paths]
    return lambda value: tuple(take(value) for take in getters)


def get(value: Any, path: str) -> Any:
    """The value at a dotted path, or None where there is none."""
    try:
        return getter(path)(value)
    except (LookupError, TypeError):
        return None


def put(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """A copy of the object with another value at a dotted path."""
    first, _, rest = path.partition(".")
    if not rest:
        return value | {first: new}
    inner = value.get(first)
    return value | {first: put(inner if isinstance(inner, dict) else {}, rest, new)}


def load(raw: bytes) -> Any:
    """The JSON value of a line, whose strings may hold bytes that are not UTF-8, and lone surrogates.

    Raises ValueError with the reason, for people.
    """
    try:
        return orjson.loads(raw)
    except ValueError as error:
        reason = str(error)
    try:
        return json.loads(decode(raw), parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("not valid JSON: nested too deep") from None
    except ValueError:
        raise ValueError(f"not valid JSON: {reason}") from None


def dump(value: Any) -> bytes:
    """The JSON of a value, without a line end."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # lone surrogates, or numbers beyond 64 bits
        return json.dumps(value, separators=(",", ":")).encode()


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise OverflowError(number)
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
