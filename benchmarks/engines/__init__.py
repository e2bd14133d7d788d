"""The engines: each is a whole process that reads JSON Lines and writes the lines that it keeps.

An engine's module has a `NOTE` on what it does otherwise than the rest, and `PACKAGES`, whose versions
go into the results. Its peer is imported in `main` only, so that the runner can read the note.
"""

import sys
from importlib import import_module
from types import ModuleType

NAMES = (
    "ours",
    "floor",
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
    """The command line of an engine; None leaves a choice to its default."""
    module = load(name)
    if hasattr(module, "command"):
        return list(module.command(threshold, words))
    line = [sys.executable, "-m", f"benchmarks.engines.{name}"]
    if threshold is not None:
        line += ["--threshold", str(threshold)]
    if words is not None:
        line += ["--words", str(words)]
    return line
