"""CSV and TSV: rows in, the wanted rows out, under their header."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import dedup

from dedup import DedupError
from dedup.formats import records
from dedup.formats.pieces import ByteStream
from dedup.formats.records import Records, Rejected, Source

SAMPLE = (Path(__file__).parent.parent / "sample_feeds" / "harbour.csv").read_bytes()
CELLS = st.text(st.sampled_from('ab ,;\t"\n\réß'), max_size=8)


def parsed(data: bytes, format: str = "csv", **fields: object) -> tuple[list[Records], list[Rejected]]:
    """The batches of a table, and what was rejected."""
    found = list(records(io.BytesIO(data), Source("table", **fields), format))  # type: ignore[arg-type]  # fields of many types
    batches = [batch for batch in found if isinstance(batch, Records)]
    return batches, [batch for batch in found if isinstance(batch, Rejected)]


def written(row: list[str], delimiter: str, end: str) -> bytes:
    """A row as the standard library writes it."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow(row)
    return (out.getvalue().removesuffix("\r\n") + end).encode()


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6), st.sampled_from(",;"), st.sampled_from(["\n", "\r\n"]), st.data())
def test_any_cells(cells: list[tuple[str, str]], delimiter: str, end: str, data: st.DataObject) -> None:
    """Of any cells the wanted rows come out byte for byte, whatever is quoted in them."""
    rows = [["id", "text"], *([f"{a}.", f"{b}."] for a, b in cells)]
    lines = [written(row, delimiter, end) for row in rows]
    batches, rejected = parsed(b"".join(lines))
    assert rejected == []
    assert {batch.header for batch in batches} == {lines[0]}
    ids = [label.id.partition("#")[0] for batch in batches for label in batch.labels()]
    assert list(dict.fromkeys(ids)) == list(dict.fromkeys(row[0] for row in rows[1:]))
    assert [raw for batch in batches for raw in batch.select(np.ones(len(batch.texts), bool))] == lines[1:]
    wanted = [np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
              for n in (len(batch.texts) for batch in batches)]  # fmt: skip
    left = lines[0] + b"".join(raw for batch, mask in zip(batches, wanted, strict=True) for raw in batch.select(mask))
    texts = [text for batch, mask in zip(batches, wanted, strict=True)
             for text, keep in zip(batch.texts, mask, strict=True) if keep]  # fmt: skip
    assert [text.strip() for batch in parsed(left)[0] for text in batch.texts] == [text.strip() for text in texts]


def test_sample() -> None:
    """The sample's repeats are dropped, its articles trimmed, and its header kept."""
    run = dedup("filter", "--quiet", stdin=SAMPLE)
    assert (run.returncode, run.stderr) == (0, b"")
    rows = list(csv.reader(io.StringIO(run.stdout.decode())))
    assert [row[0] for row in rows] == ["id", "c1", "c2", "c4"]
    assert rows[3][2].endswith("than last year.")
    assert SAMPLE.startswith(run.stdout[: run.stdout.index(b"c4")])
    found = [json.loads(line) for line in dedup("filter", "--output", "jsonl", stdin=SAMPLE).stdout.splitlines()]
    assert [each["id"] for each in found] == ["c1", "c2#1", "c2#2", "c4#1"]
    assert found[0]["time"] == "2031-11-04T06:00:00Z"


def test_tabs() -> None:
    """Between tabs a quotation mark is text, and a row is a line."""
    data = b'text\tid\n"Ferries sail,\t1\n"again" he said\t2\n\n"a\tb"\t3\n'
    batches, rejected = parsed(data, "auto")
    assert [text for batch in batches for text in batch.texts] == [b'"Ferries sail,', b'"again" he said']
    assert [(part.ordinal, part.raw, part.reason) for part in rejected] == [(5, b'"a\tb"\t3\n', "3 columns, not 2")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1,2,3\n", "3 columns, not 2"),
        (b'1,"2"3\n', "not valid CSV: ',' expected after '\"'"),
        (b"1,2\r3\n", "not valid CSV: new-line character seen in unquoted field"),
        (b'1,"' + b"x" * 200 + b'"\n', "longer than max-bytes 100"),
        (b'1,"' + b"x\n" * 100 + b'"\n', "longer than max-bytes 100"),
    ],
)
def test_what_is_no_row(row: bytes, reason: str) -> None:
    """What is no row is rejected with its bytes and the line where it begins; the rows around it stay."""
    batches, rejected = parsed(b"id,text\n1,one\n" + row + b"2,two\n", max_bytes=100)
    assert rejected[0].ordinal == 3
    assert str(rejected[0].reason).startswith(reason)
    lost = b"".join(part.raw for part in rejected)
    kept = b"".join(raw for batch in batches for raw in batch.select(np.ones(len(batch.texts), bool)))
    assert lost.startswith(row[:100])
    assert sorted(lost + kept) == sorted(b"1,one\n" + row + b"2,two\n")


def test_a_quote_without_an_end() -> None:
    """A quotation mark that never ends takes what follows with it, to the errors."""
    batches, rejected = parsed(b'id,text\n1,one\n2,"two\n3,three\n')
    assert [text for batch in batches for text in batch.texts] == [b"one"]
    assert [(part.ordinal, part.raw) for part in rejected] == [(3, b'2,"two\n3,three\n')]


def test_no_column() -> None:
    """A table without the text field is text, or refused with the names of its columns."""
    with pytest.raises(DedupError, match="table: no column 'text', but id, body; name one with --text-field"):
        parsed(b"id;body\n1;a\n")
    assert parsed(b"id;body\n1;a\n", "auto", text_field="body")[0][1].texts == [b"a"]
    assert parsed(b"id;body\n1;a\n", "auto")[0][0].texts == [b"id;body", b"1;a"]


def test_one_header(tmp_path: Path) -> None:
    """Two tables with the same columns come out under one header."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbftext,n\none,1\ntwo,2\n")
    (tmp_path / "b").write_bytes(b"text,n\nOne,3\nthree,4\n")
    (tmp_path / "c").write_bytes(b"n,text\n5,four\n")
    run = dedup("filter", "b", "a", "b", "c", cwd=tmp_path)
    assert run.stdout == b"text,n\nOne,3\nthree,4\ntwo,2\nn,text\n5,four\n"
    assert dedup("filter", "a", cwd=tmp_path).stdout == (tmp_path / "a").read_bytes()


class Slow:
    """A stream that gives a line at a time, and says what was asked for."""

    def __init__(self, *lines: bytes) -> None:
        self.left = list(lines)

    def read(self, size: int, /) -> bytes:
        return self.left.pop(0) if self.left else b""

    def fileno(self) -> int:
        raise OSError


def test_a_row_is_given_as_soon_as_it_is_there() -> None:
    """No row waits for the next one."""
    stream: ByteStream = Slow(b"id,text\n", b"1,one\n", b'2,"two\n', b'lines"\n3,three\n4,"fo\n', b'ur"\n', b"5")
    found = records(stream, Source("table"))
    seen = []
    for batch in found:
        if isinstance(batch, Rejected):
            seen.append((str(batch), len(stream.left)))  # type: ignore[attr-defined]  # it is a Slow
        else:
            ids = ",".join(label.id for label in batch.labels())
            seen.append((ids, len(stream.left)))  # type: ignore[attr-defined]  # it is a Slow
    assert seen == [("", 5), ("1", 4), ("2,3", 2), ("4", 1), ("table:8: 1 columns, not 2", 0)]
