"""The rules of the project: public names, linters, the type checker, and a wheel that can be built again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.running import HANG

import dedup

ROOT = Path(__file__).parents[2]


def test_public_names() -> None:
    """Each public name can be imported and is documented."""
    assert sorted(dedup.__all__) == dedup.__all__
    for name in dedup.__all__:
        assert getattr(dedup, name).__doc__
    with pytest.raises(AttributeError, match="nothing"):
        dedup.nothing  # noqa: B018  # it raises


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "ruff", "check", "dedup", "tests", "benchmarks"],
        ["-m", "ruff", "format", "--check", "dedup", "tests", "benchmarks"],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    ],
    ids=["ruff check", "ruff format", "mypy", "import-linter"],
)
def test_tools(command: list[str]) -> None:
    """The linters and the type checker report nothing."""
    run = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=10 * HANG, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_wheel_is_reproducible() -> None:
    """Two builds of the wheel, in different folders and from files with different times, are equal byte for byte."""
    environment = os.environ | {"PYTHON": sys.executable, "SOURCE_DATE_EPOCH": "1700000000"}
    run = subprocess.run(
        ["scripts/reproducible-wheel"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=5 * HANG,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "news_dedup" in run.stdout
