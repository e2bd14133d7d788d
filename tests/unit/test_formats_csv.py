"""CSV and TSV: reads rows, and writes the wanted rows under their header."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.running import dedup
from hypothesis import given
from hypothesis import strategies as st

from dedup import DedupError
from dedup.formats.base import Records, RejectedInput, Source
from dedup.formats.byte_reader import ByteStream
from dedup.formats.reading import records

SAMPLE = (Path(__file__).parents[2] / "sample_feeds" / "harbour.csv").read_bytes()
CELLS = st.text(st.sampled_from('ab ,;\t"\n\réß'), max_size=8)


def parsed(data: bytes, format: str = "csv", **fields: object) -> tuple[list[Records], list[RejectedInput]]:
    """The batches of a table, and its rejected input."""
    found = list(records(io.BytesIO(data), Source("table", **fields), format))  # type: ignore[arg-type]  # fields of many types
    batches = [batch for batch in found if isinstance(batch, Records)]
    return batches, [batch for batch in found if isinstance(batch, RejectedInput)]


def written(row: list[str], delimiter: str, end: str) -> bytes:
    """A row as the standard library writes it."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow(row)
    return (out.getvalue().removesuffix("\r\n") + end).encode()


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6), st.sampled_from(",;"), st.sampled_from(["\n", "\r\n"]), st.data())
def test_any_cells(cells: list[tuple[str, str]], delimiter: str, end: str, data: st.DataObject) -> None:
    """The wanted rows come out byte for byte, whatever their cells and quotes."""
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


