"""text-dedup: its MinHash command, which reads and writes files."""

import os
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.engines.common import options

NOTE = (
    "makes its own shingles, of words separated by anything except letters and digits; 128 permutations, xxh3, bands "
    "and rows by its own optimum; clusters by union-find on shared bands, without verification; "
    "keeps one of each cluster, mostly the last, so its recall is low and the first ones count as false drops (see "
    "either_dropped in the JSON); uses files on disk"
)
PACKAGES = ("text-dedup", "datasets")


def main() -> None:
    """Write standard input to a file, run the command on it, and write the records of the data set that it saves."""
    rule = options()
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    import orjson
    from datasets import load_from_disk
    from text_dedup.minhash import main as minhash

    with TemporaryDirectory() as place:
        spool = Path(place, "input.jsonl")
        with spool.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        if spool.stat().st_size == 0:
            return
        arguments = [
            *("--path", "json", "--data_files", str(spool), "--split", "train", "--column", "text"),
            *("--cache_dir", f"{place}/cache", "--output", f"{place}/output", "--num_proc", "1"),
            *("--ngram", str(rule.words), "--threshold", str(rule.threshold), "--num_perm", "128"),
            *("--min_length", "1", "--hash_func", "xxh3"),
        ]
        with redirect_stdout(sys.stderr):  # it logs to stdout
            minhash(arguments, standalone_mode=False)
        for record in load_from_disk(f"{place}/output"):
            sys.stdout.buffer.write(orjson.dumps(record) + b"\n")


if __name__ == "__main__":
    main()
