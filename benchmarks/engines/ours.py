"""This project: its command with default settings."""

import sys

NOTE = (
    "decides by exact Jaccard or coverage (a paragraph mostly contained in one earlier paragraph is dropped too); "
    "NFKC and case folding; below 6 words only an equal text matches"
)
PACKAGES = ("news-dedup", "numba", "numpy", "orjson")


def command(threshold: float | None, words: int | None) -> list[str]:
    """`dedup filter --quiet`, with options only for given arguments."""
    line = [sys.executable, "-m", "dedup", "filter", "--quiet"]
    if threshold is not None:
        line += ["--threshold", str(threshold)]
    if words is not None:
        line += ["--shingle", f"word:{words}"]
    return line
