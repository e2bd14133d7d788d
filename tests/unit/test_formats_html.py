"""Pages: their blocks of text, and the page without some of them."""

import io
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup import DedupError
from dedup.formats.base import Records, Source
from dedup.formats.html import Page, encoding_of
from dedup.formats.reading import records

PAGE = (Path(__file__).parents[2] / "sample_feeds" / "harbour.html").read_bytes()


def batch(data: bytes, **fields: object) -> Records:
    """The one batch of a page."""
    (found,) = records(io.BytesIO(data), Source("page", **fields), "html")  # type: ignore[arg-type]  # fields of many types
    assert isinstance(found, Records)
    return found


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<p>one</p><p>two</p>", ["one", "two"]),
        ("a &amp; b&nbsp;c &lt;d&gt; &eacute;&#8212;", ["a & b c <d> é—"]),
        ("<p>a <b>bold</b> <i>w<u>or</u>d</i></p>", ["a bold word"]),
        ("one<br>and two<br><br/>three", ["one and two", "three"]),
        ("one<br> \n <br>two", ["one", "two"]),
        ("<ul><li>one<li>two <ul><li>inner</ul> after</ul>", ["one", "two", "inner", "after"]),
        ("<table><tr><td>a<td>b<tr><td><p>c</p><td>d</table>", ["a b", "c", "d"]),
        ("<div>one<p>two</p>three</div>", ["one", "two", "three"]),
        ("one<hr>two", ["one", "two"]),
        ("<script>x</script>t<style>y</style><template>z</template><noscript>n</noscript><!-- c -->u", ["tu"]),
        ("<p hidden>x</p><p style='color:red; DISPLAY : none'>y</p><p style='display:block'>z</p>", ["z"]),
        ("<title>t</title><body>b", ["b"]),
        ("<p>never closed <b>at all", ["never closed at all"]),
        ("<![CDATA[x]]>y<?php z ?>", ["y"]),
        ("", []),
        ("<p> &nbsp; </p>", []),
        ("<b>" * 5000 + "deep", ["deep"]),
    ],
)
def test_blocks(html: str, texts: list[str]) -> None:
    """Blocks begin and end as a reader sees them, and contain the visible text."""
    assert Page(html).texts == texts


def test_split_at_each_break() -> None:
    """With `line`, each line break ends a block."""
    assert Page("one<br>two<br><br>three", "line").texts == ["one", "two", "three"]


def test_sample() -> None:
    """The sample has its blocks in order, and their ids are their numbers on the page."""
    found = batch(PAGE)
    assert found.texts[:4] == [b"Home", b"Tides", b"Drawbridge opens again", found.texts[6]]
    assert found.texts[-2:] == [b"Low 12:22", b"Home"]
    assert found.labels()[9] == ("page:10", None, "page")
    assert found.fields(9) == {"id": "page:10", "source": "page", "text": "Home"}


def test_all_none_and_some() -> None:
    """A page comes out byte for byte, or not at all, or without its unwanted blocks and the elements left empty."""
    found = batch(PAGE)
    wanted = np.ones(len(found.texts), bool)
    assert found.select(wanted) == [PAGE]
    assert found.select(~wanted) == []
    wanted[[6, 9]] = False
    (left,) = found.select(wanted)
    assert batch(left).texts == found.texts[:6] + found.texts[7:9]
    assert b"<footer>" not in left
    assert b"let said" in left
    assert left.startswith(b"<!DOCTYPE html>")


INLINE = st.sampled_from(
    ["one", "two three", " ", "\n", "<b>bold</b>", "<br>", "<br><br>", "<!-- c -->", "<i> </i>", "&lt;"]
)
TAGS = ["p", "div", "ul", "li", "table", "tr", "td", "span", "a", "h1", "article", "form"]
MARKUP = st.recursive(
    INLINE,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>", st.sampled_from(TAGS), st.lists(inner)
    ),
    max_leaves=25,
)


@given(st.lists(MARKUP, max_size=6).map("".join), st.randoms())
def test_a_page_without_some_blocks(html: str, random: Random) -> None:
    """A page without some blocks has exactly the others, however it is nested."""
    page = Page(html)
    wanted = [random.random() < 0.5 for _ in page.texts]
    kept = [text for text, keep in zip(page.texts, wanted, strict=True) if keep]
    for left in (page.page(wanted), page.keep_only(wanted)):
        assert Page(left).texts == kept


