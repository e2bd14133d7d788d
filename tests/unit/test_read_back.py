"""Real feeds and pages: every item is read, and the output reads back the same.

`--documents FOLDER` names a folder of feeds and pages, plain or compressed by gzip, to use instead of the sample feeds.
"""

import gzip
import io
import json
import re
from itertools import groupby
from pathlib import Path

import feedparser
import numpy as np
import pytest

from dedup.formats.base import Records, RejectedInput, Source
from dedup.formats.feed_items import Items
from dedup.formats.reading import records

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
KINDS = {".rss", ".rdf", ".atom", ".json", ".html"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per document."""
    folder = metafunc.config.getoption("documents")
    found = folder.rglob("*") if folder else (path for path in SAMPLES.iterdir() if path.suffix in KINDS)
    files = sorted(path for path in found if path.is_file())
    assert files
    metafunc.parametrize("path", files, ids=lambda path: path.name)


def read(data: bytes) -> tuple[Records, list[RejectedInput]]:
    """The records of a document, and the rejected input."""
    batches = list(records(io.BytesIO(data), Source("document")))
    (found,) = (batch for batch in batches if isinstance(batch, Records))
    return found, [batch for batch in batches if isinstance(batch, RejectedInput)]


def titles(data: bytes) -> list[str | None]:
    """The titles of a feed's items, as feedparser reads them."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return [item.get("title") for item in json.loads(data)["items"]]
    return [entry.get("title") for entry in feedparser.parse(io.BytesIO(data)).entries]


def test_reads_back(path: Path) -> None:
    """A document without some of its records reads back with exactly the others."""
    data = path.read_bytes()
    data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    found, rejected = read(data)
    if isinstance(found, Items):
        expected = titles(data)
        names = (re.sub(r"#(?:[0-9]+|title)\Z", "", label.id) for label in found.labels())
        sizes = [len(list(same)) for _, same in groupby(names)]
        assert len(sizes) + len(rejected) == len(expected)
        assert found.select(np.ones(len(found.texts), bool)) == [data]
        wanted = np.repeat(np.arange(len(sizes)) % 2 == 0, sizes)
        (left,) = found.select(wanted)
        assert titles(left) == expected[::2]
        choices = [wanted]
    else:
        places = np.arange(len(found.texts))
        first = {text: place for place, text in reversed(list(enumerate(found.texts)))}
        choices = [places % 2 == 0, places % 3 > 0, places == [first[text] for text in found.texts]]
    for wanted in choices:
        if wanted.any():
            (left,) = found.select(wanted)
            assert read(left)[0].texts == [
                text for text, keep in zip(found.texts, wanted.tolist(), strict=True) if keep
            ]
