"""Measures one run of one process: time, memory, output.

This module deliberately imports nothing large, because the peak memory of a forked child includes the memory of its
parent.
"""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import IO, NamedTuple

_ROOT = Path(__file__).parent.parent


class Sample(NamedTuple):
    """The cost of one run.

    Attributes:
        wall: Seconds.
        cpu: Seconds, user and system, including children that were waited for.
        first: Seconds to the first byte of output, None without output.
        peak: Bytes of resident memory of the largest process.
        kept: The number of lines written.
        error: The last line of stderr if the run failed, otherwise None.
    """

    wall: float
    cpu: float
    peak: int
    first: float | None
    kept: int
    error: str | None = None


def measure(command: list[str], source: Path, cpus: set[int], output: Path | None = None) -> Sample:
    """Run `command` on these cores with `source` as standard input. Its output is counted, or written to `output`."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    began = perf_counter()
    first: float | None = None
    kept = 0
    with source.open("rb") as stdin, TemporaryFile() as stderr, open(output or os.devnull, "wb") as sink:
        process = subprocess.Popen(  # noqa: S603  # a command of ours
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=_ROOT,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        assert process.stdout is not None  # noqa: S101  # it is piped
        with process.stdout as stdout:
            while chunk := os.read(stdout.fileno(), 1 << 20):
                if first is None:
                    first = perf_counter() - began
                kept += chunk.count(b"\n")
                sink.write(chunk)
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        error = _last_line(stderr, process.returncode) if process.returncode else None
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, first, kept, error)


def _last_line(stderr: IO[bytes], status: int) -> str:
    stderr.seek(0)
    lines = stderr.read().decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else f"ended with status {status}"