@pytest.mark.parametrize("html", ["a<div>x</div>b", "a<i><div>x</div></i>b", "<label>a</label><button>x</button>b"])
def test_separate_blocks_stay_separate(html: str) -> None:
    """If a block between two others is removed, they stay separate."""
    assert Page(Page(html).page([True, False, True])).texts == ["a", "b"]


def test_long_blocks() -> None:
    """A block over max_bytes is rejected and cut out of the page. Its neighbours stay in place."""
    long, found = records(io.BytesIO(b"<p>a</p><p>bbbb</p><p>c</p>"), Source("page", max_bytes=3), "html")
    assert (str(long), long.raw) == ("page:2: longer than max-bytes 3", b"bbbb")  # type: ignore[union-attr]  # it is rejected
    assert isinstance(found, Records)
    assert [label.id for label in found.labels()] == ["page:1", "page:3"]
    assert Page(found.select(np.ones(2, bool))[0].decode()).texts == ["a", "c"]
    assert found.select(np.zeros(2, bool)) == []


@pytest.mark.parametrize("open_", ["<div>", "<ul><li>", "<table><tr><td>", "<b><div></b>", "<div><table><td></div>"])
def test_too_deep(open_: str) -> None:
    """What is nested deeper than any page of people is refused, not read for minutes."""
    with pytest.raises(DedupError, match=r"^page: elements are nested more than 1000 deep; convert it"):
        batch((open_ * 100_000).encode())


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<select>" + "<option selected>x" * 50_000, "a list has more than 1000 options"),
        ("<p " + " ".join(f"a{k}=1" for k in range(50_000)) + ">x", "more than 1000 names of attributes"),
        ("".join(f"<p data-{k}='a b'>x" for k in range(50_000)), "more than 1000 names of attributes"),
    ],
)
def test_what_would_take_the_parser_too_long(html: str, reason: str) -> None:
    """Lists and attributes that would take quadratic time are refused."""
    with pytest.raises(DedupError, match=reason):
        batch(html.encode())


def test_many_short_lists_and_long_values_are_read() -> None:
    """Many lists of a few options, and values with many words, are no reason to refuse a page."""
    parts = ("<select><option>a<option>b</select>", "<p style='a b c d'>x", '<img alt="{}">')
    html = "".join(part.replace("{}", f"word{k}") for k in range(2000) for part in parts)
    assert len(Page(html).texts) == 2000


def test_not_too_deep() -> None:
    """Missing end tags, drawings, scripts and comments do not count as depth."""
    parts = ("<p>a", "<ul><li>b<li>c</ul>", "<br>", "<svg><path/></svg>", "<div><span>x</div>", "<p><font>y",
             "<!--<div>-->", "<script>'<div>'</script>", "<table><tr><td><div><td>d</table>", "</div>")  # fmt: skip
    assert len(Page("".join(part * 2000 for part in parts)).texts) > 2000


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("<p>é".encode(), "utf-8"),
        ("<meta charset=iso-8859-1><p>é".encode(), "utf-8"),
        ("<meta charset='ISO-8859-1'><p>é".encode("latin-1"), "cp1252"),
        ("<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>я".encode("cp1251"), "cp1251"),
        ("<meta charset=utf-8><p>é".encode("latin-1"), "cp1252"),
        ("<meta charset=no-such>é".encode("latin-1"), "cp1252"),
        ("<meta charset=gb2312>中".encode("gb2312"), "gb18030"),
        ("\ufeff<p>é".encode("utf-16-le"), "utf-16-le"),
        (b"plain", "utf-8"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    """The encoding is found whether it is declared, missing or wrong, and the page is written in it."""
    assert encoding_of(data) == encoding
    found = batch(data + "<p>A block — of its own".encode(encoding, "xmlcharrefreplace"))
    assert found.texts[0].decode() in ("é", "я", "中", "plain")
    assert found.texts[1].decode() == "A block — of its own"
    (left,) = found.select(np.array([True, False]))
    assert batch(left).texts == found.texts[:1]


def test_extract() -> None:
    """`extract` gives the main text only, one paragraph per line."""
    main = "".join(
        f"<p>Paragraph {k} of the report says more of the harbour than a menu ever could.</p>" for k in range(8)
    )
    page = f"<html><body><nav><a href=/>Home</a></nav><article>{main}</article><footer>Imprint</footer></body></html>"
    found = batch(page.encode(), extract=True)
    assert [text[:11] for text in found.texts] == [b"Paragraph %d" % k for k in range(8)]
    assert found.select(np.arange(8) == 1) == [found.texts[1] + b"\n"]
