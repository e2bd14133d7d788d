"""What `dedup` says of a run: to people while it goes on, to programs when it is over."""

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
    """What a run says on a terminal while it takes longer than a second, and what it writes to a pipe."""
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
        written += b"" if line == b"ONE\n" else process.stdout.readline()  # so that it is under way
        time.sleep(0.6)
    process.stdin.close()
    written += process.stdout.read()
    process.stdout.close()
    said = b""
    with suppress(OSError):  # the end of a terminal
        while more := os.read(ours, 1 << 16):
            said += more
    os.close(ours)
    process.wait()
    guard.cancel()
    return said.decode(), written


def test_a_long_run_tells_how_far_it_is() -> None:
    """On a terminal a run of more than a second says how much was read, how fast, and how much was dropped."""
    said, written = on_a_terminal("filter")
    assert written == b"one\ntwo\nthree\n"
    assert re.search(r"\r\x1b\[K\d paragraphs  [\d,]+/s  \d+\.\d% dropped", said)
    assert said.rpartition("\x1b[K")[2] == "dedup: read 4, kept 3, dropped 1: 1 exact\r\n"


@pytest.mark.parametrize("verb", ["report", "cluster"])
def test_other_verbs_tell_too(verb: str, tmp_path: Path) -> None:
    """The verbs that look at a whole feed tell how far they are as well."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, verb, *(["-o", str(tmp_path / "page.html")] if verb == "report" else [])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE if verb == "cluster" else theirs, stderr=theirs,
    )  # fmt: skip
    guard = threading.Timer(HANG, process.kill)
    guard.start()
    os.close(theirs)
    assert process.stdin is not None
    said = b""
    while process.poll() is None and b" paragraphs  " not in said:
        process.stdin.write(TEXT)
        process.stdin.flush()
        if select.select([ours], [], [], 0.1)[0]:
            said += os.read(ours, 1 << 16)
    process.communicate()
    os.close(ours)
    guard.cancel()
    assert process.returncode == 0
    assert re.search(rb"\r\x1b\[K[\d,]+ paragraphs  [\d,]+/s", said)


@pytest.mark.parametrize("option", ["--no-progress", "--quiet"])
def test_nothing_is_told_where_nobody_asks(option: str) -> None:
    """Neither with `--no-progress` nor with `--quiet` is there any progress."""
    assert "paragraphs" not in on_a_terminal("filter", option)[0]


def test_nothing_is_told_to_a_pipe() -> None:
    """Progress, and what would rewrite a line, is for terminals only, also where it is asked for."""
    run = dedup("filter", "--progress", stdin=TEXT)
    assert run.stderr.splitlines()[-1] == b"dedup: read 4, kept 3, dropped 1: 1 exact"
    assert b"\x1b" not in run.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("cluster",), "dedup: read 2, found 1 group of 2 paragraphs, largest 2\n"),
        (("filter", "--state", "s"), "dedup: read 2, kept 1, dropped 1: 1 exact\n"),
        (("state", "info", "s"), "stored:       1 paragraph, of 1 ever stored and 2 read\n"),
        (("state", "verify", "s"), "s: OK, 1 paragraph\n"),
    ],
    ids=str,
)
def test_one_and_many(command: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """A summary has the form of a noun that goes with its number."""
    dedup("filter", "--quiet", "--state", "s", stdin=b"one\nONE\n", cwd=tmp_path)
    if command[0] == "filter":
        (tmp_path / "s").unlink()
    run = dedup(*command, stdin=b"one\nONE\n", cwd=tmp_path)
    assert said in (run.stdout + run.stderr).decode()


def test_stats(tmp_path: Path) -> None:
    """`--stats` writes the counts of the summary as JSON, and for Prometheus where the name says so."""
    for name in ("stats.json", "stats.prom"):
        run = dedup("filter", "--stats", name, "--max-bytes", "50", stdin=TEXT + b"x" * 60 + b"\n", cwd=tmp_path)
        assert run.returncode == 3
    assert sorted(os.listdir(tmp_path)) == ["stats.json", "stats.prom"]
    stats = json.loads((tmp_path / "stats.json").read_bytes())
    assert stats.pop("seconds") > 0
    assert len(stats.pop("settings")) == 16
    assert stats == {
        "read": 5, "kept": 3, "dropped": 1, "rejected": 1,
        "decisions": {"novel": 3, "exact": 1, "near": 0, "contained": 0, "update": 0},
        "missing_fields": {"text": 0, "id": 0, "time": 0, "source": 0}, "unreadable_times": 0,
        "splits": {"line": 1, "blank": 0},
    }  # fmt: skip
    text = (tmp_path / "stats.prom").read_text()
    kinds, rejected, missing, times, splits, seconds, settings = families = list(text_string_to_metric_families(text))
    assert [family.type for family in families] == [*["counter"] * 5, "gauge", "gauge"]
    assert all(family.name.startswith("dedup_") and family.documentation for family in families)
    assert {sample.labels["decision"]: sample.value for sample in kinds.samples} == {
        "novel": 3, "exact": 1, "near": 0, "contained": 0, "update": 0,
    }  # fmt: skip
    assert {sample.name for sample in kinds.samples} == {"dedup_paragraphs_total"}
    assert [sample.value for sample in rejected.samples] == [1]
    assert [sample.value for sample in missing.samples + times.samples] == [0] * 5
    assert {sample.labels["split"]: sample.value for sample in splits.samples} == {"line": 1, "blank": 0}
    assert seconds.samples[0].value > 0
    assert len(settings.samples[0].labels["fingerprint"]) == 16


def test_stats_that_cannot_be_written(tmp_path: Path) -> None:
    """Stats that cannot be written end the run with status 1 and one line, after its output."""
    run = dedup("filter", "--quiet", "--stats", tmp_path / "no" / "stats.json", stdin=TEXT)
    assert (run.returncode, run.stdout) == (1, b"one\ntwo\nthree\n")
    assert run.stderr.splitlines()[-1].endswith(b"No such file or directory")
