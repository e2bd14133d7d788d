"""JSON Lines: an object a line, of which one field is a text, or the paragraphs of an article."""

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

_EXACT = 2**53  # from here on not every whole number is a float


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
        self._framed: tuple[int, bytes, list[bytes]] | None = None
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
        given = self._given_ids
        if set(map(type, given)) <= {str}:
            return list(given)
        return [
            self._as_text(record, self._source.id_field, value)
            if isinstance(value, str | int | float)
            else f"{self._source.name}:{self._ordinals[record]}"
            for record, value in enumerate(given)
        ]

    @cached_property
    def _given_ids(self) -> Sequence[Any]:
        return self._column(self._source.id_field)

    def _as_text(self, record: int, field: str, value: Any) -> str:
        """A value of a field as text; a number that a float cannot hold exactly, as it was written."""
        if isinstance(value, float) and not abs(value) < _EXACT:
            return decode(find(self._own(record), field) or b"")
        return str(value)

    def _own(self, record: int) -> bytes:
        """The object of a record."""
        return self._raws[record].removeprefix(BOM).strip()

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
                if text[0] in "\r\n":  # `novel_spans` count from the first letter behind them
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
        """An article without its text, and the paragraphs of a list as they are written; that of the last one is held.

        Without it each paragraph of a long article would take as long as the whole article does.
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
        """An article with only some of its paragraphs."""
        own, texts = self._frame(record)
        text = b"[" + b",".join(compress(texts, mask)) + b"]" if texts else dump(join(parts, mask))
        raw = self._raws[record]
        return as_line(replace(own, self._source.text_field, text)) + (raw[len(raw.rstrip(b"\r\n")) :] or b"\n")


class JsonLines(Stream):
    """One object a line; lines of white space are no records."""

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
        """The batch where every line is an object with one paragraph; None where some line is not."""
        try:
            texts, columns, values = self._taken(raws)
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

    def _check_once(self, raw: bytes) -> None:
        """Raise ValueError for a record with two different texts: no standard says which one counts."""
        own = raw.removeprefix(BOM).strip()
        if any(own.count(name) > 1 for name in self._names) and is_ambiguous(own, self.source.text_field):
            raise ValueError(f"text field {self.source.text_field!r} is there twice, with different values")

    def _checked(self, value: Any) -> str | list[str]:
        """The text of a record; raises ValueError with the reason, for people, where it has none."""
        if not isinstance(value, dict):
            raise ValueError(f"not a JSON object but {_called(value)}")
        field = self.source.text_field
        text = get(value, field)
        if text is None:
            raise ValueError(f"no text field {field!r}" + (f", but {list_names(list(value))}" if value else ""))
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
