"""Warnings about rejected records, limited to a few per kind."""

import re
from collections import Counter
from collections.abc import Callable

from dedup.formats.base import RejectedInput

#: Warnings of one kind that are reported one by one. The rest is counted.
MOST = 10
_DIGITS = re.compile(r"\d+")


class Warnings:
    """Reports rejected records, one line each to `report`, and counts further ones of the same kind.

    Two reasons are of one kind if they differ only in numbers, such as a position in a line, or in details after a
    colon.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, rejected: RejectedInput) -> None:
        """Report a rejected record, or count it."""
        kind = (rejected.reason or "").partition(":")[0]
        key = rejected.name, _DIGITS.sub("", kind)
        self._counts[key] += 1
        if self._counts[key] <= MOST:
            self._report(str(rejected))

    def close(self) -> None:
        """Report the number of further warnings of each kind, and start again from zero."""
        for (name, kind), count in self._counts.items():
            if count > MOST:
                self._report(f"{name}: and {count - MOST:,} more like this: {kind.strip()}")
        self._counts.clear()
