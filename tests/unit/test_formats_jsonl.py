"""JSON Lines: reads texts and articles, writes records unchanged, and gives a reason for each rejected line."""

import io
import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.formats.base import Records, RejectedInput, Source
from dedup.formats.reading import records


def parsed(data: bytes, **source: Any) -> tuple[list[Records], list[RejectedInput]]:
    """The batches of an input, and its rejected input."""
    found = list(records(io.BytesIO(data), Source("feed", **source), "jsonl"))
    good = [batch for batch in found if isinstance(batch, Records)]
    return good, [batch for batch in found if isinstance(batch, RejectedInput)]


def texts(data: bytes, **source: Any) -> list[bytes]:
    """The paragraphs of an input in which every line is a record."""
    batches, rejected = parsed(data, **source)
    assert rejected == []
    return [text for batch in batches for text in batch.texts]


def trimmed(record: Any, wanted: list[bool], end: bytes = b"\n", **source: Any) -> list[bytes]:
    """The output of one record if only the wanted paragraphs are novel."""
    ((batch,), _) = parsed(orjson.dumps(record) + end, **source)
    assert len(batch.texts) == len(wanted)
    return batch.select(np.array(wanted))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not valid JSON"),
        (b'{"text": "a"', "not valid JSON"),
        (b"plain words", "not valid JSON"),
        (b'{"text": "a"} {"text": "b"}', "not valid JSON"),
        (b'{"text": "a", "n": NaN}', "not valid JSON"),
        (b'{"text": "a", "n": -Infinity}', "not valid JSON"),
        (b'{"text": "\xff", "n": NaN}', "not valid JSON"),
        (b'{"text": "tab\there"}', "not valid JSON"),
        (b'\xef\xbb\xbf{"text": "a"}', "not valid JSON"),
        (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b"1", "not a JSON object but a number"),
        (b"1.5", "not a JSON object but a number"),
        (b'"text"', "not a JSON object but a string"),
        (b"null", "not a JSON object but null"),
        (b"true", "not a JSON object but a boolean"),
        (b'["text"]', "not a JSON object but a list"),
        (b"{}", "no text field 'text'"),
        (b'{"Text": "a"}', "no text field 'text'"),
        (b'{"text": null}', "no text field 'text'"),
        (b'{"text": 7}', "text field 'text' is a number, not a string"),
        (b'{"text": false}', "text field 'text' is a boolean, not a string"),
        (b'{"text": {"a": "b"}}', "text field 'text' is an object, not a string"),
        (b'{"text": ["a", 7]}', "paragraph 2 of text field 'text' is a number, not a string"),
        (b'{"text": "a", "text": "b"}', "text field 'text' occurs twice with different values"),
        (b'{"text": "a", "text": null, "x": {"text": 1}}', "no text field 'text'; this record has text, x"),
        (b'{"text": null, "text": "a"}', "text field 'text' occurs twice with different values"),
        (b'{"text": [null]}', "paragraph 1 of text field 'text' is null, not a string"),
    ],
)
def test_invalid_records_are_rejected(line: bytes, reason: str) -> None:
    """An invalid record is rejected with its place, its bytes and the reason. Its neighbours are read."""
    batches, rejected = parsed(b'{"text": "before"}\n' + line + b'\n{"text": "after"}\n')
    assert [text for batch in batches for text in batch.texts] == [b"before", b"after"]
    assert [label.id for batch in batches for label in batch.labels()] == ["feed:1", "feed:3"]
    (bad,) = rejected
    assert (bad.name, bad.ordinal, bad.raw) == ("feed", 2, line + b"\n")
    assert bad.reason is not None
    assert bad.reason.startswith(reason) or reason in bad.reason
    assert "\n" not in bad.reason


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n \n\r\n", []),
        (b'{"text": "a"}', [b"a"]),
        (b'{"text": ""}\n', [b""]),
        (b'{"text": []}\n', [b""]),
        (b'{"text": "a"}\r\n\r\n{"text": "b"}\r\n', [b"a", b"b"]),
        (b'\xef\xbb\xbf{"text": "a"}\n{"text": "b"}\n', [b"a", b"b"]),
        (b'{"text": "caf\xe9 \xc3\xa9"}\n', b"caf\xe9 \xc3\xa9".splitlines()),
        (b'{"text": "a\\ud800b"}\n', [b"a\xed\xa0\x80b"]),
        (b'{"text": "\\ud83d\\ude00"}\n', ["😀".encode()]),
        (b'{"text": "a\\u0000b"}\n', [b"a\0b"]),
        (b'{"text": "one\\n\\ntwo\\n \\nthree"}\n', [b"one", b"two\n ", b"three"]),
        (b'{"text": "one\\r\\n\\r\\ntwo"}\n', [b"one", b"two"]),
        (b'{"text": "one\\ntwo\\n"}\n', [b"one\ntwo"]),
        (b'{"text": ["one\\n\\nmore", "two"]}\n', [b"one\n\nmore", b"two"]),
        (b'{"text": "a", "text": "a"}\n', [b"a"]),
        (b'{"text": "a", "text" : "\\u0061", "x": {"text": "b", "y": {"text": "c"}}}\n', [b"a"]),
        (b'{"text": "see \\"text\\": b", "x": "text"}\n', [b'see "text": b']),
    ],
)
def test_texts(data: bytes, expected: list[bytes]) -> None:
    """A record is one paragraph, or one per element of its list, or one per part between blank lines."""
    assert [text.replace(b"\n ", b"\n").strip(b"\r\n") for text in texts(data)] == [
        text.replace(b"\n ", b"\n").strip(b"\r\n") for text in expected
    ]


