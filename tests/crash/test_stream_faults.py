"""What a stream worker does when something goes wrong, with a real Redis server."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import orjson
import pytest
from helpers.brokers import RedisBroker, broker_of, free_port, running
from helpers.running import COMMAND, HANG, dedup

TEXT = "At least 12 ferries of line w{} wait outside the port since the storm of day {}, a pilot said."


@pytest.fixture(name="broker")
def started(tmp_path: Path) -> Iterator[RedisBroker]:
    """A Redis server."""
    with broker_of("redis", tmp_path) as broker:
        assert isinstance(broker, RedisBroker)
        yield broker


def bodies(first: int, count: int) -> list[bytes]:
    """Different reports."""
    return [orjson.dumps({"id": k, "text": TEXT.format(k, k * 7)}) for k in range(first, first + count)]


def stream(broker: RedisBroker, folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Run a worker until nothing is left."""
    addresses = broker.source("raw"), broker.sink("news")
    return dedup("stream", "--once", "--batch", "20", "--state", folder / "state.dedup", *addresses, *options)


def start(broker: RedisBroker, folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a worker that runs until it is stopped."""
    addresses = broker.source("raw"), broker.sink("news")
    return subprocess.Popen(
        [*COMMAND, "stream", "--state", str(folder / "state.dedup"), *addresses, *options], stderr=subprocess.PIPE
    )


def until_written(broker: RedisBroker, count: int) -> None:
    """Wait until the output has so many messages."""
    deadline = time.monotonic() + HANG
    while len(broker.bodies("news")) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("options", "status", "passed", "dead"), [((), 0, 3, 0), (("--unreadable", "stop"), 1, 0, 0), ("dead", 0, 1, 2)]
)
def test_messages_that_cannot_be_read(
    options: Any, status: int, passed: int, dead: int, broker: RedisBroker, tmp_path: Path
) -> None:
    """They pass, or go to the dead letters, or stop the worker before anything is written."""
    broker.fill("raw", [*bodies(0, 1), b"oops", b'{"id": 1}'])
    if options == "dead":
        options = ("--dead", broker.sink("dead"))
    run = stream(broker, tmp_path, *options)
    assert run.returncode == status
    assert b"not valid JSON" in run.stderr
    assert (len(broker.bodies("news")), len(broker.bodies("dead"))) == (passed, dead)
    pending: Any = broker.client.xpending("raw", "dedup")
    assert pending["pending"] == (3 if status else 0)


def test_a_second_worker_waits_and_takes_over(broker: RedisBroker, tmp_path: Path) -> None:
    """One worker has the state. Another one fails, or waits and goes on when the first is killed."""
    broker.fill("raw", bodies(0, 5))
    first = start(broker, tmp_path)
    until_written(broker, 5)
    refused = stream(broker, tmp_path)
    assert refused.returncode == 1
    assert b"state.dedup" in refused.stderr
    second = start(broker, tmp_path, "--wait", "60s")
    first.kill()
    first.communicate(timeout=HANG)
    broker.fill("raw", bodies(3, 5))
    until_written(broker, 8)
    second.terminate()
    second.communicate(timeout=HANG)
    assert second.returncode == 0
    assert Counter(broker.bodies("news")) == Counter(bodies(0, 8))


def test_an_output_that_refuses_ends_the_worker_and_nothing_is_lost(broker: RedisBroker, tmp_path: Path) -> None:
    """Nothing is acknowledged or committed; when there is room again, the next worker completes the output."""
    broker.fill("raw", bodies(0, 30))
    broker.client.config_set("maxmemory", "1")
    run = stream(broker, tmp_path)
    assert run.returncode == 1
    assert b"maxmemory" in run.stderr
    assert b"Traceback" not in run.stderr
    broker.client.config_set("maxmemory", "0")
    assert stream(broker, tmp_path).returncode == 0
    assert broker.bodies("news") == bodies(0, 30)


def test_a_broker_that_restarts(tmp_path: Path) -> None:
    """The worker ends with status 1 when the broker goes, and the next one goes on where it was."""
    broker = RedisBroker(tmp_path)
    with running(broker.command, broker.port):
        broker.fill("raw", bodies(0, 10))
        worker = start(broker, tmp_path)
        until_written(broker, 10)
    _, errors = worker.communicate(timeout=HANG)
    assert worker.returncode == 1
    assert b"Traceback" not in errors
    with running(broker.command, broker.port):
        broker.fill("raw", bodies(5, 10))
        assert stream(broker, tmp_path).returncode == 0
        assert broker.bodies("news") == bodies(0, 15)


def test_messages_that_another_consumer_left_are_taken_over(broker: RedisBroker, tmp_path: Path) -> None:
    """What another consumer of the group read and did not acknowledge is judged, and trimmed entries are done."""
    broker.fill("raw", bodies(0, 6))
    broker.client.xgroup_create("raw", "dedup", id="0")
    broker.client.xreadgroup("dedup", "other", {"raw": ">"}, count=4)
    broker.client.xtrim("raw", maxlen=5, approximate=False)
    assert stream(broker, tmp_path).returncode == 0
    assert broker.bodies("news") == bodies(1, 5)
    pending: Any = broker.client.xpending("raw", "dedup")
    assert pending["pending"] == 0


def test_another_writer_of_the_output_is_noticed(broker: RedisBroker, tmp_path: Path) -> None:
    """An entry that is refused because somebody else wrote a later one is not lost in silence."""
    broker.fill("raw", bodies(0, 2))
    broker.fill("news", [b"by somebody else"])
    run = stream(broker, tmp_path)
    assert run.returncode == 1
    assert b"ids=auto" in run.stderr


def test_metrics_and_a_stop_by_signal(broker: RedisBroker, tmp_path: Path) -> None:
    """The worker shows what it did, and ends with status 0 at SIGTERM; the log is JSON."""
    port = free_port()
    worker = start(broker, tmp_path, "--metrics", f"127.0.0.1:{port}", "--log", "json")
    broker.fill("raw", [*bodies(0, 3), *bodies(0, 1)])
    until_written(broker, 3)
    wanted = {b'dedup_records_total{result="kept"} 3.0', b'dedup_records_total{result="dropped"} 1.0'}
    deadline = time.monotonic() + HANG
    while not wanted <= set(urlopen(f"http://127.0.0.1:{port}/metrics").read().splitlines()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert urlopen(f"http://127.0.0.1:{port}/readyz").read() == b"ready\n"
    worker.send_signal(signal.SIGTERM)
    _, errors = worker.communicate(timeout=HANG)
    assert worker.returncode == 0
    events = [orjson.loads(line)["event"] for line in errors.splitlines() if line.startswith(b"{")]
    assert (events[0], events[-1]) == ("start", "stop")


def test_outputs_carry_the_decision(broker: RedisBroker, tmp_path: Path) -> None:
    """The body stays byte for byte, and the fields name the decision, the match and the place."""
    broker.fill("raw", [*bodies(0, 1), orjson.dumps({"id": "u", "text": TEXT.format(0, 0).replace("12", "13")})])
    assert stream(broker, tmp_path).returncode == 0
    entries: Any = broker.client.xrange("news")
    assert [fields[b"dedup_decision"] for _, fields in entries] == [b"novel", b"update"]
    assert entries[1][1][b"dedup_match"] == b"0"
    assert entries[1][1][b"dedup_position"] == b'"' + entries[1][0] + b'"'
