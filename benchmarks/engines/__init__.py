"""The engines. Each is a process that reads JSON Lines and writes the lines that it keeps.

The module of an engine has a `NOTE` on how it differs from the others, and `PACKAGES`, whose versions go into the
results. It imports its library only in `main`, so that the runner can read the note.
"""

import sys
from importlib import import_module
from types import ModuleType

NAMES = (
    "ours",
    "baseline",
    "awk",
    "rensa",
    "rensa_batch",
    "gaoya",
    "tors",
    "datasketch",
    "text_dedup",
    "datatrove",
)


def load(name: str) -> ModuleType:
    """The module of an engine."""
    return import_module(f"benchmarks.engines.{name}")


def command(name: str, threshold: float | None = None, words: int | None = None) -> list[str]:
    """The command line of an engine. None leaves an option at its default."""
    module = load(name)
    if hasattr(module, "command"):
        return list(module.command(threshold, words))
    line = [sys.executable, "-m", f"benchmarks.engines.{name}"]
    if threshold is not None:
        line += ["--threshold", str(threshold)]
    if words is not None:
        line += ["--words", str(words)]
    return line
