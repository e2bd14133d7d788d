"""Parquet: reads rows, and writes the wanted rows with the same schema."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.running import dedup

from dedup import DedupError
from dedup.formats.base import Source
from dedup.formats.reading import records

TEXTS = ["Ferries sail again on Monday.", None, "One.\n\nTwo.", "Ferries sail again on Monday!"]
KINDS = [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())]


def table(kind: pa.DataType = KINDS[0]) -> pa.Table:
    """Four rows with a text column and others."""
    texts = [text.encode() if text and kind == pa.binary() else text for text in TEXTS]
    column = pa.array(TEXTS).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(texts, kind)
    return pa.table({"n": pa.array(range(4), pa.int8()), "text": column, "deep": [{"a": k} for k in range(4)]})


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_rows(tmp_path: Path, kind: pa.DataType) -> None:
    """Novel rows come out with all columns and types unchanged, articles with their novel paragraphs only."""
    source = table(kind)
    for name in ("a.parquet", "b.parquet"):
        pq.write_table(source, tmp_path / name, row_group_size=3)
    run = dedup("filter", "a.parquet", "-o", "out.parquet", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, b"")
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.schema.equals(source.schema)
    assert out.equals(source.slice(0, 3))
    piped = dedup("filter", stdin=(tmp_path / "a.parquet").read_bytes())
    assert pq.read_table(io.BytesIO(piped.stdout)).equals(out)
    again = dedup("filter", "a.parquet", "b.parquet", "-o", "both.parquet", cwd=tmp_path)
    assert again.returncode == 0
    assert pq.read_table(tmp_path / "both.parquet").column("n").to_pylist() == [0, 1, 2, 1]


def test_articles() -> None:
    """A text with blank lines is trimmed to its wanted paragraphs."""
    sink = io.BytesIO()
    pq.write_table(table(), sink)
    _, batch = records(io.BytesIO(sink.getvalue()), Source("feed", id_field="n"))
    assert batch.texts[2:4] == [b"One.", b"Two."]  # type: ignore[union-attr]  # nothing is rejected
    assert [label.id for label in batch.labels()] == ["0", "1", "2#1", "2#2", "3"]  # type: ignore[union-attr]  # nothing is rejected
    left = batch.table(np.array([False, False, False, True, True]))  # type: ignore[union-attr]  # nothing is rejected
    assert left.column("text").to_pylist() == ["Two.", TEXTS[3]]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_long_rows(tmp_path: Path, kind: pa.DataType) -> None:
    """A row whose text is over max-bytes is rejected and copied whole to --rejected.

    The other rows keep their places.
    """
    pq.write_table(table(kind), tmp_path / "a")
    run = dedup("filter", "--max-bytes", "28", "a", "-o", "o", "--rejected", "e", cwd=tmp_path)
    assert run.returncode == 3
    assert b"a:1: longer than max-bytes 28\ndedup: a:4: longer" in run.stderr
    assert pq.read_table(tmp_path / "o").column("n").to_pylist() == [1, 2]
    assert [json.loads(line)["n"] for line in (tmp_path / "e").read_bytes().splitlines()] == [0, 3]


def test_unreadable_tables(tmp_path: Path) -> None:
    """A missing column and broken bytes give one line with a remedy. Mixed inputs are refused."""
    pq.write_table(table().rename_columns(["n", "body", "deep"]), tmp_path / "a.parquet")
    with pytest.raises(DedupError, match="no column 'text' among n, body, deep; name one with --text-field"):
        list(records(io.BytesIO((tmp_path / "a.parquet").read_bytes()), Source("feed")))
    with pytest.raises(DedupError, match="feed: broken Parquet"):
        list(records(io.BytesIO(b"PAR1\x15" + b"x" * 100), Source("feed")))
    (tmp_path / "b.txt").write_text("one\n")
    run = dedup("filter", "--text-field", "body", "b.txt", "a.parquet", cwd=tmp_path)
    assert run.returncode == 3
    assert b"Parquet and others" in run.stderr


def test_output_parquet(tmp_path: Path) -> None:
    """`--output-format parquet` writes one row per paragraph of any input, with its decision and its match."""
    run = dedup(
        "filter", "--output-format", "parquet", "--emit", "all", "-o", tmp_path / "o", stdin=b"one two\nOne two!\n"
    )
    assert run.returncode == 0
    rows = pq.read_table(tmp_path / "o").to_pylist()
    assert [(row["id"], row["decision"], row["match_id"]) for row in rows] == [
        ("stdin:1", "novel", None),
        ("stdin:2", "exact", "stdin:1"),
    ]


def test_columns_in_any_case(tmp_path: Path) -> None:
    """Every field is found in any case, even in structs. An exact name comes first, and the schema stays the same."""
    source = pa.table({"ID": ["a", "b"], "Text": ["One.", "Two."], "Deep": [{"By": "News", "Body": "x"}] * 2})
    pq.write_table(source, tmp_path / "a.parquet")
    run = dedup("filter", "a.parquet", "--output-format", "jsonl", "--source-field", "deep.by", cwd=tmp_path)
    assert (run.returncode, run.stderr.count(b"\n")) == (0, 1)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(row["ID"], row["Text"]) for row in found] == [("a", "One."), ("b", "Two.")]
    run = dedup("filter", "a.parquet", "-o", "out.parquet", "--text-field", "deep.body", cwd=tmp_path)
    assert pq.read_table(tmp_path / "out.parquet").equals(source.slice(0, 1))
    both = pa.table({"Text": ["no"], "text": ["One."], "TEXT": ["no"]})
    pq.write_table(both, tmp_path / "both.parquet")
    with open(tmp_path / "both.parquet", "rb", buffering=0) as file:
        assert [text for batch in records(file, Source("feed")) for text in batch.texts] == [b"One."]  # type: ignore[union-attr]  # nothing is rejected
    pq.write_table(both.drop_columns("text"), tmp_path / "both.parquet")
    with (
        open(tmp_path / "both.parquet", "rb", buffering=0) as file,
        pytest.raises(DedupError, match="columns 1 and 2 are both called 'Text'"),
    ):
        list(records(file, Source("feed")))


def test_a_table_without_columns(tmp_path: Path) -> None:
    """A table without columns is refused with this reason."""
    pq.write_table(pa.table({}), tmp_path / "a.parquet")
    run = dedup("filter", "a.parquet", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (1, b"dedup: a.parquet: the table has no columns\n")


def test_a_column_name_that_is_not_utf8(tmp_path: Path) -> None:
    """Such a file is refused in one line."""
    path = tmp_path / "feed.parquet"
    pq.write_table(pa.table({"text": TEXTS, "other": TEXTS}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"other", b"\x90ther"))
    run = dedup("filter", path)
    assert (run.returncode, run.stdout) == (1, b"")
    assert b"broken Parquet" in run.stderr
    assert run.stderr.count(b"\n") == 1
