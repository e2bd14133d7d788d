"""The documentation builds without a warning, and is correct."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from helpers.brokers import need
from helpers.examples import ROOT, has_examples, run_page
from helpers.running import HANG
from helpers.spark_session import require_spark

import dedup
from dedup import NoveltyFilter, Settings
from dedup.cli import main

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
WITH_EXAMPLES = [page for page in PAGES if has_examples(page.read_text(encoding="utf-8"))]
RULE = (DOCS / "concepts" / "rule.md").read_text(encoding="utf-8")
PAIRS = re.findall(r"^\| (.+) \| (.+) \| (exact|near|contained|update|novel) \|$", RULE, re.MULTILINE)

CERTAIN = re.findall(r"^\| ([^`|]+) \| ([^|]+) \| (yes|no) \|$", RULE, re.MULTILINE)


def name(page: Path) -> str:
    """The name of a page in the folder of pages."""
    return page.relative_to(DOCS).as_posix()


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Each command of a group and of its subgroups, by its full name."""
    for key, command in group.commands.items():
        yield before + key, command
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{key} ")


class Loaded(HTMLParser):
    """Collects the addresses that a browser loads with a page: scripts, styles, pictures and fonts, but not links."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses that a tag loads."""
        given = dict(attrs)
        if tag == "link" and given.get("rel") != "canonical":
            self.addresses.append(given.get("href") or "")
        elif tag != "a":
            self.addresses.append(given.get("src") or "")


@pytest.fixture(name="site", scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by mkdocs without a warning."""
    if find_spec("mkdocs") is None:
        if os.environ.get("CI"):
            pytest.fail("there is no mkdocs: pip install -e '.[docs]'")
        pytest.skip("there is no mkdocs: pip install -e '.[docs]'")
    site = tmp_path_factory.mktemp("site")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=10 * HANG,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return site


def test_build(site: Path) -> None:
    """Each page is built."""
    for page in PAGES:
        assert (site / page.relative_to(DOCS)).with_suffix(".html").is_file(), page


def test_nothing_is_fetched(site: Path) -> None:
    """No page and no style sheet loads anything from another host."""
    pages = list(site.rglob("*.html"))
    assert pages
    for page in pages:
        addresses = Loaded(page).addresses
        assert any(address.endswith(".css") for address in addresses)
        assert not [address for address in addresses if re.match(r"(?:[a-z]+:)?//", address)], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", style.read_text(encoding="utf-8")), style


def test_every_command_is_described(site: Path) -> None:
    """The page of the command line has a section for each command, and each visible option."""
    page = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    assert "Sentinel" not in page  # the value that click uses for no default
    found = dict(commands(main))
    assert len(found) > 6
    for path, command in found.items():
        assert f'id="dedup-{path.replace(" ", "-")}"' in page
        for option in command.params:
            assert not isinstance(option, click.Option) or option.hidden or option.opts[-1] in page


def test_every_public_name_is_described(site: Path) -> None:
    """The page of the Python API has each public name."""
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for public in dedup.__all__:
        assert f'id="dedup.{public}"' in page or f"<code>{public}</code>" in page


def test_every_setting_is_described() -> None:
    """The table of settings has each setting, in order, with its default as Python writes it."""
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    defaults = [(field.name, repr(field.default).replace("'", '"')) for field in fields(Settings)]
    assert re.findall(r"^\| `(\w+)` \| `(.+?)` \|", text, re.MULTILINE) == defaults


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name)
def test_examples(page: Path, tmp_path: Path) -> None:
    """Each example prints the output on its page."""
    if "redis-server" in page.read_text(encoding="utf-8"):
        need("redis-server", "redis-server")
    if page.name == "spark.md":
        require_spark()
    for printed, shown in run_page(page.read_text(encoding="utf-8"), tmp_path):
        assert printed == shown


def test_there_are_examples() -> None:
    """The pattern finds the examples: the tutorial and each guide has some."""
    assert {DOCS / "tutorial.md", *(DOCS / "guides").rglob("*.md")} <= set(WITH_EXAMPLES)


@pytest.mark.parametrize(("earlier", "later", "decision"), PAIRS)
def test_rule(earlier: str, later: str, decision: str) -> None:
    """Each pair of the page about the rule has the decision given there."""
    assert [decided.kind for decided in NoveltyFilter().judge([earlier, later])] == ["novel", decision]


@pytest.mark.parametrize(("earlier", "later", "certain"), CERTAIN)
def test_certain(earlier: str, later: str, certain: str) -> None:
    """Each repeat of that page is certain, or not, as it says there. With `strict`, the others are reworded."""
    _, decision = NoveltyFilter().judge([earlier, later])
    assert not decision.novel
    assert decision.certain == (certain == "yes")
    _, decision = NoveltyFilter(strict=True).judge([earlier, later])
    assert (decision.kind == "reworded") == (certain == "no")


def test_there_are_pairs() -> None:
    """The pattern finds pairs with every decision, and certain and uncertain repeats."""
    assert len(PAIRS) >= 25
    assert {certain for _, _, certain in CERTAIN} == {"yes", "no"}
    assert {decision for _, _, decision in PAIRS} == {"exact", "near", "contained", "update", "novel"}
