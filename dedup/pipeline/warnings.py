"""What is wrong with an input, told to the user once for each kind."""

import re
from collections import Counter
from collections.abc import Callable

from dedup.formats.base import Rejected

#: Complaints of one kind that are reported one by one.
MOST = 10
_DIGITS = re.compile(r"\d+")


class Complaints:
    """Reports what was rejected, line by line to `report`, and only counts what was reported often enough.

    Two reasons are of one kind if they differ in numbers, such as a place in a line, or in details after a colon.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, rejected: Rejected) -> None:
        """Report one record that was rejected, or count it."""
        kind = (rejected.reason or "").partition(":")[0]
        key = rejected.name, _DIGITS.sub("", kind)
        self._counts[key] += 1
        if self._counts[key] <= MOST:
            self._report(str(rejected))

    def close(self) -> None:
        """Report how many more there were of each kind. The next input is counted from zero."""
        for (name, kind), count in self._counts.items():
            if count > MOST:
                self._report(f"{name}: and {count - MOST:,} more like this: {kind.strip()}")
        self._counts.clear()
