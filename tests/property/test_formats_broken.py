"""Samples of every format, damaged in many ways: everything lost is reported."""

import io
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup import DedupError
from dedup.formats.base import RejectedInput, Source
from dedup.formats.html import Blocks
from dedup.formats.reading import records

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
NAMES = ["liveblog.txt", "wire.jsonl", "articles.jsonl", "harbour.csv", "harbour.json", "harbour.rss", "harbour.rdf",
         "harbour.atom", "harbour.html"]  # fmt: skip
WHOLE = {name: (SAMPLES / name).read_bytes() for name in NAMES}
WHOLE["array.json"] = b"[" + b",".join(WHOLE["wire.jsonl"].splitlines()) + b"]\n"
TOKENS = [b"<item>", b"</item>", b"<entry>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<", b">", b"&", b'"', b"\0",
          b"\xff", b"\n\n", b"{", b"}", b"[", b"]", b",", b"<svg>", b"<table>", b"&#xD800;", b"&#99999999;",
          b"\\ud800", b"1e999", b"<media:height/>", b"\xef\xbb\xbf"]  # fmt: skip


def broken(data: bytes, draw: Random) -> bytes:
    """The bytes with some of them changed, removed, repeated or inserted."""
    found = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(len(found) + 1)
        end = min(len(found), start + draw.choice([1, 5, 50, 1000]))
        match draw.randrange(5):
            case 0:
                found[start:end] = draw.randbytes(draw.choice([0, 1, 3]))
            case 1:
                del found[start:]
            case 2:
                found[start:start] = found[start:end]
            case 3:
                found[start:start] = draw.choice(TOKENS) * draw.choice([1, 1, 30])
            case 4:
                del found[:start]
    return bytes(found)


def content(data: bytes) -> Counter[int]:
    """The content of some bytes, without what may separate records."""
    return Counter(data) - Counter(dict.fromkeys(b" \t\r\n\v\f,[]\xef\xbb\xbf", len(data)))


@pytest.mark.parametrize("name", WHOLE)
@given(st.randoms(use_true_random=False), st.sampled_from([4 << 20, 300]))
def test_nothing_is_lost(name: str, draw: Random, max_bytes: int) -> None:
    """Every byte of a damaged input comes out or is rejected, or the whole input is refused in one line."""
    data = broken(WHOLE[name], draw)
    out = b""
    page = False
    with suppress(DedupError):
        for batch in records(io.BytesIO(data), Source("feed", max_bytes=max_bytes)):
            if isinstance(batch, RejectedInput):
                assert "\n" not in str(batch)
                out += batch.raw
            else:
                page = page or isinstance(batch, Blocks)
                some = np.arange(len(batch.texts)) % 2 == 0
                batch.select(some)
                assert len(batch.labels()) == len(batch.texts)
                assert all(batch.fields(k)["text"] is not None for k in range(len(batch.texts)))
                out += batch.header + b"".join(batch.select(np.ones_like(some)))
        # A page is written from its tree, so its bytes may differ if something was removed.
        assert page or not content(data) - content(out)
