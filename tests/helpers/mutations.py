"""Samples of every format, and the ways in which they are damaged."""

import bz2
import gzip
import io
import lzma
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
NAMES = ["liveblog.txt", "wire.jsonl", "articles.jsonl", "harbour.csv", "harbour.json", "harbour.rss", "harbour.rdf",
         "harbour.atom", "harbour.html"]  # fmt: skip
#: The samples whose bytes come out as they came in, or are rejected, by name.
WHOLE = {name: (SAMPLES / name).read_bytes() for name in NAMES}
WHOLE["array.json"] = b"[" + b",".join(WHOLE["wire.jsonl"].splitlines()) + b"]\n"
TOKENS = [b"<item>", b"</item>", b"<entry>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<", b">", b"&", b'"', b"\0",
          b"\xff", b"\n\n", b"{", b"}", b"[", b"]", b",", b"<svg>", b"<table>", b"&#xD800;", b"&#99999999;",
          b"\\ud800", b"1e999", b"<media:height/>", b"\xef\xbb\xbf"]  # fmt: skip
_COMPRESSIONS: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress]


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


def parquet_table() -> bytes:
    """A small Parquet file."""
    import pyarrow
    from pyarrow import parquet

    file = io.BytesIO()
    texts = [None, *WHOLE["liveblog.txt"].decode().splitlines()]
    parquet.write_table(pyarrow.table({"id": [str(k) for k in range(len(texts))], "text": texts}), file)
    return file.getvalue()


def compressed(data: bytes, draw: Random) -> bytes:
    """The data in one or several compressed streams, one after the other."""
    compress, cut = draw.choice(_COMPRESSIONS), draw.randrange(len(data) + 1)
    return compress(data[:cut]) + compress(data[cut:])
