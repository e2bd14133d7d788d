"""Code that engines share: options, reading lines, and shingles for libraries that leave them to the user."""

import argparse
import re
import sys
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

_WORD = re.compile(r"\w+")
BATCH = 1024


class Options(NamedTuple):
    """The rule of every engine, as far as it has such options."""

    threshold: float
    words: int


def options() -> Options:
    """The options of this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--words", type=int, default=2, help="words in a shingle")
    given = parser.parse_args()
    return Options(given.threshold, given.words)


def batches() -> Iterator[list[bytes]]:
    """The lines of standard input in batches."""
    while batch := list(islice(sys.stdin.buffer, BATCH)):
        yield batch


def shingles(text: str, size: int) -> list[str]:
    """All runs of `size` lower-cased words of a text, with repeats. A shorter text is one shingle."""
    words = _WORD.findall(text.lower())
    if len(words) < size:
        return [" ".join(words) or text]  # texts without a word must not be equal to each other
    return [" ".join(run) for run in zip(*(words[k:] for k in range(size)), strict=False)]
