"""Fields that no record has, and times that cannot be read: reported once per input, and counted."""

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
    """The two records as a file of a given kind."""
    path = folder / f"feed.{kind}"
    if kind == "parquet":
        pa = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pa.Table.from_pylist(RECORDS), path)
    elif kind in ("csv", "tsv"):
        delimiter = "," if kind == "csv" else "\t"
        rows = [list(RECORDS[0]), *(record.values() for record in RECORDS)]
        path.write_text("".join(delimiter.join(map(str, row)) + "\n" for row in rows))
    elif kind == "json":
        path.write_text(json.dumps(RECORDS, indent=2))
    else:
        path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return path


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "tsv", "parquet"])
def test_a_missing_field(kind: str, tmp_path: Path) -> None:
    """Each requested field that no record has is reported once, with the existing fields, and counted."""
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
def test_unreadable_times(kind: str, tmp_path: Path) -> None:
    """Unreadable times are reported once, with an example, and counted. Other fields are not affected."""
    path = written(kind, tmp_path)
    stats = tmp_path / "stats.prom"
    options = ("--id-field", "nr", "--time-field", "at", "--stats", stats)
    run = dedup("filter", path.name, *options, "-o", "out", "--quiet", cwd=tmp_path)
    assert run.returncode == 0
    assert run.stderr.decode() == f"dedup: {path.name}: no time can be read, such as '04/11/2025'\n"
    assert "\ndedup_unreadable_times_total 2\n" in stats.read_text()
    assert '\ndedup_missing_fields_total{field="time"} 0\n' in stats.read_text()


def test_some_unreadable_times() -> None:
    """If some times can be read, unreadable ones are reported at the end. Records without a time are only counted."""
    times = [1762236000, "2025/11/04", None, "soon", "later"]
    lines = b"".join(json.dumps({"text": f"{TEXT} {k}", "at": at}).encode() + b"\n" for k, at in enumerate(times))
    run = dedup("filter", "--quiet", "--time-field", "at", stdin=lines)
    assert run.stderr == b"dedup: stdin: 2 of 4 times cannot be read, such as 'soon'\n"
    for verb in "cluster", "explain":
        run = dedup(verb, "--quiet", "--time-field", "at", stdin=lines)
        assert (run.returncode, run.stderr) == (0, b"dedup: stdin: 2 of 4 times cannot be read, such as 'soon'\n")


def test_a_feed_has_fields_of_its_own() -> None:
    """The dates of a feed need no option, and are reported if unreadable. A feed has no other fields."""
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
    """Lines of text have none of the requested fields, not even the text field."""
    run = dedup("filter", "--quiet", "--text-field", "body", "--time-field", "at", stdin=f"{TEXT}\n".encode())
    assert run.stdout == f"{TEXT}\n".encode()
    assert run.stderr.decode().splitlines() == [
        f"dedup: stdin: no field '{field}' (--{option}-field) in 1 paragraph; the first record has id, text"
        for option, field in (("text", "body"), ("time", "at"))
    ]
    line = json.dumps({"body": TEXT, "nr\u001b[2J": 1}).encode()
    run = dedup("filter", "--quiet", stdin=line)
    assert run.stderr == b"dedup: stdin:1: no text field 'text'; this record has body, 'nr\\x1b[2J'\n"


def test_an_endless_input_is_reported_early() -> None:
    """A field that the first thousand records lack is reported while the input continues."""
    with Popen([*COMMAND, "filter", "--time-field", "when"], stdin=PIPE, stdout=DEVNULL, stderr=PIPE) as run:
        assert run.stdin is not None
        assert run.stderr is not None
        for k in range(1000):
            run.stdin.write(json.dumps({"text": f"{k} {TEXT} {k}"}).encode() + b"\n")
        run.stdin.flush()
        message = run.stderr.readline()
        while b"kernels" in message:
            message = run.stderr.readline()
        assert message.startswith(b"dedup: stdin: no field 'when' (--time-field) in 1")
        assert run.poll() is None
        _, rest = run.communicate(timeout=HANG)
    assert rest.count(b"--time-field") == 0


def test_read_warns(tmp_path: Path) -> None:
    """`read` gives the same warnings."""
    path = written("jsonl", tmp_path)
    with pytest.warns(UserWarning, match=r"feed\.jsonl: no field 'when' \(--time-field\)"):
        assert len(list(read(path, time_field="when"))) == 2
    with pytest.warns(UserWarning, match="no time can be read, such as '04/11/2025'"):
        list(read(path, time_field="at"))
