"""The cost of a state: runs with and without it in turns, and the time to open it."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.corpus import copy_lines

_OPEN = """
import sys, time
from dedup import NoveltyFilter
for _ in range(2):  # so that the kernels are there
    with NoveltyFilter(updates=sys.argv[2], state=sys.argv[1] + ".none") as novelty:
        list(novelty.judge(["one two three"]))
begin = time.perf_counter(), time.process_time()
with NoveltyFilter(updates=sys.argv[2], state=sys.argv[1]) as novelty:
    print(len(novelty), time.perf_counter() - begin[0], time.process_time() - begin[1])
"""


def main() -> None:
    """Run in turns, and print medians and their ratio as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.durable", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, help="use only the first N lines")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--updates", choices=("keep", "drop"), default="keep")
    given = parser.parse_args()
    with TemporaryDirectory() as place:
        corpus = copy_lines(given.corpus, given.lines, Path(place))
        state = Path(place) / "feed.dedup"
        command = [sys.executable, "-m", "dedup", "filter", "--quiet", str(corpus.path), "--updates", given.updates]
        kinds = {"without": command, "with": [*command, "--state", str(state)]}
        seconds: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        for turn in range(given.runs + 1):
            for kind, arguments in kinds.items():
                state.unlink(missing_ok=True)
                taken = _run(arguments, Path(place) / "out")
                if turn:  # the first turn fills caches
                    seconds[kind].append(taken)
        opened = _opened(state, given.updates)
        size = state.stat().st_size
    wall = {kind: median(one[0] for one in taken) for kind, taken in seconds.items()}
    cpu = {kind: median(one[1] for one in taken) for kind, taken in seconds.items()}
    figures = {
        "paragraphs": corpus.lines,
        "seconds of wall time": wall,
        "seconds of CPU": cpu,
        "throughput with of without (wall)": _ratio(seconds, 0),
        "throughput with of without (CPU)": _ratio(seconds, 1),
        "remembered": int(opened[0]),
        "bytes a paragraph": round(size / opened[0], 1),
        "seconds to open (wall, CPU)": opened[1:],
    }
    print(json.dumps(figures, indent=2))


def _ratio(seconds: dict[str, list[tuple[float, float]]], which: int) -> float:
    pairs = zip(seconds["without"], seconds["with"], strict=True)
    return round(median(without[which] / with_[which] for without, with_ in pairs), 3)


def _run(command: Sequence[str], out: Path) -> tuple[float, float]:
    """Wall time and CPU time (user and system) of a command that writes to a file."""
    begin, before = time.perf_counter(), os.times()
    with out.open("wb") as file:
        subprocess.run(command, stdout=file, check=True)  # noqa: S603  # a command of ours
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - begin, cpu


def _opened(state: Path, updates: str) -> list[float]:
    run = subprocess.run(  # noqa: S603  # a command of ours
        [sys.executable, "-c", _OPEN, str(state), updates], capture_output=True, text=True, check=True
    )
    return [float(figure) for figure in run.stdout.split()]


if __name__ == "__main__":
    main()
