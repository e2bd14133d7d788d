"""The README is correct."""

import re
from pathlib import Path

from helpers.examples import ROOT, examples, run_page

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = list(examples(README))


def test_examples(tmp_path: Path) -> None:
    """Each example prints the output in the README."""
    for printed, shown in run_page(README, tmp_path):
        assert printed == shown


def test_there_are_examples() -> None:
    """The pattern finds the examples."""
    languages = [example.language for example in EXAMPLES]
    assert languages.count("console") >= 3
    assert languages.count("python") >= 1


def test_two_commands() -> None:
    """The two commands are one line each, and CI uses the one that runs the tests."""
    first, second = (example.text for example in EXAMPLES if example.language == "sh")
    assert first.count("\n") == second.count("\n") == 1
    assert README.count("-m pytest") == 1


def test_links() -> None:
    """Each link leads to a file of the project."""
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 10
    for link in links:
        assert (ROOT / link).is_file(), link


def test_it_is_short() -> None:
    """The README is short enough to read in a few minutes. Details belong to the documentation."""
    assert README.count("\n") <= 120
