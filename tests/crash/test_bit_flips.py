"""A flipped bit in a state file or in its log is noticed, or changes nothing."""

import shutil
import signal
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers.running import HANG, dedup, pipes, start
from helpers.states import contents, unlike

from dedup.errors import StateError
from dedup.store.state_file import State

_SIDES = ("-wal", "-shm", "-lock")


def flipped(data: bytes, draw: Random, spared: range = range(0)) -> bytes:
    """The bytes with one flipped bit, outside the places `spared`."""
    found = bytearray(data)
    place = draw.randrange(len(found))
    while place in spared:
        place = draw.randrange(len(found))
    found[place] ^= 1 << draw.randrange(8)
    return bytes(found)


def checked(path: Path) -> tuple[Any, ...] | None:
    """The contents of a state that a check finds undamaged, or None if the damage is noticed."""
    try:
        state = State(path)
        try:
            state.check()
        finally:
            state.close()
        return contents(path)
    except StateError:
        return None


def test_flips_in_a_state(rounds: int, tmp_path: Path) -> None:
    """A check notices a flipped bit anywhere in a state file, or it is in a place that holds nothing.

    Only the counts and clocks of the header have no checksum.
    """
    whole, path = tmp_path / "whole.dedup", tmp_path / "feed.dedup"
    feed = "\n".join(unlike(3000)).encode()
    for _ in range(2):  # the second run drops all, so that dropped texts and refreshes are stored
        assert dedup("filter", "--quiet", "--refresh", "--state", whole, stdin=feed).returncode == 0
    data, expected, draw = whole.read_bytes(), contents(whole), Random(rounds)  # noqa: S311
    first = data.index(b'mark{"read"')
    progress = range(first, data.index(b"}", first))
    noticed = 0
    for _ in range(10 * rounds):
        path.write_bytes(flipped(data, draw, progress))
        found = checked(path)
        assert found is None or found == expected
        noticed += found is None
    assert noticed > rounds


@pytest.fixture(name="killed")
def killed_state(tmp_path: Path) -> tuple[Path, list[tuple[Any, ...]]]:
    """A state whose writer was killed, with its log, and its contents after each commit."""
    path = tmp_path / "killed.dedup"
    after: list[tuple[Any, ...]] = []
    with start("filter", "--quiet", "--state", str(path)) as process:
        stdin, stdout, _ = pipes(process)
        for line in unlike(12):
            stdin.write(line.encode() + b"\n")
            stdin.flush()
            assert stdout.readline() == line.encode() + b"\n"
            while len((found := contents(path))[0]) == len(after):  # the commit follows the output
                time.sleep(0.01)
            after.append(found)
        process.send_signal(signal.SIGKILL)
        process.wait(HANG)
    return path, after


def copied(path: Path, copy: Path) -> None:
    """Copy a state with its log. The copy has no other side file."""
    for side in ("", *_SIDES):
        copy.with_name(copy.name + side).unlink(missing_ok=True)
    for side in ("", "-wal"):
        if (source := path.with_name(path.name + side)).exists():
            shutil.copy(source, copy.with_name(copy.name + side))


def test_flips_in_a_log(rounds: int, killed: tuple[Path, list[tuple[Any, ...]]]) -> None:
    """A flipped bit in the log of a killed writer is noticed, or the state is that of one of the commits, complete."""
    path, after = killed
    assert contents(path) == after[-1]
    log, copy, draw = path.with_name(f"{path.name}-wal"), path.with_name("flipped.dedup"), Random(rounds)  # noqa: S311
    data = log.read_bytes()
    for _ in range(10 * rounds):
        copied(path, copy)
        copy.with_name(f"{copy.name}-wal").write_bytes(flipped(data, draw))
        found = checked(copy)
        assert found is None or not found[0] or found in after
