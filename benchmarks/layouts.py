"""Recall of planted repeats against speed, for shingle kinds, thresholds, coverages, bands and rows.

Each setting is a separate run of `dedup filter` over the same planted corpus.
"""

import argparse
import csv
import json
import sys
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.corpus import head
from benchmarks.measure import measure
from benchmarks.run import give_way, python, tell
from benchmarks.table import KINDS, grid

_RECALL = 0.99


class Choice(NamedTuple):
    """One setting, with `rows` rows per band, and as many bands as the recall needs at the threshold."""

    shingle: str
    threshold: float
    coverage: float
    rows: int

    @property
    def bands(self) -> int:
        """The fewest bands that propose a pair at the threshold with a probability of 0.99."""
        bands = 1
        while 1 - (1 - self.threshold**self.rows) ** bands < _RECALL:
            bands += 1
        return bands

    def command(self) -> list[str]:
        """`dedup filter` with this setting. The program chooses the layout within `num_perm`."""
        # This measures the matches, before changed facts turn some of them into updates.
        line = [sys.executable, "-m", "dedup", "filter", "--quiet", "--updates", "drop"]
        for name, value in (
            ("shingle", self.shingle),
            ("threshold", self.threshold),
            ("coverage", self.coverage),
            ("num-perm", self.bands * self.rows),
        ):
            line += [f"--{name}", str(value)]
        return line


def main() -> None:
    """Run every setting, and write CSV, JSON, a Markdown table and a plot."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layouts", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--shingles", default="word:1,word:2,word:3,char:4,char:5,char:6,char:8")
    parser.add_argument("--thresholds", default="0.4,0.45,0.5,0.6")
    parser.add_argument("--coverages", default="0.8", help="also 0.5,0.6: each multiplies the runs")
    parser.add_argument("--rows", default="2,3,4", help="rows per band")
    parser.add_argument("--most", type=int, default=256, help="skip layouts with more permutations")
    parser.add_argument("--runs", type=int, default=1, help="rounds over all settings; results are medians")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cpu", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks-out"))
    given = parser.parse_args()
    choices = [
        choice
        for shingle, threshold, coverage, rows in product(
            given.shingles.split(","),
            map(float, given.thresholds.split(",")),
            map(float, given.coverages.split(",")),
            map(int, given.rows.split(",")),
        )
        if (choice := Choice(shingle, threshold, coverage, rows)).bands * rows <= given.most
    ]
    with TemporaryDirectory() as place:
        planted = Path(place, "planted.jsonl")
        python(
            "benchmarks.planting",
            *("--corpus", given.corpus, "--lines", given.lines, "--seed", given.seed, "--out", planted),
        )
        rows_ = run(choices, planted, given.runs, {given.cpu})
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "layouts.json").write_text(json.dumps(rows_, indent=2) + "\n")
    with (given.out / "layouts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows_[0]))
        writer.writeheader()
        writer.writerows(rows_)
    table = markdown(rows_)
    (given.out / "layouts.md").write_text(table)
    plot(rows_, given.out / "layouts.svg")
    print(table, end="")


def run(choices: list[Choice], planted: Path, runs: int, cpus: set[int]) -> list[dict[str, Any]]:
    """A row of results for each setting, over `runs` rounds."""
    give_way(cpus)
    with planted.open("rb") as file:
        lines = sum(1 for _ in file)
    outputs = [planted.with_name(f"kept-{k}.jsonl") for k in range(len(choices))]
    samples: list[list[Any]] = [[] for _ in choices]
    # A run on one line measures the start-up, which no setting changes.
    start = measure(choices[0].command(), head(planted, 1), cpus)
    for _ in range(runs):
        for choice, output, measured in zip(choices, outputs, samples, strict=True):
            measured.append(measure(choice.command(), planted, cpus, output))
            if measured[-1].error is not None:
                sys.exit(f"{choice}: {measured[-1].error}")
            tell(f"{choice}: {measured[-1].cpu:.2f} s of CPU")
    named = [f"{k}={output}" for k, output in enumerate(outputs)]
    found = json.loads(python("benchmarks.truth", planted, *named))["engines"]
    figures = []
    for k, (choice, measured) in enumerate(zip(choices, samples, strict=True)):
        quality = found[str(k)]
        kept = measured[0].kept
        figures.append(
            choice._asdict()
            | {
                "bands": choice.bands,
                "num_perm": choice.bands * choice.rows,
                "microseconds": 1e6 * (median(sample.cpu for sample in measured) - start.cpu) / lines,
                "bytes_per_kept": (median(sample.peak for sample in measured) - start.peak) / max(1, kept),
                "dropped": lines - kept,
                "recall": sum(quality["recall"].values()) / len(KINDS),
                **{f"recall_{kind}": quality["recall"][kind] for kind in KINDS},
                "false_drops": quality["false_drops"],
                "contained": quality["contained"],
            }
        )
    return figures


def markdown(rows: list[dict[str, Any]]) -> str:
    """The table, by recall and then by speed."""
    head = (
        "shingle", "threshold", "coverage", "bands x rows", "us / paragraph", "bytes / kept", "dropped", "recall",
        *KINDS, "false drops", "of them contained",
    )  # fmt: skip
    cells = [
        [
            row["shingle"],
            f"{row['threshold']:g}",
            f"{row['coverage']:g}",
            f"{row['bands']} x {row['rows']}",
            f"{row['microseconds']:.1f}",
            f"{row['bytes_per_kept']:,.0f}",
            f"{row['dropped']:,}",
            f"{row['recall']:.3f}",
            *(f"{row[f'recall_{kind}']:.3f}" for kind in KINDS),
            f"{row['false_drops']:,}",
            f"{row['contained']:,}",
        ]
        for row in sorted(rows, key=lambda row: (-round(row["recall"], 3), row["microseconds"]))
    ]
    return "\n".join(grid(head, cells)) + "\n"


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Recall of planted repeats against CPU time per paragraph. Colours show shingle kinds, shapes show thresholds."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "layouts"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6), layout="constrained")
    shingles = list(dict.fromkeys(row["shingle"] for row in rows))
    thresholds = sorted({row["threshold"] for row in rows})
    for row in rows:
        axes.scatter(
            row["microseconds"],
            row["recall"],
            color=f"C{shingles.index(row['shingle'])}",
            marker="os^Dv<>P"[thresholds.index(row["threshold"]) % 8],
            s=36,
        )
        axes.annotate(f"{row['bands']}x{row['rows']}", (row["microseconds"], row["recall"]), fontsize=6, alpha=0.7)
    for k, shingle in enumerate(shingles):
        axes.scatter([], [], color=f"C{k}", label=shingle)
    for k, threshold in enumerate(thresholds):
        axes.scatter([], [], color="grey", marker="os^Dv<>P"[k % 8], label=f"threshold {threshold:g}")
    axes.set_xscale("log")
    axes.set_xlabel("CPU time, microseconds a paragraph")
    axes.set_ylabel("planted repeats found")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
