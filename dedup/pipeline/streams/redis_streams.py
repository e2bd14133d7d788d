"""Redis Streams: reads one stream as the only consumer of a group, and writes another one."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from dedup.errors import InputError, OutputError
from dedup.pipeline.streams.adapters import Address
from dedup.pipeline.streams.messages import Message, Output

_CONSUMER = "dedup"
_BLOCK = 1.0  # seconds to wait for the first message
_HEADER = "dedup-"


class RedisSource:
    """Reads redis://HOST:PORT/DATABASE?stream=NAME&group=GROUP. A position is the id of an entry."""

    def __init__(self, address: str, *, from_start: bool, field: str) -> None:
        self._address = Address(address, ("stream", "group"))
        self._stream = self._address.option("stream")
        self._group = self._address.option("group", "dedup")
        self._start = "0" if from_start else "$"
        self._field = field.encode()
        self._redis: Redis = _client(self._address)
        self._pending: str | None = "0"  # the id after which to read what was read and not acknowledged

    async def open(self, position: Any) -> None:
        """Create the group if there is none, and take over what consumers of other names left."""
        with self._address.reporting(InputError, RedisError):
            try:
                start = self._start if position is None else position
                await self._redis.xgroup_create(self._stream, self._group, id=start, mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
            cursor: Any = "0-0"
            while True:
                cursor, *_ = await self._redis.xautoclaim(
                    self._stream, self._group, _CONSUMER, min_idle_time=0, start_id=cursor, count=1000
                )
                if cursor in (b"0-0", "0-0"):
                    break

    async def next_batch(self, most: int, linger: float) -> list[Message]:
        """First what was read and not acknowledged, in order; then what is new."""
        messages = await self._read(self._pending or ">", most, None if self._pending else _BLOCK)
        if self._pending is not None:
            self._pending = messages[-1].place if messages else None
            return messages or await self.next_batch(most, linger)
        if messages and len(messages) < most and linger > 0:
            await asyncio.sleep(linger)
            messages += await self._read(">", most - len(messages), None)
        return messages

    async def _read(self, after: str, most: int, block: float | None) -> list[Message]:
        with self._address.reporting(InputError, RedisError):
            found: Any = await self._redis.xreadgroup(
                self._group, _CONSUMER, {self._stream: after}, count=most,
                block=None if block is None else round(1000 * block),
            )  # fmt: skip
            entries = found[0][1] if found else []
            gone = [id for id, fields in entries if not fields]
            if gone:  # they were trimmed while they were pending
                await self._redis.xack(self._stream, self._group, *gone)
        return [self._message(id.decode(), fields) for id, fields in entries if fields]

    def _message(self, id: str, fields: dict[bytes, bytes]) -> Message:
        headers = {name.decode(): value.decode() for name, value in fields.items() if name != self._field}
        return Message(fields.get(self._field, b""), id, f"{self._stream}:{id}", headers=headers)

    def is_after(self, message: Message, position: Any) -> bool:
        """Whether an entry has a larger id."""
        return position is None or _number(message.place) > _number(position)

    def position_after(self, messages: Sequence[Message], position: Any) -> Any:
        """The id of the last entry."""
        return messages[-1].place

    async def acknowledge(self, messages: Sequence[Message]) -> None:
        """Acknowledge entries."""
        with self._address.reporting(InputError, RedisError):
            await self._redis.xack(self._stream, self._group, *(message.place for message in messages))

    async def close(self) -> None:
        """Disconnect."""
        await self._redis.aclose()


class RedisSink:
    """Writes redis://HOST:PORT/DATABASE?stream=NAME&ids=input|auto.

    With `ids=input`, an entry has the id of the entry that it comes from, so that one that is sent again is not stored
    again. This needs a stream that nobody else writes.
    """

    def __init__(self, address: str, *, field: str) -> None:
        self._address = Address(address, ("stream", "ids"))
        self._stream = self._address.option("stream")
        self._has_input_ids = self._address.option("ids", "input") == "input"
        self._field = field
        self._redis: Redis = _client(self._address)

    async def open(self) -> None:
        """Check that the server answers."""
        with self._address.reporting(OutputError, RedisError):
            await self._redis.ping()

    async def produce(self, outputs: Sequence[Output]) -> None:
        """Add entries in order."""
        pipe = self._redis.pipeline(transaction=False)
        for output in outputs:
            fields: dict[Any, Any] = {_field_name(name): value for name, value in output.headers.items()}
            pipe.xadd(self._stream, {**fields, self._field: output.body}, id=self._id(output))
        with self._address.reporting(OutputError, RedisError):
            results = await pipe.execute(raise_on_error=False)
            for output, result in zip(outputs, results, strict=True):
                if isinstance(result, Exception):
                    await self._check_refused(output, result)

    def _id(self, output: Output) -> str:
        place = output.source.place
        return place if self._has_input_ids and isinstance(place, str) else "*"

    async def _check_refused(self, output: Output, error: Exception) -> None:
        """Check that an entry was refused because it is there already. Raises OutputError if it is not."""
        id = self._id(output)
        if "equal or smaller" not in str(error) or id == "*":
            raise error
        there: Any = await self._redis.xrange(self._stream, id, id)
        if not there or there[0][1].get(self._field.encode()) != output.body:
            raise OutputError(
                f"{self._address.text}: entry {id} is refused, because a later one is there; if others write this "
                "stream, add &ids=auto"
            )

    async def close(self) -> None:
        """Disconnect."""
        await self._redis.aclose()


def _client(address: Address) -> Redis:
    database = address.parts[0] if address.parts else "0"
    return Redis.from_url(f"{address.server}/{database}")


def _field_name(header: str) -> str:
    return header.replace("-", "_") if header.startswith(_HEADER) else header


def _number(id: str) -> tuple[int, ...]:
    """An entry id as numbers, which order as Redis orders ids."""
    return tuple(map(int, id.split("-")))


def open_source(address: str, *, from_start: bool, field: str) -> RedisSource:
    """The input that an address names."""
    return RedisSource(address, from_start=from_start, field=field)


def open_sink(address: str, *, field: str) -> RedisSink:
    """The output that an address names."""
    return RedisSink(address, field=field)
