"""Kernels are compiled once, all together, and the user hears of it once."""

import os
import subprocess
import sys
from pathlib import Path

from helpers.running import HANG

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
#: The command `dedup`, which also reports each kernel that gets compiled.
WATCHED = """
import sys
from numba.core import event
class Watch(event.Listener):
    def on_start(self, event):
        pass
    def on_end(self, event):
        print("COMPILED", event.data["dispatcher"].py_func.__qualname__, file=sys.stderr)
event.register("numba:compile", Watch())
sys.argv = ["dedup", *sys.argv[1:]]
from dedup.cli import run
run()
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
report wire.jsonl --time-field time --source-field source -o report.html
eval pairs.jsonl --tune
state compact window.dedup
state rebuild all.dedup --threshold 0.5
state merge all.dedup -o merged.dedup
""".strip().splitlines()


def test_one_compilation(tmp_path: Path) -> None:
    """The first command compiles all kernels and says so, also where some were cached; no later one compiles any."""
    for name in ("liveblog.txt", "wire.jsonl", "harbour.rss", "pairs.jsonl"):
        (tmp_path / name).symlink_to(SAMPLES / name)
    lines = (" ".join(f"{letter}{k}" for letter in "abcdefgh") for k in range(5_000))
    (tmp_path / "big.txt").write_text("".join(f"{line}\n" for line in lines))

    def compiled(code: str, *arguments: str) -> list[str]:
        """What a process says of compilation; it is given all the time that it needs."""
        run = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=tmp_path, env=os.environ | {"NUMBA_CACHE_DIR": "cache"},
            capture_output=True, timeout=10 * HANG, check=True, text=True,
        )  # fmt: skip
        return [line for line in run.stderr.splitlines() if "ompil" in line or "COMPILED" in line]

    compiled(PARTLY)
    _, notice, *kernels = compiled(WATCHED, "filter", "liveblog.txt")  # the first was only asked for
    assert notice == "dedup: compiling kernels; this takes a while, and happens once"
    assert kernels[-1] == "COMPILED _everything"
    for command in COMMANDS:
        assert compiled(WATCHED, *command.split()) == [], command
