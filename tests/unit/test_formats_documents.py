"""Several feeds and pages in one input."""

import codecs
import io
import json
import random
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dedup import DedupError
from dedup.formats.base import RejectedInput, Source
from dedup.formats.reading import records

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
XML = b'<?xml version="1.0" encoding="utf-8"?>\n'
DOCUMENTS = {
    **{kind: (SAMPLES / f"harbour.{kind}").read_bytes() for kind in ("rss", "rdf", "atom", "json", "html")},
    "bare": b"<rss version='2.0'><channel><title>Bare</title>"
    b"<item><title>A &lt;rss version='2.0'&gt;</title></item></channel></rss>",
    "cdata": XML + b"<rss version='0.91'><channel><title>How to</title><item><description><![CDATA["
    b"<?xml version='1.0'?><rss version='2.0'> begins a feed, </rss> ends it"
    b"]]></description></item></channel></rss><!-- cached -->",
    "prefixed": XML + b"<!-- <feed> --><a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:title>Pre</a:title>"
    b"<a:entry><a:id>p</a:id><a:title>Fixed</a:title></a:entry></a:feed>",
    "line json": b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1", "title": "Line", '
    b'"items": [{"id": "l", "content_text": "A <rss>"}]}',
    "script html": b"<!DOCTYPE html><script>x = '</html><!doctype html>'</script><p>A page without an end\n",
}
FEEDS = [name for name in DOCUMENTS if not name.endswith("html")]


def read(data: bytes, format: str = "auto") -> tuple[list[tuple[bytes, str | None]], list[RejectedInput], bytes]:
    """Each paragraph with its source, the rejected input, and the output if everything is wanted."""
    paragraphs: list[tuple[bytes, str | None]] = []
    rejected = []
    out = b""
    for batch in records(io.BytesIO(data), Source("input"), format):
        if isinstance(batch, RejectedInput):
            rejected.append(batch)
        else:
            paragraphs += zip(batch.texts, batch.labels().sources, strict=True)
            out += b"".join(batch.select(np.ones(len(batch.texts), bool)))
    return paragraphs, rejected, out


@pytest.mark.parametrize(("first", "second"), list(product(DOCUMENTS, repeat=2)))
@pytest.mark.parametrize("between", [b"", b"\n", b" \r\n\r\n\xef\xbb\xbf"])
def test_two_documents(first: str, second: str, between: bytes) -> None:
    """Two documents are read like single ones, with their own sources, and come out unchanged."""
    if first == "script html" and second.endswith("json"):
        between = b"\n" + between  # a page has no other end
    data = DOCUMENTS[first] + between + DOCUMENTS[second]
    paragraphs, rejected, out = read(data)
    assert rejected == []
    assert paragraphs == read(DOCUMENTS[first])[0] + read(DOCUMENTS[second])[0]
    assert out == data


@given(st.lists(st.sampled_from(FEEDS), min_size=2, max_size=5), st.randoms())
def test_many_feeds(names: list[str], randoms: random.Random) -> None:
    """In any number of feeds, each item has an id of its own, and is read as in its own feed."""
    data = b"".join(DOCUMENTS[name] + randoms.choice([b"", b"\n", b"\xef\xbb\xbf"]) for name in names)
    assert read(data)[0] == [paragraph for name in names for paragraph in read(DOCUMENTS[name])[0]]
    nameless = b"".join(b"<rss version='2.0'><channel><item><title>a b</title></item></channel></rss>" for _ in names)
    ids = [label.id for batch in records(io.BytesIO(nameless), Source("x")) for label in batch.labels()]  # type: ignore[union-attr]  # nothing is rejected
    assert ids == [f"x:{k}" for k, _ in enumerate(names, 1)]


@pytest.mark.parametrize("encodings", list(product(["utf-8", "iso-8859-1", "utf-16-le", "utf-16-be"], repeat=2)))
def test_encodings(encodings: tuple[str, str]) -> None:
    """Each document is read in its own encoding, declared or by its byte order mark."""
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    data = b""
    for k, encoding in enumerate(encodings):
        text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-le").removesuffix("-be")}"?>'
        text += "<rss version='2.0'><channel>"
        text += f"<title>Zwölf {k}</title><item><title>Äpfel {k}</title></item></channel></rss>\n"
        data += marks.get(encoding, b"") + text.encode(encoding)
    paragraphs, rejected, out = read(data)
    assert paragraphs == [(f"Äpfel {k}".encode(), f"Zwölf {k}") for k in (0, 1)]
    assert (rejected, out) == ([], data)


