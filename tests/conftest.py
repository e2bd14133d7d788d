"""Fixtures of all tests: hypothesis profiles, a browser for the pages of `dedup report`, and compiled kernels."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from helpers.running import COMMAND, HANG, dedup
from hypothesis import HealthCheck, settings

# The first call of a kernel compiles it, so examples have no deadline.
settings.register_profile(
    "house", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
settings.load_profile("house")

SAMPLES = Path(__file__).parent.parent / "sample_feeds"
BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this test suite."""
    parser.addoption("--rounds", type=int, default=10, help="how often tests kill a run at a random moment")
    parser.addoption("--documents", type=Path, help="a folder of real feeds and pages, instead of the sample feeds")


@pytest.fixture(name="rounds")
def rounds_option(request: pytest.FixtureRequest) -> int:
    """The number of runs that crash tests kill at a random moment."""
    return int(request.config.getoption("rounds"))


@pytest.fixture(name="browser", scope="module")
def started() -> Iterator[Any]:
    """A Chromium browser. CI must have one."""
    if BROWSER is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium: apt-get install chromium-headless-shell")
        pytest.skip("there is no Chromium: apt-get install chromium-headless-shell")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(name="made", scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Creates the page of a sample feed, once for each list of arguments."""

    @cache
    def made(*arguments: str) -> Path:
        file = tmp_path_factory.mktemp("page") / "report.html"
        run = dedup("report", *arguments, "-o", file, cwd=SAMPLES)
        assert run.returncode == 0, run.stderr
        return file

    return made


@pytest.fixture(name="open_page")
def opener(browser: Any, made: Callable[..., Path]) -> Iterator[Callable[..., Any]]:
    """Opens a page from disk. Fails if the page sends a request or logs an error."""
    events: list[str] = []
    files: list[str] = []

    def opened(*arguments: str | Path, width: int = 1400, scheme: str = "light") -> Any:
        file = arguments[0] if isinstance(arguments[0], Path) else made(*arguments)
        files.append(file.as_uri())
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda message: events.append(message.text))
        page.on("pageerror", lambda error: events.append(str(error)))
        page.on("request", lambda request: events.append(request.url))
        page.goto(files[-1])
        return page

    yield opened
    assert [line for line in events if not line.startswith("data:")] == files


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile all kernels before the first test, so that no command reports it later."""
    subprocess.run([*COMMAND, "filter", "--quiet"], stdin=subprocess.DEVNULL, timeout=10 * HANG, check=True)
