"""Splits a text into paragraphs, and joins some of them again."""

import re
from collections.abc import Sequence
from itertools import accumulate, compress

import numpy as np
from numpy.typing import NDArray

_BLANK = r"(?:(?>\r?\r?\n|\r)[^\S\r\n]*+){2,}"
_SEPARATORS = {"auto": _BLANK, "blank": _BLANK, "line": r"[\r\n]+"}


def separator(split: str) -> re.Pattern[str]:
    """The pattern that separates paragraphs, for a value of `Source.split`."""
    return re.compile(_SEPARATORS[split])


def cut(text: str, between: re.Pattern[str]) -> list[str]:
    """Split a text into paragraphs. Each includes the separator after it."""
    if "\n" not in text and "\r" not in text:
        return [text]
    begin = len(text) - len(text.lstrip())
    ends = [match.end() for match in between.finditer(text, begin, len(text.rstrip()))]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def join(parts: Sequence[str], wanted: Sequence[bool]) -> str:
    """The text with only the wanted paragraphs. `parts` are those of `cut`."""
    text = "".join(compress(parts, wanted))
    return text if wanted[-1] else text.rstrip()


def numbered(records: Sequence[Sequence[str]]) -> list[tuple[int, int | None]]:
    """The index of the record of each paragraph, and its number in the record, from 1.

    The number is None if the record has only one paragraph.
    """
    return [
        (record, k if len(parts) > 1 else None)
        for record, parts in enumerate(records)
        for k in range(1, len(parts) + 1)
    ]


def masks(records: Sequence[Sequence[str]], wanted: NDArray[np.bool_]) -> list[list[bool]]:
    """Split `wanted`, (paragraphs,) bool, by record. Returns one list per record."""
    ends = accumulate(map(len, records))
    return [wanted[end - len(parts) : end].tolist() for parts, end in zip(records, ends, strict=True)]


class Article:
    """Plain text, split into paragraphs."""

    def __init__(self, text: str, split: str) -> None:
        self._parts = cut(text, separator(split))
        self.texts = [part.strip() for part in self._parts] if text.strip() else []

    def keep_only(self, wanted: Sequence[bool]) -> str:
        """The text with only the wanted paragraphs."""
        return join(self._parts, wanted)
