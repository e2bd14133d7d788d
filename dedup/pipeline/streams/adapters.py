"""What the loop needs of a message broker, and how an address names one."""

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from dedup.errors import InputError
from dedup.pipeline.streams.messages import Message, Output


class Source(Protocol):
    """Reads one input, in order, by one worker."""

    async def open(self, position: Any) -> None:
        """Connect, and begin after a position; None is the beginning, or what earlier workers left."""

    async def next_batch(self, most: int, linger: float) -> list[Message]:
        """Wait for a message, and return it with those that come within `linger` seconds, up to `most` in all."""

    def is_after(self, message: Message, position: Any) -> bool:
        """Whether a message comes after a position, and was not judged before."""

    def position_after(self, messages: Sequence[Message], position: Any) -> Any:
        """The position when messages are judged, given the one before. A JSON value."""

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that messages are done, and wait until it knows."""

    async def close(self) -> None:
        """Disconnect."""


class Sink(Protocol):
    """Writes one output."""

    async def open(self) -> None:
        """Connect."""

    async def produce(self, outputs: Sequence[Output]) -> None:
        """Send messages, and wait until the broker has confirmed all. Raises OutputError if it refuses one."""

    async def close(self) -> None:
        """Disconnect."""


class Address:
    """An address such as redis://localhost/0?stream=raw&group=dedup.

    Attributes:
        text: The whole address.
        scheme: The part before ://.
        parts: The parts of the path.

    Raises:
        InputError: It has a part that the adapter does not know.
    """

    def __init__(self, text: str, known: Sequence[str]) -> None:
        split = urlsplit(text)
        self.text = text
        self.scheme = split.scheme
        self.parts = [part for part in split.path.split("/") if part]
        self.server = split._replace(query="", path="").geturl()
        self._options = {name: values[-1] for name, values in parse_qs(split.query).items()}
        unknown = sorted(set(self._options) - set(known))
        if unknown:
            raise InputError(f"{text}: there is no {unknown[0]!r}; known are {', '.join(known)}")

    def option(self, name: str, default: str | None = None) -> str:
        """A value of the query. Raises InputError if it is missing and has no default."""
        value = self._options.get(name, default)
        if value is None:
            raise InputError(f"{self.text}: add ?{name}=…")
        return value


def open_source(text: str, *, from_start: bool, field: str) -> Source:
    """The input that an address names.

    Args:
        text: The address.
        from_start: Whether to begin at the oldest message if there is no position and nobody has read before.
        field: The field of a Redis entry that holds the body.

    Raises:
        InputError: The address names no input, or its client is not installed.
    """
    scheme = urlsplit(text).scheme
    try:
        if scheme in ("redis", "rediss"):
            from dedup.pipeline.streams.redis_streams import RedisSource

            return RedisSource(text, from_start=from_start, field=field)
        if scheme in ("nats", "tls"):
            from dedup.pipeline.streams.nats_jetstream import NatsSource

            return NatsSource(text, from_start=from_start)
        if scheme == "kafka":
            from dedup.pipeline.streams.kafka import KafkaSource

            return KafkaSource(text, from_start=from_start)
    except ModuleNotFoundError as error:
        raise _missing(scheme, error) from None
    raise InputError(f"{text}: an input is redis://, nats:// or kafka://")


def open_sink(text: str, *, field: str) -> Sink:
    """The output that an address names. Raises InputError as `open_source`."""
    scheme = urlsplit(text).scheme
    try:
        if scheme in ("redis", "rediss"):
            from dedup.pipeline.streams.redis_streams import RedisSink

            return RedisSink(text, field=field)
        if scheme in ("nats", "tls"):
            from dedup.pipeline.streams.nats_jetstream import NatsSink

            return NatsSink(text)
        if scheme == "kafka":
            from dedup.pipeline.streams.kafka import KafkaSink

            return KafkaSink(text)
    except ModuleNotFoundError as error:
        raise _missing(scheme, error) from None
    raise InputError(f"{text}: an output is redis://, nats:// or kafka://")


def _missing(scheme: str, error: ModuleNotFoundError) -> InputError:
    extra = {"rediss": "redis", "tls": "nats"}.get(scheme, scheme)
    return InputError(f"{scheme}:// needs {error.name}: pip install 'news-dedup[{extra}]'")
