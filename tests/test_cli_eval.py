"""`dedup eval` as a real process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from running import HANG, dedup, python

STORM = "the storm closed the old harbour early today and the ferries stayed in port"
PAIRS = [
    {"a": STORM, "b": f"{STORM} officials said", "label": 1, "kind": "clause"},
    {"a": STORM, "b": STORM.upper(), "label": 1, "kind": "form"},
    {"a": STORM, "b": "nine ministers met behind closed doors in the capital on the same day", "label": 0, "kind": "x"},
    {"a": STORM, "b": STORM.replace("closed", "opened"), "label": 0, "kind": "x"},
    {"old": "at least 10 people were killed", "new": "at least 12 people were killed", "fact_changed": True},
]
LINES = b"".join(json.dumps(pair).encode() + b"\n" for pair in PAIRS)


def test_table() -> None:
    """Each kind of pair has a row with its shares, and the last row is of all."""
    run = dedup("eval", "--quiet", stdin=LINES)
    assert (run.returncode, run.stderr) == (0, b"")
    scores, decided = run.stdout.decode().split("\n\n")
    rows = [line.split() for line in scores.splitlines()]
    assert rows[0] == ["pairs", "repeats", "precision", "recall", "F1", "proposed"]
    assert [row[0] for row in rows[1:]] == ["-", "clause", "form", "x", "all"]
    assert rows[2][1:3] == ["1", "1"]
    assert "0.667" in rows[-1]
    assert decided.splitlines()[0].split()[:5] == ["decided", "novel", "exact", "near", "contained"]
    assert decided.splitlines()[-1].startswith("all pairs")


def test_json() -> None:
    """The machine form has the same figures, and null where there is none."""
    run = dedup("eval", "--quiet", "--output", "json", stdin=LINES)
    scores = json.loads(run.stdout)["scores"]
    assert scores["all pairs"]["precision"]["value"] == pytest.approx(2 / 3)
    assert scores["all pairs"]["recall"]["value"] == 1
    assert scores["-"]["recall"]["value"] is None
    assert scores["all pairs"]["decisions"]["exact"] == 1
    assert scores["all pairs"]["updates"] == 1


def test_settings_count() -> None:
    """The options of the rule change what is found."""
    run = dedup("eval", "--quiet", "--output", "json", "--threshold", "1", "--coverage", "1", stdin=LINES)
    assert json.loads(run.stdout)["scores"]["all pairs"]["recall"]["value"] == 0.5


def test_tune() -> None:
    """Settings are proposed as options that `dedup eval` takes, and with them the pairs are found."""
    run = dedup("eval", "--quiet", "--tune", "--precision", "0.5", stdin=LINES)
    assert run.returncode == 0, run.stderr
    options = run.stdout.decode().splitlines()[-1].partition("Best recall:")[2].split()
    assert options[::2] == ["--shingle", "--threshold", "--coverage"]
    again = dedup("eval", "--quiet", "--output", "json", *options, stdin=LINES)
    assert json.loads(again.stdout)["scores"]["all pairs"]["recall"]["value"] == 1
    machine = json.loads(dedup("eval", "--quiet", "--tune", "--output", "json", stdin=LINES).stdout)["tuned"]
    assert len(machine["by_shingle"]["f1"]) == 8
    assert 0 < machine["best"]["f1"]["f1"] <= 1


def test_bad_input(tmp_path: Path) -> None:
    """Bad lines are named with file, line and reason, copied byte for byte, and make the exit status 3."""
    bad = [b"{\n", b'{"a": "x", "b": "\xff", "label": 7}\n']
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_bytes(bad[0] + LINES + bad[1])
    run = dedup("eval", "--output", "json", "--errors", "bad", "--max-bytes", "500", pairs, cwd=tmp_path)
    assert run.returncode == 3
    told = [line for line in run.stderr.decode().splitlines() if "compiling" not in line]
    assert told[0].startswith(f"dedup: {pairs}:1: not valid JSON")
    assert told[1] == f"dedup: {pairs}:7: field 'label' is not 1, 0 or null"
    assert (tmp_path / "bad").read_bytes() == b"".join(bad)
    assert json.loads(run.stdout)["scores"]["all pairs"]["pairs"] == len(PAIRS)


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "said"),
    [
        ([], b"", 1, "there are no pairs in the input"),
        (["--tune"], LINES.splitlines()[2], 1, "no pair is labelled 1"),
        (["missing.jsonl"], b"", 2, "does not exist"),
        (["--shingle", "line:2"], LINES, 2, "shingle must be"),
        (["--precision", "2"], LINES, 2, "2.0 is not in the range"),
        (["--plot", "picture.xyz"], LINES, 1, "picture.xyz: Format 'xyz' is not supported"),
        (["--plot", "no/picture.png"], LINES, 1, "no/picture.png: No such file"),
    ],
)
def test_wrong_usage(arguments: list[str], stdin: bytes, status: int, said: str, tmp_path: Path) -> None:
    """What cannot be done is said in one line."""
    run = dedup("eval", "--quiet", *arguments, stdin=stdin, cwd=tmp_path)
    assert run.returncode == status, run.stderr
    assert said in run.stderr.decode().splitlines()[-1]
    assert b"Traceback" not in run.stderr


def test_an_output_that_is_an_input(tmp_path: Path) -> None:
    """The file of pairs is never overwritten."""
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_bytes(LINES)
    assert dedup("eval", pairs, "--plot", pairs).returncode == 2
    assert pairs.read_bytes() == LINES


def test_plot(tmp_path: Path) -> None:
    """A picture is written in the format of its name."""
    for name, begin in (("picture.png", b"\x89PNG"), ("picture.svg", b"<?xml")):
        run = dedup("eval", "--quiet", "--plot", name, stdin=LINES, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        assert (tmp_path / name).read_bytes().startswith(begin)


def test_plot_without_matplotlib(tmp_path: Path) -> None:
    """Without matplotlib it is said how to install it."""
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_bytes(LINES)
    code = "import sys; sys.modules['matplotlib.figure'] = None; from dedup.cli import main; main()"
    run = python(code, "eval", "--quiet", str(pairs), "--plot", str(tmp_path / "picture.png"))
    assert run.returncode == 1
    assert run.stderr.decode() == "dedup: --plot needs matplotlib: pip install 'news-dedup[plot]'\n"


def test_a_full_disk() -> None:
    """What cannot be written is said in one line."""
    command = [sys.executable, "-m", "dedup", "eval", "--quiet"]
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(command, input=LINES, stdout=full, stderr=subprocess.PIPE, check=False, timeout=HANG)
    assert run.returncode == 1
    assert run.stderr == b"dedup: cannot write: No space left on device\n"
