"""Outputs never destroy a file of the run, and damaged input and states never end in a traceback."""

import os
import socket
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.running import COMMAND, HANG, dedup

from dedup import Settings
from dedup._kernels.private import can_others_write
from dedup.analysis.word_diff import diff
from dedup.errors import DedupError
from dedup.formats.output_files import Output
from dedup.store.state_file import State

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
FEED = SAMPLES / "liveblog.txt"
LEAD = "The council of Halmere said on Monday that the road between the harbour and the old mill stays closed"


@pytest.mark.parametrize("option", ["-o", "--stats", "--duplicates", "--rejected"])
def test_files_of_the_run(option: str, tmp_path: Path) -> None:
    """No output replaces the state, its lock and logs, or the settings, even by another path or a link."""
    (tmp_path / "c.toml").write_text("threshold = 0.5\n")
    (tmp_path / "link").symlink_to("c.toml")
    common = ("filter", "--quiet", "--config", "c.toml", "--state", "s", FEED)
    for name in ("s", "s-wal", "s-shm", "s-lock", "s-journal", "./s-lock", "c.toml", "link"):
        run = dedup(*common, option, name, cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, b""), name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.toml", "link"]
    assert (tmp_path / "c.toml").read_text() == "threshold = 0.5\n"


def test_files_of_other_commands(tmp_path: Path) -> None:
    """The other commands keep the settings and states that they read."""
    (tmp_path / "c.toml").write_text("threshold = 0.5\n")
    for command in ("cluster", "explain", "report"):
        assert dedup(command, "--config", "c.toml", FEED, "-o", "c.toml", cwd=tmp_path).returncode == 2
    assert dedup("filter", "--state", "s", FEED, cwd=tmp_path).returncode == 0
    for arguments in (("export", "s", "-o", "s-wal"), ("merge", "s", "s", "-o", "s-lock")):
        assert dedup("state", *arguments, cwd=tmp_path).returncode == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.toml", "s"]


