"""Parquet columns of every type: they are read as text, or refused in one line, and come out unchanged."""

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.running import dedup

FIRST = "The quay at Halmere stays closed until the crane has been taken down."
OTHER = "Farmers in the valleys have asked for seed after a second frost."
TEXTS = [FIRST, OTHER, FIRST.upper(), None]
INDEX = pa.int32()
STRINGS = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.large_binary(),
    pa.binary_view(),
    pa.dictionary(INDEX, pa.string()),
    pa.dictionary(INDEX, pa.binary()),
]
LISTS = [pa.list_(pa.string()), pa.large_list(pa.large_string()), pa.list_(pa.string_view()), pa.list_(pa.binary())]


def array(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Texts, or lists of texts, as an array of a type."""

    def encoded(value: Any, of: pa.DataType) -> Any:
        if isinstance(value, list):
            return [encoded(part, of.value_type) for part in value]
        of = of.value_type if pa.types.is_dictionary(of) else of
        return value if value is None or "string" in str(of) else value.encode()

    values = [encoded(value, kind) for value in values]
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def filtered(folder: Path, source: pa.Table, *options: str) -> pa.Table:
    """The rows that a run writes for a table in a file."""
    pq.write_table(source, folder / "in.parquet")
    run = dedup("filter", "--quiet", *options, "in.parquet", "-o", "out.parquet", cwd=folder)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
    return pq.ParquetFile(folder / "out.parquet").read()  # this also reads columns with equal names


@pytest.mark.parametrize("kind", STRINGS, ids=str)
def test_strings(tmp_path: Path, kind: pa.DataType) -> None:
    """A text column of any string type is judged, and its rows come out with the schema of the file."""
    source = pa.table({"n": [1, 2, 3, 4], "text": array(TEXTS, kind)})
    out = filtered(tmp_path, source)
    assert out.schema.equals(pq.read_schema(tmp_path / "in.parquet"))
    assert out.to_pylist() == [row for row in source.to_pylist() if row["n"] != 3]


@pytest.mark.parametrize("kind", LISTS, ids=str)
def test_lists(tmp_path: Path, kind: pa.DataType) -> None:
    """A list of texts is an article, and only its novel paragraphs remain."""
    source = pa.table({"text": array([[FIRST, OTHER], [FIRST, "Something else."], [OTHER], None, []], kind)})
    out = filtered(tmp_path, source)
    assert out.schema.equals(pq.read_schema(tmp_path / "in.parquet"))
    assert out.equals(pa.table({"text": array([[FIRST, OTHER], ["Something else."], None, []], kind)}))


def test_lists_of_a_fixed_size(tmp_path: Path) -> None:
    """A list of fixed size stays whole if any of its paragraphs is novel."""
    kind = pa.list_(pa.string(), 2)
    rows = [[FIRST, OTHER], [FIRST, "Something else."], [OTHER, FIRST]]
    assert filtered(tmp_path, pa.table({"text": pa.array(rows, kind)})).column("text").to_pylist() == rows[:2]


@pytest.mark.parametrize("kind", [pa.string(), pa.list_(pa.string())], ids=str)
def test_structs(tmp_path: Path, kind: pa.DataType) -> None:
    """A dotted path names a field of a struct. Only its text changes.

    A column with that exact name comes first.
    """
    articles = {pa.string(): [f"{FIRST}\n\n{OTHER}", f"{FIRST}\n\nElse."]}.get(kind, [[FIRST, OTHER], [FIRST, "Else."]])
    body = [{"text": text, "by": k, "sub": {"key": f"k{k}"}} for k, text in enumerate(articles)]
    source = pa.table({"body": pa.array([*body, None], pa.struct(
        [("text", kind), ("by", pa.int8()), ("sub", pa.struct([("key", pa.string())]))]
    ))})  # fmt: skip
    out = filtered(tmp_path, source, "--text-field", "body.text")
    left = {"text": "Else." if kind == pa.string() else ["Else."], "by": 1, "sub": {"key": "k1"}}
    assert out.column("body").to_pylist() == [body[0], left, None]
    assert out.schema.equals(source.schema)
    run = dedup(
        "filter", "--quiet", "--text-field", "body.text", "--id-field", "body.sub.key", "--output-format", "jsonl",
        "in.parquet", cwd=tmp_path,
    )  # fmt: skip
    bodies = [json.loads(line)["body"] for line in run.stdout.splitlines()]
    assert [(each["text"], each["sub"]["key"]) for each in bodies[:3]] == [
        (FIRST, "k0#1"),
        (OTHER, "k0#2"),
        ("Else.", "k1#2"),
    ]
    flat = source.append_column("body.text", pa.array(["One.", "Two.", "one"]))
    assert filtered(tmp_path, flat, "--text-field", "body.text").num_rows == 2


@pytest.mark.parametrize(
    "kind",
    [pa.string_view(), pa.binary_view(), pa.list_(pa.string_view()), pa.struct([("s", pa.string_view())])],
    ids=str,
)
def test_views_beside_the_text(tmp_path: Path, kind: pa.DataType) -> None:
    """Views in other columns keep their values and, outside of structs, their type."""
    value: Any = b"tag" if pa.types.is_binary_view(kind) else "tag"
    value = [value] if pa.types.is_list(kind) else {"s": value} if pa.types.is_struct(kind) else value
    source = pa.table({"tag": pa.array([value, None, value, value], kind), "text": TEXTS})
    out = filtered(tmp_path, source)
    assert out.column("tag").to_pylist() == [value, None, value]
    assert pa.types.is_struct(kind) or out.schema.equals(source.schema)


def refused(folder: Path, source: pa.Table, *options: str) -> str:
    """The one line with which a table is refused. Nothing is written."""
    pq.write_table(source, folder / "in.parquet")
    run = dedup("filter", *options, "in.parquet", "-o", "out.parquet", cwd=folder)
    assert (run.returncode, run.stdout, run.stderr.count(b"\n")) == (1, b"", 1)
    assert not (folder / "out.parquet").exists()
    return run.stderr.decode()


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    """A needed column name that is ambiguous is refused. Other columns may have equal names."""
    source = pa.table([TEXTS, [1, 2, 3, 4], TEXTS], names=["text", "id", "text"])
    assert "columns 1 and 3 are both called 'text'" in refused(tmp_path, source)
    source = source.rename_columns(["text", "who", "who"])
    assert "columns 2 and 3 are both called 'who'" in refused(tmp_path, source, "--id-field", "who")
    out = filtered(tmp_path, source)
    assert [column.to_pylist() for column in out] == [[FIRST, OTHER, None], [1, 2, 4], [FIRST, OTHER, None]]
    run = dedup("filter", "--quiet", "--output-format", "jsonl", "in.parquet", cwd=tmp_path)
    first = json.loads(run.stdout.splitlines()[0])
    assert (first["who"], first["who 2"]) == (1, FIRST)


@pytest.mark.parametrize(
    "column",
    [[1, 2], [1.5, None], [[1], [2]], [datetime.date(2031, 1, 1)] * 2, [{"a": "x"}] * 2, [[["x"]], None]],
    ids=str,
)
def test_other_types_are_refused(tmp_path: Path, column: list[Any]) -> None:
    """A text column of another type is refused with its type and the option to use."""
    assert "not text; name a text column with --text-field" in refused(tmp_path, pa.table({"text": column}))
    assert "no column 'text.x'" in refused(tmp_path, pa.table({"text": column}), "--text-field", "text.x")


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 in a string column pass through, in texts and in other columns, to rows and to JSON."""
    bad = pa.array([b"quay \xff closed", b"other", b"QUAY \xff CLOSED"]).cast(pa.string(), safe=False)
    out = filtered(tmp_path, pa.table({"text": bad, "tag": bad}))
    assert out.column("tag").cast(pa.binary()).to_pylist() == [b"quay \xff closed", b"other"]
    run = dedup("filter", "--quiet", "--output-format", "jsonl", "in.parquet", cwd=tmp_path)
    assert [json.loads(line)["tag"] for line in run.stdout.splitlines()] == ["quay \udcff closed", "other"]


def test_values_in_json(tmp_path: Path) -> None:
    """Values of every type have a JSON form, even if Python has no type for them."""
    nanoseconds = 1_704_067_200_123_456_789
    source = pa.table({
        "text": ["One."],
        "exact": pa.array([nanoseconds], pa.timestamp("ns", "UTC")),
        "far": pa.array([10**12], pa.timestamp("s")),
        "raw": [b"a\xff"],
        "deep": [[{"day": datetime.date(2031, 1, 2), "raw": b"b"}]],
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())),
    })  # fmt: skip
    pq.write_table(source, tmp_path / "in.parquet")
    run = dedup("filter", "--quiet", "--output-format", "jsonl", "--id-field", "exact", tmp_path / "in.parquet")
    record = json.loads(run.stdout)
    assert record["exact"] == "2024-01-01 00:00:00.123456789Z"
    assert record["deep"] == [{"day": "2031-01-02", "raw": "b"}]
    assert record["raw"] == "a\udcff"
    assert record["map"] == [{"key": "k", "value": 1}]


