"""After kill -9 at any moment, nothing is lost, and no committed paragraph comes out again."""

import json
import os
import resource
import shutil
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from helpers.kills import PHASES, Harness
from helpers.running import COMMAND, HANG, dedup, pipes, python, start

from dedup.store.state_file import State

BATCH = 1 << 20  # maximum, in bytes
#: A prefix that drops root's permission to write read-only files.
BOUND = () if os.geteuid() else ("setpriv", "--bounding-set", "-dac_override")


def corpus(path: Path, count: int, spread: int = 400) -> Path:
    """A feed with ids, times, repeats and edited repeats, one paragraph per line."""
    draw = np.random.default_rng(8)
    words = np.array("storm harbour minister police flood vote court mayor ferry island school rain bridge".split())
    earlier: list[str] = []
    with path.open("w") as file:
        for place in range(count):
            text = " ".join(draw.choice(words, 8)) + f" {draw.integers(0, 10**6)} " + " ".join(draw.choice(words, 6))
            if earlier and draw.random() < 0.4:
                text = earlier[max(0, len(earlier) - 1 - int(draw.exponential(spread)))]
                if draw.random() < 0.5:
                    text = text.replace(" the ", " a ").upper() + " again"
            earlier.append(text)
            record = {"id": f"p{place}", "time": 1_000_000 + place + int(draw.integers(-5, 5)), "text": text}
            file.write(json.dumps(record) + "\n")
    return path


