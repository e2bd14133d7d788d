"""The layout of the page of `dedup report` in a real browser, at the widths of a phone and of a desktop."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.running import dedup

WIRE = "wire.jsonl", "--time-field", "time", "--source-field", "source"
LONG = "Bureau-of-the-Harbour-and-Lock-Administration-of-the-Northern-and-Southern-Coasts"
STORM = "The harbour of the old town stays closed after the storm, and {} ferries wait outside of the wall."


@pytest.fixture(name="crowded", scope="module")
def crowded_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a feed over two years, with many sources, long names, updates, and words that cannot be wrapped."""
    folder = tmp_path_factory.mktemp("crowded")
    records = [
        {
            "id": f"{LONG.lower()}/{k}",
            "source": f"{LONG} {k % 7}",
            "time": f"{2030 + k // 24}-{k // 2 % 12 + 1:02}-03",
            "text": STORM.format(k // 10) if k % 3 else f"{'a' * 150} and {k // 14} words of a long line",
        }
        for k in range(48)
    ]
    (folder / "feed.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records))
    run = dedup("report", folder / "feed.jsonl", "-o", folder / "page.html", *WIRE[1:])
    assert run.returncode == 0, run.stderr
    return folder / "page.html"


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (720, "light"), (1280, "dark")])
@pytest.mark.parametrize("feed", ["wire", "liveblog", "crowded"])
def test_nothing_collides(feed: str, width: int, scheme: str, open_page: Callable[..., Any], crowded: Path) -> None:
    """With every entry open, no text overlaps another one or is cut off at the edge of the window."""
    arguments = {"wire": WIRE, "liveblog": ("liveblog.txt",), "crowded": (crowded,)}[feed]
    page = open_page(*arguments, width=width, scheme=scheme)
    page.click("button[value=open]")
    page.click("summary:has-text('The figures as a table')")
    boxes = page.evaluate(BOXES)
    assert len(boxes) > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = [box for box in boxes if not box["scrolls"] and (box["left"] < 0 or box["right"] > width)]
    assert not outside
    boxes.sort(key=lambda box: box["top"])
    for k, box in enumerate(boxes):
        for other in itertools.takewhile(lambda other: other["top"] < box["bottom"] - 2, boxes[k + 1 :]):  # noqa: B023
            apart = other["left"] > box["right"] - 2 or box["left"] > other["right"] - 2
            assert apart, (box, other)


#: The boxes of all visible text; `scrolls` if it is in a part of the page that scrolls separately.
BOXES = """() => {
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || parent.closest("title, option, script, .unseen")) continue;
    const range = new Range();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom } of range.getClientRects())
      if (right - left > 2) // and not the space at the end of a line
        boxes.push({ left, right, top, bottom, text: node.data, scrolls: parent.closest(".scroll") !== null });
  }
  return boxes;
}"""


@pytest.mark.parametrize(("width", "size"), [(390, "narrow"), (720, "medium"), (1280, "wide")])
@pytest.mark.parametrize("feed", ["wire", "liveblog", "crowded"])
def test_charts(feed: str, width: int, size: str, open_page: Callable[..., Any], crowded: Path) -> None:
    """Both charts have titled axes from 0 to a round number, cover the same time, and are legible."""
    arguments = {"wire": WIRE, "liveblog": ("liveblog.txt",), "crowded": (crowded,)}[feed]
    page = open_page(*arguments, width=width)
    charts = page.locator(".chart >> visible=true")
    assert [chart.get_attribute("class") for chart in charts.all()] == [f"chart {size}"] * 2
    places = []
    for chart, beside in zip(charts.all(), ("paragraphs", "share repeated"), strict=True):
        titles = chart.locator("text.title").all_text_contents()
        below = {"wire": "time (UTC), 2031-11-04", "liveblog": "position, in paragraphs", "crowded": "time (UTC)"}[feed]
        assert titles == [below, beside]
        ticks = [label.strip() for label in chart.locator(".axis.y text").all_text_contents()]
        assert ticks[0] == ("0%" if "share" in beside else "0")
        numbers = [float(tick.rstrip("%")) for tick in ticks]
        steps = {round(after - before, 6) for before, after in itertools.pairwise(numbers)}
        assert len(steps) == 1
        assert str(steps.pop()).strip("0.")[0] in "125"
        assert chart.locator(".axis.x text").count() >= 2
        frame, svg = chart.bounding_box(), chart.locator("svg").bounding_box()
        for text in chart.locator("text").all():
            box = text.bounding_box()
            assert svg["x"] <= box["x"]
            assert box["x"] + box["width"] <= svg["x"] + svg["width"]
            assert svg["y"] <= box["y"]
            assert box["y"] + box["height"] <= svg["y"] + svg["height"]
        assert frame["x"] + frame["width"] <= width
        assert chart.locator(".axis.x text").first.bounding_box()["height"] >= 10
        bars = [bar.bounding_box() for bar in chart.locator(".serie-0 rect").all()]
        places.append(
            (bars[0]["x"], bars[-1]["x"], *[text.bounding_box()["x"] for text in chart.locator(".axis.x text").all()])
        )
    assert places[0] == pytest.approx(places[1], abs=0.5)


def test_empty_columns_have_no_share(open_page: Callable[..., Any]) -> None:
    """A column without paragraphs has no bar in any chart, and no share."""
    page = open_page(*WIRE)
    page.click("summary:has-text('The figures as a table')")
    rows = [row.split() for row in page.locator(".figures tbody tr").all_inner_texts()]
    filled = [row for row in rows if row[-2:] != ["0", "0"]]
    assert 0 < len(filled) < len(rows)
    for chart in page.locator(".chart.wide").all():
        assert chart.locator(".serie-0 rect").count() == len(filled)
        tooltips = chart.locator(".serie-1 .histbar title").all_text_contents()
        assert len(tooltips) == len(filled)
        assert all(": 0 novel, 0 repeated" not in text for text in tooltips)
