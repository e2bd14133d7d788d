"""A long run with a window and a state: memory, files and rate over the paragraphs.

A corpus is repeated until enough paragraphs were read. Record times are one second apart, and the window is far shorter
than the corpus, so nearly all of it is novel each time.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from benchmarks.corpus import opened

_SAMPLES = 200
_LINES = 1000  # paragraphs written at a time


def main() -> None:
    """Run, print the results, and plot memory, file sizes and rate over the paragraphs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, plain or .xz, one paragraph per line")
    parser.add_argument("--paragraphs", type=int, default=10_000_000, help="how many are read")
    parser.add_argument("--window", default="200000s", help="records are one second apart")
    parser.add_argument("--options", default="", help='additional options, such as "--refresh --max-stored 100000"')
    parser.add_argument("--plot", type=Path, default=Path(__file__).parent / "results" / "soak.svg")
    given = parser.parse_args()
    with TemporaryDirectory() as place:
        command = [
            sys.executable, "-m", "dedup", "filter", "--quiet", "--state", f"{place}/soak.dedup",
            "--time-field", "time", "--window", given.window, *given.options.split(),
        ]  # fmt: skip
        samples = run(command, given.corpus, given.paragraphs, Path(place))
    draw(samples, given.plot, f"--window {given.window} {given.options}")
    print(json.dumps(figures(samples), indent=2))


def figures(samples: list[dict[str, float]]) -> dict[str, Any]:
    """Rates in paragraphs per second, and the smallest and largest sizes in 10^6 bytes, each over a part of the run."""
    fifth = len(samples) // 5
    half = samples[len(samples) // 2 :]
    return {
        "paragraphs": samples[-1]["paragraphs"],
        "seconds": round(samples[-1]["seconds"], 1),
        "paragraphs per second, first and last fifth": [_rate(samples[: fifth + 1]), _rate(samples[-fifth - 1 :])],
        "memory MB, first fifth": max(sample["memory"] for sample in samples[:fifth]),
        "memory MB, second half": [min(s["memory"] for s in half), max(s["memory"] for s in half)],
        "file MB, second half": [min(s["file"] for s in half), max(s["file"] for s in half)],
    }


def _rate(samples: list[dict[str, float]]) -> int:
    first, last = samples[0], samples[-1]
    return round((last["paragraphs"] - first["paragraphs"]) / (last["seconds"] - first["seconds"]))


def records(corpus: Path, count: int) -> Iterator[bytes]:
    """`count` records, one second apart, with the texts of a corpus that is repeated as often as necessary."""
    place = 0
    while place < count:
        first = place
        with opened(corpus) as file:
            for line in islice(file, count - place):
                record = {"id": str(place), "time": 1_000_000_000 + place, "text": orjson.loads(line)["text"]}
                yield orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
                place += 1
        if place == first:
            raise SystemExit(f"{corpus} is empty")


def run(command: list[str], corpus: Path, count: int, place: Path) -> list[dict[str, float]]:
    """Feed the records, and sample memory and file sizes, in 10^6 bytes, at even steps of the input."""
    samples: list[dict[str, float]] = []
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603  # a command of ours
    feed: Any = process.stdin
    fed = 0
    begin = time.monotonic()
    lines = records(corpus, count)
    with suppress(KeyboardInterrupt, BrokenPipeError):  # an interrupt ends the run, and what it measured is shown
        while chunk := list(islice(lines, _LINES)):
            feed.write(b"".join(chunk))
            fed += len(chunk)
            if fed >= count * (len(samples) + 1) // _SAMPLES:
                status = Path(f"/proc/{process.pid}/status").read_text()
                memory = int(status.partition("VmRSS:")[2].split()[0]) * 1024
                files = sum(file.stat().st_size for file in place.iterdir())
                seconds = time.monotonic() - begin
                samples.append({"paragraphs": fed, "seconds": seconds, "memory": memory / 1e6, "file": files / 1e6})
                if len(samples) % (_SAMPLES // 20) == 0:
                    print(json.dumps(samples[-1]), file=sys.stderr, flush=True)
    with suppress(BrokenPipeError):
        feed.close()
    if process.wait():
        raise SystemExit(f"the run ended with status {process.returncode}")
    return samples


def draw(samples: list[dict[str, float]], path: Path, title: str) -> None:
    """Plot memory and file sizes, and below them the rate, over the paragraphs."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, (sizes, rates) = pyplot.subplots(2, figsize=(7, 5), sharex=True, layout="constrained")
    places = [sample["paragraphs"] / 1e6 for sample in samples]
    sizes.plot(places, [sample["memory"] for sample in samples], label="memory")
    sizes.plot(places, [sample["file"] for sample in samples], label="state file, with its log")
    sizes.set(ylabel="10^6 bytes", ylim=(0, None), title=title)
    sizes.legend()
    rates.plot(places[1:], [_rate(list(pair)) for pair in pairwise(samples)])
    rates.set(xlabel="million paragraphs", ylabel="paragraphs per second", ylim=(0, None))
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
