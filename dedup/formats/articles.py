"""A text of several paragraphs -> its paragraphs, and back with only some of them."""

import re
from collections.abc import Sequence
from itertools import compress

_SEPARATORS = {"auto": r"(?:\r?\n[^\S\n]*){2,}", "blank": r"(?:\r?\n[^\S\n]*){2,}", "line": r"[\r\n]+"}


def separator(split: str) -> re.Pattern[str]:
    """What stands between the paragraphs of a text."""
    return re.compile(_SEPARATORS[split])


def cut(text: str, between: re.Pattern[str]) -> list[str]:
    """The paragraphs of a text, each with what separates it from the next."""
    begin = len(text) - len(text.lstrip())
    ends = [match.end() for match in between.finditer(text, begin, len(text.rstrip()))]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def join(parts: Sequence[str], wanted: Sequence[bool]) -> str:
    """The text with only the wanted of its paragraphs."""
    text = "".join(compress(parts, wanted))
    return text if wanted[-1] else text.rstrip()


class Article:
    """Plain text, cut into paragraphs."""

    def __init__(self, text: str, split: str) -> None:
        self._parts = cut(text, separator(split))
        self.texts = [part.strip() for part in self._parts] if text.strip() else []

    def without(self, wanted: Sequence[bool]) -> str:
        """The text with only the wanted paragraphs."""
        return join(self._parts, wanted)
