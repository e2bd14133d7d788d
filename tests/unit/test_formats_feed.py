"""Feeds: their items, and the feed without dropped items."""

import io
import json
import random
from itertools import compress
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from helpers.feeds import LONG, ids, parsed, rss
from hypothesis import given
from hypothesis import strategies as st

from dedup import DedupError
from dedup.formats.base import RejectedInput, Source
from dedup.formats.reading import records

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
RDF = (
    b'<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    b'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="c"><title>T</title><items><rdf:Seq>'
    b'<rdf:li rdf:resource="u1"/><rdf:li rdf:resource="u2"></rdf:li></rdf:Seq></items></channel>'
    b'<item rdf:about="u1"><title>one</title><link>u1</link></item>'
    b'<item rdf:about="u2"><title>two</title><link>u2</link></item></rdf:RDF>'
)
FEEDS = [(SAMPLES / f"harbour.{kind}").read_bytes() for kind in ("rss", "atom", "json")] + [RDF]


@pytest.mark.parametrize("data", FEEDS, ids=["rss", "atom", "json", "rdf"])
@given(st.randoms(), st.booleans())
def test_any_items(data: bytes, randoms: random.Random, trim: bool) -> None:
    """A feed of any wanted paragraphs contains exactly their items. With all of them, it is unchanged byte for byte."""
    items, rejected = parsed(data, trim=trim)
    assert rejected == []
    names = [label.id.partition("#")[0] for label in items.labels()]
    assert list(dict.fromkeys(names)) == ids(data)
    assert items.select(np.ones(len(names), bool)) == [data]
    wanted = [randoms.random() < 0.5 for _ in names]
    (left,) = items.select(np.array(wanted))
    kept = [text for text, keep in zip(items.texts, wanted, strict=True) if keep]
    assert ids(left) == list(dict.fromkeys(name for name, keep in zip(names, wanted, strict=True) if keep))
    if trim:
        assert set(kept) <= set(parsed(left)[0].texts)


def test_rdf_loses_dropped_items_from_its_list() -> None:
    """An item that is dropped from RDF is dropped from its list too."""
    (left,) = parsed(RDF)[0].select(np.array([False, True]))
    assert b"u1" not in left
    assert left.count(b"u2") == RDF.count(b"u2")


def test_fields() -> None:
    """A paragraph has the id, time, title and source of its item. The title comes after the text."""
    items, _ = parsed(FEEDS[0])
    assert items.labels()[0] == ("hh-1#1", "2031-11-04T06:00:00Z", "Harbour Herald")
    assert items.labels().ids == [
        "hh-1#1",
        "hh-1#2",
        "hh-1#title",
        "hh-2#1",
        "hh-2#2",
        "hh-2#title",
        "hh-3",
        "hh-3#title",
    ]
    fields = items.fields(6)
    assert (fields["id"], fields["title"]) == ("hh-3", "Drawbridge opens again")
    assert fields["text"].startswith("“The drawbridge")
    assert items.fields(7) == fields | {"id": "hh-3#title", "text": "Drawbridge opens again"}


