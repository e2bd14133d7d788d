"""Titles of feed items through the real command. They are judged like other texts."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.feeds import ids, rss
from helpers.running import dedup

DESCRIPTION = (
    "Our reporters bring you the latest from the region with pictures, video and analysis through the day, and you can "
    "send us your questions at any time."
)
FIRST = "Premier Marrendal resigns after coalition collapses"
SECOND = "Ferry sinks off Sorrenia with 210 on board"
THIRD = "Central bank cuts key rate"
SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def rss_of(element: str, *items: tuple[str, str, str]) -> bytes:
    """An RSS feed of items (id, title, text), with the text in the given element."""
    return rss(
        *(f"<guid>{id_}</guid><title>{title}</title><{element}>{text}</{element}>" for id_, title, text in items)
    ).replace(b"<rss ", f"<rss {SPACES} ".encode())


def atom_of(element: str, *items: tuple[str, str, str]) -> bytes:
    """The same as Atom."""
    name = element.partition(" ")[0]
    entries = "".join(
        f"<entry><id>{id_}</id><title>{title}</title><{element}>{text}</{name}></entry>" for id_, title, text in items
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES}>{entries}</feed>'.encode()


def rdf_of(element: str, *items: tuple[str, str, str]) -> bytes:
    """The same as RDF."""
    inner = "".join(
        f'<item rdf:about="{id_}"><title>{title}</title><link>{id_}</link><{element}>{text}</{element}></item>'
        for id_, title, text in items
    )
    spaces = f'{SPACES} xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    return f"<rdf:RDF {spaces}><channel><title>T</title></channel>{inner}</rdf:RDF>".encode()


def json_of(element: str, *items: tuple[str, str, str]) -> bytes:
    """The same as JSON Feed."""
    made = [{"id": id_, "title": title, element: text} for id_, title, text in items]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": made}).encode()


Feed = Callable[..., bytes]
KINDS: list[tuple[Feed, str]] = [
    *((rss_of, name) for name in ("description", "content:encoded", "media:description", "itunes:summary")),
    *((atom_of, name) for name in ("summary", 'content type="html"', 'content type="xhtml"', "media:description")),
    (rdf_of, "description"),
    *((json_of, name) for name in ("content_text", "content_html", "summary")),
]


@pytest.mark.parametrize(("kind", "element"), KINDS)
def test_headlines(tmp_path: Path, kind: Feed, element: str) -> None:
    """Different headlines over one description are all news. A corrected headline is news; a repeated one is not."""
    (tmp_path / "1").write_bytes(
        kind(
            element,
            *((id_, title, DESCRIPTION) for id_, title in zip("abcd", [FIRST, SECOND, THIRD, FIRST], strict=True)),
        )
    )
    corrected = SECOND.replace("210", "212")
    (tmp_path / "2").write_bytes(kind(element, ("a", FIRST, DESCRIPTION), ("b", corrected, DESCRIPTION)))
    first, second, third = (dedup("filter", "--state", "s", *names, cwd=tmp_path) for names in ("1", "2", "12"))
    assert ids(first.stdout) == ["a", "b", "c"]
    assert ids(second.stdout) == ["b"]
    assert b", kept 0, " in third.stderr


@pytest.mark.parametrize(("kind", "element"), KINDS)
def test_titles_that_add_nothing(kind: Feed, element: str) -> None:
    """A title that repeats its own text, or has no words, neither brings an item back nor removes its text."""
    nothing = ["pictures, video", f"{DESCRIPTION[:40]}…", f"{DESCRIPTION[:43]} [...]", "***", "Breaking news"]
    items = [("a", "Breaking news", DESCRIPTION), *((f"b{k}", title, DESCRIPTION) for k, title in enumerate(nothing))]
    feed = kind(element, *items, ("c", THIRD, THIRD))
    run = dedup("filter", "--output-format", "jsonl", stdin=feed)
    found = [(item["id"], item["text"]) for item in map(json.loads, run.stdout.splitlines())]
    assert found == [("a", DESCRIPTION), ("a#title", "Breaking news"), ("c", THIRD)]


@pytest.mark.parametrize(("kind", "element"), KINDS)
def test_trimmed_headlines(kind: Feed, element: str) -> None:
    """With --trim, an item with only a new headline comes out without its known text."""
    run = dedup("filter", "--trim", stdin=kind(element, ("a", FIRST, DESCRIPTION), ("b", SECOND, DESCRIPTION)))
    assert ids(run.stdout) == ["a", "b"]
    assert run.stdout.count(DESCRIPTION.encode()) == 1


def test_a_changed_summary() -> None:
    """An item is news if any of its texts is. Its known texts are removed from the other items."""
    content = f"<content:encoded>{DESCRIPTION}</content:encoded>"
    summary = "<itunes:summary>{}</itunes:summary>"
    feed = rss(
        f"<guid>a</guid>{content}{summary.format(FIRST)}",
        f"<guid>b</guid>{content}{summary.format(SECOND)}",
        f"<guid>c</guid>{content}{summary.format(FIRST)}",
    ).replace(b"<rss ", f"<rss {SPACES} ".encode())
    assert ids(dedup("filter", stdin=feed).stdout) == ["a", "b"]


def test_two_feeds_on_one_stream() -> None:
    """Items of two feeds on standard input keep their own sources, and each feed comes out as a feed."""
    feeds = [
        rss_of("description", ("a", FIRST, DESCRIPTION)),
        b"\xef\xbb\xbf<?xml version='1.0'?>"
        + atom_of("summary", ("b", SECOND, DESCRIPTION)).replace(b"<entry>", b"<title>Other</title><entry>", 1),
        json_of("content_text", ("c", THIRD, DESCRIPTION)),
    ]
    run = dedup("filter", "--output-format", "jsonl", "--quiet", stdin=b"".join(feeds))
    assert (run.returncode, run.stderr) == (0, b"")
    found = [(item["id"], item["source"]) for item in map(json.loads, run.stdout.splitlines())]
    assert found == [("a", "T"), ("a#title", "T"), ("b#title", "Other"), ("c#title", "stdin")]
    assert dedup("filter", stdin=b"".join(feeds)).stdout == b"\n".join(feeds)


def test_a_warning_before_a_feed(tmp_path: Path) -> None:
    """Server output before a feed is reported and copied to --rejected, and gives the status 3. The feed is read."""
    junk = b"<br />\n<b>Warning</b>:  Cannot modify in <b>/f.php</b> on line <b>12</b><br />\n"
    feed = b"<?xml version='1.0'?>" + rss_of("description", ("a", FIRST, DESCRIPTION))
    run = dedup("filter", "--rejected", "e", stdin=junk + feed, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (3, feed)
    assert b"dedup: stdin: \xe2\x80\x9c<br /> <b>Warning</b>" in run.stderr
    assert (tmp_path / "e").read_bytes() == junk