KINDS = {
    "rss": "<rss version='2.0'><channel><title>S</title><item><guid>1</guid><title>{0} one</title></item>"
    "<item><guid>2</guid><title>{0} two</title></item>|</channel></rss>",
    "atom": "<feed xmlns='http://www.w3.org/2005/Atom'><title>S</title><entry><id>1</id><title>{0} one</title></entry>"
    "<entry><id>2</id><title>{0} two</title></entry>|</feed>",
    "rdf": "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
    "<channel><title>S</title></channel><item><title>{0} one</title></item>"
    "<item><title>{0} two</title></item>|</rdf:RDF>",
    "json feed": '{{"version": "https://jsonfeed.org/version/1.1", "title": "S", "items": [{{"id": 1, '
    '"content_text": "{0} one"}}, {{"id": 2, "content_text": "{0} two"}}|]}}',
    "late version": '{{"title": "S", "author": {{"name": "A"}},\n"version": "https://jsonfeed.org/version/1", '
    '"items": [{{"id": 1, "content_text": "{0} one"}}, {{"id": 2, "content_text": "{0} two"}}|]}}',
    "page": "<!DOCTYPE html><html><body><p>{0} one</p><p>{0} two</p>|</body></html>",
}
MARKS = {"utf-8": b"", "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
BUILT = st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(sorted(MARKS)), st.sampled_from(["", "item", "end"]))


def built(kind: str, encoding: str, cut: str, name: str) -> bytes:
    """A document of two items: whole, cut within the second one, or cut after it."""
    text = KINDS[kind].format(name)
    whole = text.replace("|", "")
    text = {"": whole, "item": text[: text.index(f"{name} two") + 3], "end": text.partition("|")[0]}[cut]
    return MARKS[encoding] + text.encode(encoding)


@example([("atom", "utf-8", "end"), ("late version", "utf-8", "")], b"")
@example([("page", "utf-16-le", ""), ("rss", "utf-16-le", "")], b"")
@example([("rss", "utf-16-le", ""), ("rss", "utf-16-le", "")], b"\n")
@example([("rss", "utf-16-be", ""), ("json feed", "utf-8", "")], b"")
@example([("json feed", "utf-8", "item"), ("json feed", "utf-8", "")], b"")
@given(st.lists(BUILT, min_size=1, max_size=3), st.sampled_from([b"", b"\n", b" \r\n"]))
def test_documents_of_all_kinds(kinds: list[tuple[str, str, str]], between: bytes) -> None:
    """Each item of any documents, in any encoding, whole or cut, is read on its own, or is in a rejection."""
    documents = [built(*kind, f"Document{k}") for k, kind in enumerate(kinds)]
    paragraphs, rejected, out = read(between.join([b"", *documents]) + between)
    texts = {text for text, _ in paragraphs}
    lost = b"".join(part.raw for part in rejected).replace(b"\0", b"")
    for k, (kind, _, cut) in enumerate(kinds):
        expected = [f"Document{k} one"] + [f"Document{k} two"] * (cut != "item")
        assert all(text.encode() in texts or text.encode() in lost for text in expected)
        if cut and kind != "page":
            assert rejected
        elif not any(cut for _, _, cut in kinds):
            assert {text.encode() for text in expected} <= texts
    if not any(cut for _, _, cut in kinds):
        assert rejected == []
        if not any(kind.startswith(("json", "late")) and encoding != "utf-8" for kind, encoding, _ in kinds):
            assert out.replace(between, b"") == b"".join(documents).replace(between, b"")


@pytest.mark.parametrize("name", ["title", "content_text", "summary"])
def test_an_item_with_two_values(name: str) -> None:
    """An item of a JSON Feed with two different values of one name is rejected. Two equal values are one."""
    item = b'{"id": 1, "content_text": "Ferries sail", "title": "Sea", "summary": "Ferries", "%s": "x", "%s": "%s"}'
    feed = b'{"version": "https://jsonfeed.org/version/1", "items": [' + item.replace(b"Ferries sail", b"Ferries stop")
    feed = (feed + b", " + item + b"]}") % (*(name.encode(),) * 2, b"x", *(name.encode(),) * 2, b"y")
    _, rejected, _ = read(feed)
    assert [part.reason for part in rejected] == [f"{name!r} occurs twice with different values"] * 2
    once = b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": 1, "%s": "x", "%s": "x"}]}'
    paragraphs, rejected, _ = read(once.replace(b"%s", name.encode()))
    assert (paragraphs, rejected) == ([(b"x", "input")], [])


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "page"])
def test_cut_after_an_item(kind: str, encoding: str) -> None:
    """A feed that ends after an item, without its closing tag, is reported. Its items are read, and come out whole."""
    whole, cut = (built(kind, encoding, how, "A") for how in ("", "end"))
    paragraphs, rejected, out = read(cut)
    assert paragraphs == read(whole)[0]
    assert len(rejected) == 1
    assert "without its closing tag" in str(rejected[0]) or "has no end" in str(rejected[0])
    assert read(out)[0] == paragraphs
    assert read(out)[1] == []
    if kind.endswith(("json feed", "version")):
        paragraphs, rejected, out = read(whole.removesuffix("}".encode(encoding)))
        assert (paragraphs, len(rejected)) == (read(whole)[0], 1)
        assert read(out)[:2] == (paragraphs, [])