def test_output_parquet_of_any_ids(tmp_path: Path) -> None:
    """`--output-format parquet` accepts ids and times of every JSON type in any fields, and writes the whole match."""
    records = [
        {"guid": 1, "at": 1.5e9, "body": {"text": FIRST}, "by": "A"},
        {"guid": 2.5, "at": "2031-01-01", "body": {"text": OTHER}},
        {"guid": True, "at": None, "body": {"text": FIRST.upper()}, "by": 7},
    ]
    options = ["--text-field", "body.text", "--id-field", "guid", "--time-field", "at", "--source-field", "by"]
    run = dedup(
        "filter", *options, "--emit", "all", "--output-format", "parquet", "-o", tmp_path / "o",
        stdin=b"".join(json.dumps(record).encode() + b"\n" for record in records),
    )  # fmt: skip
    assert run.returncode == 0
    rows = pq.read_table(tmp_path / "o").to_pylist()
    assert [(row["id"], row["time"], row["source"], row["text"]) for row in rows] == [
        ("1", "1500000000.0", "A", FIRST),
        ("2.5", "2031-01-01", "stdin", OTHER),
        ("True", None, "7", FIRST.upper()),
    ]
    names = ("match_id", "match_text", "match_seen", "match_source")
    assert [rows[2][name] for name in names] == ["1", FIRST, "1500000000.0", "A"]


