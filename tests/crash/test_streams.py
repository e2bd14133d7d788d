"""Stream workers that are killed lose nothing, with real brokers."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from helpers.brokers import BROKERS, Broker, broker_of
from helpers.killed_worker import POINTS
from helpers.running import COMMAND, HANG, dedup

_BATCH = 50
HELPERS = Path(__file__).parents[1]


def messages(count: int = 260) -> list[bytes]:
    """Reports about many ferries; some are repeated, reworded or updated later."""
    draw = random.Random(5)  # noqa: S311
    texts: list[str] = []
    for k in range(count):
        if k > 10 and draw.random() < 0.3:
            text = draw.choice(texts)
            text = draw.choice([text, text.upper(), text.replace("ferries", "boats"), text.replace("12", "13")])
        else:
            text = f"At least 12 ferries of line w{k} wait outside port x{k} since the storm of day y{k}, a pilot said."
        texts.append(text)
    return [orjson.dumps({"id": f"m{k}", "text": text}) for k, text in enumerate(texts)]


def expected(bodies: list[bytes]) -> list[bytes]:
    """What one undisturbed run of the filter emits."""
    run = dedup("filter", "--quiet", stdin=b"\n".join(bodies) + b"\n")
    return run.stdout.splitlines()


@pytest.fixture(name="broker", params=BROKERS)
def started(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A broker of each kind, with an input and an output."""
    with broker_of(request.param, tmp_path) as broker:
        for name in ("raw", "news"):
            broker.make(name)
        yield broker


def finish(broker: Broker, state: Path) -> None:
    """Run a worker until nothing is left."""
    run = dedup(
        "stream",
        "--once",
        "--quiet",
        "--batch",
        str(_BATCH),
        "--state",
        state,
        broker.source("raw"),
        broker.sink("news"),
    )
    assert run.returncode == 0, run.stderr.decode()


def check(broker: Broker, bodies: list[bytes], most_repeated: int) -> None:
    """Nothing is lost, nothing is wrong, and at most so many messages are there twice."""
    wanted, found = Counter(expected(bodies)), Counter(broker.bodies("news"))
    assert set(found) == set(wanted)
    assert sum((found - wanted).values()) <= (0 if broker.name in ("redis", "nats") else most_repeated)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_at_any_point_loses_nothing(broker: Broker, point: str, tmp_path: Path) -> None:
    """It dies in the second batch, and the next worker completes the output."""
    bodies = messages()
    broker.fill("raw", bodies)
    state = tmp_path / "state.dedup"
    command = [sys.executable, "-m", "helpers.killed_worker", point, "2", broker.source("raw"), broker.sink("news")]
    environment = os.environ | {"PYTHONPATH": f"{HELPERS}{os.pathsep}{HELPERS.parent}"}
    died = subprocess.run([*command, str(state)], env=environment, timeout=HANG, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    finish(broker, state)
    check(broker, bodies, _BATCH)


def test_workers_that_die_at_random_lose_nothing(broker: Broker, rounds: int, tmp_path: Path) -> None:
    """Workers are killed one after the other while messages arrive; the last one completes the output."""
    draw = random.Random(rounds)  # noqa: S311
    bodies = messages(30 * rounds)
    state = tmp_path / "state.dedup"
    for k in range(rounds):
        broker.fill("raw", bodies[30 * k : 30 * k + 30])
        process = subprocess.Popen(
            [*COMMAND, "stream", "--batch", "10", "--quiet", "--state", str(state), broker.source("raw"),
             broker.sink("news")],
        )  # fmt: skip
        time.sleep(draw.uniform(0.5, 2))  # any moment will do
        process.kill()
        process.wait(HANG)
    finish(broker, state)
    check(broker, bodies, 10 * rounds)
