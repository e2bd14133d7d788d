"""Messages that come in, and messages that go out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dedup.formats.json_values import dump, load, put
from dedup.model.types import ArticleDecision
from dedup.pipeline.record_fields import RecordFields

#: Which messages go out: those with something new, all, or those with a repeat.
Emit = Literal["novel", "all", "duplicates"]
#: What happens to a message that cannot be read: it goes out like a novel one, or to the dead letters, or ends the run.
OnUnreadable = Literal["pass", "dead", "stop"]


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the input.

    Attributes:
        body: Its content.
        place: Its place in the input, a JSON value that the adapter understands.
        id: A name for it that no other message of the input has.
        key: Its key, which decides the partition of some brokers.
        headers: Its headers.
        handle: What the adapter needs to acknowledge it.
    """

    body: bytes
    place: Any
    id: str
    key: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    handle: Any = None


@dataclass(frozen=True, slots=True)
class Output:
    """A message to produce.

    Attributes:
        body: Its content.
        source: The message of the input that it comes from.
        headers: Its headers: those of the input, and the decision.
    """

    body: bytes
    source: Message
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """How messages are read and written.

    Attributes:
        fields: The fields of the JSON body.
        trim: Whether repeated paragraphs are cut out of what goes out.
        with_decision: Whether the body gets the decision, under `dedup`.
    """

    fields: RecordFields = field(default_factory=RecordFields)
    trim: bool = False
    with_decision: bool = False

    def record(self, message: Message) -> dict[str, Any]:
        """The record in a message. Raises ValueError if it has none."""
        value = load(message.body)
        if not isinstance(value, dict):
            raise ValueError("a message is a JSON object")
        record = self.fields.take(value)
        if record.get("text") is None:
            raise ValueError(f"the message has no field {self.fields.text!r}")
        return record

    def output(self, message: Message, decided: ArticleDecision) -> Output:
        """What goes out for a message and its decision."""
        body = message.body
        if self.with_decision or (self.trim and decided.result == "trimmed"):
            value = load(body)
            if self.trim and decided.result == "trimmed":
                value = put(value, self.fields.text, decided.text)
            if self.with_decision:
                value["dedup"] = decided.as_json()
            body = dump(value)
        return Output(body, message, {**message.headers, **_decision_headers(decided), **place_header(message)})


def place_header(message: Message) -> dict[str, str]:
    """The header that names the place of a message in the input."""
    return {"dedup-position": dump(message.place).decode()}


def _decision_headers(decided: ArticleDecision) -> dict[str, str]:
    first = next((decision for decision in decided.decisions if decision.match is not None), decided.decisions[0])
    headers: dict[str, str] = {"dedup-decision": decided.result if len(decided.decisions) > 1 else first.kind}
    if first.match is not None and first.jaccard is not None:
        headers["dedup-match"] = first.match.id
        headers["dedup-jaccard"] = f"{first.jaccard:.4f}"
    return headers
