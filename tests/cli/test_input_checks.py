"""Fields that were asked for and are nowhere, and times that are none: said once an input, and counted."""

import json
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest
from helpers.running import COMMAND, HANG, dedup

from dedup import read

TEXT = "The harbour authority in Halmere said on Tuesday that the north quay would stay closed."
OTHER = "Farmers in the eastern valleys have asked the ministry for seed after the second frost."
RECORDS = [{"nr": 1, "at": "04/11/2025", "text": TEXT}, {"nr": 2, "at": "4.11.25", "text": OTHER}]


def written(kind: str, folder: Path) -> Path:
    """The two records as a file of some kind."""
    path = folder / f"feed.{kind}"
    if kind == "parquet":
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.Table.from_pylist(RECORDS), path)
    elif kind in ("csv", "tsv"):
        mark = "," if kind == "csv" else "\t"
        rows = [list(RECORDS[0]), *(record.values() for record in RECORDS)]
        path.write_text("".join(mark.join(map(str, row)) + "\n" for row in rows))
    elif kind == "json":
        path.write_text(json.dumps(RECORDS, indent=2))
    else:
        path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return path


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_a_field_that_is_nowhere(kind: str, tmp_path: Path) -> None:
    """Each field that was asked for and is in no record is named once, with the fields that there are, and counted."""
    path = written(kind, tmp_path)
    stats = tmp_path / "stats.json"
    options = ("--id-field", "number", "--time-field", "when", "--source-field", "by", "--stats", stats)
    run = dedup("filter", path.name, *options, "-o", "out", "--quiet", cwd=tmp_path)
    assert run.returncode == 0
    assert run.stderr.decode().splitlines() == [
        f"dedup: {path.name}: no field '{field}' (--{option}-field) in 2 paragraphs; the first record has nr, at, text"
        for option, field in (("id", "number"), ("time", "when"), ("source", "by"))
    ]
    counts = json.loads(stats.read_bytes())
    assert counts["missing_fields"] == {"text": 0, "id": 2, "time": 2, "source": 2}
    assert counts["unreadable_times"] == 0


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_times_that_are_none(kind: str, tmp_path: Path) -> None:
    """Times that cannot be read are reported once, with an example, and counted; other fields are as they should be."""
    path = written(kind, tmp_path)
    stats = tmp_path / "stats.prom"
    options = ("--id-field", "nr", "--time-field", "at", "--stats", stats)
    run = dedup("filter", path.name, *options, "-o", "out", "--quiet", cwd=tmp_path)
    assert run.returncode == 0
    assert run.stderr.decode() == f"dedup: {path.name}: no time can be read, such as '04/11/2025'\n"
    assert "\ndedup_unreadable_times_total 2\n" in stats.read_text()
    assert '\ndedup_missing_fields_total{field="time"} 0\n' in stats.read_text()


def test_some_times_that_are_none() -> None:
    """Where other times can be read, it is said at the end how many cannot; a record without one is only counted."""
    times = [1762236000, "2025/11/04", None, "soon", "later"]
    lines = b"".join(json.dumps({"text": f"{TEXT} {k}", "at": at}).encode() + b"\n" for k, at in enumerate(times))
    run = dedup("filter", "--quiet", "--time-field", "at", stdin=lines)
    assert run.stderr == b"dedup: stdin: 2 of 4 times cannot be read, such as 'soon'\n"
    for verb in "cluster", "explain":
        run = dedup(verb, "--quiet", "--time-field", "at", stdin=lines)
        assert (run.returncode, run.stderr) == (0, b"dedup: stdin: 2 of 4 times cannot be read, such as 'soon'\n")


def test_a_feed_has_fields_of_its_own() -> None:
    """A feed's own dates need no field, and are reported where they are none; other fields are not in it."""
    item = "<item><title>%s</title><guid>%d</guid><pubDate>%s</pubDate></item>"
    dates = ["Tue, 04 Nov 2025 06:00:00 EST", "some day"]
    items = "".join(item % (text, k, date) for k, (text, date) in enumerate(zip((TEXT, OTHER), dates, strict=True)))
    feed = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    run = dedup("filter", "--quiet", "--time-field", "when", "--id-field", "nr", "--window", "7d", stdin=feed)
    assert run.stderr.decode().splitlines() == [
        "dedup: stdin: no field 'nr' (--id-field) in 2 paragraphs; the first record has id, time, source, title, text",
        "dedup: stdin: 1 of 2 times cannot be read, such as 'some day'",
    ]


def test_text_has_no_fields() -> None:
    """Lines of text have none of the fields that are asked for, the text field neither."""
    run = dedup("filter", "--quiet", "--text-field", "body", "--time-field", "at", stdin=f"{TEXT}\n".encode())
    assert run.stdout == f"{TEXT}\n".encode()
    assert run.stderr.decode().splitlines() == [
        f"dedup: stdin: no field '{field}' (--{option}-field) in 1 paragraph; the first record has id, text"
        for option, field in (("text", "body"), ("time", "at"))
    ]
    line = json.dumps({"body": TEXT, "nr\u001b[2J": 1}).encode()
    run = dedup("filter", "--quiet", stdin=line)
    assert run.stderr == b"dedup: stdin:1: no text field 'text'; this record has body, 'nr\\x1b[2J'\n"


def test_an_endless_input_is_reported_on_its_way() -> None:
    """A field that none of the first thousand records has is reported while the input goes on."""
    with Popen([*COMMAND, "filter", "--time-field", "when"], stdin=PIPE, stdout=DEVNULL, stderr=PIPE) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        for k in range(1000):
            run.stdin.write(json.dumps({"text": f"{k} {TEXT} {k}"}).encode() + b"\n")
        run.stdin.flush()
        said = run.stderr.readline()
        while b"kernels" in said:
            said = run.stderr.readline()
        assert said.startswith(b"dedup: stdin: no field 'when' (--time-field) in 1")
        assert run.poll() is None
        _, rest = run.communicate(timeout=HANG)
    assert rest.count(b"--time-field") == 0


def test_python_is_warned(tmp_path: Path) -> None:
    """`read` warns of the same."""
    path = written("jsonl", tmp_path)
    with pytest.warns(UserWarning, match=r"feed\.jsonl: no field 'when' \(--time-field\)"):
        assert len(list(read(path, time_field="when"))) == 2
    with pytest.warns(UserWarning, match="no time can be read, such as '04/11/2025'"):
        list(read(path, time_field="at"))
