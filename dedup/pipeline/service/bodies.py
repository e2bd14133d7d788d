"""Reads the records of a request, and writes the answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dedup.formats.json_values import dump, load
from dedup.model.types import ArticleDecision
from dedup.pipeline.record_fields import RecordFields

NDJSON, JSON, TEXT = "application/x-ndjson", "application/json", "text/plain"
#: Other names of these types.
TYPES = {
    NDJSON: NDJSON, "application/ndjson": NDJSON, "application/jsonl": NDJSON, "application/jsonlines": NDJSON,
    JSON: JSON, TEXT: TEXT,
}  # fmt: skip


class BodyError(Exception):
    """The body of a request is not what its type says. The message says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of JSON Lines, or a member of an array.

    Attributes:
        line: Its number, from 1.
        record: A mapping with `text`, `id`, `time` and `source`.
        error: Why it is no record, None if it is one.
    """

    line: int
    record: dict[str, Any]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The records of a request.

    Attributes:
        type: The type of the request and of the answer; an answer to text is JSON.
        is_single: Whether the answer is one object and no array.
        items: The lines or members.
    """

    type: str
    is_single: bool
    items: Sequence[Item]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, without what is none."""
        return [item.record for item in self.items if item.error is None]

    def answer(self, decisions: Sequence[ArticleDecision], *, trim: bool) -> bytes:
        """The answer: an object for each item, in order.

        Args:
            decisions: The decision on each record.
            trim: Whether the answer has the text of a record without its repeats.
        """
        remaining = iter(decisions)
        answers = [
            _answer(item, next(remaining), trim) if item.error is None else _error(None, item.line, item.error)
            for item in self.items
        ]
        if self.type == NDJSON:
            return b"".join(dump(answer) + b"\n" for answer in answers)
        return dump(answers[0] if self.is_single else answers)


def read_body(content_type: str, data: bytes, fields: RecordFields) -> Body:
    """Read the records of a request.

    Args:
        content_type: One of the values of `TYPES`.
        data: The body.
        fields: The fields of a record.

    Raises:
        BodyError: The body is not UTF-8, not JSON, or no object and no array.
    """
    if content_type == NDJSON:
        return Body(NDJSON, False, list(_lines(data, fields)))
    if content_type == TEXT:
        try:
            return Body(TEXT, True, [Item(1, {"text": data.decode()})])
        except UnicodeDecodeError as error:
            raise BodyError(f"the text is not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        value = load(data)
    except ValueError as error:
        raise BodyError(str(error)) from None
    if not isinstance(value, dict | list):
        raise BodyError("the body is a JSON object or an array of objects")
    values = [value] if isinstance(value, dict) else value
    return Body(JSON, isinstance(value, dict), [_item(item, number, fields) for number, item in enumerate(values, 1)])


def _lines(data: bytes, fields: RecordFields) -> Iterator[Item]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = load(line)
        except ValueError as error:
            yield Item(number, {}, str(error))
        else:
            yield _item(value, number, fields)


def _item(value: Any, number: int, fields: RecordFields) -> Item:
    """A value as a record, given its number."""
    if isinstance(value, str):
        return Item(number, {"text": value})
    if not isinstance(value, dict):
        return Item(number, {}, "a record is a JSON object")
    return Item(number, fields.take(value))


def _answer(item: Item, decided: ArticleDecision, trim: bool) -> dict[str, Any]:
    id = item.record.get("id")
    if decided.error is not None:
        return _error(id, item.line, decided.error)
    answer: dict[str, Any] = {"id": id, "dedup": decided.as_json()}
    if trim:
        answer["text"] = decided.text
    return answer


def _error(id: Any, line: int, detail: str) -> dict[str, Any]:
    return {"id": id, "error": {"line": line, "detail": detail}}
