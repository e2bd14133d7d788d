"""`dedup eval` as a real process."""

import bz2
import csv
import gzip
import json
import lzma
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from helpers.running import HANG, dedup, python

STORM = "the storm closed the old harbour early today and the ferries stayed in port"
PAIRS = [
    {"a": STORM, "b": f"{STORM} officials said", "label": 1, "kind": "clause"},
    {"a": STORM, "b": STORM.upper(), "label": 1, "kind": "form"},
    {"a": STORM, "b": "nine ministers met behind closed doors in the capital on the same day", "label": 0, "kind": "x"},
    {"a": STORM, "b": STORM.replace("closed", "opened"), "label": 0, "kind": "x"},
    {"old": "at least 10 people were killed", "new": "at least 12 people were killed", "fact_changed": True},
    {"old": STORM, "new": f"{STORM} officials said", "fact_changed": True},
]
LINES = b"".join(json.dumps(pair).encode() + b"\n" for pair in PAIRS)


def scores(*arguments: str, stdin: bytes = LINES) -> dict[str, Any]:
    """The scores of all pairs, as JSON."""
    run = dedup("eval", "--quiet", "--output-format", "json", *arguments, stdin=stdin)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)["scores"]["all pairs"]
    return found


def test_table() -> None:
    """Each kind of pair has a row in the table of its label, and the last row shows all pairs."""
    run = dedup("eval", "--quiet", stdin=LINES)
    assert (run.returncode, run.stderr) == (0, b"")
    tables = [[re.split(r"  +", line) for line in table.splitlines()] for table in run.stdout.decode().split("\n\n")]
    repeats, facts, drops, decided = tables
    assert repeats[0] == ["repeats", "pairs", "dropped", "flagged as update", "missed"]
    assert [row[0] for row in repeats[1:]] == ["clause", "form", "all pairs"]
    assert [cell.split()[0] for cell in repeats[-1][1:]] == ["2", "1.000", "0.000", "0.000"]
    assert facts[0] == ["changed facts", *repeats[0][1:]]
    assert [cell.split()[0] for cell in facts[-1]] == ["all", "2", "0.500", "0.500", "0.000"]
    assert drops[0] == ["drops", "dropped", "precision", "recall", "F1", "proposed"]
    assert [row[0] for row in drops[1:]] == ["-", "clause", "form", "x", "all pairs"]
    assert [cell.split()[0] for cell in drops[-1][1:]] == ["3", "0.667", "1.000", "0.800", "1.000"]
    assert decided[0] == ["decided", "pairs", "novel", "exact", "near", "contained", "update", "reworded"]
    assert decided[-1] == ["all pairs", "6", "1", "1", "2", "0", "2", "0"]


def test_json() -> None:
    """The JSON output has the same figures, and null for missing ones."""
    run = dedup("eval", "--quiet", "--output-format", "json", stdin=LINES)
    found = json.loads(run.stdout)["scores"]
    every = found["all pairs"]
    assert every["precision"]["value"] == pytest.approx(2 / 3)
    assert every["recall"]["value"] == every["repeats"]["dropped"]["value"] == 1
    assert found["-"]["recall"]["value"] is None
    assert every["decisions"]["exact"] == 1
    assert (every["pairs"], every["different"], every["repeats"]["pairs"], every["updates"]["pairs"]) == (6, 2, 2, 2)
    assert every["updates"]["flagged_as_update"]["value"] == every["updates"]["dropped"]["value"] == 0.5
    assert every["updates"]["missed"] == {"value": 0, "low": 0, "high": 0}


def test_an_update_is_not_dropped() -> None:
    """A repeat that the filter emits as an update is not dropped, unless updates are dropped."""
    changed = json.dumps({"a": STORM, "b": STORM.replace("closed", "opened"), "label": 1}).encode()
    kept, dropped = scores(stdin=changed), scores("--updates", "drop", stdin=changed)
    assert [kept["repeats"][name]["value"] for name in ("dropped", "flagged_as_update", "missed")] == [0, 1, 0]
    assert (kept["recall"]["value"], kept["f1"]["value"], kept["precision"]["value"]) == (0, 0, None)
    assert [dropped["repeats"][name]["value"] for name in ("dropped", "flagged_as_update", "missed")] == [1, 0, 0]
    assert (dropped["recall"]["value"], dropped["precision"]["value"]) == (1, 1)


