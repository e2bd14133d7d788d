"""The real command as a real process."""

import os
import subprocess
import sys
from pathlib import Path

HANG = 60  # seconds after which a process counts as hanging; no test depends on how fast it is
COMMAND = [sys.executable, "-m", "dedup"]


def dedup(
    *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `dedup` to its end."""
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
    """Run a few lines of Python in a process of their own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | environment,
        capture_output=True,
        timeout=HANG,
        check=False,
    )
