"""The page of `dedup report`, in a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import dedup

SAMPLES = Path(__file__).parent.parent / "sample_feeds"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(name="page")
def opened(tmp_path: Path) -> Iterator[Any]:
    """The page of a sample feed, opened from disk; it fails if that asks for anything or logs an error."""
    if BROWSER is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium: apt-get install chromium")
        pytest.skip("there is no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    fields = "--time-field", "time", "--source-field", "source"
    run = dedup("report", "wire.jsonl", *fields, "-o", tmp_path / "report.html", cwd=SAMPLES)
    assert run.returncode == 0, run.stderr
    told: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: told.append(request.url))
        page.goto((tmp_path / "report.html").as_uri())
        yield page
        browser.close()
    assert [line for line in told if not line.startswith("data:")] == [(tmp_path / "report.html").as_uri()]


def test_search_and_filters(page: Any) -> None:
    """The search and the filters leave what they say, and say how much."""
    entries = page.locator("details")
    shown = page.locator("details:not([hidden])")
    assert shown.count() == entries.count() > 5
    page.fill("#search", "LINDHOLT")
    assert 0 < shown.count() < entries.count()
    assert all("lindholt" in text.lower() for text in shown.all_text_contents())
    assert page.text_content("#count") == f"{shown.count()} of {entries.count()} shown"
    page.fill("#search", "")
    for kind in ("exact", "near", "update"):
        page.uncheck(f"input[value={kind}]")
    assert 0 < shown.count() < entries.count()
    assert all("contained" in str(one.get_attribute("data-kinds")) for one in shown.all())


def test_blocks_and_copies(page: Any) -> None:
    """The longest block is opened to its diff, and the table says who repeated whom, and how much later."""
    block = page.locator("#block details").first
    assert "8 paragraphs again" in block.text_content()
    assert block.locator(".pair").count() == 8
    assert block.locator("del").first.text_content() == "aufgefordert"
    assert block.locator("ins").first.text_content() == "gebeten"
    assert page.locator("table tr").count() > 2
    assert "min" in page.locator("table").text_content()


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
    assert "50 more are not on this page" in page
    assert "and 7 more, which are not on this page" in page
