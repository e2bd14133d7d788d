"""No character from data or names steers a terminal, and no failure of a stream ends in a traceback."""

import os
import pty
import re
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.running import COMMAND, HANG, dedup

from dedup.formats.json_values import dump, load
from dedup.model.visible import visible

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
FEED, PAIRS = SAMPLES / "liveblog.txt", SAMPLES / "pairs.jsonl"
LEAD = "The council of Halmere said on Monday that the road between the harbour and the old mill stays closed"
BAD = "\x1b]0x\x07\x9b2J\u202e\u2066\r"
#: Characters that `dedup` itself writes to a terminal: styles, and the removal of the line of progress.
OWN = re.compile(r"\x1b\[[\d;]*m|\r\x1b\[K|\r\n")
UNSAFE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def on_a_terminal(*arguments: str, folder: Path) -> tuple[int, str]:
    """The exit status of `dedup`, and what a terminal gets from both of its outputs."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=folder, env=environment
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the terminal is closed
        while more := os.read(ours, 1 << 16):
            shown += more
    os.close(ours)
    return process.wait(HANG), shown.decode()


@pytest.fixture(name="hostile")
def _hostile(tmp_path: Path) -> Path:
    """A folder with a feed, a table and pairs whose texts, fields and names would steer a terminal."""
    rows = [
        {"id": f"{k}{BAD}", "text": f"{LEAD}{end}{BAD}", "source": f"s{BAD}", "time": f"t{BAD}"}
        for k, end in enumerate(("", " and then", " on it"))
    ]
    lines = b"".join(dump(row) + b"\n" for row in rows)
    (tmp_path / f"in{BAD}.jsonl").write_bytes(lines + b"{broken" + BAD.encode() + b"\n")
    (tmp_path / f"in{BAD}.txt").write_text("".join(f"{row['text']}\n" for row in rows), newline="")
    (tmp_path / "in.csv").write_text(f"i{BAD[:-1]}d,te{BAD[:-1]}xt\n1,a\n")
    (tmp_path / "pairs.jsonl").write_bytes(dump({"a": LEAD, "b": LEAD, "label": 1, "kind": f"k{BAD}"}) + b"\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("filter", f"in{BAD}.txt"), 0),
        (("filter", f"in{BAD}.txt", "--emit", "all", "--output-format", "jsonl"), 0),
        (("filter", f"in{BAD}.jsonl", "--time-field", "time"), 3),
        (("filter", "--format", "csv", "in.csv"), 1),
        (("filter", f"no{BAD}"), 2),
        (("filter", f"in{BAD}.txt", "-o", f"in{BAD}.txt"), 2),
        (("filter", f"--no{BAD}"), 2),
        (("filter", "--state", f"in{BAD}.txt", "in.csv"), 1),
        (("explain", f"in{BAD}.jsonl", "--source-field", "source", "--time-field", "time"), 3),
        (("explain", f"in{BAD}.txt", "--ids", f"in{BAD}.txt:1", f"in{BAD}.txt:2"), 0),
        (("cluster", f"in{BAD}.jsonl", "--source-field", f"so{BAD}"), 3),
        (("report", f"in{BAD}.txt", "-o", "-"), 0),
        (("eval", "pairs.jsonl"), 0),
        (("eval", "pairs.jsonl", "--output-format", "json"), 0),
        (("state", "info", f"no{BAD}"), 1),
    ],
    ids=repr,
)
def test_nothing_steers_the_terminal(hostile: Path, arguments: tuple[str, ...], status: int) -> None:
    """A terminal gets only the control characters that `dedup` itself uses, in outputs and in messages."""
    done, shown = on_a_terminal(*arguments, folder=hostile)
    assert done == status, shown
    assert "Traceback" not in shown
    assert UNSAFE.search(OWN.sub("\n", shown)) is None, shown


def test_states_on_a_terminal(hostile: Path) -> None:
    """The commands for states show neither the name of a file nor its texts raw, and take names that are not UTF-8."""
    name = os.fsdecode(b"s\xff\x1b[2J.dedup")
    assert dedup("filter", "--quiet", "--state", name, f"in{BAD}.txt", cwd=hostile).returncode == 0
    for command in ("info", "verify", "compact", "export"):
        done, shown = on_a_terminal("state", command, name, folder=hostile)
        assert done == 0, shown
        assert UNSAFE.search(OWN.sub("\n", shown)) is None, shown


def test_a_pipe_gets_every_byte(hostile: Path) -> None:
    """Only a terminal gets escapes: through a pipe, text comes out byte for byte."""
    run = dedup("filter", "--quiet", "--emit", "all", f"in{BAD}.txt", cwd=hostile)
    assert run.stdout == (hostile / f"in{BAD}.txt").read_bytes()


def test_visible_characters() -> None:
    """Escapes are those of JSON, so that JSON keeps its values. Joiners and letters of all scripts stay."""
    assert visible("a\x1b\u202e\U000e0041\ud800") == "a\\u001b\\u202e\\udb40\\udc41\\ud800"
    kept = "é 港口 می\u200cخواهم 👩\u200d🚒 \u00a0"
    assert visible(kept) == kept
    value = {"a": BAD + "\u2028\ufeff"}
    assert load(visible(dump(value).decode()).encode()) == value


def test_closed_streams(tmp_path: Path) -> None:
    """Without stderr, messages are lost, and never part of an output. Without stdin or stdout, that is reported."""
    command = f"{sys.executable} -m dedup"
    for redirected, status in ((f"filter {FEED} 2>&-", 0), (f"filter --format parquet {FEED} -o out 2>&-", 1)):
        run = subprocess.run(["sh", "-c", f"{command} {redirected}"], cwd=tmp_path, capture_output=True, check=False)
        assert (run.returncode, b"dedup:" in run.stdout, run.stderr) == (status, False, b"")
    assert list(tmp_path.iterdir()) == []
    for redirected in (f"filter {FEED} >&-", "filter <&-", "--help >&-", f"eval {PAIRS} >&-"):
        run = subprocess.run(["sh", "-c", f"{command} {redirected}"], capture_output=True, check=False)
        assert (run.returncode, run.stderr.count(b"\n")) == (1, 1), run.stderr


@pytest.mark.parametrize(
    "arguments", [("--help",), ("filter", "--help"), ("--version",), ("eval", str(PAIRS))], ids=str
)
def test_a_full_disk(arguments: tuple[str, ...]) -> None:
    """A full disk is reported in one line."""
    with open("/dev/full", "wb") as full:
        run = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (run.returncode, run.stderr) == (1, b"dedup: cannot write: No space left on device\n")


def test_an_ascii_locale() -> None:
    """Outputs and messages are UTF-8 in every locale."""
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    for arguments in (("filter", "--help"), ("explain", str(FEED)), ("eval", str(PAIRS)), ("filter", "nö")):
        run = subprocess.run([*COMMAND, *arguments], env=os.environ | ascii_only, capture_output=True, check=False)
        assert b"Traceback" not in run.stderr
        assert run.returncode == (2 if "nö" in arguments else 0)
        run.stdout.decode()


@pytest.mark.parametrize("most", [5, 6, 7])
def test_few_file_descriptors(most: int, tmp_path: Path) -> None:
    """With hardly any file descriptors, a command works or fails in one line."""
    for arguments in (("filter", str(FEED), "--state", "s", "-o", "out"), ("explain", str(FEED)), ("--help",)):
        run = subprocess.run(
            [*COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, cwd=tmp_path, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)),
        )  # fmt: skip
        assert run.returncode in (0, 1)
        assert run.stderr.count(b"\n") <= 1, run.stderr


def test_a_reader_that_leaves() -> None:
    """If the reader leaves early, the command ends with status 0, and quietly."""
    for arguments in ("explain", "cluster", "filter", "report -o -"):
        script = f"{{ {sys.executable} -m dedup {arguments} --quiet {FEED}; echo $? >&2; }} | true"
        run = subprocess.run(["sh", "-c", script], stderr=subprocess.PIPE, check=False)
        assert run.stderr == b"0\n"