@pytest.mark.parametrize(
    ("item", "texts"),
    [
        (f"<title>t</title><description>{LONG}</description>", [LONG, "t"]),
        ("<title>Nine die</title><description>Comments</description>", ["Comments", "Nine die"]),
        ("<title>Nine die</title>", ["Nine die"]),
        (f"<title/><description>{LONG}</description>", [LONG]),
        (f"<title>***</title><description>***</description><summary>{LONG}</summary>", [LONG]),
        (f"<title>The text of this item!</title><description>{LONG}</description>", [LONG]),
        (f"<title>{LONG[:50]}…</title><description>{LONG}</description>", [LONG]),
        (f"<title>It was said at len [...]</title><description>{LONG}</description>", [LONG]),
        (f"<title>It was said at len</title><description>{LONG}</description>", [LONG, "It was said at len"]),
        ("<title>Up 5%</title><description>Up 5 for now</description>", ["Up 5 for now", "Up 5%"]),
        ("<title>A &amp;amp;amp; &lt;b&gt;B&lt;/b&gt;</title>", ["A & B"]),
        ("<title><![CDATA[A &amp; <i>B</i>]]></title>", ["A & B"]),
        (
            f"<description>&amp;lt;p&amp;gt;{LONG}&amp;lt;/p&amp;gt;&amp;lt;p&amp;gt;b&amp;lt;/p&amp;gt;</description>",
            [LONG, "b"],
        ),
        (f"<description><![CDATA[&lt;p&gt;{LONG}&lt;/p&gt;&lt;p&gt;b&lt;/p&gt;]]></description>", [LONG, "b"]),
        (f"<description><p>{LONG}</p><p>b</p></description>", [LONG, "b"]),
        ("<description>if a &lt; b &amp;amp; b &lt; c</description>", ["if a < b & b < c"]),
        (f"<description><![CDATA[<p>{LONG}</p><p>a &amp; b</p>]]></description>", [LONG, "a & b"]),
        (f"<description>&lt;p&gt;{LONG}&lt;/p&gt;&amp;lt;x&gt;</description>", [LONG, "<x>"]),
        (f"<description>{LONG} &nbsp;&eacute;</description>", [f"{LONG} é"]),
        (f"<description>{LONG} AT&T</description>", None),
        (f"<x:y>undeclared</x:y><description>{LONG}</description>", [LONG]),
        (f"<!-- <item> --><description><![CDATA[<item>{LONG}</item>]]></description>", [LONG]),
    ],
)
def test_texts(item: str, texts: list[str] | None) -> None:
    """Entities, CDATA, markup, comments and mistakes are read as readers expect."""
    items, rejected = parsed(rss(item, f"<description>{LONG}</description>"))
    assert rejected == []
    if texts is not None:
        assert [text.decode() for text in items.texts] == [*texts, LONG]
    assert len(dict.fromkeys(label.id.partition("#")[0] for label in items.labels())) == 2


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        (encoding, declared)
        for encoding in ("utf-8", "iso-8859-1", "windows-1252", "utf-16")
        for declared in ("utf-8", "iso-8859-1", "utf-16", None)
        if (encoding, declared) != ("iso-8859-1", "utf-16")  # no declaration gives this encoding
    ],
)
def test_encodings(encoding: str, declared: str | None) -> None:
    """A feed is read in its real encoding, whatever it declares, and written in it."""
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = rss(f"<description>{LONG} Él</description>", "<title>zwölf</title>", head=head).decode()
    data = text.encode(encoding)
    items, _ = parsed(data)
    assert [found.decode() for found in items.texts] == [f"{LONG} Él", "zwölf"]
    (left,) = items.select(np.array([False, True]))
    assert left == data.replace(
        text[text.index("<item>") : text.index("<item><title>")].encode(encoding)[2 * (encoding == "utf-16") :], b""
    )


@pytest.mark.parametrize("data", FEEDS[:3], ids=["rss", "atom", "json"])
def test_cut(data: bytes) -> None:
    """The complete part of a feed that is cut anywhere comes out as a feed. The rest is rejected, byte for byte."""
    whole, _ = parsed(data)
    last = data.rindex(whole.texts[-1][-20:])
    items, rejected = parsed(data[:last])
    assert len(rejected) == 1
    assert data[:last].endswith(rejected[0].raw)
    assert rejected[0].ordinal == 3
    (left,) = items.select(np.ones(len(items.texts), bool))
    assert ids(left) == ids(data)[:2]


