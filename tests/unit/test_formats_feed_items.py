"""The items of feeds, and which of their texts are judged."""

import json
import random

import numpy as np
import pytest
from helpers.feeds import LONG, parsed, rss
from hypothesis import given
from hypothesis import strategies as st

SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
TEXTS = ["description", "content:encoded", "media:description", "itunes:summary", "itunes:subtitle", "dc:description"]


@given(st.lists(st.sampled_from(TEXTS), min_size=1, unique=True), st.randoms())
def test_every_text_of_an_item_is_judged(names: list[str], randoms: random.Random) -> None:
    """Each text of an item is judged once, in any order. A text that repeats another one is left out."""
    elements = {name: f"{name.replace(':', '')} says {'more ' * randoms.randrange(9)}here" for name in names}
    group = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    items, _ = parsed(
        rss(f"{group}<title>News</title>", f"{group}<title>says</title>").replace(
            b"<rss ", b"<rss " + SPACES.encode() + b" "
        )
    )
    first, second = items._items
    assert sorted(first.texts) == sorted([*elements.values(), "News"])
    assert sorted(second.texts) == sorted(elements.values())
    excerpt = f"<content:encoded>{LONG}</content:encoded>" + "".join(
        f"<{name}>{LONG[:60]}…</{name}>" for name in names if name != "content:encoded"
    )
    items, _ = parsed(rss(excerpt).replace(b"<rss ", b"<rss " + SPACES.encode() + b" "))
    assert items.texts == [LONG.encode()]


@pytest.mark.parametrize(
    "item",
    [
        {"content_html": f"<p>{LONG}</p>", "content_text": LONG, "summary": "Another summary"},
        {"content_text": LONG, "summary": "Another summary"},
        {"content_html": f"&lt;p&gt;{LONG}&lt;/p&gt;", "summary": "Another summary"},
    ],
)
def test_every_text_of_a_json_item_is_judged(item: dict[str, str]) -> None:
    """The texts of an item of a JSON Feed are judged once each, and then its title."""
    feed = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "New &amp; old"} | item]}
    items, _ = parsed(json.dumps(feed).encode())
    assert items.texts == [LONG.encode(), b"Another summary", b"New & old"]
    assert items.labels().ids == ["1#1", "1#2", "1#title"]


def test_items_without_a_word() -> None:
    """An item without words is compared as a whole, byte for byte, and its text shows only what it contains."""
    items, _ = parsed(rss("<link>http://a/b</link>", "<link>http://a/b</link>", "<description>***</description>"))
    assert items.texts[0] == items.texts[1] != items.texts[2]
    assert [items.fields(k)["text"] for k in range(3)] == ["", "", "***"]


@pytest.mark.parametrize(
    "text",
    [
        f"&lt;p&gt;{LONG}&lt;/p&gt;***&lt;p&gt;b &amp;amp; b&lt;/p&gt;",
        f"&amp;lt;p&amp;gt;{LONG}&amp;lt;/p&amp;gt;***&amp;lt;p&amp;gt;b &amp;amp;amp; b&amp;lt;/p&amp;gt;",
        f"<![CDATA[<p>{LONG}</p>***<p>b &amp; b</p>]]>",
        f"<![CDATA[&lt;p&gt;{LONG}&lt;/p&gt;***&lt;p&gt;b &amp;amp; b&lt;/p&gt;]]>",
    ],
)
@pytest.mark.parametrize("element", ["description", "media:description", "itunes:summary", "content:encoded"])
def test_trimmed(text: str, element: str) -> None:
    """A paragraph is cut out of an item that stays, however often its markup is escaped."""
    data = rss(f"<title>t</title><{element}>{text}</{element}>").replace(b"<rss ", b"<rss " + SPACES.encode() + b" ")
    items, _ = parsed(data, trim=True)
    assert items.texts == [LONG.encode(), b"b & b", b"t"]
    (left,) = items.select(np.array([False, True, False]))
    assert parsed(left)[0].texts == [b"b & b", b"t"]
    (left,) = items.select(np.array([False, False, True]))
    assert parsed(left)[0].texts == [b"t"]
