"""JSON Lines: one object per line, with a field that holds a text or a list of paragraphs."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from dedup.formats.base import BOM, Records, RejectedInput, Source, Stream, list_names
from dedup.formats.json_values import dump, get, getter, load, put, taker
from dedup.formats.splice import append, as_line, elements, find, is_ambiguous, replace
from dedup.formats.split_paragraphs import cut, join, separator
from dedup.model.types import Labels
from dedup.model.utf8 import decode, encode

_EXACT = 2**53  # a float represents every whole number up to this one


class JsonRecords(Records):
    """A batch of objects, each with a text or with the paragraphs of an article.

    Args:
        source: How the input is read.
        ordinals: The ordinal of each record.
        raws: The bytes of each record.
        texts: The UTF-8 of each paragraph of all records.
        values: The objects. Without them, an object is parsed again when it is needed. Not holding objects saves a
            third of the time.
        columns: The values of a field in all records, by field, for fields that were read in advance.
        articles: For each record its paragraphs, or None if it has only one. Paragraphs of a string include the
            separator after them. Without `articles`, every record has one paragraph.
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
        self.ordinals = ordinals
        self._raws = raws
        self._values = values
        self._columns = columns or {}
        self._articles = articles
        self._framed: tuple[int, bytes, list[bytes]] | None = None
        self.texts = texts

    def _value(self, record: int) -> Any:
        return load(self._raws[record]) if self._values is None else self._values[record]

    @cached_property
    def _places(self) -> Sequence[tuple[int, int | None]]:
        """The index of the record of each paragraph, and its number in an article, from 1, or None."""
        if self._articles is None:
            return [(record, None) for record in range(len(self.texts))]
        return [
            (record, k)
            for record, parts in enumerate(self._articles)
            for k in ([None] if parts is None else range(1, len(parts) + 1))
        ]

    @cached_property
    def _ids(self) -> list[str]:
        """The id of each record."""
        given = self._given_ids
        if set(map(type, given)) <= {str}:
            return list(given)
        return [
            self._as_text(record, self._source.id_field, value)
            if isinstance(value, str | int | float)
            else f"{self._source.name}:{self.ordinals[record]}"
            for record, value in enumerate(given)
        ]

    @cached_property
    def _given_ids(self) -> Sequence[Any]:
        return self._column(self._source.id_field)

    def _as_text(self, record: int, field: str, value: Any) -> str:
        """The value of a field as text. A number that a float cannot represent keeps its digits."""
        if isinstance(value, float) and not abs(value) < _EXACT:
            return decode(find(self._own(record), field) or b"")
        return str(value)

    def _own(self, record: int) -> bytes:
        """The bytes of the object of a record."""
        return self._raws[record].removeprefix(BOM).strip()

    def _column(self, field: str) -> Sequence[Any]:
        """The value of a field in each record, or None if the record lacks it."""
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
        return [
            None if value is None else self._as_text(record, field, value)
            for record, value in enumerate(self._column(field))
        ]

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

    def owners(self) -> Sequence[int]:
        return [record for record, _ in self._places]

    def fields(self, paragraph: int) -> dict[str, Any]:
        record, k = self._places[paragraph]
        value = put(self._value(record), self._source.text_field, decode(self.texts[paragraph]))
        if k is not None or self._given_ids[record] is None or self._ids[record] != str(self._given_ids[record]):
            value = put(value, self._source.id_field, self._id(record, k))
        return value

    def names(self) -> list[str]:
        return list(self._value(0))

    def count_filled(self, field: str) -> int:
        values = self._column(field)
        return sum(values[record] not in (None, "") for record, _ in self._places)

    def report(self, paragraph: int, decision: dict[str, Any]) -> bytes:
        source = self._source
        record, k = self._places[paragraph]
        if k is None:
            own = self._own(record)
            if b"\\n" in own or b"\\r" in own:
                text = get(load(own), source.text_field)
                if text[0] in "\r\n":  # `novel_spans` count from the first character after these
                    own = replace(own, source.text_field, dump(decode(self.texts[paragraph])))
        else:
            own, texts = self._frame(record)
            part = self._parts(record)[k - 1]
            text_ = texts[k - 1] if texts and part[:1] not in ("\r", "\n") else dump(decode(self.texts[paragraph]))
            own = replace(own, source.text_field, text_)
        if k is not None or self._given_ids[record] is None:
            own = replace(own, source.id_field, dump(self._id(record, k)))
        own = (replace if b'"dedup"' in own else append)(own, "dedup", dump(decision))
        return as_line(own)

    def _parts(self, record: int) -> list[str]:
        """The paragraphs of an article."""
        return (self._articles[record] if self._articles is not None else None) or []

    def _frame(self, record: int) -> tuple[bytes, list[bytes]]:
        """The bytes of an article without its text, and the bytes of its paragraphs if they are a list.

        The result for the last article is stored. Otherwise each paragraph would take as long as the whole article.
        """
        if self._framed is None or self._framed[0] != record:
            own, field = self._own(record), self._source.text_field
            text = find(own, field) or b""
            texts = list(elements(text)) if text.startswith(b"[") else []
            self._framed = record, replace(own, field, b"null"), texts
        return self._framed[1:]

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
                chosen.append(self._trim(record, parts, mask.tolist()))
        return chosen

    def _trim(self, record: int, parts: list[str], mask: list[bool]) -> bytes:
        """The bytes of an article with only the paragraphs in `mask`."""
        own, texts = self._frame(record)
        text = b"[" + b",".join(compress(texts, mask)) + b"]" if texts else dump(join(parts, mask))
        raw = self._raws[record]
        return as_line(replace(own, self._source.text_field, text)) + (raw[len(raw.rstrip(b"\r\n")) :] or b"\n")


