"""What becomes of real feeds and pages: are all items read, and does what is left read back as it was?

    python -m benchmarks.formats [--feeds FOLDER] [--pages FOLDER]

A feed must have as many items as feedparser finds, come out byte for byte where everything is wanted, and without
every second item have the others. A page without some of its blocks (every second, the first of every three, those that
stood on it before) must have the others, in order. A file of which that is not so is named, with what differs.
"""

import argparse
import gzip
import io
import json
import sys
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import feedparser
import numpy as np
from numpy.typing import NDArray

from dedup.errors import InputError
from dedup.formats import records
from dedup.formats.base import Records, Rejected, Source
from dedup.formats.feed_items import Items


def read(data: bytes) -> tuple[Records, list[Rejected]]:
    """The records of a document, and what was rejected of it."""
    batches = list(records(io.BytesIO(data), Source("document")))
    (found,) = (batch for batch in batches if isinstance(batch, Records))
    return found, [batch for batch in batches if isinstance(batch, Rejected)]


def titles(data: bytes) -> list[str | None]:
    """The titles of a feed's items, by another reader."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return [item.get("title") for item in json.loads(data)["items"]]
    return [entry.get("title") for entry in feedparser.parse(io.BytesIO(data)).entries]


def wrong_feed(data: bytes) -> str | None:
    """What is wrong with how a feed is read or written; None where nothing is."""
    expected = titles(data)
    found, rejected = read(data)
    if not isinstance(found, Items):
        return "is taken for something else"
    names = (label.id.rpartition("#")[0] or label.id for label in found.labels())
    sizes = [len(list(same)) for _, same in groupby(names)]
    if len(sizes) + len(rejected) != len(expected):
        return f"has {len(sizes)} items and {len(rejected)} rejected ones, but feedparser has {len(expected)}"
    if found.select(np.ones(len(found.texts), bool)) != [data]:
        return "is changed where everything is wanted"
    wanted = np.repeat(np.arange(len(sizes)) % 2 == 0, sizes)
    (left,) = found.select(wanted)
    if titles(left) != expected[::2]:
        return "has other items without every second one"
    return differs(read(left)[0].texts, found.texts, wanted)


def wrong_page(data: bytes) -> str | None:
    """What is wrong with how a page is read or written; None where nothing is."""
    found, _ = read(data)
    places = np.arange(len(found.texts))
    first = {text: place for place, text in reversed(list(enumerate(found.texts)))}
    for wanted in (places % 2 == 0, places % 3 > 0, places == [first[text] for text in found.texts]):
        if wanted.any():
            (left,) = found.select(wanted)
            said = differs(read(left)[0].texts, found.texts, wanted)
            if said is not None:
                return said
    return None


def differs(left: Sequence[bytes], texts: Sequence[bytes], wanted: NDArray[np.bool_]) -> str | None:
    """Where what is left is not what was wanted."""
    kept = [text for text, keep in zip(texts, wanted.tolist(), strict=True) if keep]
    for place, (text, other) in enumerate(zip([*left, b""], [*kept, b""], strict=False), 1):
        if text != other:
            return f"reads back {text[:60]!r} for {other[:60]!r} at {place}"
    return None


def check(folder: Path, wrong: Callable[[bytes], str | None]) -> bool:
    """Print a line for each file that is read or written wrongly, and one for all; whether there was one."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    bad = 0
    for path in files:
        data = path.read_bytes()
        try:
            said = wrong(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
        except InputError as error:
            said = f"is refused: {error}"
        if said is not None:
            bad += 1
            print(f"{path.name} {said}", flush=True)
    print(f"{folder}: {len(files)} files, {bad} of them wrong", flush=True)
    return bad > 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Check both folders; the exit status is 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=Path, metavar="FOLDER")
    parser.add_argument("--pages", type=Path, metavar="FOLDER")
    options = parser.parse_args(arguments)
    wrong = [
        check(folder, how)
        for folder, how in ((options.feeds, wrong_feed), (options.pages, wrong_page))
        if folder is not None
    ]
    sys.exit(any(wrong))


if __name__ == "__main__":
    main()
