"""Damage in a compressed input is reported, wherever it is."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from helpers.running import dedup

_LINES = [
    b"Paragraph %d of part %d has its own words w%d x%d.\n" % (k, part, k * 7 + part, k)
    for part in range(3)
    for k in range(50)
]
_COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def compressed(kind: str) -> list[bytes]:
    """Three streams that follow each other."""
    return [_COMPRESS[kind](b"".join(_LINES[50 * part : 50 * part + 50])) for part in range(3)]


@pytest.mark.parametrize("kind", _COMPRESS)
def test_several_streams_are_read(kind: str, tmp_path: Path) -> None:
    """They are one file; zeros may follow each gzip and xz stream."""
    path = tmp_path / f"feed.{kind}"
    path.write_bytes((b"" if kind == "bz2" else b"\0" * 8).join([*compressed(kind), b""]))
    run = dedup("filter", "--emit", "all", path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == b"".join(_LINES)


@pytest.mark.parametrize("kind", _COMPRESS)
def test_a_flipped_bit_is_noticed(kind: str, rounds: int, tmp_path: Path) -> None:
    """Whichever bit it is: the command says so and does not end with status 0, or nothing is lost."""
    draw, whole = Random(5), b"".join(compressed(kind))  # noqa: S311
    path = tmp_path / f"feed.{kind}"
    for place in [len(compressed(kind)[0]), *(draw.randrange(len(whole)) for _ in range(rounds))]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        run = dedup("filter", "--emit", "all", path)
        assert run.returncode in (1, 3) or run.stdout == b"".join(_LINES), place
        assert b"Traceback" not in run.stderr


@pytest.mark.parametrize("kind", _COMPRESS)
@pytest.mark.parametrize("tail", [b"something else", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0"])
def test_what_follows_the_last_stream_is_noticed(kind: str, tail: bytes, tmp_path: Path) -> None:
    """All streams are read, and the rest is reported."""
    path = tmp_path / f"feed.{kind}"
    path.write_bytes(b"".join(compressed(kind)) + tail)
    run = dedup("filter", "--emit", "all", path)
    assert run.returncode == 3, run.stderr
    assert run.stdout == b"".join(_LINES)
