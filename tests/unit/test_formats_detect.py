"""Detection of the format from the first bytes."""

import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup import DedupError
from dedup.formats.base import Records, RejectedInput, Source
from dedup.formats.compression import decompressed
from dedup.formats.detect import guess, recognise
from dedup.formats.reading import records

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
PACKERS: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress, zstd.compress]


def packed(data: bytes) -> str:
    """The format inside compressed data."""
    inner = decompressed(io.BytesIO(data), data)
    assert inner is not None
    return guess(inner.read(1 << 20))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("liveblog.txt", "text"),
        ("wire.jsonl", "jsonl"),
        ("articles.jsonl", "jsonl"),
        ("harbour.rss", "feed"),
        ("harbour.rdf", "feed"),
        ("harbour.atom", "feed"),
        ("harbour.json", "feed"),
        ("harbour.html", "html"),
        ("harbour.csv", "csv"),
    ],
)
def test_samples(name: str, expected: str) -> None:
    """Each sample is detected, whole and from its beginning only."""
    data = (SAMPLES / name).read_bytes()
    assert guess(data) == expected
    assert guess(b"\xef\xbb\xbf\r\n " + data) == expected
    assert recognise(data[:300], False) in (expected, None)
    assert all(packed(pack(data)) == expected for pack in PACKERS)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"<?xml version='1.0'?>\n<!-- <html> -->\n<rss version='0.91'>", "feed"),
        (b"<!DOCTYPE rss [<!ENTITY a '<html>'>]><rss>", "feed"),
        (b"\n\n <?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'>", "feed"),
        (b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>", "feed"),
        (b"<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'>", "feed"),
        ("\ufeff<?xml version='1.0'?><rss>".encode("utf-16-le"), "feed"),
        ("<?xml version='1.0'?><rss>".encode("utf-16-be"), "feed"),
        (b'{"items": [], "version": "https:\\/\\/jsonfeed.org\\/version\\/1"}', "feed"),
        (b'{\n  "title": "x",\n  "items": [\n', "feed"),
        (b'{"text": "see \\"version\\": \\"https://jsonfeed.org/version/1\\""}\n', "jsonl"),
        (b'{"text": "one"}\n{"text', "jsonl"),
        (b'{"text": "\\ud800", "x": 1e400}\n', "jsonl"),
        (b'{"text": broken\n{"text": "one"}\n', "jsonl"),
        (b"{'text': 'one'}\n{\"text\": \"one\"}\n", "jsonl"),
        (b"{{Breaking}} Ferries sail\n", "text"),
        (b"{Update} Ferries sail", "text"),
        (b'{"Ferries"} sail\n', "text"),
        (b'{\n  "text": "one"\n}\n{\n  "text": "two"\n}\n', "json"),
        (b'{\n  "text": "o', "json"),
        (b'{"items": [{"id": "1", "content_text": "one"}]}', "feed"),
        (b'{\n"title": "x", "items": [\n{"id": "1", "content_html": "one"}]}', "feed"),
        (b'{"home_page_url": "x", "items": []}', "feed"),
        (b'{"items": [{"title": "a shoe"}], "id": 1}', "jsonl"),
        (b'{"items": [{"content_text": "one"}], "text": "two"}', "jsonl"),
        (b'["Reuters"] Ferries sail', "text"),
        (b'["Reuters"]\nFerries sail', "text"),
        (b"<b>Breaking</b> Ferries sail\nTrains stop\n", "text"),
        (b"<a href='x'>Ferries</a> sail", "text"),
        (b"<b>Ferries</b> sail<p>Trains stop", "html"),
        (b"<br />\n<b>Warning</b>: x in <b>y</b> on line <b>1</b><br />\n<rss version='2.0'>", "feed"),
        (b"<br />\n<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'>", "feed"),
        (b"PHP Warning: x in y on line 1\n<?xml version='1.0'?>\n<rss version='2.0'>", "feed"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n<!doctype html>", "html"),
        (b'HTTP/2 200\r\n\r\n{"version": "https://jsonfeed.org/version/1.1", "items": []}', "feed"),
        (b"A feed begins with <rss version='2.0'>\n", "text"),
        (b'url,text\nx,"\n<html>"', "csv"),
        (b' [\n {"text": "one"},', "json"),
        (b"[Reuters] Ferries sail", "text"),
        (b"<!doctype HTML>", "html"),
        (b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html>", "html"),
        (b"<div class='x'>words</div>", "html"),
        (b"<name> wrote:\n", "text"),
        (b"<3 this\n", "text"),
        (b"id,text\n1,one", "csv"),
        (b'\n"id";"text"\r\n1;one', "csv"),
        ("\ufeffid\ttext\n".encode(), "csv"),
        (b"text,more", "csv"),
        (b"text\none\n", "text"),
        (b"One text, and more\n", "text"),
        (b"HTTP/2 200 million times\nIt is used, and more\n", "text"),
        (b"Title, text\n", "text"),
        (b"id,body\n1,one", "csv"),
        (b"id,headline,body\n", "csv"),
        (b"id\theadline\tbody\r1\tOne", "csv"),
        (b"ID,Text\n", "csv"),
        (b"id|text\n", "csv"),
        (b"sep=;\r\nid;text\r\n", "csv"),
        (b'"SEP=|"\n', "csv"),
        (b'"text"\none\n', "csv"),
        (b'text\n"one, two"\nthree\n', "csv"),
        (b"id, text\n1, one\n", "csv"),
        (b"1,One said so\n2,Two said so\n", "csv"),
        (b'2025-11-04;"One; two"\n', "csv"),
        (b"One\tsaid so\nTwo\tsaid not\n", "csv"),
        (b"When,Full story\n4 Nov,One said so\n", "csv"),
        (b"id;text\rone;two\r", "csv"),
        (b"One said yes\tand so on\n", "text"),
        (b"Yes, he said\nNo, she said\nWell, they said\n", "text"),
        (b"Some 1,000 came\nSome 2,000 left\nSome 3,000 stayed\n", "text"),
        (b"We came; we saw\nThey came; they went\n", "text"),
        (b"06:00 | One said so\n07:00 | Two said so\n", "text"),
        (b"He is at B&amp;B\nShe is at B&amp;B\nThey are at B&amp;B\n", "text"),
        (b"\xe2\x80\xa2 oil prices;\n\xe2\x80\xa2 gas prices;\n\xe2\x80\xa2 coal prices;\n", "text"),
        (b'"We came," he said\n"We saw," she said\n', "text"),
        (b"Breaking,news\nOne said so, and two\n", "text"),
        (b'{"text": "one"}\r{"text": "two"}\r', "jsonl"),
        (b"<p>A fragment, text", "html"),
        (b"<rss version='2.0'/>", "feed"),
        (b"PAR1\x15\x04", "parquet"),
        (b"PAR1 is a word", "text"),
        (b"GIF8 is a word", "text"),
        (b"a\0b\n", "text"),
    ],
)
def test_heads(head: bytes, expected: str) -> None:
    """Prologs, prefixes, encodings and lookalikes are distinguished."""
    assert guess(head) == expected


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b'{"text": "one",}\n{"text": "two",}\n', "not valid JSON: trailing comma.*--format text.*jq -c"),
        (b"{'text': 'one'}\n", "not valid JSON.*--format text.*jq -c"),
        (b'["one", "two"]', "array of strings; jq"),
        (b'[\n"one",\n"two"]', "array of strings; jq"),
        (b"PK\x03\x04rest", "zip archive"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG image"),
        (b"SQLite format 3\0", "SQLite"),
        (b"x" * 257 + b"ustar\0", "tar archive"),
        (b"<?xml version='1.0'?><urlset>", "no feed begins with <urlset>"),
        (b"<?xml version='1.0'?>", "XML without an element"),
        (b'HTTP/1.1 200 OK\r\nA: b\r\n\r\n{"text": "one"}\n', "headers of an HTTP response.*curl does without -i"),
        (b"HTTP/2 200\nA: b\n\nid,text\n1,one\n", "headers of an HTTP response"),
        (b"HTTP/2 200 \r\nDate: Tue, 04 Nov 2025 06:00:00 GMT\r\nA: b\r\n\r\n[]", "headers of an HTTP response"),
        ("\ufeffwords".encode("utf-16-le"), "UTF-16 text; iconv"),
        ("\ufeffid,text\n".encode("utf-16-be"), "UTF-16 text; iconv"),
        (bytes(range(256)) * 2, "binary data"),
    ],
)
def test_foreign(head: bytes, said: str) -> None:
    """An input of an unsupported format is named, with a remedy and the name of the input."""
    with pytest.raises(DedupError, match=said):
        guess(head)
    with pytest.raises(DedupError, match=r"^some file: this (is|begins) "):
        list(records(io.BytesIO(head), Source("some file")))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"one line\n", "text"),
        (b"<name> wrote", "text"),
        (b"<na", None),
        (b"<!-- still", None),
        (b"<?xml version='1.0'?>", None),
        (b'{"text": "on', None),
        (b'{"text": "one",\n', None),
        (b'{"text": one}\n', None),
        (b"{Update} Ferries sail\n", "text"),
        (b"<b>Breaking</b> Ferries sail\n", "text"),
        (b"<b>Breaking</b> Ferries sail", None),
        (b"<br />\n", None),
        (b"Warning: x in y on line 1\n", None),
        (b"Warning: a storm comes\n", "text"),
        (b"HTTP/1.1 200 OK\r\n", None),
        (b'HTTP/1.1 200 OK\r\nA: b\r\n\r\n{"text": "one"}\n', None),
        (b"# exported 2026-01-02\n", None),
        (b"# exported 2026-01-02\n\n#\n", None),
        (b"#Halmere: ferries sail\n", "text"),
        (b"# exported 2026-01-02\nid,text\n", "csv"),
        (b"[", None),
        (b"id,te", None),
        (b"id,text\r1,one, and so on", "csv"),
        (b"One text, and\rmore, ", "text"),
        (b"a line without an end", None),
        (b"\xef\xbb\xbf\n", None),
    ],
)
def test_detection_waits_only_if_needed(head: bytes, expected: str | None) -> None:
    """A line of text is detected at once. A document may need more bytes."""
    assert recognise(head + b" " * (16 - len(head)) if expected == "text" else head, False) == expected


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes(head: bytes, complete: bool) -> None:
    """Any bytes are detected as a format or refused. Complete ones never wait for more."""
    with suppress(DedupError):
        assert recognise(head, complete) is not None or not complete


