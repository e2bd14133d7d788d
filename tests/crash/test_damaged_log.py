"""A damaged log that a killed run left beside a state file is noticed, and a copy can be put in its place."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from helpers.running import dedup
from helpers.states import contents, unlike

from dedup.errors import StateError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.store.state_file import State

_KILLED = """
import os, signal, sys
from dedup import NoveltyFilter
novelty = NoveltyFilter(state=sys.argv[1])
for text in sys.stdin.read().splitlines():
    novelty.judge_one(text)
os.kill(os.getpid(), signal.SIGKILL)
"""


def remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state with a log of three commits."""
    path = tmp_path_factory.mktemp("killed") / "feed.dedup"
    run = subprocess.run([sys.executable, "-c", _KILLED, path], input="\n".join(unlike(3)), text=True, env=os.environ)
    assert run.returncode == -signal.SIGKILL
    return path


def copied(killed: Path, folder: Path, log: bytes) -> Path:
    path = folder / killed.name
    remove(path)
    shutil.copy(killed, path)
    path.with_name(f"{path.name}-wal").write_bytes(log)
    return path


def test_a_flipped_bit_in_the_log_is_noticed(killed: Path, rounds: int, tmp_path: Path) -> None:
    """Either the state is refused, for reading and for writing, or nothing is lost."""
    whole, expected = killed.with_name(f"{killed.name}-wal").read_bytes(), contents(killed)
    assert expected[1].number == 3
    draw = Random(3)  # noqa: S311
    frame = 24 + int.from_bytes(whole[8:12], "big")
    refused = 0
    places = [0, 13, 17, 25, 32 + 9, len(whole) - 1, len(whole) - frame + 20]
    for place in [*places, *(draw.randrange(len(whole)) for _ in range(rounds))]:
        log = bytearray(whole)
        log[place] ^= 1 << draw.randrange(8)
        path = copied(killed, tmp_path, bytes(log))
        try:
            found = contents(path)
        except StateError:
            refused += 1
            with pytest.raises(StateError, match="damaged"):
                State(path, to_write=True)
            assert path.with_name(f"{path.name}-wal").read_bytes() == log
        else:
            assert found == expected, place
    assert refused > len(places)


def test_a_log_that_is_cut_short_is_no_damage(killed: Path, tmp_path: Path) -> None:
    """A run that is killed while it writes leaves such a log: what was committed before is there."""
    whole, expected = killed.with_name(f"{killed.name}-wal").read_bytes(), contents(killed)
    for size in range(33, len(whole), 5000):
        read, _ = contents(copied(killed, tmp_path, whole[:size]))
        assert read == expected[0][: len(read)]


def test_a_restarted_log_is_no_damage(tmp_path: Path) -> None:
    """Frames of earlier commits may follow the last one."""
    path = tmp_path / "long.dedup"
    novelty = NoveltyFilter(state=path)
    log = b""
    for count, text in enumerate(unlike(1000), 1):
        novelty.judge_one(text)
        if count % 50 == 0:
            log = path.with_name(f"{path.name}-wal").read_bytes()
            if int.from_bytes(log[12:16], "big"):
                break
    else:
        pytest.fail("the log was not restarted")
    assert contents(copied(path, tmp_path_of(tmp_path), log))[1].number == count
    novelty.close()


def tmp_path_of(folder: Path) -> Path:
    other = folder / "other"
    other.mkdir()
    return other


def test_restore_puts_a_copy_in_place(killed: Path, tmp_path: Path) -> None:
    """The commands say that the log is damaged; `restore` removes it, and keeps the copy."""
    whole = killed.with_name(f"{killed.name}-wal").read_bytes()
    path = copied(killed, tmp_path, whole[:40] + b"?" + whole[41:])
    copy = tmp_path / "copy.dedup"
    dedup("filter", "--quiet", "--state", copy, stdin=b"A copy of one paragraph that is long enough.\n")
    for command in (("state", "verify"), ("filter", "--state")):
        run = dedup(*command, path)
        assert run.returncode == 1
        assert b"damaged: `dedup state restore`" in run.stderr
        assert b"Traceback" not in run.stderr
    assert dedup("state", "restore", path, path).returncode == 1
    run = dedup("state", "restore", path, copy)
    assert run.returncode == 0, run.stderr
    assert contents(path) == contents(copy)
    assert not path.with_name(f"{path.name}-wal").exists()
    copy.write_bytes(copy.read_bytes()[:-5000])
    before = path.read_bytes()
    assert dedup("state", "restore", path, copy).returncode == 1
    assert path.read_bytes() == before
