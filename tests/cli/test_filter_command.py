"""The output of `dedup filter`, and its messages about the input."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.running import dedup

REPORT = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
AGAIN = "The ferry to the northern islands was cancelled again on Tuesday, because of a storm!"
OTHER = "The council has agreed on a budget for new schools, clinics and a tram line to the airport."
TEXT = f"{REPORT}\n\n{OTHER}\r\n{AGAIN}\n{REPORT.upper()}\ncaf\udce9 \udcff\n".encode(errors="surrogateescape")
KEPT = f"{REPORT}\n\n{OTHER}\r\ncaf\udce9 \udcff\n".encode(errors="surrogateescape")


def objects(data: bytes) -> list[dict[str, Any]]:
    """The objects of JSON Lines."""
    return [json.loads(line) for line in data.splitlines()]


def line(**fields: Any) -> bytes:
    """A JSON line, with spaces that our serialiser would not write."""
    return json.dumps(fields, separators=(" , ", " : ")).encode() + b"\n"


def test_text_passes_byte_for_byte() -> None:
    """Novel lines come out unchanged, repeats do not come out, and the summary counts every line."""
    run = dedup("filter", stdin=TEXT)
    assert (run.returncode, run.stdout) == (0, KEPT)
    assert run.stderr.splitlines()[-1] == b"dedup: read 6, kept 4, dropped 2: 1 exact, 1 near"


def test_json_passes_byte_for_byte() -> None:
    """Novel records come out unchanged, whatever their spacing, escapes and bytes."""
    lines = [
        line(id=1, text=REPORT),
        b'{"text": "caf\xe9 au lait", "id": 2}\r\n',
        line(id=3, text=AGAIN),
        b'{"text":"\\u0041\\ud800 B","n":1.50}\n',
    ]
    run = dedup("filter", stdin=b"".join(lines))
    assert (run.returncode, run.stdout) == (0, lines[0] + lines[1] + lines[3])


def test_emit() -> None:
    """`all` writes every paragraph, `duplicates` the dropped ones. Novel and dropped ones together are the input."""
    assert dedup("filter", "--emit", "all", stdin=TEXT).stdout == TEXT
    dropped = dedup("filter", "--emit", "duplicates", stdin=TEXT).stdout
    assert dropped == f"{AGAIN}\n{REPORT.upper()}\n".encode()
    articles = line(text=[REPORT, OTHER], n=1) + line(text=[AGAIN, "Something new."], n=2)
    assert dedup("filter", "--emit", "all", stdin=articles).stdout == articles
    assert objects(dedup("filter", "--emit", "duplicates", stdin=articles).stdout) == [{"text": [AGAIN], "n": 2}]


def test_output_jsonl() -> None:
    """`--output-format jsonl` writes one object per paragraph: the fields of its record, its decision and its match."""
    records = line(id="a", text=REPORT, time="noon", lang="en") + line(id="b", text=AGAIN)
    run = dedup("filter", "--output-format", "jsonl", "--emit", "all", "--time-field", "time", stdin=records)
    first, second = objects(run.stdout)
    novel = {
        "decision": "novel",
        "certain": None,
        "jaccard": None,
        "coverage": None,
        "story": "a",
        "version": 1,
    }
    assert first == {"id": "a", "text": REPORT, "time": "noon", "lang": "en", "dedup": novel}
    assert second.pop("dedup") == {
        "decision": "near",
        "certain": True,
        "jaccard": 12 / 16,
        "coverage": 12 / 14,
        "match": {"id": "a", "text": REPORT, "seen": "noon", "source": "stdin"},
        "changed": [],
        "added": False,
        "new_words": [],
        "novel_spans": [[AGAIN.index("a storm"), AGAIN.index(" storm")]],
        "story": "a",
        "version": 1,
        "block": 1,
    }
    assert second == {"id": "b", "text": AGAIN}


def test_output_jsonl_of_text(tmp_path: Path) -> None:
    """Paragraphs of text get their input and line as ids, even across inputs and for bytes that are not UTF-8."""
    (tmp_path / "one.txt").write_bytes(f"{REPORT}\n".encode())
    run = dedup("filter", "--output-format", "jsonl", "--emit", "all", "one.txt", "-", stdin=TEXT, cwd=tmp_path)
    found = objects(run.stdout)
    assert [item["id"] for item in found] == ["one.txt:1", *(f"stdin:{n}" for n in range(1, 7))]
    assert found[6]["text"] == "caf\udce9 \udcff"
    assert [item["dedup"].get("match", {}).get("id") for item in found] == [
        None, "one.txt:1", None, None, "one.txt:1", "one.txt:1", None,
    ]  # fmt: skip


def test_duplicates(tmp_path: Path) -> None:
    """`--duplicates` writes every dropped paragraph beside the normal output."""
    dropped = tmp_path / "dropped.jsonl"
    run = dedup("filter", "--duplicates", dropped, stdin=TEXT)
    assert run.stdout == KEPT
    found = objects(dropped.read_bytes())
    assert [(item["id"], item["dedup"]["decision"], item["dedup"]["match"]["id"]) for item in found] == [
        ("stdin:4", "near", "stdin:1"),
        ("stdin:5", "exact", "stdin:1"),
    ]


def test_articles() -> None:
    """An article comes out with its novel paragraphs only, or not at all if it has none."""
    whole = line(id=1, text=[REPORT, OTHER])
    part = line(id=2, text=f"{AGAIN}\n\nA bridge near the old mill will be closed for repairs until spring.\n", n=2)
    run = dedup("filter", stdin=whole + part + line(id=3, text=[AGAIN, OTHER]))
    first, second = run.stdout.splitlines(keepends=True)
    assert first == whole
    assert json.loads(second) == {
        "id": 2,
        "text": "A bridge near the old mill will be closed for repairs until spring.\n",
        "n": 2,
    }
    assert b"read 6, kept 3, dropped 3" in run.stderr


@pytest.mark.parametrize("emit", ["novel", "all"])
def test_rejected(tmp_path: Path, emit: str) -> None:
    """Bad lines are reported with place and reason, and copied byte for byte. They change only the status."""
    good = [line(text=REPORT), line(text=OTHER), line(text="And finally a short line.")]
    bad = [b'{"text": "caf\xe9\r\n', b'{"txt": 1}\n', b"[1,2]\r\n", b'{"text": 5}']
    (tmp_path / "feed.jsonl").write_bytes(good[0] + bad[0] + bad[1] + good[1] + b"\n" + bad[2] + good[2] + bad[3])
    run = dedup("filter", "feed.jsonl", "--rejected", "bad.jsonl", "--emit", emit, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (3, b"".join(good))
    assert (tmp_path / "bad.jsonl").read_bytes() == b"".join(bad)
    messages = run.stderr.decode().splitlines()
    assert messages[0].startswith("dedup: feed.jsonl:2: not valid JSON: ")
    assert messages[1:4] == [
        "dedup: feed.jsonl:3: no text field 'text'; this record has txt",
        "dedup: feed.jsonl:6: not a JSON object but a list",
        "dedup: feed.jsonl:8: text field 'text' is a number, not a string",
    ]
    assert messages[4] == "dedup: read 7, kept 3, dropped 0; rejected 4"


def test_quiet() -> None:
    """`--quiet` hides the summary, but not the errors."""
    assert dedup("filter", "--quiet", stdin=TEXT).stderr == b""
    run = dedup("filter", "--quiet", "--format", "jsonl", stdin=b"x\n")
    assert (run.returncode, run.stderr.count(b"\n")) == (3, 1)


@pytest.mark.parametrize(
    ("stdin", "kept"),
    [
        (b"", b""),
        (b"one", b"one"),
        (b"\xef\xbb\xbfone\none\n", b"\xef\xbb\xbfone\n"),
        (b"a\0b\na\0b\n\0\n", b"a\0b\n\0\n"),
        (b"one\r\none\r\n\r\n", b"one\r\n\r\n"),
        (b'\xef\xbb\xbf{"text": "one"}\n{"text": "One."}\n', b'\xef\xbb\xbf{"text": "one"}\n'),
        (b"\n\n\n", b"\n\n\n"),
    ],
)
def test_unusual_input_is_valid(stdin: bytes, kept: bytes) -> None:
    """An empty input, a missing line end, a BOM, NUL bytes, CRLF and empty lines are all valid."""
    run = dedup("filter", stdin=stdin)
    assert (run.returncode, run.stdout) == (0, kept)


def test_two_inputs(tmp_path: Path) -> None:
    """Several inputs are one feed.

    Repeats are found across them, and a missing last line end does not join two records.
    """
    (tmp_path / "a.txt").write_bytes(b"first line\nsecond line")
    (tmp_path / "b.txt").write_bytes(b"first line!\nthird line\n")
    run = dedup("filter", "a.txt", "b.txt", cwd=tmp_path)
    assert run.stdout == b"first line\nsecond line\nthird line\n"
    (tmp_path / "c.txt").write_bytes(b"SECOND line")
    assert dedup("filter", "a.txt", "c.txt", cwd=tmp_path).stdout == b"first line\nsecond line"


def test_stdin_between_files(tmp_path: Path) -> None:
    """`-` is standard input, read at its place among the inputs."""
    (tmp_path / "a.txt").write_bytes(b"one\n")
    (tmp_path / "b.txt").write_bytes(b"three\n")
    assert dedup("filter", "a.txt", "-", "b.txt", stdin=b"two\nONE\n", cwd=tmp_path).stdout == b"one\ntwo\nthree\n"
    assert dedup("filter", "-", stdin=b"two\n").stdout == b"two\n"


def test_split_and_fields() -> None:
    """`--split`, `--text-field`, `--id-field` and `--format` determine how the input is read."""
    text = f"{REPORT}\nSecond line.\n\n{AGAIN}\nSecond line.\n\nEnd".encode()
    assert dedup("filter", "--split", "blank", stdin=text).stdout == f"{REPORT}\nSecond line.\n\nEnd".encode()
    assert dedup("filter", "--split", "line", stdin=text).stdout == f"{REPORT}\nSecond line.\n\n\nEnd".encode()
    records = line(doc={"body": REPORT, "key": "k"}) + line(doc={"body": AGAIN})
    fields = ["--text-field", "doc.body", "--id-field", "doc.key"]
    run = dedup("filter", *fields, "--emit", "duplicates", "--output-format", "jsonl", stdin=records)
    assert objects(run.stdout)[0]["dedup"]["match"] == {"id": "k", "text": REPORT, "seen": None, "source": "stdin"}
    assert dedup("filter", "--format", "text", stdin=b'{"text": \n').stdout == b'{"text": \n'


@pytest.mark.parametrize(
    ("option", "value", "dropped"),
    [
        ("--threshold", "0.8", 0),
        ("--coverage", "0.7", 1),
        ("--min-words", "50", 0),
        ("--shingle", "word:13", 0),
        ("--shingle", "char:3", 1),
        ("--seed", "77", 1),
    ],
)
def test_settings_reach_the_filter(option: str, value: str, dropped: int) -> None:
    """The options of the rule change which paragraphs are dropped."""
    stdin = f"{REPORT}\n{AGAIN}\n".encode()
    run = dedup("filter", "--coverage", "1", option, value, "--num-perm", "400", stdin=stdin)
    assert f"read 2, kept {2 - dropped}, dropped {dropped}" in run.stderr.decode()


def test_jobs_change_nothing(tmp_path: Path) -> None:
    """Several threads give the same output, rejected input and counts, byte for byte."""
    lines = [line(id=k, text=f"{REPORT} It was number {k % 700} of {k % 7} in all.") for k in range(4_000)]
    lines[1_000:1_000] = [b"not JSON\n", line(id="long", text="x" * 2_000)]
    results = []
    for jobs in ("1", "2", "4"):
        errors = tmp_path / f"errors-{jobs}"
        run = dedup("filter", "--jobs", jobs, "--max-bytes", "1000", "--rejected", errors, stdin=b"".join(lines))
        assert run.returncode == 3
        results.append((run.stdout, run.stderr.splitlines()[-1], errors.read_bytes()))
    assert results[0][2] == b"".join(lines[1_000:1_002])
    assert results[0] == results[1] == results[2]


def test_blank_lines_stay_between_inputs(tmp_path: Path) -> None:
    """If paragraphs end at blank lines, the last one of an input is not joined to the first one of the next."""
    (tmp_path / "a").write_text("one\n\ntwo")
    (tmp_path / "b").write_text("three\n\nfour\n")
    run = dedup("filter", "--split", "blank", "a", "b", cwd=tmp_path)
    assert run.stdout == b"one\n\ntwo\n\nthree\n\nfour\n"


def test_rejected_records_stay_apart(tmp_path: Path) -> None:
    """Rejected input at the end of one input and at the start of the next gives two lines of --rejected."""
    (tmp_path / "a").write_text("{bad1")
    (tmp_path / "b").write_text("{bad2\n")
    dedup("filter", "--format", "jsonl", "--rejected", "e", "a", "b", cwd=tmp_path)
    assert (tmp_path / "e").read_text() == "{bad1\n{bad2\n"


@pytest.mark.parametrize("options", [["--output-format", "jsonl"], []])
def test_deep_nesting_does_not_end_the_run(options: list[str]) -> None:
    """A deeply nested record does not end the run."""
    deep = f'{{"id":"deep","x":{"[" * 990}{"]" * 990},"text":["{REPORT}","{REPORT}"]}}\n'.encode()
    run = dedup("filter", *options, stdin=deep + line(id=2, text=OTHER))
    assert run.returncode == 0
    assert b"Traceback" not in run.stderr
    assert OTHER.encode() in run.stdout
    assert REPORT.encode() in run.stdout


def test_numbers_beyond_floats() -> None:
    """An article with a number beyond floats still loses its repeats, and keeps that number."""
    raw = f'{{"x":1e400,"text":["{REPORT}","{REPORT}"]}}\n'.encode()
    assert dedup("filter", stdin=raw).stdout == f'{{"x":1e400,"text":["{REPORT}"]}}\n'.encode()