CUT = (
    b"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title><item><guid>a</guid><title>one</title></item>"
    b"\n<item a='b'><guid>b</guid><title>two</title></item><!-- > --></channel></rss>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_cut_anywhere(encoding: str) -> None:
    """Wherever XML is cut, the output begins with everything that is not rejected."""
    for size in range(CUT.index(b"<channel>"), len(CUT)):
        data = CUT[:size].decode().encode(encoding)
        if size < CUT.index(b"<item>") + len("<item>"):
            with pytest.raises(DedupError, match="the feed ends before its first item"):
                parsed(data)
            continue
        items, rejected = parsed(data)
        assert len(items.texts) == CUT[:size].count(b"</item>")
        (left,) = items.select(np.ones(len(items.texts), bool))
        rest = b"".join(part.raw for part in rejected)
        assert data.endswith(rest)
        assert left.decode(encoding).startswith(data.removesuffix(rest).decode(encoding).rstrip())
        fromstring(left.decode(encoding))  # noqa: S314  # written above


def test_no_entity_is_expanded(tmp_path: Path) -> None:
    """Entities that a feed declares are neither expanded nor fetched."""
    secret = tmp_path / "secret"
    secret.write_text("the secret word")
    nested = "".join(f'<!ENTITY e{k} "{f"&e{k - 1};" * 10}">' for k in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "ha">{nested}<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    items, _ = parsed(rss("<title>&e11; &x;</title><description>&e11;&x;</description>", head=head))
    assert sum(map(len, items.texts)) < 200
    assert not any(b"secret" in text or b"haha" in text for text in items.texts)


def test_long_items_and_documents() -> None:
    """An item over max_bytes is rejected, and its neighbours stay."""
    items, rejected = parsed(rss("<title>a</title>", f"<title>{'x' * 500}</title>", "<title>b</title>"), max_bytes=200)
    assert items.texts == [b"a", b"b"]
    assert [(part.ordinal, part.reason) for part in rejected] == [(2, "longer than max-bytes 200")]


def test_items_within_items() -> None:
    """Item tags in the wrong order lose no item and raise nothing."""
    items, rejected = parsed(
        b"<rss version='2.0'><channel><item><title>a</title><item><title>b</title></item></channel></rss>"
    )
    assert (items.texts, rejected) == ([b"a", b"b"], [])


def test_json_array() -> None:
    """An array of objects is read like JSON Lines, and comes out as an array."""
    data = b'[{"text": "one", "n": 1.50},\n {"text": ["two", "three"]}, {"x": 1}]'
    found = list(records(io.BytesIO(data), Source("feed")))
    assert isinstance(found[0], RejectedInput)
    assert (found[0].ordinal, found[0].raw) == (3, b'{"x": 1}')
    assert not isinstance(found[1], RejectedInput)
    assert found[1].texts == [b"one", b"two", b"three"]
    (left,) = found[1].select(np.array([True, False, True]))
    assert left.startswith(b'[{"text": "one", "n": 1.50},')
    assert json.loads(left) == [{"text": "one", "n": 1.5}, {"text": ["three"]}]


@given(st.lists(st.text('ab\n"é'), min_size=2), st.sampled_from([" ", "\n", "\r\n\n"]), st.randoms())
def test_json_objects_of_several_lines(texts: list[str], between: str, randoms: random.Random) -> None:
    """Objects over several lines are records, and come out byte for byte."""
    raws = [json.dumps({"text": [text or "a"]}, indent=2) + between for text in texts]
    (found,) = records(io.BytesIO("".join(raws).encode()), Source("feed"))
    assert not isinstance(found, RejectedInput)
    assert found.texts == [(text or "a").strip("\r\n").encode() for text in texts]
    wanted = [randoms.random() < 0.5 for _ in texts]
    assert "".join(part.decode() for part in found.select(np.array(wanted))) == "".join(compress(raws, wanted))


def test_json_objects_that_are_cut() -> None:
    """If objects end too early, the complete ones are read, and the rest is rejected."""
    data = b'{\n"text": "one"\n}\n{\n"text": "tw'
    batch, rejected = records(io.BytesIO(data), Source("feed"))
    assert not isinstance(batch, RejectedInput)
    assert batch.texts == [b"one"]
    assert isinstance(rejected, RejectedInput)
    assert (rejected.ordinal, rejected.raw) == (2, b'{\n"text": "tw')


def test_json_arrays_one_after_the_other() -> None:
    """Several arrays are read one after the other, and text after them is rejected."""
    *batches, rejected = records(io.BytesIO(b'[{"text": "one"}]\n[{"text": "two"},]\n junk ]'), Source("feed"))
    assert [batch.texts for batch in batches] == [[b"one"], [b"two"]]  # type: ignore[union-attr]  # nothing is rejected
    assert isinstance(rejected, RejectedInput)
    assert (str(rejected), rejected.raw) == ("feed:3: this is outside the array", b"junk ]")


@pytest.mark.parametrize("bad", ["&#xD800;", "&#99999999;", "&#1114112;"])
def test_references_to_no_character(bad: str) -> None:
    """An invalid character reference affects nothing else."""
    items, rejected = parsed(rss(f"<title>a {bad} b</title>", "<title>two</title>"))
    assert (items.texts, rejected) == (["a \ufffd b".encode(), b"two"], [])


def test_parser_errors() -> None:
    """An item on which the library fails is rejected alone."""
    items, rejected = parsed(rss("<title>a</title>", "<height><title>x</height>", "<title>b</title>"))
    assert items.texts == [b"a", b"b"]
    assert [(part.ordinal, part.reason) for part in rejected] == [(2, "this item cannot be read")]


def test_items_too_deep() -> None:
    """An item with markup nested too deep is rejected alone."""
    deep = "&lt;div&gt;" * 2000
    _, rejected = parsed(rss("<title>a</title>", f"<description>{deep}</description>"))
    assert [part.reason for part in rejected] == ["elements are nested more than 1000 deep"]
    feed = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "content_html": "<div>" * 2000}]}
    _, rejected = parsed(json.dumps(feed).encode())
    assert [part.reason for part in rejected] == ["elements are nested more than 1000 deep"]
