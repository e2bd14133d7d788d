"""The page of `dedup report`, in a real browser."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.running import dedup

from dedup import NoveltyFilter, Paragraph
from dedup.analysis.feed_summary import FeedSummary

WIRE = "wire.jsonl", "--time-field", "time", "--source-field", "source"


def test_search(open_page: Callable[..., Any]) -> None:
    """A search shows only entries with the words, opened and marked, shows their number, and can be cleared."""
    page = open_page(*WIRE)
    entries, shown = page.locator(".entry"), page.locator(".entry:not([hidden])")
    opened = page.locator(".entry[open]")
    before = opened.count()
    assert shown.count() == entries.count() > 5
    page.fill("#search", "first seen")  # these words are on the page, but in no paragraph
    assert shown.count() == 0
    page.fill("#search", "")
    page.fill("#search", "LINDHOLT")
    assert 0 < shown.count() < entries.count()
    assert opened.locator("visible=true").count() == shown.count()
    assert all("lindholt" in text.lower() for text in shown.all_text_contents())
    assert page.text_content("#count") == f"{shown.count()} of {entries.count()} on this page"
    assert page.evaluate("CSS.highlights.get('found').size") >= shown.count()
    assert page.locator("#block .none").is_visible()
    page.fill("#search", "")
    assert (shown.count(), opened.count()) == (entries.count(), before)


def test_filters(open_page: Callable[..., Any]) -> None:
    """Filters by decision and by source show only matching pairs, and hide empty groups."""
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
    """The longest block is open with its diff, and the table shows who repeated whom, and how much later."""
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
    """A report that is repeated in a live blog with a new lead is a block with its diff, even on a phone."""
    page = open_page("liveblog.txt", width=390)
    assert page.text_content("h1") == "What repeats in liveblog.txt"
    block = page.locator("#block .entry").first
    assert "from liveblog.txt:11, again from liveblog.txt:32" in block.text_content()
    assert block.locator("del >> visible=true").first.text_content() == "today"
    assert block.locator("ins >> visible=true").first.text_content() == "on Thursday"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_changed_fact(browser: Any, tmp_path: Path) -> None:
    """An update shows the changed fact, and marks it on both sides."""
    lead = "The harbour of the old town stays closed after the storm, and {} ferries wait outside of the wall.\n"
    run = dedup("report", "-o", tmp_path / "page.html", stdin="".join(map(lead.format, (2, 3))).encode())
    assert run.returncode == 0, run.stderr
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    update = page.locator("#update .entry")
    assert "facts changed: 2 → 3" in update.locator("summary").text_content()
    assert update.locator("mark >> visible=true").all_text_contents() == ["2", "3"]


def test_all_can_be_read(open_page: Callable[..., Any]) -> None:
    """Headings, tables and charts have names, charts have their numbers, and the keyboard reaches everything."""
    page = open_page(*WIRE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#over"
    assert page.locator("table caption").count() == page.locator("table").count() == 2
    assert page.locator(".wide[role=img][aria-label]").count() == 2
    page.get_by_text("The figures as a table").press("Enter")
    figures = page.locator(".figures td >> visible=true").all_text_contents()
    assert sum(map(int, figures)) == 42
    levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(level <= before + 1 for before, level in itertools.pairwise(levels))


def test_a_feed_is_no_code(tmp_path: Path) -> None:
    """Markup in a feed is shown as text, and never becomes part of the page."""
    line = "<script>alert(1)</script> the storm closed the old harbour early today and the ferries stayed"
    run = dedup("report", "-o", tmp_path / "page.html", stdin=f"{line}\n{line}\n".encode())
    assert run.returncode == 0, run.stderr
    assert "<script>alert" not in (tmp_path / "page.html").read_text()


def test_the_long_tail_is_folded(tmp_path: Path) -> None:
    """If there are many groups, the page shows some of them, and the number of the others."""
    feed = "".join(f"paragraph {chr(97 + n // 26)}{chr(97 + n % 26)}\n" * 20 for n in range(150))
    assert dedup("report", "-o", tmp_path / "page.html", stdin=feed.encode()).returncode == 0
    page = (tmp_path / "page.html").read_text()
    assert "The first 100 are on this page, 50 more are not" in page
    assert "and 7 more, which are not on this page" in page
    assert "cover only this page: 200 of the feed's 299 blocks, groups and stories, with up to 12 repeats" in page


def test_paths_are_shortened(tmp_path: Path) -> None:
    """The page shows only as much of the input paths as distinguishes them."""
    for name in ("a/one.txt", "a/two.txt", "b/two.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("the gate is shut\n")
    files = [tmp_path / "a" / "one.txt", tmp_path / "a" / "two.txt", tmp_path / "b" / "two.txt"]
    assert dedup("report", *files, "-o", tmp_path / "page.html").returncode == 0
    page = (tmp_path / "page.html").read_text()
    for part in tmp_path.parts[1:]:
        assert part not in page
    for name in ("one.txt:1", "a/two.txt:1", "b/two.txt:1"):
        assert f">{name}</span>" in page
    assert dedup("report", files[2], "-o", tmp_path / "page.html").returncode == 0
    page = (tmp_path / "page.html").read_text()
    assert "What repeats in two.txt<" in page
    assert tmp_path.name not in page


def test_an_empty_feed(tmp_path: Path) -> None:
    """An empty feed gives a page too."""
    run = dedup("report", "-o", tmp_path / "page.html")
    assert run.returncode == 0
    assert run.stderr.endswith(b"dedup: read 0, kept 0, dropped 0\n")
    page = (tmp_path / "page.html").read_text()
    assert "0 documents" in page
    assert "The feed has no paragraphs." in page
    body = page[page.index("</style>") :]
    assert "%" not in body
    assert "<svg" not in body


def test_the_same_feed_gives_the_same_page(made: Callable[..., Path]) -> None:
    """A page contains nothing random and no date of creation."""
    assert made("liveblog.txt").read_bytes() == made("liveblog.txt", "--quiet").read_bytes()


def of(source: str | None, document: str, text: str) -> Paragraph:
    """A paragraph of an article."""
    return Paragraph(text, f"{document}#0", None, source)


def test_boilerplate() -> None:
    """A text in five documents of one source, or in most of its three, is boilerplate.

    A story of five sources is not.
    """
    survey = FeedSummary()
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
    groups, boilerplate = survey.groups_and_boilerplate()
    assert [group[0].paragraph.text for group in groups] == ["again and again", "the gate is shut"]
    assert [group[0].paragraph.text for group in boilerplate] == ["sign up here", "all rights reserved"]
    pages = FeedSummary()
    pages.add(
        NoveltyFilter().judge(
            Paragraph(text, f"{page}:{k}", None, page)
            for page in ("a.html", "b.html", "c.html")
            for k, text in enumerate(("home about contact", f"the page {page} itself"))
        )
    )
    assert [len(part) for part in pages.groups_and_boilerplate()] == [0, 1]
