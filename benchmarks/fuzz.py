"""Coverage-guided fuzzing of every parser with atheris, which needs the extra `fuzz`.

A parser passes if it returns, or refuses its input with one line. Whatever it reads must be usable, and no byte of
text or JSON Lines may be lost. An input that fails stays in the folder, and the command ends with status 1.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

from dedup import _kernels, sketch

SAMPLES = Path(__file__).parents[1] / "sample_feeds"
#: Packages whose coverage guides the mutations.
_GUIDING = ["dedup", "feedparser"]
_FORMATS = ("auto", "text", "jsonl", "json", "csv", "feed", "html", "parquet", "answered")
_SEPARATORS = b" \t\r\n\v\f,[]\xef\xbb\xbf\0"  # may stand between records
_LARGEST = 8192  # bytes of an input
_HANG = 20  # seconds for one input


def main() -> None:
    """Fuzz each parser in a process of its own, and print one JSON object per parser."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("parsers", nargs="*", metavar="PARSER", help=f"of {', '.join(TARGETS)}  [default: all]")
    parser.add_argument("--seconds", type=int, default=60, help="for each parser")
    parser.add_argument("--folder", type=Path, help="keep the inputs that were found here, and go on from them")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)  # fuzz in this process
    given = parser.parse_args()
    if unknown := set(given.parsers) - set(TARGETS):
        parser.error(f"unknown parsers: {', '.join(sorted(unknown))}")
    if given.one:
        fuzz(given.parsers[0], given.seconds, given.folder)
        return
    failed = False
    with TemporaryDirectory() as place:
        for name in given.parsers or TARGETS:
            row = run(name, given.seconds, (given.folder or Path(place)) / name)
            failed = failed or bool(row["failures"])
            print(json.dumps(row), flush=True)
    sys.exit(failed)


def run(name: str, seconds: int, folder: Path) -> dict[str, object]:
    """Fuzz a parser in another process. Returns its figures, and the inputs that failed with the end of the message."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.fuzz", name, "--one", "--seconds", str(seconds), "--folder", folder]
    begin = time.monotonic()
    process = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  # ours
    log = process.stdout + process.stderr
    executed = re.search(r"number_of_executed_units:\s*(\d+)", log)
    covered = re.findall(r"cov: (\d+)", log)
    if executed is None:
        raise SystemExit(log[-2000:])
    return {
        "parser": name,
        "inputs": int(executed[1]),
        "seconds": round(time.monotonic() - begin),
        "branches": int(covered[-1]) if covered else 0,
        "failures": re.findall(r"Test unit written to (\S+)", log),
        "message": log[:-1].partition("Uncaught Python exception")[2][:2000] if process.returncode else "",
    }


def fuzz(name: str, seconds: int, folder: Path) -> None:
    """Fuzz a parser in this process, which then ends."""
    import atheris

    kernels = [
        module.name
        for package in (_kernels, sketch)
        for module in walk_packages(package.__path__, f"{package.__name__}.")
    ]  # numba cannot compile what atheris has changed
    with atheris.instrument_imports(include=_GUIDING, exclude=kernels):
        import feedparser  # noqa: F401  # imported here to guide

        import dedup.analysis.labelled_pairs
        import dedup.formats.answered_lines
        import dedup.formats.csv
        import dedup.formats.documents
        import dedup.formats.jsonfeed
        import dedup.formats.parquet
        import dedup.formats.reading  # noqa: F401
    found = folder / "corpus"
    found.mkdir(exist_ok=True)
    for sample in SAMPLES.iterdir():
        if sample.is_file() and not sample.name.endswith(".md"):
            (found / sample.name).write_bytes(sample.read_bytes()[:_LARGEST])
    if name == "parquet":
        (found / "small.parquet").write_bytes(_parquet())
    options = {
        "max_total_time": seconds, "timeout": _HANG, "rss_limit_mb": 4096, "max_len": _LARGEST,
        "print_final_stats": 1, "artifact_prefix": f"{folder}/",
    }  # fmt: skip
    atheris.Setup([sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(found)], TARGETS[name])
    atheris.Fuzz()


def _parquet() -> bytes:
    import pyarrow
    from pyarrow import parquet

    file = io.BytesIO()
    table = pyarrow.table({"id": ["a", "b"], "text": ["The ferry sails again on Monday.", None]})
    parquet.write_table(table, file, compression="none")
    return file.getvalue()


def read_records(format: str, data: bytes) -> None:
    """Read an input in a format, and use everything that comes out.

    Raises:
        AssertionError: A refusal is longer than a line, labels or fields do not fit the texts, or bytes are lost.
    """
    import numpy as np

    from dedup.errors import DedupError
    from dedup.formats.base import RejectedInput, Source
    from dedup.formats.compression import decompressed
    from dedup.formats.reading import records

    out = b""
    try:
        for batch in records(io.BytesIO(data), Source("feed", max_bytes=4096), format):
            if isinstance(batch, RejectedInput):
                _check("\n" not in str(batch), "a reason is longer than a line")
                out += batch.raw
                continue
            _check(len(batch.labels()) == len(batch.texts), "labels do not fit the texts")
            _check(all(batch.fields(k)["text"] is not None for k in range(len(batch.texts))), "a text is missing")
            if not batch.tabular:
                out += batch.header + b"".join(batch.select(np.ones(len(batch.texts), np.bool_)))
    except DedupError as error:
        _check("\n" not in str(error), "a refusal is longer than a line")
        return
    if format in ("text", "jsonl") and decompressed(io.BytesIO(data), data[:16]) is None:
        lost = Counter(data) - Counter(out) - Counter(dict.fromkeys(_SEPARATORS, len(data)))
        _check(not lost, f"lost bytes: {lost}")


def read_pairs(data: bytes) -> None:
    """Read labelled pairs."""
    from dedup.analysis.labelled_pairs import Pairs
    from dedup.errors import DedupError

    pairs = Pairs()
    try:
        for rejected in pairs.read(io.BytesIO(data), "pairs", 4096):
            _check("\n" not in str(rejected), "a reason is longer than a line")
        pairs.collect(1)
    except DedupError as error:
        _check("\n" not in str(error), "a refusal is longer than a line")


def read_time(data: bytes) -> None:
    """Read a time and a duration."""
    from dedup.model.times import duration, moment, utc

    text = data.decode("utf-8", "replace")
    for read in (moment, duration):
        try:
            value = read(text)
        except ValueError:
            continue
        if value is not None and read is moment:
            utc(value)


def read_config(data: bytes) -> None:
    """Read a TOML file of settings, and make the settings."""
    from dedup.errors import SettingsError
    from dedup.settings import Settings, read_toml

    with TemporaryDirectory() as place:
        path = Path(place) / "settings.toml"
        path.write_bytes(data)
        try:
            Settings(**read_toml(path))
        except SettingsError as error:
            _check("\n" not in str(error), "a refusal is longer than a line")


def _check(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


#: What is fuzzed, by name.
TARGETS: dict[str, Callable[[bytes], None]] = {
    **{name: partial(read_records, name) for name in _FORMATS},
    "pairs": read_pairs,
    "times": read_time,
    "config": read_config,
}


if __name__ == "__main__":
    main()
