"""Draws a timeline as inline SVG for a page.

pygal draws the charts. Its SVG has classes, so the style sheet of the page sets the colours, light or dark. No script
runs in the browser.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import dropwhile
from typing import Any, NamedTuple

from dedup.analysis.timeline import DAY, Column, Timeline, round_numbers, spans, written

_SIZES = {"wide": 1160, "medium": 720, "narrow": 360}  # pixels
_HEIGHT, _FONT = 210, 12
_LEFT, _RIGHT = 14, 36  # pixels of margin: for the title of the axis, and for half of a label
_AXES = 120  # largest width in pixels beside the columns
_LETTER, _GAP = 7.5, 16  # pixels of a letter, and between labels
_INTERVALS = 4  # largest number of intervals between the labels on the left

#: Where a label stands on an axis, and its text.
Tick = tuple[float, str]


class Chart(NamedTuple):
    """A chart: its name, and one SVG per page width."""

    name: str
    svgs: list[tuple[str, str]]


def draw(line: Timeline) -> list[Chart]:
    """Draw the counts and the repeated share, one below the other, with aligned time axes.

    An empty column has no bar. If all columns are empty, there are no charts.
    """
    columns = [column for column in line.columns if column.read]
    if not columns:
        return []
    counts = axis(max(column.read for column in columns))
    shares = axis(max(column.share for column in columns) or 100, "%")
    longest = max(len(text) for _, text in counts + shares)

    def chart(name: str, beside: str, ticks: Sequence[Tick], heights: Sequence[Sequence[float]]) -> Chart:
        padded = [(at, _padded(text, longest)) for at, text in ticks]
        return Chart(
            name, [(size, _bars(line, columns, heights, beside, padded, width)) for size, width in _SIZES.items()]
        )

    # Each bar covers the lower part of the one before it. Behind a share, a full-height bar marks the column.
    return [
        chart(
            "Paragraphs", "paragraphs", counts,
            [[column.read for column in columns], [column.novel for column in columns]],
        ),
        chart(
            "Share", "share repeated", shares,
            [[shares[-1][0]] * len(columns), [column.share for column in columns]],
        ),
    ]  # fmt: skip


def _padded(text: str, length: int) -> str:
    """A label padded to a length, so that pygal leaves the same margin in every chart."""
    return text.rjust(length, "\u2007")


def axis(top: float, unit: str = "") -> list[Tick]:
    """The labels of an axis from 0 to at least `top` in round steps, such as 0, 50, 100. `top` is above 0."""
    scale = 1 if top >= 2 or not unit else 1000  # a small share has steps below 1
    step = next(step for step in round_numbers() if step * _INTERVALS >= top * scale)
    intervals = next(n for n in range(1, _INTERVALS + 1) if n * step >= top * scale)
    return [(n * step / scale, f"{n * step / scale:,.10g}{unit}") for n in range(intervals + 1)]


def _below(line: Timeline, width: int) -> tuple[list[Tick], str]:
    """The labels below the columns, at round times or positions, as many as fit, and the title of the axis."""
    first, end = line.columns[0].start, line.columns[-1].start + line.step
    day = _day(first)
    over_days = day != _day(end - 1)
    steps = spans() if line.over == "time" else round_numbers()
    for step in dropwhile(lambda step: step < line.step, steps):
        label: Callable[[float], str]
        if line.over == "position":
            title, label = "position, in paragraphs", "{:,}".format
        elif step % DAY == 0:
            title, label = "time (UTC)", _day
        else:
            title, label = f"time (UTC), {'from ' if over_days else ''}{day}", _hour
        places = range(-(-first // step) * step, end + 1, step) or [first]
        ticks: list[Tick] = [(at, label(at)) for at in places]
        if max(len(text) for _, text in ticks) * _LETTER + _GAP <= (width - _AXES) * step / (end - first):
            break
    return ticks, title


def _hour(at: float) -> str:
    return written(at, "%H:%M") if at % DAY else _day(at)


def _day(at: float) -> str:
    return written(at, "%Y-%m-%d")


def _bars(
    line: Timeline,
    columns: Sequence[Column],
    heights: Sequence[Sequence[float]],
    beside: str,
    ticks: Sequence[Tick],
    width: int,
) -> str:
    import pygal  # imported late: only the page needs it
    from pygal.etree import etree
    from pygal.style import Style

    below, title = _below(line, width)
    chart = pygal.Histogram(
        width=width, height=_HEIGHT, margin=4, margin_top=10, margin_left=_LEFT, margin_right=_RIGHT, spacing=6,
        style=Style(label_font_size=_FONT, title_font_size=_FONT), show_legend=False, truncate_label=-1, js=(), css=(),
        x_title=title, y_title=beside, range=(0, ticks[-1][0]),
    )  # fmt: skip
    chart.x_labels = [{"value": at, "label": text} for at, text in below]
    chart.y_labels = [{"value": at, "label": text} for at, text in ticks]
    for k, series in enumerate(heights):
        chart.add(str(k), list(_histogram(line, columns, series)))
    tree = chart.render_tree()
    for parent in list(tree.iter()):  # remove pygal's own styles and scripts
        for child in list(parent):
            if child.tag == "desc" or (parent is tree and child.tag != "g"):
                parent.remove(child)
    tree.attrib.pop("id")
    return str(etree.tostring(tree, encoding="unicode"))


def _histogram(line: Timeline, columns: Sequence[Column], heights: Sequence[float]) -> Iterator[dict[str, Any]]:
    for column, height in zip(columns, heights, strict=True):
        yield {
            "value": (height, column.start, column.start + line.step),
            "tooltip": f"{column.label}: {column.novel:,} novel, {column.repeated:,} repeated ({column.share:.1f}%)",
        }
