"""The page of `dedup report`, in a real browser."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import dedup

from dedup import NoveltyFilter, Paragraph
from dedup.charts import timeline
from dedup.survey import Survey

SAMPLES = Path(__file__).parent.parent / "sample_feeds"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIRE = "wire.jsonl", "--time-field", "time", "--source-field", "source"


@pytest.fixture(name="browser", scope="module")
def started() -> Iterator[Any]:
    """A Chromium, which CI must have."""
    if BROWSER is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium: apt-get install chromium")
        pytest.skip("there is no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(name="made", scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes the page of a sample feed, once for given arguments."""

    @cache
    def made(*arguments: str) -> Path:
        file = tmp_path_factory.mktemp("page") / "report.html"
        run = dedup("report", *arguments, "-o", file, cwd=SAMPLES)
        assert run.returncode == 0, run.stderr
        return file

    return made


@pytest.fixture(name="open_page")
def opener(browser: Any, made: Callable[..., Path]) -> Iterator[Callable[..., Any]]:
    """Opens the page of a sample feed from disk; it fails if that asks for anything or logs an error."""
    told: list[str] = []
    files: list[str] = []

    def opened(*arguments: str, width: int = 1400) -> Any:
        files.append(made(*arguments).as_uri())
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: told.append(request.url))
        page.goto(files[-1])
        return page

    yield opened
    assert [line for line in told if not line.startswith("data:")] == files


def test_search(open_page: Callable[..., Any]) -> None:
    """A search leaves what has the words, opened and marked, says how much that is, and is taken back."""
    page = open_page(*WIRE)
    entries, shown = page.locator(".entry"), page.locator(".entry:not([hidden])")
    opened = page.locator(".entry[open]")
    before = opened.count()
    assert shown.count() == entries.count() > 5
    page.fill("#search", "first seen")  # the page says so, and no paragraph
    assert shown.count() == 0
    page.fill("#search", "")
    page.fill("#search", "LINDHOLT")
    assert 0 < shown.count() < entries.count()
    assert opened.locator("visible=true").count() == shown.count()
    assert all("lindholt" in text.lower() for text in shown.all_text_contents())
    assert page.text_content("#count") == f"{shown.count()} of {entries.count()} shown"
    assert page.evaluate("CSS.highlights.get('found').size") >= shown.count()
    assert page.locator("#block .none").is_visible()
    page.fill("#search", "")
    assert (shown.count(), opened.count()) == (entries.count(), before)


def test_filters(open_page: Callable[..., Any]) -> None:
    """Filters by decision and by source leave only such pairs; a group without any is gone."""
    page = open_page(*WIRE)
    entries, shown = page.locator(".entry"), page.locator(".entry:not([hidden])")
    page.select_option("#source", label="Halmere Press")
    page.click("button[value=open]")
    pairs = page.locator(".pair[data-kind] >> visible=true")
    assert 0 < pairs.count() < page.locator(".pair[data-kind]").count()
    assert all("Halmere Press" in text for text in pairs.all_text_contents())
    page.select_option("#source", "")
    for kind in ("near", "contained", "update"):
        page.uncheck(f"input[value={kind}]")
    assert 0 < shown.count() < entries.count()
    assert {pair.get_attribute("data-kind") for pair in pairs.all()} == {"exact"}


def test_blocks_and_copies(open_page: Callable[..., Any]) -> None:
    """The longest block is opened to its diff, and the table says who repeated whom, and how much later."""
    page = open_page(*WIRE)
    block = page.locator("#block .entry").first
    assert "8 paragraphs again" in block.text_content()
    assert block.locator(".pair").count() == 8
    assert block.locator("del").first.text_content() == "aufgefordert"
    assert block.locator("ins").first.text_content() == "gebeten"
    assert block.locator("ins").first.is_visible()
    row = page.locator(".copies tbody tr").filter(has=page.locator("th", has_text="Kestmark News"))
    assert row.locator("td").all_text_contents() == ["11 49.0 min", "", ""]


def test_a_live_page(open_page: Callable[..., Any]) -> None:
    """A report that came back in a live blog with its lead changed is a block with its diff, also on a phone."""
    page = open_page("liveblog.txt", width=390)
    assert page.text_content("h1") == "What repeats in liveblog.txt"
    block = page.locator("#block .entry").first
    assert "from liveblog.txt:11, again from liveblog.txt:32" in block.text_content()
    assert block.locator("del >> visible=true").first.text_content() == "today"
    assert block.locator("ins >> visible=true").first.text_content() == "on Thursday"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_changed_fact(browser: Any, tmp_path: Path) -> None:
    """An update says which fact changed, and marks it on both sides."""
    lead = "The harbour of the old town stays closed after the storm, and {} ferries wait outside of the wall.\n"
    run = dedup("report", "-o", tmp_path / "page.html", stdin="".join(map(lead.format, (2, 3))).encode())
    assert run.returncode == 0, run.stderr
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    update = page.locator("#update .entry")
    assert "facts changed: 2 → 3" in update.locator("summary").text_content()
    assert update.locator("mark >> visible=true").all_text_contents() == ["2", "3"]