def test_an_empty_run_writes_an_empty_table(tmp_path: Path) -> None:
    """A run without input rows writes a valid table without rows."""
    run = dedup("filter", "--quiet", "--output-format", "parquet", "-o", tmp_path / "o")
    assert run.returncode == 0
    assert pq.read_table(tmp_path / "o").num_rows == 0


def test_other_inputs_after_parquet(tmp_path: Path) -> None:
    """An input that does not fit the output is refused before it is judged, so a state does not store it."""
    pq.write_table(pa.table({"text": [FIRST]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": [OTHER], "n": [1]}), tmp_path / "b.parquet")
    (tmp_path / "c.txt").write_text("Something else that nobody said before.\n")
    names = ("a.parquet", "b.parquet", "c.txt", "d.parquet")
    last = ["One more row, with which all before it would be committed."]
    pq.write_table(pa.table({"text": last}), tmp_path / "d.parquet")
    for options in ((), ("--output-format", "parquet")):
        state = f"state{len(options)}"
        run = dedup("filter", *options, "--state", state, "-o", "out", *names, cwd=tmp_path)
        assert (run.returncode, run.stderr.count(b"filter them one by one")) == (3, 2)
        for name in ("b.parquet", "c.txt"):
            again = dedup("filter", "--state", state, "--output-format", "jsonl", name, cwd=tmp_path)
            assert again.stdout.count(b"\n") == 1
