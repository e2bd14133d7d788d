"""What the README shows is what happens."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.running import HANG

from dedup import Settings
from dedup.settings import read_toml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", blocks("console"))
def test_sessions(block: str, tmp_path: Path) -> None:
    """Each session prints what the README says."""
    shutil.copytree(ROOT / "sample_feeds", tmp_path / "sample_feeds")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    printed = ""
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=HANG,
            check=True,
        )
        printed += f"$ {command}\n{done.stdout.decode()}"
    assert printed.replace("dedup: compiling kernels, which takes some ten seconds and happens once\n", "") == block


@pytest.mark.parametrize("block", blocks("python"))
def test_python(block: str) -> None:
    """Each Python example runs, and finds the repeat it shows."""
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, timeout=HANG, check=True)
    assert done.stdout.startswith(b"novel None\nexact Match(id='paragraph:1'")


def test_there_are_examples() -> None:
    """The patterns above find the examples."""
    assert len(blocks("console")) >= 4
    assert len(blocks("python")) >= 1
    assert len(blocks("toml")) >= 1


def test_two_commands() -> None:
    """The two commands are one line each, and CI finds the one that runs the tests."""
    first, second = blocks("sh")
    assert first.count("\n") == second.count("\n") == 1
    assert README.count("-m pytest") == 1


@pytest.mark.parametrize("block", blocks("toml"))
def test_configuration(block: str, tmp_path: Path) -> None:
    """Each TOML example can be read, and changes the settings."""
    path = tmp_path / "dedup.toml"
    path.write_text(block)
    assert Settings(**read_toml(path)) != Settings()