def test_all_can_be_read(open_page: Callable[..., Any]) -> None:
    """Headings, tables and charts have names, the charts their figures, and everything is reached by keyboard."""
    page = open_page(*WIRE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#over"
    assert page.locator("table caption").count() == page.locator("table").count() == 2
    assert page.locator(".wide[role=img][aria-label] .axis text >> visible=true").count() > 10
    assert "2031-11-04 06:00" in page.locator(".wide .axis.x").first.text_content()
    page.get_by_text("The figures as a table").press("Enter")
    figures = page.locator(".figures td >> visible=true").all_text_contents()
    assert sum(map(int, figures)) == 42
    levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(level <= before + 1 for before, level in itertools.pairwise(levels))


def test_a_feed_is_no_code(tmp_path: Path) -> None:
    """What a feed says is text on the page, never part of it."""
    line = "<script>alert(1)</script> the storm closed the old harbour early today and the ferries stayed"
    run = dedup("report", "-o", tmp_path / "page.html", stdin=f"{line}\n{line}\n".encode())
    assert run.returncode == 0, run.stderr
    assert "<script>alert" not in (tmp_path / "page.html").read_text()


def test_the_long_tail_is_folded(tmp_path: Path) -> None:
    """Of many groups the page shows some, and says how many it does not."""
    feed = "".join(f"paragraph {chr(97 + n // 26)}{chr(97 + n % 26)}\n" * 20 for n in range(150))
    assert dedup("report", "-o", tmp_path / "page.html", stdin=feed.encode()).returncode == 0
    page = (tmp_path / "page.html").read_text()
    assert "The first 100 are shown, 50 more are not on this page" in page
    assert "and 7 more, which are not on this page" in page


def test_the_folder_is_named_once(tmp_path: Path) -> None:
    """Paths of inputs stand on the page without the folder that they share, which is named once."""
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text("the gate is shut\n")
    assert dedup("report", tmp_path / "one.txt", tmp_path / "two.txt", "-o", tmp_path / "page.html").returncode == 0
    page = (tmp_path / "page.html").read_text()
    assert page.count(f"{tmp_path}/") == page.count(f"without {tmp_path}/.") == 1
    assert "again: <span" in page
    assert ">two.txt:1</span>" in page


def test_an_empty_feed(tmp_path: Path) -> None:
    """Of an empty feed there is a page too."""
    run = dedup("report", "-o", tmp_path / "page.html")
    assert run.returncode == 0
    assert run.stderr.endswith(b"dedup: read 0, kept 0, dropped 0\n")
    assert "0 documents" in (tmp_path / "page.html").read_text()


def test_the_same_feed_gives_the_same_page(made: Callable[..., Path]) -> None:
    """A page holds nothing random and no date of its making."""
    assert made("liveblog.txt").read_bytes() == made("liveblog.txt", "--quiet").read_bytes()


@given(st.lists(st.tuples(st.none() | st.floats(-1e9, 4e9), st.booleans()), max_size=200))
def test_a_timeline_counts_all(places: list[tuple[float | None, bool]]) -> None:
    """Every paragraph is in one column, or said to be left out, and there are not too many columns."""
    found = timeline(places)
    assert len(found.columns) <= 51
    novel = sum(column.novel for column in found.columns)
    repeated = sum(column.repeated for column in found.columns)
    assert novel + repeated + found.left_out == len(places)
    counted = [repeats for at, repeats in places if found.over == "position" or at is not None]
    assert repeated == sum(counted)


@pytest.mark.parametrize(
    ("hours", "each", "labels"),
    [
        (2, "5 minutes", ["1970-01-01 00:00", "1970-01-01 00:05"]),
        (60, "3 hours", ["1970-01-01 00:00", "1970-01-01 03:00"]),
        (24 * 49, "one day", ["1970-01-01", "1970-01-02"]),
        (24 * 365 * 90, "730 days", ["1970-01-01", "1972-01-01"]),
    ],
)
def test_columns_are_whole(hours: int, each: str, labels: list[str]) -> None:
    """A column is a span of time that has a name."""
    found = timeline([(60.0, False), (3600.0 * hours - 60, True)])
    assert (found.over, found.each) == ("time", each)
    assert [column.label for column in found.columns[:2]] == labels


def of(source: str | None, document: str, text: str) -> Paragraph:
    """A paragraph of an article."""
    return Paragraph(text, f"{document}#0", None, source)


def test_boilerplate() -> None:
    """What five documents of one source say, or most of its three, is boilerplate; a story of five sources is none."""
    survey = Survey()
    survey.add(
        NoveltyFilter().judge(
            [of("Coast", f"c{n}", "sign up here") for n in range(5)]
            + [of("Coast", f"d{n}", f"coast {n}") for n in range(20)]
            + [of("Press", f"p{n}", "all rights reserved") for n in range(3)]
            + [of("Press", f"q{n}", f"press {n}") for n in range(2)]
            + [of(f"S{n}", f"s{n}", "the gate is shut") for n in range(5)]
            + [of(None, "one", "again and again")] * 9
        )
    )
    stories, boilerplate = survey.groups_apart()
    assert [group[0].paragraph.text for group in stories] == ["again and again", "the gate is shut"]
    assert [group[0].paragraph.text for group in boilerplate] == ["sign up here", "all rights reserved"]
    pages = Survey()
    pages.add(
        NoveltyFilter().judge(
            Paragraph(text, f"{page}:{k}", None, page)
            for page in ("a.html", "b.html", "c.html")
            for k, text in enumerate(("home about contact", f"the page {page} itself"))
        )
    )
    assert [len(part) for part in pages.groups_apart()] == [0, 1]
