"""Counts novel and repeated paragraphs over time, or over their position in the feed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import NamedTuple

_COLUMNS = 50  # at most
_MINUTE, _HOUR, DAY = 60, 3600, 86400
_SPANS = (
    _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 91 * DAY, 182 * DAY,
)  # fmt: skip
_FIRST, _LAST = (day.replace(tzinfo=UTC).timestamp() for day in (datetime.min, datetime(9999, 12, 31)))

#: The time of a paragraph in seconds since 1970, or None, and whether it repeats.
Place = tuple[float | None, bool]


class Column(NamedTuple):
    """A column of a chart: its start, its label, and the number of novel and repeated paragraphs."""

    start: int
    label: str
    novel: int
    repeated: int

    @property
    def read(self) -> int:
        """The number of paragraphs."""
        return self.novel + self.repeated

    @property
    def share(self) -> float:
        """The percentage of repeated paragraphs. Raises ZeroDivisionError for an empty column."""
        return 100 * self.repeated / self.read


class Timeline(NamedTuple):
    """The counts of a feed over time, or over position.

    Attributes:
        over: `time`, in seconds since 1970, or `position`, in paragraphs.
        each: The width of a column in words.
        step: The width of a column as a number.
        columns: The first and the last have paragraphs.
        left_out: The number of paragraphs without a time.
    """

    over: str
    each: str
    step: int
    columns: list[Column]
    not_indexed: int


def timeline(places: Sequence[Place]) -> Timeline:
    """Count paragraphs over time if most have a time and the times differ, else over their position in the feed."""
    timed = [(at, repeats) for at, repeats in places if at is not None]
    if 2 * len(timed) > len(places) and max(timed)[0] > min(timed)[0]:
        step = _step([at for at, _ in timed], spans())
        form = "%Y-%m-%d" if step % DAY == 0 else "%Y-%m-%d %H:%M"
        columns = _columns(timed, step, lambda at: written(at, form))
        return Timeline("time", _named(step), step, columns, len(places) - len(timed))
    placed = [(float(place), repeats) for place, (_, repeats) in enumerate(places)]
    step = _step([0.0, float(max(0, len(places) - 1))], round_numbers())
    each = "one paragraph" if step == 1 else f"{step:,} paragraphs"
    return Timeline("position", each, step, _columns(placed, step, lambda at: f"{at + 1:,}"), 0)


def spans() -> Iterator[int]:
    """The widths of a column on a time axis, in seconds, ascending."""
    yield from _SPANS
    yield from (365 * DAY * years for years in count(1))


def round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, 100 and so on."""
    return (n * 10**power for power in count() for n in (1, 2, 5))


def _named(seconds: int) -> str:
    for length, unit in ((DAY, "day"), (_HOUR, "hour")):
        if seconds % length == 0:
            return f"one {unit}" if seconds == length else f"{seconds // length} {unit}s"
    return "one minute" if seconds == _MINUTE else f"{seconds // _MINUTE} minutes"


def written(at: float, form: str) -> str:
    """A time in UTC, formatted by strftime. Times outside the years 1 to 9999 are clipped."""
    return datetime.fromtimestamp(min(max(at, _FIRST), _LAST), UTC).strftime(form)


def _step(marks: Sequence[float], steps: Iterator[int]) -> int:
    """The first step with which the marks fit into the allowed number of columns."""
    low, high = min(marks), max(marks)
    return next(step for step in steps if high // step - low // step < _COLUMNS)


def _columns(marks: Sequence[tuple[float, bool]], step: int, name: Callable[[int], str]) -> list[Column]:
    if not marks:
        return []
    first = int(min(marks)[0] // step)
    counts = [[0, 0] for _ in range(int(max(marks)[0] // step) - first + 1)]
    for at, repeats in marks:
        counts[int(at // step) - first][repeats] += 1
    starts = range(first * step, (first + len(counts)) * step, step)
    return [Column(start, name(start), *pair) for start, pair in zip(starts, counts, strict=True)]
