"""Kill a run with a state again and again, at random moments and in each phase of a commit, and look what is left.

Each run gets the rest of the input, from the first paragraph that was not committed, and appends to one output.
Then no novel paragraph may be missing from that, none that was committed may stand in it again after that, and the
state has to be that of a run that nobody disturbed.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from dedup.filter.restore import texts
from dedup.store.state_file import State

_OPTIONS = ("filter", "--quiet")
_CHUNK = 40  # paragraphs that are fed at a time, at most
_STARTING = 0.2  # share of the runs that are killed at any time from their start on
_HANG = 300.0  # seconds
PHASES = ("creating", "writing", "half written", "written", "in the transaction", "at its end", "committed")


class Harness:
    """A corpus of JSON Lines with ids, a paragraph a line, run through once and then with crashes."""

    def __init__(self, corpus: Path, folder: Path, options: tuple[str, ...] = (), seed: int = 1) -> None:
        self._lines = corpus.read_bytes().splitlines(keepends=True)
        self._ids = [orjson.loads(line)["id"] for line in self._lines]
        self._options = options
        self._draw = random.Random(seed)  # noqa: S311  # a draw, and no secret
        self._state, self._out = folder / "cut.dedup", folder / "cut.jsonl"
        whole = folder / "whole.dedup"
        undisturbed = subprocess.run(  # noqa: S603  # a command of ours
            [sys.executable, "-m", "dedup", *_OPTIONS, *options, "--state", whole],
            input=b"".join(self._lines), capture_output=True, check=True,
        )  # fmt: skip
        self._expected = [orjson.loads(line)["id"] for line in undisturbed.stdout.splitlines()]
        self._remembered = contents(whole)
        self._out.touch()
        self.kills = 0
        self.torn = 0
        self.again = 0

    def committed(self) -> int:
        """How much of the input is committed."""
        if not self._state.exists():
            return 0
        with closing(State(self._state)) as state:
            return state.mark.read

    def run(self, command: list[str], until: int, moment: Callable[[], float] | None) -> None:
        """Feed a run the input up to a place, and kill it that many seconds later, or wait for its end."""
        begin = self.committed()
        before = self._out.stat().st_size
        with self._out.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603  # a command of ours
                [*command, *_OPTIONS, *self._options, "--state", self._state],
                stdin=subprocess.PIPE,
                stdout=out,
                bufsize=0,
            )
        feed: Any = process.stdin
        started = time.monotonic()
        limit = started + moment() if moment is not None and self._draw.random() < _STARTING else None
        with suppress(BrokenPipeError):  # it killed itself
            at = begin
            while at < until and (limit is None or time.monotonic() < limit):
                chunk = self._lines[at : at + self._draw.randint(1, _CHUNK)]
                feed.write(b"".join(chunk))
                at += len(chunk)
            if moment is not None:
                time.sleep(max(0, (limit or time.monotonic() + moment() / 20) - time.monotonic()))
                process.kill()
        feed.close()
        status = process.wait(_HANG)
        if status not in (0, -signal.SIGKILL):
            raise SystemExit(f"a run ended with status {status}")
        self.kills += status != 0
        self._check_run(begin, self._out.read_bytes()[before:])

    def _check_run(self, begin: int, written: bytes) -> None:
        """What a run wrote is novel, in order, and nothing that had been committed before it."""
        known = set(self._ids[begin:])
        for line in written.splitlines():
            try:
                name = orjson.loads(line)["id"]
            except ValueError:
                self.torn += 1
                continue
            if name not in known:
                raise SystemExit(f"{name} was committed, and is written again")

    def finish(self) -> None:
        """Let a last run come to its end, and compare everything."""
        self.run([sys.executable, "-m", "dedup"], len(self._lines), None)
        found: dict[str, int] = {}
        for line in self._out.read_bytes().splitlines():
            with suppress(ValueError):
                name = orjson.loads(line)["id"]
                found[name] = found.get(name, 0) + 1
        if missing := [name for name in self._expected if name not in found]:
            raise SystemExit(f"{len(missing)} novel paragraphs are missing, the first is {missing[0]}")
        if extra := found.keys() - set(self._expected):
            raise SystemExit(f"{len(extra)} paragraphs are not novel, one is {min(extra)}")
        if contents(self._state) != self._remembered:
            raise SystemExit("the state is not that of an undisturbed run")
        self.again = sum(found.values()) - len(found)

    def crash(self, kills: int) -> None:
        """Kill runs at random moments, spread over the input."""
        for kill in range(1, kills + 1):
            until = min(len(self._lines), self.committed() + 2 * len(self._lines) // (kills + 1))
            until = max(until, len(self._lines) * kill // (kills + 1))
            self.run([sys.executable, "-m", "dedup"], until, lambda: self._draw.uniform(0, 1.5))

    def crash_in(self, phase: str) -> None:
        """Let a run kill itself when it comes to a phase."""
        module = [sys.executable, "-m", "benchmarks.crashes", "--phase", phase, "--"]
        self.run(module, min(len(self._lines), self.committed() + 10 * _CHUNK), None)


def contents(path: Path) -> tuple[Any, ...]:
    """All that a state remembers, whatever its pages, but for the times of arrival."""
    with closing(State(path)) as state:
        remembered = [
            (page.numbers.tolist(), page.ticks.tolist(), texts(page), page.labels, page.left_out.any(axis=1).tolist())
            for page in state.pages()
        ]
        flat = [[item for part in column for item in part] for column in zip(*remembered, strict=True)]
        return flat, state.mark._replace(now=None)


def child(phase: str, arguments: list[str]) -> None:
    """Be `dedup`, but killed in a phase."""
    from dedup import cli, header, state, stream

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

    def half(sink: stream.Sink, records: Any, *_: bytes) -> None:
        data = b"".join(records)
        sink.file.write(data[: len(data) // 2])
        sink.file.flush()
        die()

    if phase == "half written":
        stream.Sink.write = half  # type: ignore[method-assign]  # the fault
    else:
        owner, name, before = {
            "creating": (header.Path, "rename", True),
            "writing": (stream.Sink, "write", True),
            "written": (stream.Sink, "write", False),
            "in the transaction": (state.State, "_insert", False),
            "at its end": (state.State, "_tidy", False),
            "committed": (state.State, "commit", False),
        }[phase]
        around(owner, name, before)
    sys.argv = ["dedup", *arguments]
    cli.run()


def main() -> None:
    """Run as a benchmark, or as the child that kills itself."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crashes", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="JSON Lines with ids, a paragraph a line")
    parser.add_argument("--lines", type=int, default=100_000, help="use only the first N lines")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.phase is not None:
        child(given.phase, given.arguments)
    with TemporaryDirectory() as place:
        corpus = Path(place) / "corpus.jsonl"
        with given.corpus.open("rb") as file:
            corpus.write_bytes(b"".join(line for line, _ in zip(file, range(given.lines), strict=False)))
        harness = Harness(corpus, Path(place), seed=given.seed)
        for phase in PHASES * 2:
            harness.crash_in(phase)
        phases = harness.kills
        harness.crash(given.kills)
        harness.finish()
    figures = {
        "killed in a phase": phases,
        "killed at random": harness.kills - phases,
        "lines torn": harness.torn,
        "written again, as they were not committed": harness.again,
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
