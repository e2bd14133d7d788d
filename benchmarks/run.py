"""Compares engines in rounds, on the same file and the same core."""

import argparse
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import engines
from benchmarks.corpus import Corpus, copy_lines, head
from benchmarks.measure import Sample, measure
from benchmarks.table import markdown

_WARM_LINES = 2000


def main() -> None:
    """Parse the options, run, write results.json and results.md, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, help="use only the first N lines")
    parser.add_argument("--engines", default=",".join(engines.NAMES), help="comma-separated; the baseline always runs")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cpu", default="0", help="the core, or comma-separated cores, of every run")
    parser.add_argument("--threshold", type=float, help="Jaccard, for every engine with this option")
    parser.add_argument("--words", type=int, help="words in a shingle, for every engine with this option")
    parser.add_argument("--ours", default="", metavar="OPTIONS", help='additional options for ours, such as "--jobs 2"')
    parser.add_argument("--quality-lines", type=int, default=100_000, help="lines of the quality pass; 0 for none")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the planted repeats")
    parser.add_argument("--out", type=Path, default=Path("benchmarks-out"), help="directory for the results")
    given = parser.parse_args()
    names = given.engines.split(",")
    if unknown := sorted(set(names) - set(engines.NAMES)):
        parser.error(f"no such engine: {', '.join(unknown)} (there are {', '.join(engines.NAMES)})")
    cpus = {int(cpu) for cpu in given.cpu.split(",")}
    commands = {name: engines.command(name, given.threshold, given.words) for name in ["baseline", *names]}
    if "ours" in commands:
        commands["ours"] += shlex.split(given.ours)
    with TemporaryDirectory() as place:
        corpus = copy_lines(given.corpus, given.lines, Path(place))
        results = {
            "machine": machine(cpus),
            "corpus": {"name": given.corpus.name, "lines": corpus.lines, "sha256": corpus.sha256},
            "rule": {"threshold": given.threshold, "words": given.words, "ours": given.ours},
            "engines": compare(commands, corpus, given.runs, cpus),
        }
        if given.quality_lines:
            add_quality(results, commands, given.corpus, min(given.quality_lines, corpus.lines), given.seed, cpus)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    table = markdown(results)
    (given.out / "results.md").write_text(table)
    print(table, end="")


def compare(commands: dict[str, list[str]], corpus: Corpus, runs: int, cpus: set[int]) -> dict[str, Any]:
    """The cost of each engine over `runs` rounds of all engines. An engine that cannot run has only an `error`."""
    give_way(cpus)
    warm, one_line = (head(corpus.path, lines) for lines in (_WARM_LINES, 1))
    reports: dict[str, Any] = {}
    samples: dict[str, list[Sample]] = {}
    for name, command in commands.items():
        reports[name] = {"note": engines.load(name).NOTE, "versions": versions(engines.load(name).PACKAGES)}
        tried = measure(command, warm, cpus)
        if tried.error is None:
            tell(f"{name}: ready")
            samples[name] = []
            reports[name]["empty"] = measure(command, Path(os.devnull), cpus)._asdict()
            reports[name]["one_line"] = measure(command, one_line, cpus)._asdict()
        else:
            tell(f"{name}: cannot run: {tried.error}")
            reports[name]["error"] = tried.error
    for turn in range(runs):
        for name in list(samples):
            sample = measure(commands[name], corpus.path, cpus)
            tell(f"{name}: run {turn + 1}: {sample.cpu:.2f} s of CPU, {sample.wall:.2f} s, {sample.kept} kept")
            if sample.error is not None:
                reports[name]["error"] = sample.error
                del samples[name]
                continue
            samples[name].append(sample)
    if "baseline" not in samples:
        sys.exit(f"the baseline cannot run, and all ratios need it: {reports['baseline']['error']}")
    for name, measured in samples.items():
        reports[name] |= summary(measured, samples["baseline"], reports[name]["empty"], corpus.lines)
    return reports


def summary(measured: list[Sample], baseline: list[Sample], empty: dict[str, Any], lines: int) -> dict[str, Any]:
    """The medians of an engine's runs. Ratios are to the baseline's run in the same round."""
    peak = median(sample.peak for sample in measured)
    kept = measured[-1].kept
    firsts = [sample.first for sample in measured if sample.first is not None]
    return {
        "runs": [sample._asdict() for sample in measured],
        "paragraphs_per_cpu_second": lines / median(sample.cpu for sample in measured),
        "of_baseline_cpu": median(theirs.cpu / ours.cpu for ours, theirs in zip(measured, baseline, strict=True)),
        "of_baseline_wall": median(theirs.wall / ours.wall for ours, theirs in zip(measured, baseline, strict=True)),
        "peak": peak,
        "bytes_per_kept": (peak - empty["peak"]) / max(1, kept),
        "first_output": median(firsts) if firsts else None,
        "kept": kept,
    }


def add_quality(
    results: dict[str, Any], commands: dict[str, list[str]], source: Path, lines: int, seed: int, cpus: set[int]
) -> None:
    """Run each engine once on a corpus with planted repeats, and add its recall and false drops."""
    with TemporaryDirectory() as place:
        planted = Path(place, "planted.jsonl")
        python("benchmarks.planting", "--corpus", source, "--lines", lines, "--seed", seed, "--out", planted)
        outputs: dict[str, Path] = {}
        for name, report in results["engines"].items():
            if "error" in report:
                continue
            tell(f"{name}: quality")
            output = Path(place, f"{name}.jsonl")
            sample = measure(commands[name], planted, cpus, output)
            if sample.error is None:
                outputs[name] = output
            else:
                tell(f"{name}: {sample.error}")
        pairs = [f"{name}={path}" for name, path in outputs.items()]
        found = json.loads(python("benchmarks.truth", planted, *pairs))
    results["quality"] = {"lines": lines, "seed": seed, "planted": found["planted"]}
    for name, quality in found["engines"].items():
        results["engines"][name]["quality"] = quality


def python(module: str, *arguments: object) -> str:
    """The output of a module of ours, run in a separate process so that this one stays small."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    root = Path(__file__).parent.parent
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=root).stdout  # noqa: S603  # a command of ours


def give_way(cpus: set[int]) -> None:
    """Move this process to cores that the runs do not use, if the machine has others."""
    if others := os.sched_getaffinity(0) - cpus:
        os.sched_setaffinity(0, others)


def machine(cpus: set[int]) -> dict[str, Any]:
    """Facts about this machine."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "used_cores": sorted(cpus),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """The installed version of each package."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def tell(line: str) -> None:
    """Print progress to stderr."""
    print(line, file=sys.stderr, flush=True)