@pytest.mark.parametrize("pack", PACKERS, ids=["gzip", "bzip2", "xz", "zstd"])
def test_compressed(pack: Callable[[bytes], bytes]) -> None:
    """Compressed data are read like their contents, even in several parts, and one piece at a time."""
    data = (SAMPLES / "wire.jsonl").read_bytes()
    plain = list(records(io.BytesIO(data), Source("a")))
    assert isinstance(plain[0], Records)
    texts = [text for batch in records(io.BytesIO(pack(data)), Source("a")) for text in batch.texts]  # type: ignore[union-attr]  # nothing is rejected
    assert texts == plain[0].texts
    twice = [text for batch in records(io.BytesIO(pack(data) * 2), Source("a")) for text in batch.texts]  # type: ignore[union-attr]  # nothing is rejected
    assert twice == texts * 2
    bomb = decompressed(io.BytesIO(pack(bytes(1 << 24))), pack(bytes(1 << 24)))
    assert bomb is not None
    assert len(bomb.read(1000)) <= 1000


@pytest.mark.parametrize("pack", PACKERS, ids=["gzip", "bzip2", "xz", "zstd"])
def test_compressed_and_cut(pack: Callable[[bytes], bytes]) -> None:
    """Compressed data that end early are reported, and everything before the end is read."""
    data = b"".join(b"line %d of some text\n" % k for k in range(200_000))
    batches = list(records(io.BytesIO(pack(data)[:-7]), Source("feed")))
    assert isinstance(batches[-1], RejectedInput)
    assert (batches[-1].ordinal, batches[-1].raw) == (0, b"")
    assert str(batches[-1]).startswith("feed: broken ")
    read = b"".join(b"\n".join(batch.texts) for batch in batches if isinstance(batch, Records))
    assert data.startswith(read[:1000])
    assert len(read) > 10_000
    with pytest.raises(DedupError, match="feed: broken "):
        list(records(io.BytesIO(pack(b"one\n")[: 9 if pack is zstd.compress else 10]), Source("feed")))
