"""Plain text: its paragraphs, and unchanged records in the output."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dedup import DedupError, Paragraph, read
from dedup.formats.base import Records, RejectedInput, Source
from dedup.formats.compression import decompressed
from dedup.formats.detect import guess
from dedup.formats.reading import records
from dedup.model.types import Label


def parsed(data: bytes, split: str = "auto", max_bytes: int = 1000) -> tuple[list[Records], list[RejectedInput]]:
    """The batches of a text, and its rejected input."""
    found = list(records(io.BytesIO(data), Source("feed", split, max_bytes=max_bytes), "text"))
    good = [batch for batch in found if isinstance(batch, Records)]
    return good, [batch for batch in found if isinstance(batch, RejectedInput)]


def texts(data: bytes, split: str = "auto") -> list[bytes]:
    """The paragraphs of a text."""
    return [text for batch in parsed(data, split)[0] for text in batch.texts]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"one\ntwo\n", [b"one", b"two"]),
        (b"one\ntwo", [b"one", b"two"]),
        (b"one\r\ntwo\r\n", [b"one", b"two"]),
        (b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n", [b"one", b"\xef\xbb\xbftwo"]),
        (b"\xef\xbb\xbf", [b""]),
        (b"a\0b\n\0\n", [b"a\0b", b"\0"]),
        (b"\n\none\n", [b"", b"", b"one"]),
        (b"  one \n", [b"  one "]),
        (b"caf\xe9\n\xff\xfe\n", [b"caf\xe9", b"\xff\xfe"]),
    ],
)
def test_lines(data: bytes, expected: list[bytes]) -> None:
    """Each line is a paragraph without its line end, whatever its bytes."""
    assert texts(data) == expected
    assert texts(data, "line") == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"one\nmore\n\ntwo\n\n\nthree", [b"one\nmore", b"two", b"three"]),
        (b"one\r\nmore\r\n\r\ntwo\r\n", [b"one\r\nmore", b"two"]),
        (b"\xef\xbb\xbfone\n\ntwo", [b"one", b"two"]),
        (b"one\n \t\ntwo", [b"one\n \t", b"two"]),
        (b"a\0\n\n\xff\n\n", [b"a\0", b"\xff"]),
    ],
)
def test_blank(data: bytes, expected: list[bytes]) -> None:
    """With `blank`, a paragraph ends at a blank line."""
    assert texts(data, "blank") == expected


@given(st.binary(max_size=200), st.sampled_from(["line", "blank"]), st.randoms())
def test_select(data: bytes, split: str, random: object) -> None:
    """Selected records come out byte for byte. All of them together are the whole input."""
    assume(decompressed(io.BytesIO(data), data) is None)
    batches, rejected = parsed(data, split)
    assert rejected == []
    everything = b"".join(raw for batch in batches for raw in batch.select(np.ones(len(batch.texts), bool)))
    assert everything == data
    for batch in batches:
        raws = batch.select(np.ones(len(batch.texts), bool))
        mask = np.arange(len(batch.texts)) % 2 == 1
        assert batch.select(mask) == raws[1::2]
        assert all(text in raw for text, raw in zip(batch.texts, raws, strict=True))


@pytest.mark.parametrize("split", ["line", "blank"])
def test_ids(split: str) -> None:
    """The id of a paragraph is its input and its number from 1, with rejected ones counted. It has no time."""
    data = b"one\n\n" + b"x" * 50 + b"\n\ntwo\n\n"
    batches, rejected = parsed(data, split, max_bytes=20)
    labels = [label for batch in batches for label in batch.labels()]
    long = 3 if split == "line" else 2
    ordinals = [1, 2, 4, 5, 6] if split == "line" else [1, 3]
    assert labels == [Label(f"feed:{ordinal}", None, "feed") for ordinal in ordinals]
    assert [(part.name, part.ordinal, part.reason) for part in rejected if part.reason] == [
        ("feed", long, "longer than max-bytes 20")
    ]
    assert {part.ordinal for part in rejected} == {long}
    assert batches[0].fields(0) == {"id": "feed:1", "text": "one"}


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"", "text"), (b'{"text": 1}', "jsonl"), (b"\xef\xbb\xbf \n\t{", "json"), (b"[1]", "text"), (b"a {", "text")],
)
def test_guess(head: bytes, expected: str) -> None:
    """An input that begins with an object is JSON Lines, anything else is text."""
    assert guess(head) == expected


def test_read(tmp_path: Path) -> None:
    """`read` yields the paragraphs of a file in the detected format."""
    path = tmp_path / "feed.txt"
    path.write_bytes(b"one\r\n\xff\n")
    assert list(read(path)) == [
        Paragraph("one", f"{path}:1", None, str(path)),
        Paragraph("\udcff", f"{path}:2", None, str(path)),
    ]
    path.write_bytes(b"one\nmore\n\ntwo")
    assert [paragraph.text for paragraph in read(str(path), split="blank")] == ["one\nmore", "two"]
    path.write_bytes(b'{"body": "one", "n": 4, "at": "2025-11-04"}\n{"body": ["two", "three"]}\n')
    fields = {"text_field": "body", "id_field": "n", "time_field": "at"}
    assert list(read(path, **fields)) == [  # type: ignore[arg-type]  # fields of many types
        Paragraph("one", "4", "2025-11-04", str(path)),
        Paragraph("two", f"{path}:2#1", None, str(path)),
        Paragraph("three", f"{path}:2#2", None, str(path)),
    ]
    assert next(read(path, format="text")).text.startswith('{"body"')


def test_read_rejected(tmp_path: Path) -> None:
    """An invalid record raises an InputError with its place, or goes to `rejected`."""
    path = tmp_path / "feed.jsonl"
    path.write_bytes(b'{"text": "one"}\nnot json\n{"text": "two"}\n')
    with pytest.raises(DedupError, match=r"feed\.jsonl:2: not valid JSON"):
        list(read(path))
    rejected: list[RejectedInput] = []
    assert [paragraph.text for paragraph in read(path, rejected=rejected.append)] == ["one", "two"]
    assert [(part.ordinal, part.raw) for part in rejected] == [(2, b"not json\n")]


def test_read_a_missing_file(tmp_path: Path) -> None:
    """A missing file and a directory raise an InputError that names them."""
    for path in (tmp_path / "missing.txt", tmp_path):
        with pytest.raises(DedupError, match=path.name):
            list(read(path))