NEWS = [
    "The harbour authority in Halmere said on Tuesday that the north quay would stay closed.",
    "Farmers in the eastern valleys, after the second frost, asked for seed;\nthe ministry was silent.",
    "The harbour authority in Halmere said on Tuesday that the north quay would stay closed.",
    'A court in Brenn "ordered" the railway company | to publish what it had withheld.',
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t", "sep=;"])
@pytest.mark.parametrize("name", ["text", "Text"])
def test_every_kind_of_table(end: str, delimiter: str, name: str) -> None:
    """A table is detected with any delimiter, and its rows come out byte for byte."""
    above = f"{delimiter}{end}" if delimiter.startswith("sep") else ""
    table = [["ID", name], *([number, text] for number, text in zip("1234", NEWS, strict=True))]
    header, *rows = [written(row, delimiter[-1], end) for row in table]
    batches, rejected = parsed(above.encode() + header + b"".join(rows), "auto")
    assert rejected == []
    assert [text.decode() for batch in batches for text in batch.texts] == NEWS
    assert [label.id for batch in batches for label in batch.labels()] == list("1234")
    assert {batch.header for batch in batches} == {above.encode() + header}
    assert [raw for batch in batches for raw in batch.select(np.ones(len(batch.texts), bool))] == rows


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id,text,text", "columns 2 and 3 are both called 'text'; rename one of them"),
        ("id,Text,TEXT", "columns 2 and 3 are both called 'Text'; rename one of them"),
        ("id,id,text", "columns 1 and 2 are both called 'id'; rename one of them"),
    ],
)
def test_two_columns_of_one_name(header: str, message: str) -> None:
    """An ambiguous name of a needed column is refused, because only one column would be judged. Others may be equal."""
    with pytest.raises(DedupError, match=message):
        parsed(f"{header}\n1,one,two\n".encode())
    (batch,) = (batch for batch in parsed(b"text,TEXT,x,x\none,two,3,4\n")[0] if batch.texts)
    assert batch.texts == [b"one"]


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_the_output_is_a_table(end: str) -> None:
    """The command drops whole rows, and keeps the lines above them."""
    rows = [written(row, ";", end) for row in (["id", "Text"], *([text[:9], text] for text in NEWS))]
    run = dedup("filter", "--quiet", stdin=f"sep=;{end}".encode() + b"".join(rows))
    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout == f"sep=;{end}".encode() + b"".join(rows[:3] + rows[4:])


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (["id", "headline", "body"], "id, headline, body"),
        (["Nr", "Full story"], "Nr, Full story"),
        ([], "1, The harbour"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_a_table_is_never_silently_read_as_text(header: list[str], named: str, delimiter: str) -> None:
    """A table without the text column, or without a header, is refused in a line with the columns and a remedy."""
    table = [header] if header else []
    table += [[number, *("x" for _ in header[2:]), text] for number, text in zip("1234", NEWS, strict=True)]
    data = b"".join(written(row, delimiter, "\n") for row in table)
    with pytest.raises(DedupError) as error:
        parsed(data, "auto")
    assert str(error.value).startswith(f"table: no column 'text' among {named}")
    assert str(error.value).endswith("name one with --text-field, or read its lines with --format text")
    assert "\n" not in str(error.value)
    assert parsed(data, "text")[1] == []
    if header:
        batches, rejected = parsed(data, "auto", text_field=header[-1].upper())
        assert rejected == []
        assert [text.decode() for batch in batches for text in batch.texts] == NEWS


def test_one_column() -> None:
    """A table of one column is a table if its cells are quoted, and keeps all of them."""
    data = b'text\n"One paragraph, of many words, that has\na line end in it."\nAnother, as it comes\n'.replace(
        b"Another, as", b"Another as"
    )
    (_, rows), rejected = parsed(data, "auto")
    assert rejected == []
    assert rows.texts == [b"One paragraph, of many words, that has\na line end in it.", b"Another as it comes"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("cells", "named"),
    [
        (["body", "One.\nIt goes on.", "Two.\n\nIt goes on, too."], "body"),
        (["body", "One, with a comma", "Two"], "body"),
        (["Full story", "One.\nIt goes on.", "Two.\nIt goes on."], "Full story"),
        (["One.\nIt goes on.", "Two.\nIt goes on."], r"'One\."),
    ],
)
def test_one_column_of_another_name(cells: list[str], named: str, end: str) -> None:
    """A one-column table is never silently read as text if its cells span several lines, with or without a header."""
    data = b"".join(written([cell.replace("\n", end)], ",", end) for cell in cells)
    with pytest.raises(DedupError, match=f"table: no column 'text' among {named}.*; .*--text-field.*--format text"):
        parsed(data, "auto")
    (_, rows), rejected = parsed(data, "auto", text_field=cells[0].replace("\n", end), split="line")
    assert rejected == []
    assert b"".join(rows.select(np.ones(len(rows.texts), bool))) == b"".join(
        written([cell.replace("\n", end)], ",", end) for cell in cells[1:]
    )


@pytest.mark.parametrize(
    "data",
    [
        b'Quotations\n"We came, we saw"\nThey left\n',
        b'"We came\nand saw."\n\n"They left\nat noon."\n',
        b'A quotation\n\n"We came\nand saw."\n\n"They left\nat noon."\n',
        b"Ferries sail again.\nTrains, it was said, stop.\nOne,two\nThree\n",
        b"Report of the day\n\nIt rained, and\nthen, it snowed.\n",
        b"# A heading\n\nIt rained, and then it snowed.\n",
        b'"We came" "We saw"\n"They came" "They saw"\n',
        b"Ferries ~ sail\nTrains ~ stop\nBuses ~ go\n",
    ],
)
def test_text_is_no_table(data: bytes) -> None:
    """Quotations, headings and titles above prose are text."""
    ((batch,), rejected) = parsed(data, "auto", split="line")
    assert rejected == []
    assert batch.header == b""
    assert b"".join(batch.select(np.ones(len(batch.texts), bool))) == data


@pytest.mark.parametrize("format", ["auto", "csv"])
@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@pytest.mark.parametrize(
    "above",
    [
        b"# exported 2026-01-02\n",
        b"# exported 2026-01-02, 06:00\n# by hand\n#\n\n",
        b"#" * 40 + b"\n",
        b"\n \n",
        b"News of the week\n\n",
        b"News of the week, by desk\nHalmere\n",
        b'"News of the week"\r\n\r\n',
    ],
)
def test_lines_above_a_header(above: bytes, delimiter: str, format: str) -> None:
    """Comments, blank lines and a title above a header are no rows, and stay above it."""
    header, *rows = [written(list(row), delimiter, "\n") for row in (("id", "Text"), *zip("1234", NEWS, strict=True))]
    batches, rejected = parsed(above + header + b"".join(rows), format)
    assert rejected == []
    assert [text.decode() for batch in batches for text in batch.texts] == NEWS
    assert {batch.header for batch in batches} == {(above + header).lstrip(b"\r\n")}
    assert [raw for batch in batches for raw in batch.select(np.ones(len(batch.texts), bool))] == rows
    other = header.replace(b"Text", b"body")
    with pytest.raises(DedupError, match="no column 'text' among id, body; name one with --text-field"):
        parsed(above + other + b"".join(rows), "auto")


@pytest.mark.parametrize("delimiter", ["~", "^", "\x1f", "\x01", "¦", "#"])
def test_rare_delimiters(delimiter: str) -> None:
    """If every cell of the header is quoted, any character between them is a delimiter."""
    data = b'"id"~"text"\n"1"~"One, and more"\n"2"~"Two"\n'.replace(b"~", delimiter.encode())
    (_, rows), rejected = parsed(data, "auto")
    assert rejected == []
    assert rows.texts == [b"One, and more", b"Two"]
    with pytest.raises(DedupError, match="table: no column 'text' among id, body; name one with --text-field"):
        parsed(data.replace(b"text", b"body"), "auto")


def test_a_space_after_each_comma() -> None:
    """A space may come before quoted cells."""
    data = b'"id", "text"\n"1", "One, and more"\n"2", "Two"\n'
    (_, rows), rejected = parsed(data, "auto")
    assert rejected == []
    assert rows.texts == [b"One, and more", b"Two"]
    assert b"".join(rows.select(np.array([True, True]))) == data.partition(b"\n")[2]


@pytest.mark.parametrize("between", ["~|~", "||", "::", " | ", " , "])
@pytest.mark.parametrize("format", ["auto", "csv"])
def test_long_delimiters_are_refused(between: str, format: str) -> None:
    """Quoted cells separated by several characters are refused in one line that shows these characters."""
    data = b'"id"~"text"\n"1"~"One"\n"2"~"Two"\n'.replace(b"~", between.encode())
    with pytest.raises(DedupError) as error:
        parsed(data, format)
    assert str(error.value).startswith(f"table: this is a table with the columns id, text separated by {between!r}")
    assert str(error.value).endswith("replace it with a comma or a tab, or read the lines with --format text")


def test_names_of_several_lines() -> None:
    """The name of a column may span several lines."""
    (_, rows), rejected = parsed(b'id,"full\nstory",text\n1,one,two\n', "auto")
    assert rejected == []
    assert (rows.texts, rows.names()) == ([b"two"], ["id", "full\nstory", "text"])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("above", [b"", b"sep=,\n", b"# exported by hand\n"])
def test_two_tables_in_one_input(above: bytes, mark: bytes) -> None:
    """The header of a second table is no row. If its columns have another order, its rows are read in that order."""
    data = b"".join(
        mark + above + table
        for table in (b"id,text\n1,one\n", b'"id","text"\r\n2,two\n', b"text,id\nthree,3\n", b"text,id\nfour,4\n")
    )
    batches, rejected = parsed(data, "auto")
    assert rejected == []
    found = [(label.id, text) for batch in batches for label, text in zip(batch.labels(), batch.texts, strict=True)]
    assert found == [("1", b"one"), ("2", b"two"), ("3", b"three"), ("4", b"four")]
    run = dedup("filter", "--quiet", stdin=data)
    assert run.returncode == 0
    assert run.stdout == mark + above + b"id,text\n1,one\n2,two\ntext,id\nthree,3\nfour,4\n"
    batches, rejected = parsed(above + b"id,text\n1,one\nid,title,text\n2,two,three\n")
    assert [part.reason for part in rejected] == ["3 columns, not 2"] * 2


def test_quotes_between_tabs() -> None:
    """Quotes between tabs enclose cells only if the rows then have the columns of the header."""
    data = b'id\ttext\n1\t"one\nand more"\n2\t"two\nand ""more"""\n'
    (_, rows), rejected = parsed(data, "auto")
    assert rejected == []
    assert rows.texts == [b"one\nand more", b'two\nand "more"']


def test_columns_in_any_case() -> None:
    """Every field is found in any case. An exact name comes first, and the output has the names of the table."""
    data = b"Text,ID,When,Desk,text\nno,a,noon,News,one\n"
    (_, rows), _ = parsed(data, "auto", time_field="when", source_field="desk")
    assert [tuple(label) for label in rows.labels()] == [("a", "noon", "News")]
    assert rows.fields(0) == {"Text": "no", "ID": "a", "When": "noon", "Desk": "News", "text": "one"}


def test_articles_keep_the_line_ends_of_their_table() -> None:
    """A row that loses a paragraph keeps its line end. Blank lines of lone carriage returns separate paragraphs too."""
    for end in (b"\n", b"\r\n", b"\r"):
        data = b'id,text%s1,"one%s%stwo"%s' % (end, end, end, end)
        (_, rows), _ = parsed(data, "auto")
        assert rows.texts == [b"one", b"two"]
        assert rows.select(np.array([True, False])) == [b"1,one" + end]


def test_sample() -> None:
    """The sample loses its repeats, its articles are trimmed, and its header stays."""
    run = dedup("filter", "--quiet", stdin=SAMPLE)
    assert (run.returncode, run.stderr) == (0, b"")
    rows = list(csv.reader(io.StringIO(run.stdout.decode())))
    assert [row[0] for row in rows] == ["id", "c1", "c2", "c4"]
    assert rows[3][2].endswith("than last year.")
    assert SAMPLE.startswith(run.stdout[: run.stdout.index(b"c4")])
    found = [json.loads(line) for line in dedup("filter", "--output-format", "jsonl", stdin=SAMPLE).stdout.splitlines()]
    assert [each["id"] for each in found] == ["c1", "c2#1", "c2#2", "c4#1"]
    assert found[0]["time"] == "2031-11-04T06:00:00Z"


def test_tabs() -> None:
    """In a tab-separated table, a quote is text, and a row is a line."""
    data = b'text\tid\n"Ferries sail,\t1\n"again" he said\t2\n\n"a\tb"\t3\n'
    batches, rejected = parsed(data, "auto")
    assert [text for batch in batches for text in batch.texts] == [b'"Ferries sail,', b'"again" he said']
    assert [(part.ordinal, part.raw, part.reason) for part in rejected] == [(5, b'"a\tb"\t3\n', "3 columns, not 2")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1,2,3\n", "3 columns, not 2"),
        (b'1,"2"3\n', "not valid CSV: ',' expected after '\"'"),
        (b'1,"' + b"x" * 200 + b'"\n', "longer than max-bytes 100"),
        (b'1,"' + b"x\n" * 100 + b'"\n', "longer than max-bytes 100"),
    ],
)
def test_invalid_rows_are_rejected(row: bytes, reason: str) -> None:
    """An invalid row is rejected with its bytes and the line where it begins. The rows around it stay."""
    batches, rejected = parsed(b"id,text\n1,one\n" + row + b"2,two\n", max_bytes=100)
    assert rejected[0].ordinal == 3
    assert str(rejected[0].reason).startswith(reason)
    lost = b"".join(part.raw for part in rejected)
    kept = b"".join(raw for batch in batches for raw in batch.select(np.ones(len(batch.texts), bool)))
    assert lost.startswith(row[:100])
    assert sorted(lost + kept) == sorted(b"1,one\n" + row + b"2,two\n")