def test_settings_count() -> None:
    """The options of the rule change which pairs are dropped."""
    assert scores("--threshold", "1", "--coverage", "1")["recall"]["value"] == 0.5
    attributed = json.dumps(PAIRS[0]).encode()
    assert scores(stdin=attributed)["recall"]["value"] == 1
    assert scores("--max-new-words", "1", stdin=attributed)["recall"]["value"] == 0


def as_csv(delimiter: str) -> bytes:
    """The labelled pairs as CSV."""
    rows = [pair for pair in PAIRS if "a" in pair]
    text = StringIO()
    writer = csv.DictWriter(text, ["label", "kind", "a", "b"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_parquet() -> bytes:
    """All pairs as one table, with null if a row lacks a field."""
    file = BytesIO()
    pq.write_table(pa.Table.from_pylist([dict.fromkeys(set().union(*PAIRS)) | pair for pair in PAIRS]), file)
    return file.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}
TABLES = {
    "jsonl": LINES,
    "json": json.dumps(PAIRS, indent=1).encode(),
    "csv": as_csv(","),
    "csv, semicolons": as_csv(";"),
    "tsv": as_csv("\t"),
    "parquet": as_parquet(),
}


@cache
def expected(format: str) -> dict[str, Any]:
    """The scores of the pairs that a format can hold. A text table has one kind of record."""
    return scores(stdin=b"".join(LINES.splitlines(keepends=True)[:4]) if "sv" in format else LINES)


@pytest.mark.parametrize("format", TABLES)
def test_formats_give_the_same_scores(format: str, tmp_path: Path) -> None:
    """Every format gives the same scores, from a file and from a pipe."""
    file = tmp_path / "pairs"
    file.write_bytes(TABLES[format])
    assert scores(str(file)) == scores(stdin=TABLES[format]) == expected(format)


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_compressed_pairs_give_the_same_scores(format: str, packed: str) -> None:
    """Compressed pairs give the same scores."""
    assert scores(stdin=PACKED[packed](TABLES[format])) == expected(format)


def test_tune() -> None:
    """The proposed settings are options of `dedup eval`. With them, the repeats are dropped."""
    run = dedup("eval", "--quiet", "--tune", "--precision", "0.5", stdin=LINES)
    assert run.returncode == 0, run.stderr
    options = run.stdout.decode().splitlines()[-1].partition("Best recall:")[2].split()
    assert options[::2] == ["--shingle", "--threshold", "--coverage"]
    again = dedup("eval", "--quiet", "--output-format", "json", *options, stdin=LINES)
    assert json.loads(again.stdout)["scores"]["all pairs"]["recall"]["value"] == 1
    machine = json.loads(dedup("eval", "--quiet", "--tune", "--output-format", "json", stdin=LINES).stdout)["tuned"]
    assert len(machine["by_shingle"]["f1"]) == 8
    assert 0 < machine["best"]["f1"]["f1"] <= 1


def test_bad_input(tmp_path: Path) -> None:
    """Bad lines are reported with file, line and reason, copied byte for byte, and give the exit status 3."""
    bad = [b"{\n", b'{"a": "x", "b": "\xff", "label": 7}\n']
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_bytes(bad[0] + LINES + bad[1])
    run = dedup("eval", "--output-format", "json", "--rejected", "bad", "--max-bytes", "500", pairs, cwd=tmp_path)
    assert run.returncode == 3
    messages = [line for line in run.stderr.decode().splitlines() if "compiling" not in line]
    assert messages[0].startswith(f"dedup: {pairs}:1: not valid JSON")
    assert messages[1] == f"dedup: {pairs}:8: field 'label' is not 1, 0 or null"
    assert (tmp_path / "bad").read_bytes() == b"".join(bad)
    assert json.loads(run.stdout)["scores"]["all pairs"]["pairs"] == len(PAIRS)


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "message"),
    [
        ([], b"", 1, "the input has no labelled pairs"),
        (["--tune"], LINES.splitlines()[2], 1, "no pair is labelled 1"),
        (["missing.jsonl"], b"", 2, "does not exist"),
        ([], b"one\ntwo\n", 1, "stdin: the format is text; use JSON Lines, a JSON array, CSV"),
        ([], b"<html><p>one", 1, "stdin: the format is html; use JSON Lines"),
        ([], b"PAR1\x15 and no more", 1, "stdin: broken Parquet"),
        ([], gzip.compress(LINES, mtime=0)[:40], 1, "stdin: broken gzip data"),
        ([], gzip.compress(LINES, mtime=0)[:-8], 3, "stdin: broken gzip data"),
        (["--shingle", "line:2"], LINES, 2, "shingle must be"),
        (["--precision", "2"], LINES, 2, "2.0 is not in the range"),
        (["--plot", "picture.xyz"], LINES, 1, "picture.xyz: Format 'xyz' is not supported"),
        (["--plot", "no/picture.png"], LINES, 1, "no/picture.png: No such file"),
    ],
)
def test_wrong_usage(arguments: list[str], stdin: bytes, status: int, message: str, tmp_path: Path) -> None:
    """Wrong usage gives one line."""
    run = dedup("eval", "--quiet", *arguments, stdin=stdin, cwd=tmp_path)
    assert run.returncode == status, run.stderr
    assert message in run.stderr.decode().splitlines()[-1]
    assert b"Traceback" not in run.stderr


