"""Starts real message brokers on free ports, and reads and writes them."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from nats.js.api import StreamConfig

from helpers.running import HANG

_KAFKA = """
import sys
from confluent_kafka import Producer
cluster = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1})
brokers = cluster.list_topics(timeout=30).brokers.values()
print(",".join(f"{broker.host}:{broker.port}" for broker in brokers), flush=True)
sys.stdin.read()
"""


def need(program: str, package: str) -> str:
    """The path of a program. Skips the test if it is missing; in CI, it fails."""
    path = shutil.which(program)
    if path is None:
        message = f"there is no {program}: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until it answers on a port. It is killed at the end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(10 * HANG):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait(HANG)


class RedisBroker:
    """A Redis server that writes its file at each command."""

    name = "redis"

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.command = [
            need("redis-server", "redis-server"), "--port", str(self.port), "--dir", str(folder), "--save", "",
            "--appendonly", "yes", "--appendfsync", "always",
        ]  # fmt: skip
        self.client = redis.Redis(port=self.port)

    def source(self, name: str) -> str:
        """The address of a stream to read."""
        return f"redis://127.0.0.1:{self.port}/0?stream={name}"

    sink = source

    def make(self, name: str) -> None:
        """Create a stream. Redis does so by itself."""

    def fill(self, name: str, bodies: Sequence[bytes]) -> None:
        """Add messages."""
        pipe = self.client.pipeline()
        for body in bodies:
            pipe.xadd(name, {"data": body})
        pipe.execute()

    def bodies(self, name: str) -> list[bytes]:
        """All messages of a stream."""
        entries: Any = self.client.xrange(name)
        return [fields[b"data"] for _, fields in entries]


class NatsBroker:
    """A NATS server with JetStream."""

    name = "nats"

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.command = [
            need("nats-server", "nats-server"), "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(folder)
        ]  # fmt: skip

    def source(self, name: str) -> str:
        """The address of a stream to read."""
        return f"nats://127.0.0.1:{self.port}/{name}"

    def sink(self, name: str) -> str:
        """The address of a subject to write."""
        return f"nats://127.0.0.1:{self.port}/to.{name}"

    def make(self, name: str) -> None:
        """Create a stream."""
        self._run(lambda jetstream: jetstream.add_stream(StreamConfig(name=name, subjects=[f"to.{name}"])))

    def fill(self, name: str, bodies: Sequence[bytes]) -> None:
        """Publish messages."""

        async def publish(jetstream: Any) -> None:
            for body in bodies:
                await jetstream.publish(f"to.{name}", body)

        self._run(publish)

    def bodies(self, name: str) -> list[bytes]:
        """All messages of a stream."""

        async def read(jetstream: Any) -> list[bytes]:
            count = (await jetstream.stream_info(name)).state.messages
            return [(await jetstream.get_msg(name, seq=number)).data for number in range(1, count + 1)]

        found: list[bytes] = self._run(read)
        return found

    def _run(self, use: Any) -> Any:
        async def run() -> Any:
            connection = await nats.connect(f"nats://127.0.0.1:{self.port}")
            try:
                return await use(connection.jetstream())
            finally:
                await connection.close()

        return asyncio.run(run())


class KafkaBroker:
    """The mock cluster of librdkafka, in a process of its own: real protocol, real clients, no Java."""

    name = "kafka"

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _KAFKA], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        self.servers = self.process.stdout.readline().decode().strip()

    def source(self, name: str) -> str:
        """The address of a topic."""
        return f"kafka://{self.servers}/{name}"

    sink = source

    def make(self, name: str) -> None:
        """Create a topic of four partitions, by asking for it."""
        Producer({"bootstrap.servers": self.servers}).list_topics(name, timeout=HANG)

    def fill(self, name: str, bodies: Sequence[bytes]) -> None:
        """Produce messages to one partition, so that they have an order."""
        producer = Producer({"bootstrap.servers": self.servers})
        for body in bodies:
            producer.produce(name, body, partition=0)
        producer.flush(HANG)

    def bodies(self, name: str) -> list[bytes]:
        """All messages of a topic, in the order of their time."""
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": "reader", "enable.auto.commit": False})
        partitions = [
            TopicPartition(name, number, 0) for number in consumer.list_topics(name, HANG).topics[name].partitions
        ]
        total = sum(consumer.get_watermark_offsets(partition, HANG)[1] for partition in partitions)
        consumer.assign(partitions)
        found: list[bytes] = []
        while len(found) < total:
            found += [message.value() or b"" for message in consumer.consume(total, 1)]
        consumer.close()
        return found


Broker = RedisBroker | NatsBroker | KafkaBroker
BROKERS: dict[str, type[Broker]] = {"redis": RedisBroker, "nats": NatsBroker, "kafka": KafkaBroker}


@contextmanager
def broker_of(kind: str, folder: Path) -> Iterator[Broker]:
    """A running broker."""
    broker = BROKERS[kind](folder)
    if isinstance(broker, KafkaBroker):
        try:
            yield broker
        finally:
            broker.process.kill()
            broker.process.communicate()
    else:
        with running(broker.command, broker.port):
            yield broker