class JsonLines(Stream):
    """Reads one object per line. Lines of white space are ignored."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        labels = [source.id_field, source.time_field, source.source_field] if source.labelled else []
        self._fields = list(dict.fromkeys(filter(None, [source.text_field, *labels])))
        self._separator = separator(source.split)
        self._names = list(map(dump, source.text_field.split(".")))

    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | RejectedInput]:
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
                self._check_once(raw)
            except ValueError as error:
                yield RejectedInput(self.source.name, ordinal, raw, str(error))
                continue
            parts = (text or [""]) if isinstance(text, list) else self._cut(text)
            good.append((ordinal, raw, value))
            articles.append(parts if isinstance(text, list) or len(parts) > 1 else None)
            texts += [encode(part.strip("\r\n")) for part in parts]
        if good:
            ordinals, kept, values = zip(*good, strict=True)
            yield JsonRecords(self.source, ordinals, kept, texts, list(values), articles=articles)

    def _parse_simple(self, raws: Sequence[bytes], first: int) -> Records | None:
        """Read a batch quickly if every line is an object with one paragraph. Otherwise, return None."""
        try:
            texts, columns, values = self._load_fields(raws)
            together = b"".join(raws)
            if any(together.count(name) > len(raws) for name in self._names):
                for raw in raws:
                    self._check_once(raw)
            encoded = list(map(str.encode, texts))
        except (ValueError, LookupError, TypeError):
            return None
        together = b"".join(encoded)
        if b"\n" in together or b"\r" in together:
            if any(len(self._cut(text.decode())) > 1 for text in encoded):
                return None
            encoded = [text.strip(b"\r\n") for text in encoded]
        return JsonRecords(self.source, range(first, first + len(raws)), raws, encoded, values, columns)

    def _load_fields(
        self, raws: Sequence[bytes]
    ) -> tuple[Sequence[Any], dict[str, Sequence[Any]], list[dict[str, Any]] | None]:
        """Load the fields that are needed from all records.

        Returns:
            The texts, the values of the fields of labels, and the objects. If every record has all fields, the objects
            are not held, and the last value is None.
        """
        text, *labels = self._fields
        if not labels:
            return list(map(getter(text), map(orjson.loads, raws))), {}, None
        try:
            texts, *columns = zip(*map(taker(self._fields), map(orjson.loads, raws)), strict=True)
            return texts, dict(zip(labels, columns, strict=True)), None
        except (LookupError, TypeError):
            values = list(map(orjson.loads, raws))
            return list(map(getter(text), values)), {}, values

    def _check_once(self, raw: bytes) -> None:
        """Raise ValueError for a record with two different texts, because no standard defines which one counts."""
        own = raw.removeprefix(BOM).strip()
        if any(own.count(name) > 1 for name in self._names) and is_ambiguous(own, self.source.text_field):
            raise ValueError(f"text field {self.source.text_field!r} occurs twice with different values")

    def _checked(self, value: Any) -> str | list[str]:
        """The text of a record, or its list of paragraphs. Raises ValueError with the reason if it has none."""
        if not isinstance(value, dict):
            raise ValueError(f"not a JSON object but {_type_name(value)}")
        field = self.source.text_field
        text = get(value, field)
        if text is None:
            raise ValueError(
                f"no text field {field!r}" + (f"; this record has {list_names(list(value))}" if value else "")
            )
        if not isinstance(text, str | list):
            raise ValueError(f"text field {field!r} is {_type_name(text)}, not a string")
        if isinstance(text, list):
            for k, part in enumerate(text, 1):
                if not isinstance(part, str):
                    raise ValueError(f"paragraph {k} of text field {field!r} is {_type_name(part)}, not a string")
        return text

    def _cut(self, text: str) -> list[str]:
        """The paragraphs of a text. Each includes the separator after it."""
        return cut(text, self._separator)


def _type_name(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "an object"}
    return "null" if value is None else names[type(value)]
