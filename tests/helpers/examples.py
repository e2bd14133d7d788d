"""Runs the examples of a Markdown page in order, in one folder with the sample feeds, as a reader would.

- ```console holds commands after `$ `, each followed by its output.
- ```python is a script. Its output is in a ```text block directly after it; without one, it prints nothing.
- A block with a title, such as ```toml title="dedup.toml", is a file of that name.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from helpers.running import HANG

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r'^(?P<indent> *)```(?P<language>[a-z]+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^(?P=indent)```$',
    re.MULTILINE | re.DOTALL,
)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
_FIRST_RUN = "dedup: compiling kernels; this takes a while, and happens once\n"


class Example(NamedTuple):
    """A block of code.

    Attributes:
        language: Its language.
        text: Its text.
        title: The name of the file that it is, if any.
        output: The expected output of a script.
    """

    language: str
    text: str
    title: str | None = None
    output: str = ""


def examples(markdown: str) -> Iterator[Example]:
    """The code blocks of a page, in order."""
    blocks = list(_BLOCK.finditer(markdown))
    for block, after in zip_longest(blocks, blocks[1:]):
        output = ""
        if after and after["language"] == "text" and not markdown[block.end() : after.start()].strip():
            output = dedent(after["text"])
        yield Example(block["language"], dedent(block["text"]), block["title"], output)


def has_examples(markdown: str) -> bool:
    """Whether a page has examples to run."""
    return any(example.language in ("console", "python") and not example.title for example in examples(markdown))


def run_page(markdown: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Run the examples of a page in an empty folder. Yields the output of each, and the output that the page shows."""
    shutil.copytree(ROOT / "sample_feeds", folder / "sample_feeds")
    for example in examples(markdown):
        if example.title is not None:
            (folder / example.title).write_text(example.text, encoding="utf-8")
        elif example.language == "console":
            yield _session(example.text, folder), example.text
        elif example.language == "python":
            yield _run([sys.executable, "-c", example.text], folder), example.output


def _session(text: str, folder: Path) -> str:
    commands = _COMMAND.findall(text)
    return "".join(f"$ {command}\n{_run(['sh', '-c', command], folder)}" for command in commands)


def _run(command: list[str], folder: Path) -> str:
    """The output of a command on both streams, followed by its exit status if it failed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=4 * HANG,
        check=False,
    )
    failed = f"[exit status {done.returncode}]\n" if done.returncode else ""
    return done.stdout.decode().replace(_FIRST_RUN, "") + failed
