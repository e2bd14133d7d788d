"""A long run with a small memory limit: memory and state file while a corpus is repeated.

The limit is far below the size of the corpus, so that nearly all of it is novel each time.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_SAMPLES = 200


def main() -> None:
    """Run, print the results, and plot memory and file size over the paragraphs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, one paragraph per line")
    parser.add_argument("--times", type=int, default=5, help="how often the corpus is repeated")
    parser.add_argument("--max-stored", type=int, default=200_000)
    parser.add_argument("--options", default="", help='additional options, such as "--refresh"')
    parser.add_argument("--plot", type=Path, default=Path(__file__).parent / "results" / "soak.svg")
    given = parser.parse_args()
    with TemporaryDirectory() as place:
        command = [
            sys.executable, "-m", "dedup", "filter", "--quiet", "--state", f"{place}/soak.dedup",
            "--max-stored", str(given.max_stored), *given.options.split(),
        ]  # fmt: skip
        samples = run(command, given.corpus, given.times, Path(place))
    draw(samples, given.plot, given.max_stored)
    half = samples[len(samples) // 2 :]
    figures = {
        "paragraphs": samples[-1]["paragraphs"],
        "seconds": round(samples[-1]["seconds"], 1),
        "memory MB, first fifth": max(sample["memory"] for sample in samples[: len(samples) // 5]),
        "memory MB, second half": [min(s["memory"] for s in half), max(s["memory"] for s in half)],
        "file MB, second half": [min(s["file"] for s in half), max(s["file"] for s in half)],
    }
    print(json.dumps(figures, indent=2))


def run(command: list[str], corpus: Path, times: int, place: Path) -> list[dict[str, Any]]:
    """Feed the corpus, and sample memory and file sizes, in 10^6 bytes, at even steps of the input."""
    size = corpus.stat().st_size
    lines = sum(chunk.count(b"\n") for chunk in _chunks(corpus))
    samples: list[dict[str, Any]] = []
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603  # a command of ours
    feed: Any = process.stdin
    fed = 0
    begin = time.monotonic()

    def sample() -> None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        memory = int(status.partition("VmRSS:")[2].split()[0]) * 1024
        files = sum(file.stat().st_size for file in place.iterdir())
        paragraphs = round(lines * fed / size)
        seconds = time.monotonic() - begin
        samples.append({"paragraphs": paragraphs, "seconds": seconds, "memory": memory / 1e6, "file": files / 1e6})

    for _ in range(times):
        for chunk in _chunks(corpus):
            feed.write(chunk)
            fed += len(chunk)
            if fed >= size * times * (len(samples) + 1) // _SAMPLES:
                sample()
    feed.close()
    if process.wait():
        raise SystemExit(f"the run ended with status {process.returncode}")
    return samples


def _chunks(path: Path) -> Any:
    with path.open("rb") as file:
        while chunk := file.read(1 << 18):
            yield chunk


def draw(samples: list[dict[str, Any]], path: Path, most: int) -> None:
    """Plot memory and file size over the paragraphs."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.5), layout="constrained")
    places = [sample["paragraphs"] / 1e6 for sample in samples]
    axes.plot(places, [sample["memory"] for sample in samples], label="memory")
    axes.plot(places, [sample["file"] for sample in samples], label="state file, with its log")
    axes.set(xlabel="million paragraphs", ylabel="10^6 bytes", ylim=(0, None), title=f"--max-stored {most}")
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
