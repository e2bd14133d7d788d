"""Runs the real command as a real process."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from helpers.fork_server import can_fork, run_forked

HANG = 60  # seconds after which a process counts as hanging; no test depends on its speed
COMMAND = [sys.executable, "-m", "dedup"]
# A script that runs a command and prints the names of the modules that are loaded at the end.
MODULES = """
import json, sys
sys.argv = ["dedup", *sys.argv[1:]]
from dedup.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print()
print(json.dumps(sorted(sys.modules)))
"""


def dedup(
    *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `dedup` to its end."""
    if can_fork(environment):
        return run_forked([*map(str, arguments)], stdin, cwd, environment, HANG)
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        timeout=HANG,
        check=False,
    )


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a few lines of Python in a separate process."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | environment,
        capture_output=True,
        timeout=HANG,
        check=False,
    )


def start(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start `dedup` with pipes at both ends. It is killed if it hangs."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environment,
    )
    guard = threading.Timer(HANG, process.kill)
    guard.daemon = True
    guard.start()
    return process


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    """The three pipes of a process."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdin, process.stdout, process.stderr