def test_split_line() -> None:
    """With `line`, each line end of any kind ends a paragraph of a text."""
    data = orjson.dumps({"text": "one\ntwo\n\n\nthree\r\nfour\rfive"})
    assert texts(data, split="line") == [b"one", b"two", b"three", b"four", b"five"]


values = st.one_of(
    st.text(st.sampled_from("ab\r\n \u00e9"), max_size=8).map(lambda text: {"text": text}),
    st.lists(st.text(st.sampled_from("ab\r\n"), max_size=4), max_size=3).map(lambda texts: {"text": texts, "id": 5}),
    st.sampled_from([{}, 7, {"text": 7}, {"text": None}]),
)


@given(st.lists(values, max_size=6), st.sampled_from(["auto", "line", "blank"]))
def test_neighbours_do_not_matter(given_: list[Any], split: str) -> None:
    """A line gives the same paragraphs, fields and bytes in a batch as alone."""

    def seen(data: bytes) -> tuple[list[bytes], list[object], list[bytes], list[str | None]]:
        batches, rejected = parsed(data, split=split, id_field="none")
        return (
            [text for batch in batches for text in batch.texts],
            [{**batch.fields(i), "none": ""} for batch in batches for i in range(len(batch.texts))],
            [raw for batch in batches for raw in batch.select(np.ones(len(batch.texts), bool))],
            [part.reason for part in rejected],
        )

    raws = [orjson.dumps(value) + b"\n" for value in given_]
    alone = [seen(raw) for raw in raws]
    together = seen(b"".join(raws))
    for k in range(4):
        assert together[k] == [item for part in alone for item in part[k]]


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": {"b": "one"}, "a": {"b": "two"}}',
        b'{"a": {"b": "one"}, "a": {}}',
        b'{"a": {"b": "one", "b": "two"}}',
        b'{"x": 1, "a": {"b": "one", "c": {}, "b": "two"}, "b": 1}',
    ],
)
def test_two_texts_at_a_dotted_path(line: bytes) -> None:
    """A record with two values at a path is rejected, and none of its neighbours is."""
    whole = b'{"a": {"b": "one"}, "b": 2, "a2": {"b": 3}}\n'
    batches, rejected = parsed(whole + line + b"\n" + whole, text_field="a.b")
    assert [text for batch in batches for text in batch.texts] == [b"one", b"one"]
    assert [part.raw for part in rejected] == [line + b"\n"]


def test_dotted_paths() -> None:
    """Text, id and time are found at dotted paths. A path that leads nowhere is no field."""
    data = (
        b'{"doc": {"body": "a", "meta": {"key": 3}}, "at": {"utc": 12.5}}\n'
        b'{"doc": "x"}\n{"doc": {"body": ["p", "q"]}}\n'
    )
    paths = {"text_field": "doc.body", "id_field": "doc.meta.key", "time_field": "at.utc"}
    (batch,), (bad,) = parsed(data, **paths)
    assert [label[:2] for label in batch.labels()] == [("3", "12.5"), ("feed:3#1", None), ("feed:3#2", None)]
    assert (bad.ordinal, bad.reason) == (2, "no text field 'doc.body'; this record has doc")
    assert batch.fields(0) == {"doc": {"body": "a", "meta": {"key": 3}}, "at": {"utc": 12.5}}
    assert batch.fields(2) == {"doc": {"body": "q", "meta": {"key": "feed:3#2"}}}


@pytest.mark.parametrize("id_", ["a", 7, 1.5])
def test_ids(id_: object) -> None:
    """The id of a record names its paragraph, with a number for each paragraph of an article."""
    data = orjson.dumps({"id": id_, "text": "x"}) + b"\n" + orjson.dumps({"id": id_, "text": ["x", "y"]}) + b"\n"
    (batch,), _ = parsed(data)
    assert [label.id for label in batch.labels()] == [str(id_), f"{id_}#1", f"{id_}#2"]
    assert batch.fields(0) == {"id": id_, "text": "x"}
    assert batch.fields(2) == {"id": f"{id_}#2", "text": "y"}


