"""Several writers of one state: they wait or are refused, under any name of the file."""

import os
import stat
import subprocess
import time
from pathlib import Path

import pytest
from helpers.running import COMMAND, HANG, dedup, pipes, python, start

from dedup import NoveltyFilter
from dedup.errors import StateError
from dedup.store.file_lock import FileLock

PAUSE = 2  # seconds in which a command usually starts to wait; a slow one finds the lock free and passes too


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state with one stored paragraph."""
    path = tmp_path / "feed.dedup"
    assert dedup("filter", "--quiet", "--state", path, stdin=b"one\n").returncode == 0
    return path


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("filter", "--quiet", "--state", "FILE", "--wait", "50s"), b"three\n"),
        (("state", "compact", "FILE", "--wait", "50s"), b"now\n"),
        (("state", "rebuild", "FILE", "--threshold", "0.6", "--wait", "50s"), b""),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_waiting(state: Path, command: tuple[str, ...], message: bytes) -> None:
    """With `--wait`, a command continues when the other one ends, and finds what that one stored."""
    arguments = [argument.replace("FILE", str(state)) for argument in command]
    with start("filter", "--quiet", "--state", str(state)) as first:
        stdin, stdout, _ = pipes(first)
        stdin.write(b"two\n")
        stdin.flush()
        assert stdout.readline() == b"two\n"
        second = start(*arguments)
        time.sleep(PAUSE)
        assert second.poll() is None
        stdin.close()
    out, err = second.communicate(b"two\nthree\n" if command[0] == "filter" else b"", HANG)
    assert (second.returncode, err) == (0, b"")
    assert out.endswith(message)
    assert b"two" not in out
    info = dedup("state", "info", state).stdout
    assert (b"stored:       3 " if command[0] == "filter" else b"stored:       2 ") in info
    assert (b"threshold=0.6" in info) == ("rebuild" in command)


@pytest.mark.parametrize("command", [("filter", "--state", "FILE"), ("state", "compact", "FILE")], ids=str)
def test_waiting_ends_after_the_given_time(state: Path, command: tuple[str, ...]) -> None:
    """After the time given to `--wait`, a command reports which process has the state, and how long it waited."""
    arguments = [argument.replace("FILE", str(state)) for argument in command]
    with NoveltyFilter(state=state):
        run = dedup(*arguments, "--wait", "0.3s", stdin=b"two\n")
    message = f"process {os.getpid()} is writing it; wait for it with --wait, or stop it; gave up after 0.3 seconds"
    assert (run.returncode, run.stdout, run.stderr) == (1, b"", f"dedup: {state}: {message}\n".encode())
    for wrong in ("soon", "-1s", "3"):
        assert dedup(*arguments, "--wait", wrong).returncode == 2


def test_the_same_process(state: Path) -> None:
    """The error names a filter that the same process has not closed. Closing that filter is enough."""
    first = NoveltyFilter(state=state)
    with pytest.raises(StateError, match=r"held by another NoveltyFilter of this process: close it first$"):
        NoveltyFilter(state=state)
    first.close()
    NoveltyFilter(state=state).close()


FORKED = """
import os, sys
from pathlib import Path
from dedup.store.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
if not (child := os.fork()):
    lock.release()
    os._exit(0)
os.waitpid(child, 0)
sys.exit(not Path(sys.argv[1] + "-lock").exists())
"""


def test_a_forked_process(tmp_path: Path) -> None:
    """If a forked process releases its copy of a lock, the parent still holds the lock."""
    assert python(FORKED, str(tmp_path / "file")).returncode == 0
    FileLock(tmp_path / "file").release()


def test_links(state: Path, tmp_path: Path) -> None:
    """A link to a state is followed. Both names have one lock, and the replaced file keeps link and mode."""
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link"
    link.symlink_to("../feed.dedup")
    state.chmod(0o600)
    with NoveltyFilter(state=link) as novelty:
        list(novelty.judge(["two"]))
        assert dedup("state", "info", link).stdout == dedup("state", "info", state).stdout
        assert dedup("filter", "--state", state, stdin=b"three\n").returncode == 1
    before = state.stat().st_ino
    for arguments in (("compact", link), ("rebuild", link, "--threshold", "0.6")):
        assert dedup("state", *arguments).returncode == 0
        assert link.is_symlink()
        assert state.stat().st_ino != before
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
        before = state.stat().st_ino
    new = tmp_path / "links" / "new"
    new.symlink_to("../merged")
    assert dedup("state", "merge", link, "-o", new).returncode == 0
    assert new.is_symlink()
    assert dedup("state", "verify", tmp_path / "merged").stdout.endswith(b": OK, 2 paragraphs\n")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["feed.dedup", "links", "merged"]
    assert [path.name for path in sorted(link.parent.iterdir())] == ["link", "new"]


@pytest.mark.parametrize("command", ["info", "verify", "compact", "export"])
def test_closed_pipe(state: Path, command: str) -> None:
    """If the reader of a state command closes the pipe, the command ends quietly."""
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run(
        [*COMMAND, "state", command, state], stdout=write, stderr=subprocess.PIPE, timeout=HANG, check=False
    )
    os.close(write)
    assert (run.returncode, run.stderr) == (0, b"")
