"""NATS JetStream: reads one stream by a durable consumer, and publishes to a subject of another one."""

import asyncio
from collections.abc import Sequence
from typing import Any

import nats
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from dedup.errors import InputError, OutputError
from dedup.pipeline.streams.adapters import Address
from dedup.pipeline.streams.messages import Message, Output

_WAIT = 1.0  # seconds to wait for the first message
_TIMEOUT = 30.0  # seconds to wait for an answer of the server
_FAILURES = (NatsError, OSError)  # a time-out of asyncio is an OSError
_ACK_WAIT = 24 * 3600.0  # seconds; the worker never lets the server send a message again while it runs


class NatsSource:
    """Reads nats://HOST:PORT/STREAM/SUBJECT?durable=NAME. A position is the sequence number of a message.

    The consumer is made anew at each start, to begin after the position of the state. Otherwise the server would send
    messages that an earlier worker left only after newer ones.
    """

    def __init__(self, address: str, *, from_start: bool) -> None:
        self._address = Address(address, ("durable",))
        if not 1 <= len(self._address.parts) <= 2:
            raise InputError(f"{self._address.text}: an input is nats://HOST/STREAM or nats://HOST/STREAM/SUBJECT")
        self._stream = self._address.parts[0]
        self._subject = self._address.parts[1] if len(self._address.parts) > 1 else None
        self._durable = self._address.option("durable", "dedup")
        self._from_start = from_start
        self._connection: Any = None
        self._subscription: Any = None

    async def open(self, position: Any) -> None:
        """Connect, and make the consumer."""
        self._connection = await _connected(self._address, InputError)
        jetstream = self._connection.jetstream(timeout=_TIMEOUT)
        with self._address.reporting(InputError, *_FAILURES):
            config = ConsumerConfig(
                durable_name=self._durable, ack_policy=AckPolicy.EXPLICIT, ack_wait=_ACK_WAIT, max_ack_pending=100_000,
                filter_subject=self._subject, **await self._start(jetstream, position),
            )  # fmt: skip
            await jetstream.add_consumer(self._stream, config)
            self._subscription = await jetstream.pull_subscribe_bind(durable=self._durable, stream=self._stream)

    async def _start(self, jetstream: Any, position: Any) -> dict[str, Any]:
        """Where the new consumer begins. The old one is deleted; without a position, its progress is kept."""
        try:
            old = await jetstream.consumer_info(self._stream, self._durable)
            await jetstream.delete_consumer(self._stream, self._durable)
            done = old.ack_floor.stream_seq if old.ack_floor else 0
        except NotFoundError:
            done = None
        if position is not None:
            done = position
        if done is not None:
            return {"deliver_policy": DeliverPolicy.BY_START_SEQUENCE, "opt_start_seq": done + 1}
        return {"deliver_policy": DeliverPolicy.ALL if self._from_start else DeliverPolicy.NEW}

    async def next_batch(self, most: int, linger: float) -> list[Message]:
        """The next messages."""
        messages = await self._fetch(most, _WAIT)
        if messages and len(messages) < most and linger > 0:
            await asyncio.sleep(linger)
            messages += await self._fetch(most - len(messages), 0.001)
        return messages

    async def _fetch(self, most: int, wait: float) -> list[Message]:
        with self._address.reporting(InputError, *_FAILURES):
            try:
                found = await self._subscription.fetch(most, timeout=wait)
            except TimeoutError:
                return []
        return [self._message(message) for message in found]

    def _message(self, message: Any) -> Message:
        place = message.metadata.sequence.stream
        headers = {name: value for name, value in (message.headers or {}).items() if not name.startswith("Nats-")}
        return Message(message.data, place, f"{self._stream}:{place}", headers=headers, handle=message)

    def is_after(self, message: Message, position: Any) -> bool:
        """Whether a message has a larger sequence number."""
        return position is None or message.place > position

    def position_after(self, messages: Sequence[Message], position: Any) -> Any:
        """The sequence number of the last message."""
        return messages[-1].place

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages, and wait until the server has heard of the last one."""
        with self._address.reporting(InputError, *_FAILURES):
            for message in messages[:-1]:
                await message.handle.ack()
            await messages[-1].handle.ack_sync(_TIMEOUT)

    async def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            await self._connection.close()


class NatsSink:
    """Publishes to nats://HOST:PORT/SUBJECT, which a stream must store.

    Each message has an id, `Nats-Msg-Id`, so that the stream stores it once if it is sent again within its window for
    duplicates (two minutes by default). Make that window longer than the longest outage.
    """

    def __init__(self, address: str) -> None:
        self._address = Address(address, ())
        if len(self._address.parts) != 1:
            raise InputError(f"{self._address.text}: an output is nats://HOST/SUBJECT")
        self._subject = self._address.parts[0]
        self._connection: Any = None
        self._jetstream: Any = None

    async def open(self) -> None:
        """Connect."""
        self._connection = await _connected(self._address, OutputError)
        self._jetstream = self._connection.jetstream(timeout=_TIMEOUT, publish_async_max_pending=4096)

    async def produce(self, outputs: Sequence[Output]) -> None:
        """Publish messages in order, and wait for all confirmations."""
        with self._address.reporting(OutputError, *_FAILURES, reason=_unconfirmed):
            pending = [
                await self._jetstream.publish_async(
                    self._subject, output.body, headers={**output.headers, "Nats-Msg-Id": output.source.id}
                )
                for output in outputs
            ]
            for confirmation in pending:
                await asyncio.wait_for(confirmation, 60)

    async def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            await self._connection.close()


def _unconfirmed(failure: Exception) -> str:
    return str(failure) or "no confirmation came within a minute"


async def _connected(address: Address, kind: type[InputError] | type[OutputError]) -> Any:
    with address.reporting(kind, *_FAILURES):
        return await nats.connect(address.server, allow_reconnect=True, max_reconnect_attempts=10, connect_timeout=5)


def open_source(address: str, *, from_start: bool, field: str) -> NatsSource:
    """The input that an address names. A message has no fields."""
    return NatsSource(address, from_start=from_start)


def open_sink(address: str, *, field: str) -> NatsSink:
    """The output that an address names."""
    return NatsSink(address)
