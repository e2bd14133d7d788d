"""Peak memory of `dedup filter` on a small and on a large file of the same kind.

    python -m benchmarks.bounded [--corpus FILE.jsonl[.xz]] [--megabytes 1000] [--kinds gzip parquet]

The large file repeats the paragraphs of the small one, so both runs store the same paragraphs. The difference is the
memory for reading and writing. Without a corpus, the text consists of random words.
"""

import argparse
import gzip
import json
import lzma
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

PARAGRAPHS = 20_000
SMALL = 20  # megabytes


def paragraphs(corpus: Path | None) -> list[str]:
    """The paragraphs of both files."""
    if corpus is not None:
        opener = lzma.open if corpus.suffix == ".xz" else open
        with opener(corpus, "rt", encoding="utf-8") as file:
            return [json.loads(line)["text"] for line, _ in zip(file, range(PARAGRAPHS), strict=False)]
    rng = random.Random(1)  # noqa: S311  # a draw, and no secret
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(20_000)]
    return [" ".join(rng.choices(words, k=rng.randint(10, 60))) for _ in range(PARAGRAPHS)]


def texts(found: list[str], megabytes: int) -> Iterator[str]:
    """The paragraphs, repeated up to a size."""
    size = 0
    for text in cycle(found):
        yield text
        size += len(text.encode()) + 40
        if size > megabytes << 20:
            return


def write(kind: str, path: Path, found: list[str], megabytes: int) -> None:
    """Write a file of a kind with the given number of megabytes of records."""
    if kind == "gzip":
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
            for ordinal, text in enumerate(texts(found, megabytes)):
                file.write(json.dumps({"id": ordinal, "text": text}, ensure_ascii=False) + "\n")
        return
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema([("id", pa.int64()), ("text", pa.string())])
    # Without compression and dictionaries, the file has the size of its contents.
    with ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        rows: list[dict[str, object]] = []
        for ordinal, text in enumerate(texts(found, megabytes)):
            rows.append({"id": ordinal, "text": text})
            if len(rows) == 1 << 18:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema))


def peak(path: Path, emit: str) -> float:
    """The peak memory of a whole run over a file, in MB, measured by an intermediate process."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-m", "dedup", "filter", "--quiet", "--emit", emit, "-o", str(path) + ".out", str(path)]
    run = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, check=True)  # noqa: S603  # a command of ours
    return int(run.stdout) / 1024


def main() -> None:
    """Print a line for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--kinds", nargs="+", default=["gzip", "parquet"], choices=["gzip", "parquet"])
    parser.add_argument("--emit", default="all", choices=["all", "novel"])
    options = parser.parse_args()
    found = paragraphs(options.corpus)
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds:
            results = []
            for megabytes in (SMALL, options.megabytes):
                path = Path(folder) / f"{megabytes}.{kind}"
                write(kind, path, found, megabytes)
                size = path.stat().st_size >> 20
                results.append(f"{megabytes} MB of records ({size} MB of file): {peak(path, options.emit):.0f} MB")
                path.unlink()
            print(f"{kind}: " + "; ".join(results), flush=True)


if __name__ == "__main__":
    main()
