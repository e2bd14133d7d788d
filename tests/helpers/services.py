"""Runs `dedup serve` as a real process, and asks it over real connections."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from helpers.running import COMMAND, HANG

NDJSON = "application/x-ndjson"


class RunningService:
    """A running service.

    Attributes:
        process: Its process.
        client: A client that is connected to it.
        url: Its address.
    """

    def __init__(self, *arguments: str | Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        assert self.process.stderr is not None
        self.url, lines = "", []
        for line in self.process.stderr:
            lines.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                self.url = found[1]
            if "ready" in line:
                break
        assert self.url, "".join(lines)
        headers = {"authorization": "Bearer secret"} if "DEDUP_TOKEN" in environment else {}
        self.client = httpx.Client(base_url=self.url, timeout=HANG, headers=headers)

    def judge(self, *records: Any, query: str = "", **headers: str) -> list[Any]:
        """Send records as JSON Lines. Returns the answers."""
        response = self.post(b"".join(orjson.dumps(record) + b"\n" for record in records), query, **headers)
        assert response.status_code == 200, response.text
        return [orjson.loads(line) for line in response.content.splitlines()]

    def post(self, body: bytes, query: str = "", type: str = NDJSON, **headers: str) -> httpx.Response:
        """Send a body to be judged."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/v1/judge{query}", content=body, headers={"content-type": type, **names})

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal. Returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(HANG)


@contextmanager
def service(*arguments: str | Path, **environment: str) -> Iterator[RunningService]:
    """A service that is killed at the end."""
    running = RunningService(*arguments, **environment)
    try:
        yield running
    finally:
        running.client.close()
        running.process.kill()
        running.process.wait(HANG)
        assert running.process.stderr is not None
        running.process.stderr.close()
