"""Feeds with uncertain repeats, and commands that give second opinions on them."""

import json
import os
import shlex
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from helpers.running import HANG

#: The beginning of every command: a log of what it gets, and ways to answer.
_BEGIN = """
import os, sys, time

def note(name, text):
    with open(os.path.join(FOLDER, name), "a", encoding="utf-8") as file:
        file.write(text)

def lines():
    for line in sys.stdin:
        note("asked", line)
        yield line

def answer(text):
    sys.stdout.write(text)
    sys.stdout.flush()

note("started", f"{os.getpid()}\\n")
"""


def pair(number: int) -> tuple[str, str]:
    """A paragraph that resembles no other one, and an uncertain repeat of it."""
    draw = Random(number)  # noqa: S311  # a draw, and no secret
    words = ["".join(draw.choice("bdfgklmnprst") + draw.choice("aeiou") for _ in range(3)) for _ in range(10)]
    old = f"{' '.join(words)} destroyed the {words[0]}."
    return old, old.replace("destroyed", "demolished")


def lines(texts: list[str]) -> bytes:
    """A text input."""
    return "".join(f"{text}\n" for text in texts).encode()


class Command:
    """A command that gives second opinions.

    Args:
        folder: A folder for its script and its log.
        body: What the script does. It has `lines()`, which logs each question, `answer(text)` and `note(file, text)`.
    """

    def __init__(self, folder: Path, body: str) -> None:
        self._folder = folder
        script = folder / "opinion.py"
        script.write_text(f"FOLDER = {str(folder)!r}\n{_BEGIN}\n{body}\n", encoding="utf-8")
        self.line = shlex.join([sys.executable, str(script)])

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The questions that it got so far."""
        return [json.loads(line) for line in self.notes("asked")]

    @property
    def starts(self) -> list[int]:
        """The ids of its processes so far."""
        return [int(line) for line in self.notes("started")]

    def notes(self, name: str) -> list[str]:
        """The lines of a log."""
        with suppress(FileNotFoundError):
            return (self._folder / name).read_text(encoding="utf-8").split("\n")[:-1]
        return []


def is_running(process: int) -> bool:
    """Whether a process runs. One that has ended, and waits to be collected, does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return False
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        return True
    return status.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(condition: Any) -> None:
    """Wait until something holds. Fails if it never does."""
    limit = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < limit, "this never happened"
        time.sleep(0.01)
