"""Progress on a terminal during a run, and statistics for programs after it."""

import json
import os
import pty
import re
import select
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.running import COMMAND, HANG, dedup
from prometheus_client.parser import text_string_to_metric_families

TEXT = b"one\ntwo\nONE\nthree\n"


def on_a_terminal(*arguments: str) -> tuple[str, bytes]:
    """The progress of a run of over a second on a terminal, and its output through a pipe."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs, env=os.environ
    )
    guard = threading.Timer(HANG, process.kill)
    guard.start()
    os.close(theirs)
    assert process.stdin is not None
    assert process.stdout is not None
    written = b""
    for line in TEXT.splitlines(keepends=True):
        process.stdin.write(line)
        process.stdin.flush()
        written += b"" if line == b"ONE\n" else process.stdout.readline()  # the run has started
        time.sleep(0.6)
    process.stdin.close()
    written += process.stdout.read()
    process.stdout.close()
    shown = b""
    with suppress(OSError):  # the terminal is closed
        while more := os.read(ours, 1 << 16):
            shown += more
    os.close(ours)
    process.wait()
    guard.cancel()
    return shown.decode(), written


def test_a_long_run_shows_progress() -> None:
    """On a terminal, a run of over a second shows the paragraphs read, the rate, and the share dropped."""
    shown, written = on_a_terminal("filter")
    assert written == b"one\ntwo\nthree\n"
    assert re.search(r"\r\x1b\[K\d paragraphs  [\d,]+/s  \d+\.\d% dropped", shown)
    assert shown.rpartition("\x1b[K")[2] == "dedup: read 4, kept 3, dropped 1: 1 exact\r\n"


@pytest.mark.parametrize("verb", ["report", "cluster"])
def test_other_commands_show_progress(verb: str, tmp_path: Path) -> None:
    """The commands that read a whole feed show progress too."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, verb, *(["-o", str(tmp_path / "page.html")] if verb == "report" else [])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE if verb == "cluster" else theirs, stderr=theirs,
    )  # fmt: skip
    guard = threading.Timer(HANG, process.kill)
    guard.start()
    os.close(theirs)
    assert process.stdin is not None
    shown = b""
    while process.poll() is None and b" paragraphs  " not in shown:
        process.stdin.write(TEXT)
        process.stdin.flush()
        if select.select([ours], [], [], 0.1)[0]:
            shown += os.read(ours, 1 << 16)
    process.communicate()
    os.close(ours)
    guard.cancel()
    assert process.returncode == 0
    assert re.search(rb"\r\x1b\[K[\d,]+ paragraphs  [\d,]+/s", shown)


@pytest.mark.parametrize("option", ["--no-progress", "--quiet"])
def test_progress_can_be_turned_off(option: str) -> None:
    """Neither `--no-progress` nor `--quiet` shows progress."""
    assert "paragraphs" not in on_a_terminal("filter", option)[0]


def test_a_pipe_gets_no_progress() -> None:
    """Progress and its control characters go only to a terminal, even with `--progress`."""
    run = dedup("filter", "--progress", stdin=TEXT)
    assert run.stderr.splitlines()[-1] == b"dedup: read 4, kept 3, dropped 1: 1 exact"
    assert b"\x1b" not in run.stderr


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (("cluster",), "dedup: read 2, found 1 group of 2 paragraphs, largest 2\n"),
        (("filter", "--state", "s"), "dedup: read 2, kept 1, dropped 1: 1 exact\n"),
        (("state", "info", "s"), "stored:       1 paragraph, of 1 ever stored and 2 read\n"),
        (("state", "verify", "s"), "s: OK, 1 paragraph\n"),
    ],
    ids=str,
)
def test_one_and_many(command: tuple[str, ...], shown: str, tmp_path: Path) -> None:
    """A summary uses the singular for one, and the plural for many."""
    dedup("filter", "--quiet", "--state", "s", stdin=b"one\nONE\n", cwd=tmp_path)
    if command[0] == "filter":
        (tmp_path / "s").unlink()
    run = dedup(*command, stdin=b"one\nONE\n", cwd=tmp_path)
    assert shown in (run.stdout + run.stderr).decode()


def test_stats(tmp_path: Path) -> None:
    """`--stats` writes the counts of the summary as JSON, or for Prometheus if the name of the file says so."""
    for name in ("stats.json", "stats.prom"):
        run = dedup("filter", "--stats", name, "--max-bytes", "50", stdin=TEXT + b"x" * 60 + b"\n", cwd=tmp_path)
        assert run.returncode == 3
    assert sorted(os.listdir(tmp_path)) == ["stats.json", "stats.prom"]
    stats = json.loads((tmp_path / "stats.json").read_bytes())
    assert stats.pop("seconds") > 0
    assert len(stats.pop("settings")) == 16
    assert stats == {
        "read": 5, "kept": 3, "dropped": 1, "rejected": 1,
        "decisions": {"novel": 3, "exact": 1, "near": 0, "contained": 0, "update": 0, "reworded": 0},
        "missing_fields": {"text": 0, "id": 0, "time": 0, "source": 0}, "unreadable_times": 0,
        "splits": {"line": 1, "blank": 0}, "second_opinions": {"repeat": 0, "new": 0, "none": 0},
    }  # fmt: skip
    text = (tmp_path / "stats.prom").read_text()
    families = list(text_string_to_metric_families(text))
    kinds, rejected, missing, times, splits, opinions, seconds, settings = families
    assert [family.type for family in families] == [*["counter"] * 6, "gauge", "gauge"]
    assert all(family.name.startswith("dedup_") and family.documentation for family in families)
    assert {sample.labels["decision"]: sample.value for sample in kinds.samples} == {
        "novel": 3, "exact": 1, "near": 0, "contained": 0, "update": 0, "reworded": 0,
    }  # fmt: skip
    assert {sample.name for sample in kinds.samples} == {"dedup_paragraphs_total"}
    assert [sample.value for sample in rejected.samples] == [1]
    assert [sample.value for sample in missing.samples + times.samples] == [0] * 5
    assert {sample.labels["split"]: sample.value for sample in splits.samples} == {"line": 1, "blank": 0}
    assert {sample.labels["answer"]: sample.value for sample in opinions.samples} == {"repeat": 0, "new": 0, "none": 0}
    assert seconds.samples[0].value > 0
    assert len(settings.samples[0].labels["fingerprint"]) == 16


def test_stats_that_cannot_be_written(tmp_path: Path) -> None:
    """If statistics cannot be written, the run ends with status 1 and one line, after its output."""
    run = dedup("filter", "--quiet", "--stats", tmp_path / "no" / "stats.json", stdin=TEXT)
    assert (run.returncode, run.stdout) == (1, b"one\ntwo\nthree\n")
    assert run.stderr.splitlines()[-1].endswith(b"No such file or directory")