def test_a_quote_without_an_end() -> None:
    """A quote that is never closed rejects everything after it."""
    batches, rejected = parsed(b'id,text\n1,one\n2,"two\n3,three\n')
    assert [text for batch in batches for text in batch.texts] == [b"one"]
    assert [(part.ordinal, part.raw) for part in rejected] == [(3, b'2,"two\n3,three\n')]


def test_no_column() -> None:
    """A table without the text field is refused with the names of its columns, and read as text where that is meant."""
    with pytest.raises(DedupError, match="table: no column 'text' among id, body; name one with --text-field"):
        parsed(b"id;body\n1;a\n")
    assert parsed(b"id;body\n1;a\n", "auto", text_field="body")[0][1].texts == [b"a"]
    with pytest.raises(DedupError, match="among id, body; name one with --text-field, or read its lines with --format"):
        parsed(b"id;body\n1;a\n", "auto")
    assert parsed(b"id;body\n1;a\n", "text")[0][0].texts == [b"id;body", b"1;a"]


def test_one_header(tmp_path: Path) -> None:
    """Two tables with the same columns come out under one header."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbftext,n\none,1\ntwo,2\n")
    (tmp_path / "b").write_bytes(b"text,n\nOne,3\nthree,4\n")
    (tmp_path / "c").write_bytes(b"n,text\n5,four\n")
    run = dedup("filter", "b", "a", "b", "c", cwd=tmp_path)
    assert run.stdout == b"text,n\nOne,3\nthree,4\ntwo,2\nn,text\n5,four\n"
    (tmp_path / "d").write_bytes(b"# exported\ntext,n\nfive,6\n")
    run = dedup("filter", "d", "a", "d", cwd=tmp_path)
    assert run.stdout == b"# exported\ntext,n\nfive,6\none,1\ntwo,2\n"
    assert dedup("filter", "a", cwd=tmp_path).stdout == (tmp_path / "a").read_bytes()


class Slow:
    """A stream that returns one line per read."""

    def __init__(self, *lines: bytes) -> None:
        self.left = list(lines)

    def read(self, size: int, /) -> bytes:
        return self.left.pop(0) if self.left else b""

    def fileno(self) -> int:
        raise OSError


def test_rows_are_passed_on_at_once() -> None:
    """No row waits for the next one."""
    stream: ByteStream = Slow(b"id,text\n", b"1,one\n", b'2,"two\n', b'lines"\n3,three\n4,"fo\n', b'ur"\n', b"5")
    found = records(stream, Source("table"))
    seen = []
    for batch in found:
        if isinstance(batch, RejectedInput):
            seen.append((str(batch), len(stream.left)))  # type: ignore[attr-defined]  # it is a Slow
        else:
            ids = ",".join(label.id for label in batch.labels())
            seen.append((ids, len(stream.left)))  # type: ignore[attr-defined]  # it is a Slow
    assert seen == [("", 5), ("1", 4), ("2,3", 2), ("4", 1), ("table:8: 1 columns, not 2", 0)]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_nothing_is_an_empty_table(data: bytes) -> None:
    """An empty input lacks no columns."""
    assert parsed(data) == ([], [])
