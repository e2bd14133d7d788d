"""Kernels are compiled once, all together, and the user is informed once."""

import os
import subprocess
import sys
from pathlib import Path

from helpers.running import HANG

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
#: The command `dedup` that also reports each kernel that it compiled because it was not in the cache.
WATCHED = """
import atexit, sys
def report():
    for name in [name for name in sys.modules if name.split(".")[0] == "dedup"]:
        for kernel in vars(sys.modules[name]).values():
            if kernel.__class__.__name__ == "CPUDispatcher" and kernel.stats.cache_path and kernel.stats.cache_misses:
                print("COMPILED", kernel.__name__, file=sys.stderr)
atexit.register(report)
sys.argv = ["dedup", *sys.argv[1:]]
from dedup.cli import main  # `run` would end without the report
main()
"""
PARTLY = "from dedup.sketch.normalize import canonical; canonical('One, two!')"
COMMANDS = """
filter big.txt
filter liveblog.txt --state all.dedup
filter liveblog.txt --state all.dedup
filter wire.jsonl --time-field time --window 1h --state window.dedup
filter big.txt wire.jsonl --time-field time --window 1h --state window.dedup --refresh
filter big.txt --max-stored 300 --jobs 2
filter liveblog.txt --updates drop --shingle char:4 --min-words 2
filter harbour.rss --output-format jsonl
explain liveblog.txt
explain liveblog.txt --ids liveblog.txt:5 liveblog.txt:24
cluster wire.jsonl
cluster wire.jsonl --transitive
cluster wire.jsonl --stories
report wire.jsonl --time-field time --source-field source -o report.html
eval pairs.jsonl --tune
state compact window.dedup
state rebuild all.dedup --threshold 0.5
state merge all.dedup -o merged.dedup
""".strip().splitlines()


def test_one_compilation(tmp_path: Path) -> None:
    """The first command compiles all kernels and reports it, even if some are cached. Later commands compile none."""
    for name in ("liveblog.txt", "wire.jsonl", "harbour.rss", "pairs.jsonl"):
        (tmp_path / name).symlink_to(SAMPLES / name)
    lines = (" ".join(f"{letter}{k}" for letter in "abcdefgh") for k in range(5_000))
    (tmp_path / "big.txt").write_text("".join(f"{line}\n" for line in lines))

    def compiled(code: str, *arguments: str) -> list[str]:
        """What a process reports about compilation. There is no time limit."""
        run = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=tmp_path, env=os.environ | {"NUMBA_CACHE_DIR": "cache"},
            capture_output=True, timeout=10 * HANG, check=True, text=True,
        )  # fmt: skip
        return [line for line in run.stderr.splitlines() if "ompil" in line or "COMPILED" in line]

    compiled(PARTLY)
    notice, *kernels = compiled(WATCHED, "filter", "liveblog.txt")
    assert notice == "dedup: compiling kernels; this takes a while, and happens once"
    assert {"COMPILED _everything", "COMPILED match_batch"} <= {*kernels}
    assert "COMPILED _canonicalise" not in kernels
    for command in COMMANDS:
        assert compiled(WATCHED, *command.split()) == [], command
