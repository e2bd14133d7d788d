"""Checks the pinned floors of speed, memory, recall and quality. Exits with status 1 if any is missed.

The floors in floors.json are ratios to other engines in the same run, so that they are valid on any machine.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import engines
from benchmarks.corpus import copy_lines
from benchmarks.run import compare, python, tell

_FLOORS = Path(__file__).with_name("floors.json")
_PEERS = ("baseline", "ours", "gaoya", "rensa", "datasketch")


def missed(floors: dict[str, dict[str, float]], measured: dict[str, float | str]) -> list[str]:
    """A line for each missed floor. A measure that is a text is the reason why it is missing.

    A floor may have a `target` that is not reached yet. It is for readers of the file only.
    """
    lines = []
    for name, floor in floors.items():
        value = measured[name]
        for bound, limit in floor.items():
            if bound == "target":
                continue
            if isinstance(value, str):
                lines.append(f"{name}: not measured: {value}")
            elif (value < limit) if bound == "at_least" else (value > limit):
                lines.append(f"{name}: {value:.3g}, must be {bound.replace('_', ' ')} {limit:g}")
    return lines


def collect(source: Path, pinned: str, lines: int, fewer: int, runs: int, cpus: list[int]) -> dict[str, float | str]:
    """Every measure that has a floor, by its name in floors.json. `pinned` is the hash of the corpus of the floors."""
    commands = {name: engines.command(name) for name in _PEERS}
    two_cores = {"baseline": commands["baseline"], "ours": [*commands["ours"], "--jobs", "2"]}
    with TemporaryDirectory() as place:
        corpus = copy_lines(source, lines, Path(place))
        if corpus.sha256 != pinned:
            tell(f"these {corpus.lines} lines are not the corpus of the floors: sha256 {corpus.sha256}")
        one = compare(commands, corpus, runs, {cpus[0]})
        two = compare(two_cores, corpus, runs, set(cpus))
        less = copy_lines(source, fewer, Path(place))
        short = compare({name: commands[name] for name in ("baseline", "ours")}, less, runs, {cpus[0]})
        figures = Path(place, "recall.json")
        python("benchmarks.recall", "--corpus", less.path, "--lines", less.lines, "--out", figures)
        recall = json.loads(figures.read_text())["alike"]["recall"]
        edited = Path(place, "quality.json")
        python("benchmarks.quality", "--corpus", source, "--lines", fewer, "--engines", "ours", "--out", edited)
        quality = json.loads(edited.read_text())["edits"]
    ours = one["ours"]
    measured: dict[str, float | str] = {
        "of_baseline_one_core": get(ours, "of_baseline_cpu"),
        "of_baseline_two_cores_wall": get(two["ours"], "of_baseline_wall"),
        "bytes_per_kept": get(ours, "bytes_per_kept"),
        "first_output": get(ours, "first_output"),
        "lsh_recall": recall,
        "time_growth": ratio(seconds_each(ours, corpus.lines), seconds_each(short["ours"], less.lines)),
    }
    for name, row in quality.items():
        measured[f"dropped {name}"] = float(row["ours"]["dropped"])
    for name in ("gaoya", "rensa", "datasketch"):
        peer = get(one[name], "paragraphs_per_cpu_second")
        measured[f"times_{name}"] = ratio(get(ours, "paragraphs_per_cpu_second"), peer)
    return measured


def get(report: dict[str, Any], name: str) -> float | str:
    """A value of an engine, or the reason why it is missing."""
    return str(report["error"]) if "error" in report else float(report[name])


def seconds_each(report: dict[str, Any], lines: int) -> float | str:
    """CPU seconds per paragraph, without the start-up time, which a run on one line measures."""
    if "error" in report:
        return str(report["error"])
    return (median(run["cpu"] for run in report["runs"]) - report["one_line"]["cpu"]) / lines


def ratio(one: float | str, other: float | str) -> float | str:
    """The ratio of two values, or the reason why one is missing."""
    if isinstance(one, str):
        return one
    return other if isinstance(other, str) else one / other


def main() -> None:
    """Measure, write JSON if requested, and print the missed floors."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--fewer", type=int, default=100_000, help="lines of the short run, of recall and of edits")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cpu", default="0,1", help="two cores; runs on one core use the first")
    parser.add_argument("--out", type=Path, help="write the measured values as JSON")
    given = parser.parse_args()
    pinned = json.loads(_FLOORS.read_text())
    floors = pinned["floors"]
    cpus = [int(cpu) for cpu in given.cpu.split(",")]
    measured = collect(given.corpus, pinned["corpus"]["sha256"], given.lines, given.fewer, given.runs, cpus)
    if given.out:
        given.out.write_text(json.dumps(measured, indent=2) + "\n")
    lines = missed(floors, measured)
    print("\n".join(lines) if lines else f"all {len(floors)} floors are met")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