def test_states_that_are_no_files(tmp_path: Path) -> None:
    """A pipe, a socket, a directory, a circle of links and a device are refused at once, as state or beside it."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "folder").mkdir()
    (tmp_path / "owned").write_text("12")
    (tmp_path / "a-lock").symlink_to("owned")
    os.mkfifo(tmp_path / "b-wal")
    (tmp_path / "c-lock").write_text("notes of somebody\n")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        for name in ("pipe", "circle", "folder", "socket", "/dev/null", "a", "b", "c"):
            with pytest.raises(DedupError, match="is no "):
                State((tmp_path / name), Settings())
            run = dedup("filter", "--state", name, FEED, cwd=tmp_path)
            assert (run.returncode, b"Traceback" in run.stderr) in ((1, False), (2, False))
    assert (tmp_path / "owned").read_text() == "12"
    assert (tmp_path / "c-lock").read_text() == "notes of somebody\n"


def test_a_file_that_becomes_a_pipe(tmp_path: Path) -> None:
    """An output never takes the place of what is no regular file any more."""
    path = tmp_path / "out"
    out = Output(str(path))
    out.file.write(b"new")
    os.mkfifo(path)
    with pytest.raises(DedupError, match="no longer a regular file"):
        out.complete()
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_open_files_by_their_number(tmp_path: Path) -> None:
    """/dev/fd/N appends where the caller appends. A number that this process uses itself is refused."""
    log = tmp_path / "log"
    log.write_bytes(b"before\n")
    (tmp_path / "link").symlink_to("/dev/stdout")
    with log.open("ab") as file:
        for option, name, stdout in (
            ("--duplicates", f"/dev/fd/{file.fileno()}", subprocess.DEVNULL),
            ("-o", "link", file.fileno()),
        ):
            run = [*COMMAND, "filter", "--quiet", str(FEED), option, name]
            subprocess.run(run, stdout=stdout, pass_fds=[file.fileno()], cwd=tmp_path, timeout=HANG, check=True)
        with pytest.raises(DedupError, match="Bad file descriptor"):
            Output(f"/dev/fd/{file.fileno()}")
    assert log.read_bytes().startswith(b"before\n")
    assert log.read_bytes().endswith(dedup("filter", "--quiet", FEED).stdout)


def test_damage_in_the_schema(tmp_path: Path) -> None:
    """A flipped bit in the header or the schema of a state is refused in one line, or changes nothing."""
    path, other = tmp_path / "s", tmp_path / "other"
    State(path, Settings()).close()
    whole = path.read_bytes()
    schema = whole.index(b"CREATE TABLE") - 200
    for place in (*range(100), *range(schema, schema + 800)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x80
        other.write_bytes(damaged)
        with suppress(DedupError):
            state = State(other)
            state.check()
            state.close()


def _strings(*values: bytes) -> pa.Array:
    binary = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(binary), binary.buffers())


def test_tables_that_are_not_utf8(tmp_path: Path) -> None:
    """Text in Parquet that is not UTF-8 is compared like any other, by all commands."""
    bad = b"The council said on Monday that roads stay closed \xd8 now"
    table = {"text": _strings(bad, bad), "id": _strings(b"\xff", b"b\xfe")}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    pairs = {"a": _strings(bad), "b": _strings(bad), "label": pa.array([1]), "kind": _strings(b"k\xff")}
    pq.write_table(pa.table(pairs), tmp_path / "pairs.parquet")
    for arguments in (("filter",), ("filter", "--output-format", "jsonl"), ("explain",), ("cluster",)):
        run = dedup(*arguments, "t.parquet", cwd=tmp_path)
        assert (run.returncode, b"Traceback" in run.stderr) == (0, False)
    run = dedup("eval", "pairs.parquet", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, b"")


def test_a_table_that_breaks_off(tmp_path: Path) -> None:
    """A table that is damaged in the middle is reported in one line, and leaves no output file."""
    pq.write_table(pa.table({"text": [f"{LEAD} number {k}" for k in range(5000)]}), tmp_path / "t", row_group_size=500)
    damaged = bytearray((tmp_path / "t").read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 300] = bytes(300)
    (tmp_path / "t").write_bytes(damaged)
    for arguments in ((), ("-o", "out")):
        run = dedup("filter", "t", *arguments, cwd=tmp_path)
        assert (run.returncode, run.stderr.count(b"\n")) == (1, 1), run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_thousands_of_facts() -> None:
    """A run with thousands of changed facts is marked piece by piece."""
    old = " ".join(f"no{k}" for k in range(3000))
    _, new = diff(old, old.replace("no", "yes"), [(f"no{k}", f"yes{k}") for k in range(3000)])
    assert "".join(piece.text for piece in new) == old.replace("no", "yes")
    assert sum(piece.kind == "fact" for piece in new) == 3000


def test_deep_xml(tmp_path: Path) -> None:
    """Elements that are nested more than 1,000 deep are refused wherever they stand, and wide feeds are read."""
    opened, closed = "<a>" * 1001, "</a>" * 1001
    item = f"<item><description>{LEAD}</description></item>"
    feeds = {
        "item": f"<rss><channel><item><x>{opened}{closed}</x><description>{LEAD}</description></item></channel></rss>",
        "channel": f"<rss><channel><x>{opened}{closed}</x>{item}</channel></rss>",
        "root": f"<rss>{opened}{closed}<channel>{item}</channel></rss>",
        "open": f"<rss><channel>{opened}{item}</channel></rss>",
    }
    for name, text in feeds.items():
        (tmp_path / name).write_text(text)
        run = dedup("filter", "--format", "feed", name, cwd=tmp_path)
        assert (run.returncode, b"more than 1000 deep" in run.stderr) == (1, True), name
    (tmp_path / "wide").write_text(f"<rss><channel>{item.replace('<desc', '<br><p><desc') * 1200}</channel></rss>")
    assert dedup("filter", "--format", "feed", "wide", cwd=tmp_path).returncode == 0


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no owners and modes")
def test_a_cache_that_others_can_write(tmp_path: Path) -> None:
    """A folder is refused if others can write to it, to what is in it, or to a folder above without the sticky bit."""
    folder = tmp_path / "above" / "cache"
    (folder / "sub").mkdir(parents=True)
    file = folder / "sub" / "kernel.nbi"
    file.touch()
    assert not can_others_write(folder)
    for path, mode, usual, refused in (
        (folder, 0o777, 0o755, True),
        (folder, 0o1777, 0o755, True),
        (folder.parent, 0o777, 0o755, True),
        (folder.parent, 0o1777, 0o755, False),
        (file, 0o666, 0o644, True),
        (folder / "sub", 0o777, 0o755, True),
    ):
        path.chmod(mode)
        assert can_others_write(folder) == refused, (path, mode)
        path.chmod(usual)
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
        assert can_others_write(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no owners and modes")
def test_a_refused_cache_is_named(tmp_path: Path) -> None:
    """A run says which folder it does not use, writes no kernels there, and works."""
    tmp_path.chmod(0o777)
    run = dedup("filter", NUMBA_CACHE_DIR=str(tmp_path), stdin=b"one\n")
    assert (run.returncode, run.stdout) == (0, b"one\n")
    assert f"no kernels are cached in {tmp_path}, because another user can write there".encode() in run.stderr
    assert list(tmp_path.rglob("*.nbi")) == []
