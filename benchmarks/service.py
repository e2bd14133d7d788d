"""The speed of `dedup serve`, as a ratio to the same filter in process.

    python -m benchmarks.service --corpus FILE [--lines 20000]

Three runs, each with a new state file: `decide_articles` and `commit` in this process, 100 paragraphs at a time; the
service with requests of 100 paragraphs from 4 clients; and the service with requests of one paragraph from 64 clients.
The clients are another process. CPU seconds of the service are read from its metrics.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.corpus import opened
from dedup import NoveltyFilter

_TOGETHER = 100  # paragraphs of a large request


def in_process(records: list[dict[str, Any]], state: Path) -> tuple[float, float]:
    """The wall and CPU seconds to judge and commit records, 100 at a time."""
    with NoveltyFilter(state=state, same_id="again") as novelty:
        wall, cpu = time.perf_counter(), time.process_time()
        for first in range(0, len(records), _TOGETHER):
            for article in novelty.decide_articles(records[first : first + _TOGETHER]):
                [decision.as_dict() for decision in article.decisions]
            novelty.commit()
        return time.perf_counter() - wall, time.process_time() - cpu


@contextmanager
def service(state: Path) -> Iterator[int]:
    """Run the service. Yields its port."""
    command = [sys.executable, "-m", "dedup", "serve", "--port", "0", "--state", str(state), "--max-waiting", "1000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own command
        port = 0
        for line in process.stderr or ():
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                port = int(found[1])
            if "ready" in line:
                break
        try:
            yield port
        finally:
            process.terminate()


async def _client(port: int, bodies: asyncio.Queue[bytes]) -> None:
    """Send bodies until there are no more, on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not bodies.empty():
        body = bodies.get_nowait()
        head = f"POST /v1/judge HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/x-ndjson\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(answer.decode())
        size = int(re.search(rb"content-length: (\d+)", answer)[1])  # type: ignore[index]
        await reader.readexactly(size)
    writer.close()


def _send(port: int, bodies: list[bytes], clients: int, result: Any) -> None:
    async def run() -> float:
        waiting: asyncio.Queue[bytes] = asyncio.Queue()
        for body in bodies:
            waiting.put_nowait(body)
        started = time.perf_counter()
        await asyncio.gather(*(_client(port, waiting) for _ in range(clients)))
        return time.perf_counter() - started

    result.put(asyncio.run(run()))


def over_http(records: list[dict[str, Any]], state: Path, together: int, clients: int) -> tuple[float, float]:
    """The wall seconds of the clients, and the CPU seconds of the service."""
    bodies = [
        b"".join(json.dumps(record).encode() + b"\n" for record in records[first : first + together])
        for first in range(0, len(records), together)
    ]
    with service(state) as port:
        before = _cpu(port)
        result = multiprocessing.Queue()  # type: ignore[var-annotated]
        sender = multiprocessing.Process(target=_send, args=(port, bodies, clients, result))
        sender.start()
        wall = result.get()
        sender.join()
        return wall, _cpu(port) - before


def _cpu(port: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    return float(re.search(r"^process_cpu_seconds_total (\S+)", text, re.MULTILINE)[1])  # type: ignore[index]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="The speed of the HTTP service.")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--lines", type=int, default=20_000)
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    NoveltyFilter.warm_up()
    with opened(Path(options.corpus)) as lines:
        records = [json.loads(line) for line in islice(lines, options.lines)]
    with TemporaryDirectory() as folder:
        place = Path(folder)
        inside = in_process(records, place / "inside.dedup")
        large = over_http(records, place / "large.dedup", _TOGETHER, 4)
        single = over_http(records[: options.lines // 2], place / "single.dedup", 1, 64)
    print("| | paragraphs a second | paragraphs a CPU second | of in-process (CPU) |\n| --- | ---: | ---: | ---: |")
    own = len(records) / inside[1]
    for name, count, (wall, cpu) in (
        ("in process, 100 at a time", len(records), inside),
        ("requests of 100, 4 clients", len(records), large),
        ("requests of 1, 64 clients", options.lines // 2, single),
    ):
        print(f"| {name} | {count / wall:,.0f} | {count / cpu:,.0f} | {count / cpu / own:.2f} |")


if __name__ == "__main__":
    main()
