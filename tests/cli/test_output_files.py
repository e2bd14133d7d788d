"""Output files appear when they are complete. A failed or killed run leaves the old file unchanged."""

import os
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from helpers.running import COMMAND, HANG, dedup, pipes, start

from dedup.errors import DedupError
from dedup.formats.output_files import Output

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
FEED, PAIRS = SAMPLES / "liveblog.txt", SAMPLES / "pairs.jsonl"
#: Every command with `-o`, and an input or option that makes it fail after it has started.
COMMANDS = (
    ("filter", FEED),
    ("filter", "--output-format", "jsonl", FEED),
    ("cluster", FEED),
    ("explain", FEED),
    ("report", FEED),
)


def names(folder: Path) -> list[str]:
    """The names of all files in a folder, including hidden ones."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["unnamed", "named"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test with unnamed temporary files, and as on a system without them."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


@pytest.mark.usefixtures("_both_ways")
def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    """The old file stays until the new one is complete. Then the folder holds only the new one."""
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with Output(str(path)) as out:
        out.file.write(b"new")
        out.file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["out"]
    out.complete()  # a second call does nothing
    assert path.read_bytes() == b"new"


@pytest.mark.usefixtures("_both_ways")
def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    """After an error, the old file is unchanged, or there is no file if there was none."""
    path = tmp_path / "out"
    for before in ([], ["out"]):
        with suppress(KeyError), Output(str(path)) as out:
            out.file.write(b"half")
            raise KeyError
        assert names(tmp_path) == before
        path.write_bytes(b"old")
    assert path.read_bytes() == b"old"


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o755])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    """A replaced file keeps its mode. A new file has the default mode."""
    path, other = tmp_path / "out", tmp_path / "other"
    path.touch()
    path.chmod(mode)
    with Output(str(path)) as out, Output(str(other)):
        out.file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    (tmp_path / "plain").touch()
    assert other.stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays(tmp_path: Path, exists: bool) -> None:
    """A link stays a link, even a link to a link or to a missing file, and its target is replaced."""
    (tmp_path / "data").mkdir()
    real = tmp_path / "data" / "real"
    if exists:
        real.write_bytes(b"old")
    (tmp_path / "data" / "second").symlink_to("real")
    (tmp_path / "first").symlink_to("data/second")
    with Output(str(tmp_path / "first")) as out:
        out.file.write(b"new")
    assert real.read_bytes() == b"new"
    assert (tmp_path / "first").readlink() == Path("data/second")
    assert names(tmp_path / "data") == ["real", "second"]


def test_unwritable_outputs(tmp_path: Path) -> None:
    """A missing folder, a folder, and a circle of links are refused in one line before anything is read."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for path in (tmp_path / "none" / "out", tmp_path, tmp_path / "a"):
        with pytest.raises(DedupError, match=str(path)):
            Output(str(path))


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_every_command(command: tuple[str, ...], tmp_path: Path) -> None:
    """`-o FILE` writes to a file exactly the standard output of `-o -`."""
    verb, *rest = command
    piped = dedup(verb, "--quiet", *rest, "-o", "-", cwd=tmp_path)
    assert names(tmp_path) == []
    run = dedup(verb, "--quiet", *rest, "-o", "out", cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
    assert (tmp_path / "out").read_bytes() == piped.stdout != b""
    if verb != "report":
        assert dedup(verb, "--quiet", *rest).stdout == piped.stdout


@pytest.mark.parametrize("verb", ["filter", "cluster", "explain", "report"])
def test_failed_commands(verb: str, tmp_path: Path) -> None:
    """A command that fails creates no file, and leaves an earlier one unchanged."""
    (tmp_path / "bad").write_bytes(b"PAR1 and no more")
    for before in (None, b"of an earlier run"):
        run = dedup(verb, "--format", "parquet", "bad", "-o", "out", cwd=tmp_path)
        assert (run.returncode, run.stdout, run.stderr.count(b"\n")) == (1, b"", 1)
        assert (tmp_path / "out").exists() == (before is not None)
        if before is None:
            (tmp_path / "out").write_bytes(b"of an earlier run")
    assert (tmp_path / "out").read_bytes() == b"of an earlier run"
    assert names(tmp_path) == ["bad", "out"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the unfinished file has a name")
def test_a_killed_run(tmp_path: Path) -> None:
    """A killed or interrupted run leaves no output file and no temporary file."""
    for kill in (subprocess.Popen.kill, subprocess.Popen.terminate):
        with start("filter", "--quiet", "-o", str(tmp_path / "out")) as process:
            stdin, _, _ = pipes(process)
            stdin.write(FEED.read_bytes())
            stdin.flush()
            kill(process)
        assert process.returncode < 0
        assert names(tmp_path) == []


def test_devices_and_pipes(tmp_path: Path) -> None:
    """A device (here a terminal) and a named pipe are written, not replaced."""
    for option in ("-o", "--stats"):
        screen, terminal = os.openpty()
        device = os.ttyname(terminal)
        assert dedup("filter", "--quiet", FEED, option, device).returncode == 0
        assert stat.S_ISCHR(os.stat(device).st_mode)
        assert os.read(screen, 1)
        os.close(terminal)
        os.close(screen)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    assert dedup("filter", "--quiet", FEED, "-o", pipe).returncode == 0
    reader.join(HANG)
    assert read == [dedup("filter", "--quiet", FEED).stdout]
    assert names(tmp_path) == ["pipe"]


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
def test_standard_output(name: str, tmp_path: Path) -> None:
    """Every name of standard output writes to it, and creates no file."""
    log = tmp_path / "log"
    log.write_bytes(b"before\n")
    with log.open("ab") as file:
        subprocess.run([*COMMAND, "filter", "--quiet", FEED, "-o", name], stdout=file, timeout=HANG, check=True)
    assert log.read_bytes() == b"before\n" + dedup("filter", "--quiet", FEED).stdout
    assert names(tmp_path) == ["log"]


def test_a_link_to_standard_output(tmp_path: Path) -> None:
    """A link to standard output, as in containers, is written to and stays a link."""
    (tmp_path / "log").symlink_to("/dev/stdout")
    run = dedup("filter", "--quiet", FEED, "-o", tmp_path / "log")
    assert run.stdout == dedup("filter", "--quiet", FEED).stdout
    assert (tmp_path / "log").is_symlink()


@pytest.mark.parametrize(
    "arguments",
    [
        ("filter", FEED, "--duplicates", "-"),
        ("filter", FEED, "--rejected", "/dev/stdout"),
        ("filter", FEED, "-o", "out", "--rejected", "-", "--duplicates", "-"),
        ("filter", FEED, "-o", "out", "--duplicates", "./out"),
        ("filter", "in.txt", "-o", "in.txt"),
        ("cluster", "in.txt", "-o", "./in.txt"),
        ("explain", "in.txt", "-o", "in.txt"),
        ("report", "in.txt", "-o", "in.txt"),
        ("eval", PAIRS, "--rejected", "-"),
        ("state", "export", "in.txt", "-o", "in.txt"),
        ("state", "merge", "in.txt", "-o", "-"),
    ],
    ids=str,
)
def test_two_outputs_in_one_place(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Two outputs never go to the same place, and an output never overwrites an input."""
    (tmp_path / "in.txt").write_bytes(b"one\n")
    run = dedup(*arguments, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    assert (tmp_path / "in.txt").read_bytes() == b"one\n"
    assert names(tmp_path) == ["in.txt"]


def test_dropped_paragraphs(tmp_path: Path) -> None:
    """Dropped paragraphs go to standard output if novel ones go to a file. If its reader leaves, that is an error."""
    run = dedup("filter", "--quiet", FEED, "-o", "out", "--duplicates", "-", cwd=tmp_path)
    assert len(run.stdout.splitlines()) == 12
    assert len((tmp_path / "out").read_bytes().splitlines()) == 36
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen(
        [*COMMAND, "filter", "--quiet", "--duplicates", tmp_path / "pipe"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    (tmp_path / "pipe").open("rb").close()
    _, err = process.communicate(FEED.read_bytes(), timeout=HANG)
    assert (process.returncode, err) == (1, f"dedup: {tmp_path / 'pipe'}: Broken pipe\n".encode())


def test_a_refused_run_touches_nothing(tmp_path: Path) -> None:
    """A run that cannot lock the state does not touch the outputs of the run that has locked it."""
    outputs = ["-o", "out", "--duplicates", "dropped", "--rejected", "errors"]
    for name in outputs[1::2]:
        (tmp_path / name).write_bytes(b"of another run")
    with start("filter", "--state", str(tmp_path / "feed.dedup")) as process:
        stdin, stdout, _ = pipes(process)
        stdin.write(b"one\n")
        stdin.flush()
        assert stdout.readline() == b"one\n"
        run = dedup("filter", "--state", "feed.dedup", *outputs, FEED, cwd=tmp_path)
        assert run.returncode == 1
        assert {(tmp_path / name).read_bytes() for name in outputs[1::2]} == {b"of another run"}
        process.kill()


def test_pictures(tmp_path: Path) -> None:
    """The plot of `eval` has the format of its file name. A name without a known format is refused."""
    pytest.importorskip("matplotlib")
    assert dedup("eval", PAIRS, "--plot", tmp_path / "a.svg").returncode == 0
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()
    for name in ("b", "b.xyz"):
        run = dedup("eval", PAIRS, "--plot", tmp_path / name)
        assert (run.returncode, run.stderr.count(b"\n")) == (1, 1)
        assert b"png" in run.stderr
    assert names(tmp_path) == ["a.svg"]


def test_parquet_to_a_closed_pipe() -> None:
    """If the reader of a table closes the pipe, the run ends quietly."""
    process = start("filter", "--quiet", "--output-format", "parquet")
    stdin, stdout, stderr = pipes(process)
    stdout.close()
    with suppress(BrokenPipeError):
        stdin.write(b"".join(b"line %d of many, each of them new\n" % k for k in range(1000)))
        stdin.close()
    assert process.wait(HANG) == 0
    with stderr:
        assert stderr.read() == b""


def test_sync(tmp_path: Path) -> None:
    """`--fsync` changes neither a file nor a table."""
    options = ("filter", "--quiet", FEED, "--output-format", "parquet", "-o")
    assert dedup(*options, tmp_path / "a", "--fsync", "--state", tmp_path / "s").returncode == 0
    assert dedup(*options, tmp_path / "b").returncode == 0
    assert pq.read_table(tmp_path / "a").equals(pq.read_table(tmp_path / "b"))
