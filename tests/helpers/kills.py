"""Kills runs with a state at random moments and in each phase of a commit, and checks the output and the state.

Each run reads the input from the first uncommitted paragraph on, and appends to one output. At the end, no novel
paragraph may be missing from the output, no committed paragraph may be written again, and the state must equal that of
an undisturbed run.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import orjson

from dedup.filter.restore import texts
from dedup.store.state_file import State

_OPTIONS = ("filter", "--quiet")
_CHUNK = 40  # largest number of paragraphs fed at a time
_STARTING = 0.2  # share of the runs that may be killed during their start-up
_HANG = 300.0  # seconds
PHASES = ("creating", "writing", "half written", "written", "in the transaction", "at its end", "committed")


class Harness:
    """Filters a corpus of JSON Lines with ids, one paragraph per line, first undisturbed and then with kills."""

    def __init__(self, corpus: Path, folder: Path, options: tuple[str, ...] = (), seed: int = 1) -> None:
        self._lines = corpus.read_bytes().splitlines(keepends=True)
        self._ids = [orjson.loads(line)["id"] for line in self._lines]
        self._options = options
        self._draw = random.Random(seed)  # noqa: S311  # not for cryptography
        self._state, self._out = folder / "cut.dedup", folder / "cut.jsonl"
        whole = folder / "whole.dedup"
        undisturbed = subprocess.run(
            [sys.executable, "-m", "dedup", *_OPTIONS, *options, "--state", whole],
            input=b"".join(self._lines), capture_output=True, check=True,
        )  # fmt: skip
        self._expected = [orjson.loads(line)["id"] for line in undisturbed.stdout.splitlines()]
        self._remembered = contents(whole)
        self._out.touch()
        self._signal = signal.SIGKILL
        self.kills = 0
        self.signals = 0
        self.torn = 0
        self.again = 0

    def committed(self) -> int:
        """The number of committed paragraphs of the input."""
        if not self._state.exists():
            return 0
        with closing(State(self._state)) as state:
            return state.checkpoint.read

    def run(self, command: list[str], until: int, moment: Callable[[], float] | None) -> None:
        """Feed a run the input up to `until`. Kill it after `moment()` seconds, or wait for its end."""
        begin = self.committed()
        before = self._out.stat().st_size
        with self._out.open("ab") as out:
            process = subprocess.Popen(
                [*command, *_OPTIONS, *self._options, "--state", self._state],
                stdin=subprocess.PIPE,
                stdout=out,
                bufsize=0,
            )
        feed: Any = process.stdin
        started = time.monotonic()
        limit = started + moment() if moment is not None and self._draw.random() < _STARTING else None
        with suppress(BrokenPipeError):  # the run killed itself
            at = begin
            while at < until and (limit is None or time.monotonic() < limit):
                chunk = self._lines[at : at + self._draw.randint(1, _CHUNK)]
                feed.write(b"".join(chunk))
                at += len(chunk)
            if moment is not None:
                time.sleep(max(0, (limit or time.monotonic() + moment() / 20) - time.monotonic()))
                process.send_signal(self._signal)
                self.signals += 1
        with suppress(BrokenPipeError):  # the run ended before it read all
            feed.close()
        status = process.wait(_HANG)
        # An interrupt that comes before the interpreter has started ends it with status 1.
        not_started = self._signal == signal.SIGINT and self._out.stat().st_size == before
        if status not in (0, -signal.SIGKILL, -self._signal) and not (status == 1 and not_started):
            raise AssertionError(f"a run ended with status {status}")
        self.kills += status != 0
        self._check_run(begin, self._out.read_bytes()[before:])

    def _check_run(self, begin: int, written: bytes) -> None:
        """Check that a run wrote nothing that was already committed."""
        known = set(self._ids[begin:])
        for line in written.splitlines():
            try:
                name = orjson.loads(line)["id"]
            except ValueError:
                self.torn += 1
                continue
            if name not in known:
                raise AssertionError(f"{name} was committed and is written again")

    def finish(self) -> None:
        """Let a last run finish, and compare the output and the state."""
        self.run([sys.executable, "-m", "dedup"], len(self._lines), None)
        found: dict[str, int] = {}
        for line in self._out.read_bytes().splitlines():
            with suppress(ValueError):
                name = orjson.loads(line)["id"]
                found[name] = found.get(name, 0) + 1
        if missing := [name for name in self._expected if name not in found]:
            raise AssertionError(f"{len(missing)} novel paragraphs are missing, the first is {missing[0]}")
        if extra := found.keys() - set(self._expected):
            raise AssertionError(f"{len(extra)} paragraphs are not novel, one is {min(extra)}")
        if contents(self._state) != self._remembered:
            raise AssertionError("the state is not that of an undisturbed run")
        self.again = sum(found.values()) - len(found)

    def crash(self, kills: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Kill runs at random moments, spread over the input, or end them with another signal."""
        self._signal = number
        for kill in range(1, kills + 1):
            until = min(len(self._lines), self.committed() + 2 * len(self._lines) // (kills + 1))
            until = max(until, len(self._lines) * kill // (kills + 1))
            self.run([sys.executable, "-m", "dedup"], until, lambda: self._draw.uniform(0, 1.5))

    def crash_in(self, phase: str) -> None:
        """Let a run kill itself in a given phase."""
        module = [sys.executable, __file__, phase]
        self.run(module, min(len(self._lines), self.committed() + 10 * _CHUNK), None)


def contents(path: Path) -> tuple[Any, ...]:
    """The contents of a state, independent of its pages and of arrival times."""
    with closing(State(path)) as state:
        remembered = [
            (
                page.numbers.tolist(),
                page.ticks.tolist(),
                texts(page),
                page.labels,
                page.not_indexed.any(axis=1).tolist(),
            )
            for page in state.pages()
        ]
        flat = [[item for part in column for item in part] for column in zip(*remembered, strict=True)]
        return flat, state.checkpoint._replace(now=None)


def child(phase: str, arguments: list[str]) -> None:
    """Run `dedup`, and kill this process in a given phase."""
    from dedup import cli
    from dedup.pipeline import record_writer
    from dedup.store import state_file

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str, before: bool) -> None:
        real = getattr(owner, name)

        def made(*given: Any, **named: Any) -> Any:
            if before:
                die()
            result = real(*given, **named)
            if not before:
                die()
            return result

        setattr(owner, name, made)

    def half(sink: record_writer.RecordWriter, records: Any, *_: bytes) -> None:
        data = b"".join(records)
        sink.file.write(data[: len(data) // 2])
        sink.file.flush()
        die()

    if phase == "half written":
        setattr(record_writer.RecordWriter, "write", half)  # noqa: B010  # the fault
    else:
        owner, name, before = {
            "creating": (Path, "rename", True),
            "writing": (record_writer.RecordWriter, "write", True),
            "written": (record_writer.RecordWriter, "write", False),
            "in the transaction": (state_file.State, "_insert", False),
            "at its end": (state_file.State, "_tidy", False),
            "committed": (state_file.State, "commit", False),
        }[phase]
        around(owner, name, before)
    sys.argv = ["dedup", *arguments]
    cli.run()


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2:])