def test_an_input_that_cannot_be_read(tmp_path: Path) -> None:
    """If one of several inputs is unreadable, it is reported once and copied, and the others are read."""
    bad, good = tmp_path / "bad.txt", tmp_path / "good.jsonl"
    bad.write_bytes(b"first,second,label\none,two,1\n")
    good.write_bytes(LINES)
    run = dedup("eval", "--quiet", "--output-format", "json", "--rejected", "errors", bad, good, cwd=tmp_path)
    assert run.returncode == 3
    assert run.stderr.startswith(f"dedup: {bad}: this is a table without a column 'b' or ".encode())
    assert run.stderr.count(b"\n") == 1
    assert (tmp_path / "errors").read_bytes() == bad.read_bytes()
    assert json.loads(run.stdout)["scores"]["all pairs"]["pairs"] == len(PAIRS)


def test_bad_rows_are_rejected(tmp_path: Path) -> None:
    """A bad row of a table is reported with its line and copied, and the others are read."""
    bad = b"2,x,one,two\r\n"
    run = dedup("eval", "--quiet", "--rejected", "errors", stdin=as_csv(",") + bad, cwd=tmp_path)
    assert run.returncode == 3
    assert run.stderr == b"dedup: stdin:6: field 'label' is not 1, 0 or null\n"
    assert (tmp_path / "errors").read_bytes() == bad


def test_an_output_that_is_an_input(tmp_path: Path) -> None:
    """A file of pairs is never overwritten."""
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_bytes(LINES)
    assert dedup("eval", pairs, "--plot", pairs).returncode == 2
    assert pairs.read_bytes() == LINES


def test_plot(tmp_path: Path) -> None:
    """The plot has the format of its file name."""
    for name, begin in (("picture.png", b"\x89PNG"), ("picture.svg", b"<?xml")):
        run = dedup("eval", "--quiet", "--plot", name, stdin=LINES, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        assert (tmp_path / name).read_bytes().startswith(begin)


def test_plot_without_matplotlib(tmp_path: Path) -> None:
    """Without matplotlib, the message explains how to install it."""
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_bytes(LINES)
    code = "import sys; sys.modules['matplotlib.figure'] = None; from dedup.cli import main; main()"
    run = python(code, "eval", "--quiet", str(pairs), "--plot", str(tmp_path / "picture.png"))
    assert run.returncode == 1
    assert run.stderr.decode() == "dedup: --plot needs matplotlib: pip install 'news-dedup[plot]'\n"


def test_a_full_disk() -> None:
    """An output that cannot be written gives one line."""
    command = [sys.executable, "-m", "dedup", "eval", "--quiet"]
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(command, input=LINES, stdout=full, stderr=subprocess.PIPE, check=False, timeout=HANG)
    assert run.returncode == 1
    assert run.stderr == b"dedup: cannot write: No space left on device\n"


def test_a_table_of_several_kinds() -> None:
    """A row of a CSV has the kind whose cells it fills. Cells of other kinds are empty, like null in JSON."""
    rows = [["one two", "one two", "1", "", "", ""], ["", "", "", "3 died", "4 died", "true"]]
    names = ["a", "b", "label", "old", "new", "fact_changed"]
    table = "".join(",".join(row) + "\n" for row in [names, *rows])
    records = [{"a": "one two", "b": "one two", "label": 1}, {"old": "3 died", "new": "4 died", "fact_changed": True}]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    runs = [dedup("eval", "--output-format", "json", stdin=data.encode()) for data in (table, lines)]
    assert runs[0].stdout == runs[1].stdout != b""
