"""What the loop needs of a message broker, and how an address names one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from dedup.errors import InputError, OutputError, extra_needed
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
        text: The whole address without a password, for messages.
        scheme: The part before ://.
        server: The part before the path.
        parts: The parts of the path.

    Raises:
        InputError: It has a part that the adapter does not know.
    """

    def __init__(self, text: str, known: Sequence[str]) -> None:
        split = urlsplit(text)
        self.text = shown(text)
        self.scheme = split.scheme
        self.parts = [part for part in split.path.split("/") if part]
        self.server = split._replace(query="", path="").geturl()
        self._options = {name: values[-1] for name, values in parse_qs(split.query).items()}
        unknown = sorted(set(self._options) - set(known))
        if unknown:
            raise InputError(f"{self.text}: there is no {unknown[0]!r}; known are {', '.join(known)}")

    def option(self, name: str, default: str | None = None) -> str:
        """A value of the query. Raises InputError if it is missing and has no default."""
        value = self._options.get(name, default)
        if value is None:
            raise InputError(f"{self.text}: add ?{name}=…")
        return value

    @contextmanager
    def reporting(
        self,
        kind: type[InputError] | type[OutputError],
        *failures: type[Exception],
        reason: Callable[[Any], str] = str,
    ) -> Iterator[None]:
        """Raise failures of a client as errors of this package, which name the address.

        Args:
            kind: The error to raise.
            failures: The failures.
            reason: The text of a failure.
        """
        try:
            yield
        except failures as error:
            raise kind(f"{self.text}: {reason(error) or 'the server does not answer'}") from None


def shown(address: str) -> str:
    """An address without its password."""
    split = urlsplit(address)
    return split._replace(netloc=split.netloc.rpartition("@")[2]).geturl()


def open_source(text: str, *, from_start: bool, field: str) -> Source:
    """The input that an address names.

    Args:
        text: The address.
        from_start: Whether to begin at the oldest message if there is no position and nobody has read before.
        field: The field of a Redis entry that holds the body.

    Raises:
        InputError: The address names no input, or its client is not installed.
    """
    source: Source = _adapter(text, "an input").open_source(text, from_start=from_start, field=field)
    return source


def open_sink(text: str, *, field: str) -> Sink:
    """The output that an address names. Raises InputError as `open_source`."""
    sink: Sink = _adapter(text, "an output").open_sink(text, field=field)
    return sink


#: The module and the extra for each scheme of addresses.
_ADAPTERS = {
    "redis": ("redis_streams", "redis"), "rediss": ("redis_streams", "redis"),
    "nats": ("nats_jetstream", "nats"), "tls": ("nats_jetstream", "nats"),
    "kafka": ("kafka", "kafka"),
}  # fmt: skip


def _adapter(text: str, role: str) -> Any:
    """The module for an address."""
    scheme = urlsplit(text).scheme
    if scheme not in _ADAPTERS:
        raise InputError(f"{shown(text)}: {role} is redis://, nats:// or kafka://")
    module, extra = _ADAPTERS[scheme]
    with extra_needed(f"{scheme}://", extra):
        return import_module(f"{__package__}.{module}")
