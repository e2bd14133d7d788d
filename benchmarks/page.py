"""The page of `dedup report` in a real browser: its size, how soon it is there, what it asks for, and how it looks.

    python -m benchmarks.page FEED [--search TEXT] [--screenshots DIR] [--runs 5] [-- OPTIONS OF dedup report]

Prints one JSON object. Exit status 1 where the page asks for anything but itself, logs anything, is wider than a
phone, has 10 MB or more, or takes 2 s or more to load (median).
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WAYS = {"wide": (1400, "light"), "dark": (1400, "dark"), "narrow": (390, "light"), "print": (1400, "light")}
MOST_BYTES, MOST_SECONDS = 10_000_000, 2.0
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"


def look(file: Path, search: str, screenshots: Path | None, runs: int) -> dict[str, Any]:
    """What a browser has to say of a page."""
    from playwright.sync_api import sync_playwright

    told: list[str] = []
    loaded = []
    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        for name, (width, scheme) in list(WAYS.items()) + [("wide", WAYS["wide"])] * max(0, runs - len(WAYS)):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # it is one of theirs
            page.on("console", lambda message: told.append(message.text))
            page.on("pageerror", lambda error: told.append(str(error)))
            page.on("request", lambda request: told.append(request.url))
            page.goto(file.as_uri())
            loaded.append(page.evaluate(LOADED))
            if name == "narrow":
                found["wider than a phone"] = page.evaluate("document.documentElement.scrollWidth") > width
            if screenshots is not None and name == "print":
                page.pdf(path=screenshots / "print.pdf", format="A4")
            elif screenshots is not None:
                page.screenshot(path=screenshots / f"{name}.png", full_page=True)
            if search and name == "wide":
                page.fill("#search", search)
                found["shown"] = page.text_content("#count")
                found["marked"] = page.evaluate("CSS.highlights.get('found')?.size ?? 0")
                found["differences"] = page.locator("#block ins, #block del").locator("visible=true").count()
            page.close()
        browser.close()
    found["told"] = [line for line in told if line != file.as_uri() and not line.startswith("data:")]
    return {"seconds to load": round(median(loaded), 3), **found}


def main() -> None:
    """Make a page, look at it, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feed", type=Path)
    parser.add_argument("--search", default="", help="look for this, and count what is shown")
    parser.add_argument("--screenshots", type=Path, help="a folder for pictures of the whole page")
    parser.add_argument("--runs", type=int, default=5, help="how often it is loaded, at least 4")
    given, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "page.html"
        began = time.perf_counter()
        command = [sys.executable, "-m", "dedup", "report", str(given.feed), "-o", str(file)]
        subprocess.run([*command, *(option for option in options if option != "--")], check=True)  # noqa: S603  # a command of ours
        made = time.perf_counter() - began
        if given.screenshots is not None:
            given.screenshots.mkdir(parents=True, exist_ok=True)
        seen = look(file, given.search, given.screenshots, given.runs)
        size = file.stat().st_size
    print(json.dumps({"seconds to make": round(made, 3), "bytes": size, **seen}))
    if seen["told"] or seen["wider than a phone"] or size >= MOST_BYTES or seen["seconds to load"] >= MOST_SECONDS:
        sys.exit(1)


if __name__ == "__main__":
    main()
