"""Novel and repeated paragraphs over time -> figures, and inline SVG of them for a page.

pygal draws them: its SVG is text with classes, so that the style of the page rules colours, in the light and in the
dark, and nothing has to run in the browser.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple

_COLUMNS = 50  # at most
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SPANS = (
    _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR,
    _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 91 * _DAY, 182 * _DAY,
)  # fmt: skip
_SIZES = {"wide": (1160, 170, 6), "narrow": (360, 170, 2)}  # width and height in pixels, labels below at most

#: The time of a paragraph in seconds since 1970, or None, and whether it repeats.
Place = tuple[float | None, bool]


class Column(NamedTuple):
    """Where a column of a chart begins, and how many paragraphs of it are novel and are not."""

    label: str
    novel: int
    repeated: int


class Timeline(NamedTuple):
    """What became of a feed over time, or over position; `left_out` counts the paragraphs without a time."""

    over: str
    each: str
    columns: list[Column]
    left_out: int


def timeline(places: Sequence[Place]) -> Timeline:
    """Count paragraphs over time where most have one and they differ, else over their position in the feed."""
    timed = [(at, repeats) for at, repeats in places if at is not None]
    if 2 * len(timed) > len(places) and max(timed)[0] > min(timed)[0]:
        step = _step([at for at, _ in timed], _spans())
        form = "%Y-%m-%d" if step % _DAY == 0 else "%Y-%m-%d %H:%M"
        columns = _columns(timed, step, lambda at: datetime.fromtimestamp(at, UTC).strftime(form))
        return Timeline("time", _named(step), columns, len(places) - len(timed))
    placed = [(float(place), repeats) for place, (_, repeats) in enumerate(places)]
    step = _step([0.0, float(max(0, len(places) - 1))], (n * 10**power for power in count() for n in (1, 2, 5)))
    each = "one paragraph" if step == 1 else f"{step:,} paragraphs"
    return Timeline("position", each, _columns(placed, step, lambda at: f"{int(at) + 1:,}"), 0)


def _spans() -> Iterator[int]:
    yield from _SPANS
    yield from (365 * _DAY * years for years in count(1))


def _named(seconds: int) -> str:
    for length, unit in ((_DAY, "day"), (_HOUR, "hour")):
        if seconds % length == 0:
            return f"one {unit}" if seconds == length else f"{seconds // length} {unit}s"
    return "one minute" if seconds == _MINUTE else f"{seconds // _MINUTE} minutes"


def _step(marks: Sequence[float], steps: Iterator[int]) -> int:
    """The first step by which the marks fit into the columns that there may be."""
    low, high = min(marks), max(marks)
    return next(step for step in steps if high // step - low // step < _COLUMNS)


def _columns(marks: Sequence[tuple[float, bool]], step: int, name: Callable[[float], str]) -> list[Column]:
    if not marks:
        return []
    first = int(min(marks)[0] // step)
    counts = [[0, 0] for _ in range(int(max(marks)[0] // step) - first + 1)]
    for at, repeats in marks:
        counts[int(at // step) - first][repeats] += 1
    return [Column(name((first + place) * step), *pair) for place, pair in enumerate(counts)]


def draw(columns: Sequence[Column], share: bool = False) -> list[tuple[str, str]]:
    """Bars as SVG, by the name of the width that they are for: both counts, or with `share` the share repeated."""
    return [(name, _bars(columns, share, *size)) for name, size in _SIZES.items()]


def _bars(columns: Sequence[Column], share: bool, width: int, height: int, labels: int) -> str:
    import pygal  # late, as is all that only a page needs
    from pygal.etree import etree

    chart = pygal.StackedBar(
        width=width, height=height, js=(), css=(), show_legend=False, margin=4, margin_top=8, spacing=4,
        truncate_label=-1, show_minor_x_labels=False, x_labels_major_every=-(-len(columns) // labels),
        min_scale=2, max_scale=4, order_min=-1 if share else 0, include_x_axis=True,
        value_formatter=(lambda value: f"{value:.3g}%") if share else (lambda value: f"{value:,.0f}"),
    )  # fmt: skip
    chart.x_labels = [column.label for column in columns]
    told = [
        f"{column.label}: {column.novel:,} novel, {column.repeated:,} repeated ({_share(column):.1f}%)"
        for column in columns
    ]
    if not share:
        chart.add("novel", _values([column.novel for column in columns], told))
    chart.add("repeated", _values([_share(column) if share else column.repeated for column in columns], told))
    tree = chart.render_tree()
    for parent in list(tree.iter()):  # what serves its own style and scripts
        for child in list(parent):
            if child.tag == "desc" or (parent is tree and child.tag != "g"):
                parent.remove(child)
    tree.attrib.pop("id")
    return str(etree.tostring(tree, encoding="unicode"))


def _share(column: Column) -> float:
    return 100 * column.repeated / max(1, column.novel + column.repeated)


def _values(values: Sequence[float], told: Sequence[str]) -> list[dict[str, Any]]:
    return [{"value": value, "tooltip": text} for value, text in zip(values, told, strict=True)]