@pytest.mark.parametrize(
    "options", [(), ("--time-field", "time", "--window", "10m", "--max-stored", "400", "--refresh")]
)
def test_repeated_kills_lose_nothing(options: tuple[str, ...], rounds: int, tmp_path: Path) -> None:
    """After kills in each commit phase and at random moments, output and state equal those of an undisturbed run."""
    harness = Harness(corpus(tmp_path / "corpus.jsonl", 4_000), tmp_path, options)
    for phase in PHASES:
        harness.crash_in(phase)
    assert harness.kills == len(PHASES)
    harness.crash(rounds)
    harness.finish()
    assert harness.kills == len(PHASES) + rounds


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_repeated_signals_lose_nothing(number: signal.Signals, rounds: int, tmp_path: Path) -> None:
    """After signals at random moments, output and state equal those of an undisturbed run."""
    count = max(1, rounds // 3)
    harness = Harness(corpus(tmp_path / "corpus.jsonl", 2_000), tmp_path)
    harness.crash(count, number)
    harness.finish()
    assert harness.signals == count


def committed(path: Path) -> int:
    """The number of committed paragraphs of the input."""
    with closing(State(path)) as state:
        return state.checkpoint.read


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_signals(number: signal.Signals, jobs: str, tmp_path: Path) -> None:
    """INT and TERM end a run that waits for its feed, with status 0. Paragraphs with output are committed."""
    path = tmp_path / "feed.dedup"
    with start("filter", "--state", str(path), "--jobs", jobs) as process:
        stdin, stdout, stderr = pipes(process)
        for line in (b"one two three\n", b"four five six\n"):
            stdin.write(line)
            stdin.flush()
            assert stdout.readline() == line
        process.send_signal(number)
        assert process.wait(HANG) == 0
        assert stderr.read().decode().splitlines()[-1] == "dedup: read 2, kept 2, dropped 0"
    assert [file.name for file in tmp_path.iterdir()] == ["feed.dedup"]
    assert committed(path) == 2


def test_a_signal_in_a_batch(tmp_path: Path) -> None:
    """A signal during a fast feed ends the run after a batch. Exactly the written paragraphs are committed."""
    path, out = tmp_path / "feed.dedup", tmp_path / "out.jsonl"
    feed = corpus(tmp_path / "corpus.jsonl", 60_000)
    with out.open("wb") as file:
        process = subprocess.Popen([*COMMAND, "filter", "--quiet", str(feed), "--state", str(path)], stdout=file)
    while not out.stat().st_size:
        time.sleep(0.01)
    process.terminate()
    assert process.wait(HANG) == 0
    with closing(State(path)) as state:
        kept, read = state.checkpoint.number, state.checkpoint.read
    assert 0 < kept == len(out.read_bytes().splitlines())
    rest = b"".join(feed.read_bytes().splitlines(keepends=True)[read:])
    assert dedup("filter", "--quiet", "--state", str(path), stdin=rest).returncode == 0
    assert committed(path) == 60_000


def test_a_quiet_feed_is_committed(tmp_path: Path) -> None:
    """Paragraphs with output are committed soon, even if the feed stays open without further lines."""
    path = tmp_path / "feed.dedup"
    with start("filter", "--quiet", "--state", str(path)) as process:
        stdin, stdout, _ = pipes(process)
        stdin.write(b"one two three\n")
        stdin.flush()
        assert stdout.readline() == b"one two three\n"
        end = time.monotonic() + HANG
        while committed(path) < 1 and time.monotonic() < end:
            time.sleep(0.01)
        assert committed(path) == 1
        process.kill()
    assert dedup("filter", "--quiet", "--state", str(path), stdin=b"one two three\nfour\n").stdout == b"four\n"


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    """A second run with the same state ends with status 1 and names the process of the first.

    After a kill, the state is free.
    """
    path = tmp_path / "feed.dedup"
    with start("filter", "--quiet", "--state", str(path)) as process:
        stdin, stdout, _ = pipes(process)
        stdin.write(b"one\n")
        stdin.flush()
        assert stdout.readline() == b"one\n"
        run = dedup("filter", "--state", str(path), stdin=b"two\n")
        assert (run.returncode, run.stdout) == (1, b"")
        message = f"dedup: {path}: process {process.pid} is writing it; wait for it with --wait, or stop it\n"
        assert run.stderr.decode() == message
        process.kill()
    assert dedup("filter", "--quiet", "--state", str(path), stdin=b"two\n").stdout == b"two\n"


def test_an_incomplete_line_stays_separate(tmp_path: Path) -> None:
    """If a killed run left an incomplete line in the output, the next run begins a new line."""
    out = tmp_path / "out"
    out.write_bytes(b"whole line\nhalf a li")
    for line, expected in (
        (b"one\n", b"whole line\nhalf a li\none\n"),
        (b"two\n", b"whole line\nhalf a li\none\ntwo\n"),
    ):
        with out.open("ab") as file:
            subprocess.run(
                [*COMMAND, "filter", "--quiet", "--state", str(tmp_path / "feed.dedup")],
                input=line, stdout=file, check=True, timeout=HANG,
            )  # fmt: skip
        assert out.read_bytes() == expected


def test_sync(tmp_path: Path) -> None:
    """`--fsync` does not change what is written, neither to a file nor to a pipe."""
    feed = corpus(tmp_path / "corpus.jsonl", 500)
    plain = dedup("filter", "--quiet", str(feed))
    run = dedup("filter", "--quiet", str(feed), "--fsync", "--state", str(tmp_path / "a.dedup"))
    assert run.stdout == plain.stdout
    out = tmp_path / "out.jsonl"
    dedup("filter", "--quiet", str(feed), "--fsync", "--state", str(tmp_path / "b.dedup"), "-o", str(out))
    assert out.read_bytes() == plain.stdout


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit for the size of files")
def test_a_full_disk(rounds: int, tmp_path: Path) -> None:
    """If the state cannot grow, the run ends with status 1 and one line, and the output so far is valid."""
    feed = corpus(tmp_path / "corpus.jsonl", 30_000)
    whole = dedup("filter", "--quiet", str(feed))
    for limit in (200_000, *np.random.default_rng(rounds).integers(150_000, 900_000, rounds // 10).tolist()):
        path = tmp_path / f"{limit}.dedup"
        with start("filter", "--quiet", str(feed), "--state", str(path)) as process:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
            out, err = process.communicate(timeout=HANG)
        assert process.returncode == 1
        assert err.count(b"\n") == 1
        assert str(path).encode() in err
        assert set(out.splitlines()) <= set(feed.read_bytes().splitlines())
        with closing(State(path)) as state:
            state.check()
            kept = state.checkpoint.number
        assert len(b"".join(out.splitlines(keepends=True)[kept:])) <= BATCH
        again = dedup("filter", "--quiet", str(feed), "--state", str(path))
        assert again.stdout.splitlines() == whole.stdout.splitlines()[kept:]


@pytest.mark.skipif(bool(BOUND) and not shutil.which("setpriv"), reason="nothing is read-only for root")
def test_a_read_only_state(tmp_path: Path) -> None:
    """A state that cannot be written is refused before anything is read."""
    path = tmp_path / "feed.dedup"
    dedup("filter", "--state", str(path), stdin=b"one\n")
    path.chmod(0o444)
    if subprocess.run([*BOUND, "true"], check=False).returncode:
        pytest.skip("nothing is read-only for root, who may not give that up")
    command = [*BOUND, *COMMAND, "filter", "--state", str(path)]
    run = subprocess.run(command, input=b"two\n", capture_output=True, timeout=HANG, check=False)
    assert (run.returncode, run.stdout, run.stderr.count(b"\n")) == (1, b"", 1)
    assert b"attempt to write a readonly database" in run.stderr


DIES = """
import os, signal, sys
from dedup import cli
from dedup.store.state_file import State
real, moment = State.release, sys.argv[1]
def release(state):
    if moment == "after":
        real(state)
    os.kill(os.getpid(), signal.SIGKILL)
State.release = release
sys.argv = ["dedup", *sys.argv[2:]]
cli.run()
"""


@pytest.mark.parametrize("kind", ["same", "jsonl", "parquet"])
def test_a_file_and_its_state_appear_together(kind: str, tmp_path: Path) -> None:
    """With `-o`, nothing is committed before the file is complete. A kill before, between or after loses nothing."""
    path, out, feed = tmp_path / "feed.dedup", tmp_path / "out", corpus(tmp_path / "corpus.jsonl", 3_000)
    out.write_bytes(b"of an earlier run\n")
    arguments = ["filter", "--quiet", "--output-format", kind, "--state", str(path), "-o", str(out)]
    with start(*arguments) as process:
        stdin, _, _ = pipes(process)
        stdin.write(feed.read_bytes())
        stdin.flush()
        process.kill()
    assert out.read_bytes() == b"of an earlier run\n"
    assert not path.exists() or committed(path) == 0
    killed = python(DIES, "before", *arguments, str(feed))
    assert (killed.returncode, committed(path)) == (-signal.SIGKILL, 0)
    complete = out.read_bytes()
    killed = python(DIES, "after", *arguments, str(feed))
    assert (killed.returncode, committed(path)) == (-signal.SIGKILL, 3_000)
    assert out.read_bytes() == complete
    if kind == "same":
        assert complete == dedup("filter", "--quiet", str(feed)).stdout
    assert dedup("filter", "--quiet", "--state", str(path), str(feed)).stdout == b""
    assert {file.name for file in tmp_path.iterdir()} == {"feed.dedup", "out", "corpus.jsonl"}


def test_kills_of_a_run_that_writes_a_file(tmp_path: Path) -> None:
    """The files of all runs together contain every novel paragraph, whether or not runs are killed."""
    path, out, feed = tmp_path / "feed.dedup", tmp_path / "out", corpus(tmp_path / "corpus.jsonl", 3_000)
    draw, taken, kills = np.random.default_rng(3), set(), 0
    command = [*COMMAND, "filter", "--quiet", str(feed), "--state", str(path), "-o", str(out)]
    for delay in (*draw.uniform(0.1, 1.5, 8), HANG):
        with subprocess.Popen(command) as process:
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
        taken |= set(out.read_bytes().splitlines()) if out.exists() else set()
        assert taken or not path.exists() or committed(path) == 0
    assert kills
    assert taken == set(dedup("filter", "--quiet", str(feed)).stdout.splitlines())


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit for the size of files")
def test_a_failed_run_that_writes_a_file(tmp_path: Path) -> None:
    """A run that fails in the middle leaves neither a file nor a commit, and the next run writes everything."""
    path, out, feed = tmp_path / "feed.dedup", tmp_path / "out", corpus(tmp_path / "corpus.jsonl", 30_000)
    arguments = ("filter", "--quiet", str(feed), "--state", str(path), "-o", str(out))
    with start(*arguments) as process:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))
        _, err = process.communicate(timeout=HANG)
    assert (process.returncode, err.count(b"\n")) == (1, 1)
    assert not out.exists()
    assert committed(path) == 0
    assert dedup(*arguments).returncode == 0
    assert out.read_bytes() == dedup("filter", "--quiet", str(feed)).stdout


def test_parquet_is_committed_at_its_end(tmp_path: Path) -> None:
    """A Parquet file is not readable before its end, so nothing is committed before that."""
    pytest.importorskip("pyarrow")
    path, feed = tmp_path / "feed.dedup", corpus(tmp_path / "corpus.jsonl", 3_000)
    out = tmp_path / "out.parquet"
    run = dedup("filter", "--quiet", str(feed), "--state", str(path), "--output-format", "parquet", "-o", str(out))
    assert (run.returncode, run.stderr) == (0, b"")
    assert committed(path) == 3_000
    assert out.stat().st_size > 0