def test_whole_records_are_unchanged() -> None:
    """A record that keeps all of its paragraphs is unchanged. One that keeps none is dropped."""
    raw = b'{ "text" : ["one","two"],  "n":1.0e2, "s":"\xff" }\r\n'
    (batch,), _ = parsed(raw)
    assert batch.select(np.array([True, True])) == [raw]
    assert batch.select(np.array([False, False])) == []


def test_trimmed_lists() -> None:
    """An article that loses paragraphs keeps the others, every other field, and its line end."""
    article = {"n": [1, 2.5, None], "text": ["one", "two", "three"], "t": "ü"}
    expected = {"n": [1, 2.5, None], "text": ["one", "three"], "t": "ü"}
    (out,) = trimmed(article, [True, False, True])
    assert orjson.loads(out) == expected
    assert list(orjson.loads(out)) == ["n", "text", "t"]
    assert out.endswith(b"}\n")
    (out,) = trimmed(article, [True, False, True], b"\r\n")
    assert out.endswith(b"}\r\n")
    (out,) = trimmed({"a": {"b": ["x", "y"], "c": 1}}, [False, True], text_field="a.b")
    assert orjson.loads(out) == {"a": {"b": ["y"], "c": 1}}


def test_trimmed_strings() -> None:
    """A text with blank lines keeps the separators between the remaining paragraphs."""
    article = {"text": "one\n\ntwo\n \nthree\n"}
    assert orjson.loads(trimmed(article, [True, False, True])[0]) == {"text": "one\n\nthree\n"}
    assert orjson.loads(trimmed(article, [False, True, True])[0]) == {"text": "two\n \nthree\n"}
    assert orjson.loads(trimmed(article, [True, True, False])[0]) == {"text": "one\n\ntwo"}


def test_trimmed_surrogates() -> None:
    """An article with strings that are not UTF-8 can be trimmed, and is valid JSON."""
    (batch,), _ = parsed(b'{"text": ["caf\xe9", "two"], "n": "\\ud800"}\n')
    (out,) = batch.select(np.array([True, False]))
    assert json.loads(out) == {"text": ["caf\udce9"], "n": "\ud800"}


@pytest.mark.parametrize("number", ["123456789012345678901234567890", "-0.0", "1e-7", "18446744073709551616"])
def test_trimmed_numbers(number: str) -> None:
    """Trimming changes no number of a record."""
    (batch,), _ = parsed(b'{"text": ["a", "b"], "n": %s}\n' % number.encode())
    (out,) = batch.select(np.array([True, False]))
    assert json.loads(out) == {"text": ["a"], "n": json.loads(number)}
    assert repr(json.loads(out)["n"]) == repr(json.loads(number))


def test_too_long() -> None:
    """A line over the limit is rejected in pieces that join to the line, and the numbering continues after it."""
    long = b'{"text": "' + b"x" * 400_000 + b'"}\n'
    data = b'{"text": "a"}\n' + long + b'{"text": "b"}\n'
    batches, rejected = parsed(data, max_bytes=100)
    assert b"".join(part.raw for part in rejected) == long
    assert [part.reason for part in rejected if part.reason] == ["longer than max-bytes 100"]
    assert {part.ordinal for part in rejected} == {2}
    assert [label.id for batch in batches for label in batch.labels()] == ["feed:1", "feed:3"]


VALUES = st.none() | st.text(max_size=3) | st.integers(0, 9)
FIELDS = st.fixed_dictionaries(
    {"text": st.text("ab ", max_size=9)},
    optional={"id": VALUES, "time": VALUES, "by": st.fixed_dictionaries({}, optional={"name": VALUES}) | VALUES},
)


@given(st.lists(FIELDS, min_size=1, max_size=5), st.sampled_from(["by", "by.name"]))
def test_labels_have_the_fields(feed: list[dict[str, Any]], by: str) -> None:
    """Ids, times and sources are those of the records, whether or not labels were announced."""
    data = b"".join(orjson.dumps(record) + b"\n" for record in feed)
    for labelled in True, False:
        batches, rejected = parsed(data, time_field="time", source_field=by, labelled=labelled)
        assert rejected == []
        labels = [label for batch in batches for label in batch.labels()]
        fields = [batch.fields(k) for batch in batches for k in range(len(batch.texts))]
        assert [field["text"] for field in fields] == [record["text"] for record in feed]
        for place, (record, (id_, time, source)) in enumerate(zip(feed, labels, strict=True), 1):
            inner = record.get("by")
            if by == "by.name":
                inner = inner.get("name") if isinstance(inner, dict) else None
            assert id_ == (f"feed:{place}" if record.get("id") is None else str(record["id"]))
            assert time == (None if record.get("time") is None else str(record["time"]))
            assert source == ("feed" if inner in (None, "") else str(inner))
