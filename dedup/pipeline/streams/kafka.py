"""Kafka: reads all partitions of a topic, and writes another topic by an idempotent producer."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException, Producer, TopicPartition

from dedup.errors import InputError, OutputError
from dedup.pipeline.streams.adapters import Address
from dedup.pipeline.streams.messages import Message, Output

_WAIT = 1.0  # seconds to wait for the first message
_TIMEOUT = 30.0  # seconds for answers about a topic
_CONFIRM = 60.0  # seconds for the confirmations of a batch


class KafkaSource:
    """Reads kafka://BROKER,BROKER/TOPIC?group=GROUP. A position is {partition: the next offset}.

    The worker reads all partitions, because they share one memory. So it assigns them to itself, and commits offsets to
    the group only to show how far it is.
    """

    def __init__(self, address: str, *, from_start: bool) -> None:
        self._address = Address(address, ("group",))
        if len(self._address.parts) != 1:
            raise InputError(f"{self._address.text}: an input is kafka://BROKERS/TOPIC")
        self._topic = self._address.parts[0]
        self._from_start = from_start
        self._consumer = Consumer(
            {
                "bootstrap.servers": self._address.server.removeprefix("kafka://"),
                "group.id": self._address.option("group", "dedup"),
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                "isolation.level": "read_committed",
            }
        )

    async def open(self, position: Any) -> None:
        """Assign all partitions, each from its position, from what the group has committed, or from the start."""
        await asyncio.to_thread(self._assign, position or {})

    def _assign(self, position: dict[str, int]) -> None:
        with _reporting(self._address, InputError):
            topic = self._consumer.list_topics(self._topic, _TIMEOUT).topics[self._topic]
            if topic.error is not None:
                raise InputError(f"{self._address.text}: {topic.error.str()}")
            partitions = [TopicPartition(self._topic, number) for number in sorted(topic.partitions)]
            committed = self._consumer.committed(partitions, _TIMEOUT)
            otherwise = OFFSET_BEGINNING if self._from_start else OFFSET_END
            for partition, known in zip(partitions, committed, strict=True):
                offset = position.get(str(partition.partition))
                partition.offset = offset if offset is not None else known.offset if known.offset >= 0 else otherwise
            self._consumer.assign(partitions)

    async def next_batch(self, most: int, linger: float) -> list[Message]:
        """The next messages, in the order in which the brokers send them."""
        found = await asyncio.to_thread(self._consumer.consume, most, _WAIT if linger == 0 else max(linger, 0.01))
        return [self._message(message) for message in found]

    def _message(self, message: Any) -> Message:
        if message.error() is not None:
            raise InputError(f"{self._address.text}: {message.error().str()}")
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers() or []}
        place = [message.partition(), message.offset()]
        id = f"{self._topic}:{place[0]}:{place[1]}"
        return Message(message.value() or b"", place, id, message.key(), headers, message)

    def is_after(self, message: Message, position: Any) -> bool:
        """Whether a message was not judged before."""
        partition, offset = message.place
        return position is None or bool(offset >= position.get(str(partition), 0))

    def position_after(self, messages: Sequence[Message], position: Any) -> Any:
        """The next offset of each partition."""
        return {**(position or {}), **{str(message.place[0]): message.place[1] + 1 for message in messages}}

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """Commit offsets to the group."""
        last = {message.place[0]: message.place[1] + 1 for message in messages}
        offsets = [TopicPartition(self._topic, partition, offset) for partition, offset in last.items()]
        with _reporting(self._address, InputError):
            await asyncio.to_thread(lambda: self._consumer.commit(offsets=offsets, asynchronous=False))

    async def close(self) -> None:
        """Disconnect."""
        await asyncio.to_thread(self._consumer.close)


class KafkaSink:
    """Writes kafka://BROKER,BROKER/TOPIC, with the keys of the input."""

    def __init__(self, address: str) -> None:
        self._address = Address(address, ())
        if len(self._address.parts) != 1:
            raise InputError(f"{self._address.text}: an output is kafka://BROKERS/TOPIC")
        self._topic = self._address.parts[0]
        servers = self._address.server.removeprefix("kafka://")
        self._producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True, "linger.ms": 5})

    async def open(self) -> None:
        """Check that a broker answers."""
        with _reporting(self._address, OutputError):
            await asyncio.to_thread(self._producer.list_topics, self._topic, _TIMEOUT)

    async def produce(self, outputs: Sequence[Output]) -> None:
        """Produce messages, and wait for all confirmations."""
        await asyncio.to_thread(self._produce, outputs)

    def _produce(self, outputs: Sequence[Output]) -> None:
        errors: list[str] = []

        def confirmed(error: Any, message: Any) -> None:
            if error is not None:
                errors.append(error.str())

        with _reporting(self._address, OutputError), self._address.reporting(OutputError, BufferError):
            for output in outputs:
                headers: list[tuple[str, str | bytes | None]] = [
                    (name, value.encode()) for name, value in output.headers.items()
                ]
                self._producer.produce(
                    self._topic, output.body, output.source.key, headers=headers, on_delivery=confirmed
                )
                self._producer.poll(0)
        left = self._producer.flush(_CONFIRM)
        if errors or left:
            reason = errors[0] if errors else f"{left} messages were not confirmed within a minute"
            raise OutputError(f"{self._address.text}: {reason}")

    async def close(self) -> None:
        """Send what is left."""
        await asyncio.to_thread(self._producer.flush, _CONFIRM)


def _reporting(address: Address, kind: type[InputError] | type[OutputError]) -> AbstractContextManager[None]:
    """Raise failures of Kafka as errors that name the address."""
    return address.reporting(kind, KafkaException, reason=lambda failure: failure.args[0].str())


def open_source(address: str, *, from_start: bool, field: str) -> KafkaSource:
    """The input that an address names. A message has no fields."""
    return KafkaSource(address, from_start=from_start)


def open_sink(address: str, *, field: str) -> KafkaSink:
    """The output that an address names."""
    return KafkaSink(address)