@pytest.mark.parametrize("first", ["rss", "cdata", "rdf", "atom", "json"])
@pytest.mark.parametrize("second", DOCUMENTS)
def test_after_a_cut_feed(first: str, second: str) -> None:
    """A feed that is cut at any place within an item takes no item of the next document with it."""
    begin = DOCUMENTS[first].index(
        b'"content_html"' if first == "json" else b"<description" if first != "atom" else b"<content"
    )
    for at in range(begin, begin + 100, 7):
        between = b"\n" if first == "json" else b""
        paragraphs, rejected, out = read(DOCUMENTS[first][:at] + between + DOCUMENTS[second])
        whole = read(DOCUMENTS[second])[0]
        if DOCUMENTS[second] in b"".join(part.raw for part in rejected):
            continue
        assert paragraphs[-len(whole) :] == whole
        assert rejected
        assert DOCUMENTS[second] in out


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize(
    "junk",
    [
        b"<br />\n<b>Warning</b>:  x in <b>/y.php</b> on line <b>12</b><br />\n",
        b"\nWarning: x in /y.php on line 12\n",
        b"PHP Deprecated:  x in /y.php on line 12\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
    ],
)
def test_server_output_before_a_document(name: str, junk: bytes) -> None:
    """A document after a warning or headers is read normally. Those are rejected in one line, byte for byte."""
    paragraphs, rejected, out = read(junk + DOCUMENTS[name])
    if name.endswith("html") and junk.startswith(b"<"):
        assert paragraphs[-1] == read(DOCUMENTS[name])[0][-1]  # a page may begin in any way
        return
    assert paragraphs == read(DOCUMENTS[name])[0]
    assert [part.raw for part in rejected] == [junk]
    assert " comes before a " in str(rejected[0])
    assert "\n" not in str(rejected[0])
    assert out == DOCUMENTS[name]


@pytest.mark.parametrize(
    "junk",
    [
        b"<b>Warning</b>: \x1b[31m x\n",
        b"just words\n",
        b"<?xml version='1.0'?><urlset><url/></urlset>\n",
        b'{"text": "a record"}\n',
        b"<p>a piece of a page</p>\n",
    ],
)
def test_text_between_documents_is_rejected(junk: bytes) -> None:
    """Anything else is rejected, before, between and after documents that are read."""
    feed = DOCUMENTS["rss"] + b"\n"
    for data in (feed + junk + feed, feed + junk):
        paragraphs, rejected, out = read(data)
        assert paragraphs == read(feed)[0] * data.count(feed)
        assert [part.raw for part in rejected] == [junk]
        assert str(rejected[0]).startswith("input: “")
        assert str(rejected[0]).isprintable()
        assert out == feed * data.count(feed)


def test_named_formats() -> None:
    """If a format is named, every document is read in that format, or rejected."""
    feed, page = DOCUMENTS["bare"], DOCUMENTS["html"]
    paragraphs, rejected, _ = read(feed + page + feed, "feed")
    assert paragraphs == read(feed)[0] * 2
    assert [(part.raw, part.reason) for part in rejected] == [
        (page, "this is not a readable feed; name its format with --format")
    ]
    assert len(read(page + page, "html")[0]) == 2 * len(read(page)[0])
    with pytest.raises(DedupError, match=r"^input: this is not a readable feed"):
        read(b"just words", "feed")
    assert [text for text, _ in read(b"just words", "html")[0]] == [b"just words"]


def test_a_page_that_shows_a_feed() -> None:
    """A page that contains the source of a feed is one page."""
    shown = json.dumps(DOCUMENTS["rss"].decode()).encode().replace(b"<", b"&lt;")
    page = (
        b"<!DOCTYPE html><html><body><pre>"
        + shown
        + b"</pre><p>It begins with <rss version='2.0'>:</p><p>So it is.</p></body></html>\n"
    )
    assert read(page)[0][-1] == (b"So it is.", "input")
    assert read(page)[2] == page
