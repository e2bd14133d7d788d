"""Splitting bytes at line ends and blank lines, whatever the sizes of the reads."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.formats.byte_reader import Lines, Piece, chunks, lines
from dedup.formats.byte_reader import blocks as blocks_of_lines
from dedup.formats.input_files import extent

Cutter = Callable[["Feed", int], Iterator[list[bytes] | Piece]]


class Feed:
    """A file-like object whose reads return given pieces. It is not a file of the operating system."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = [part for part in parts if part]

    def read(self, size: int, /) -> bytes:
        """The next piece, or as much of it as requested."""
        if not self.parts:
            return b""
        part = self.parts.pop(0)
        if len(part) > size:
            self.parts.insert(0, part[size:])
        return part[:size]

    def fileno(self) -> int:
        """There is no file descriptor."""
        raise io.UnsupportedOperation("fileno")


def blocks(feed: Feed, limit: int) -> Iterator[Lines]:
    """The blocks of a feed."""
    return blocks_of_lines(lines(feed, limit), limit)


def lines_of(data: bytes) -> list[bytes]:
    """The lines of the whole input. A line ends with the longest line end that begins at a byte."""
    found = [b""]
    while data:
        end = next((end for end in (b"\r\r\n", b"\r\n", b"\n", b"\r") if data.startswith(end)), b"")
        found[-1] += end or data[:1]
        found += [b""] if end else []
        data = data[len(end) or 1 :]
    return found if found[-1] else found[:-1]


def blocks_of(data: bytes) -> list[bytes]:
    """The blocks of the whole input. Each ends with the first blank line after a line that is not blank."""
    found = [b""]
    filled = False
    for line in lines_of(data):
        found[-1] += line
        filled = filled or bool(line.strip())
        if filled and not line.strip():
            found.append(b"")
            filled = False
    return [block for block in found if block]


def joined(cut: list[list[bytes] | Piece]) -> list[tuple[bytes, bool]]:
    """Whole records, each with whether it came in pieces."""
    found: list[tuple[bytes, bool]] = []
    for item in cut:
        if isinstance(item, list):
            found += [(record, False) for record in item]
        elif item.first:
            found.append((item.data, True))
        else:
            found[-1] = (found[-1][0] + item.data, True)
    return found


parts = st.lists(st.binary(max_size=12) | st.text("ab \r\n", max_size=12).map(str.encode), max_size=20)
limits = st.sampled_from([1, 2, 5, 13, 1000])


@given(parts, limits)
def test_lines(given_: list[bytes], limit: int) -> None:
    """Every line comes whole with its end. Exactly the lines over the limit come in pieces."""
    found = joined(list(lines(Feed(given_), limit)))
    assert found == [(line, len(line) > limit) for line in lines_of(b"".join(given_))]


@given(parts)
def test_blocks(given_: list[bytes]) -> None:
    """If none is over the limit, blocks equal those of the whole input."""
    found = joined(list(blocks(Feed(given_), 10_000)))
    assert found == [(block, False) for block in blocks_of(b"".join(given_))]


@given(parts, limits)
def test_long_blocks(given_: list[bytes], limit: int) -> None:
    """Exactly the blocks over the limit come in pieces, whatever the reads."""
    data = b"".join(given_)
    found = joined(list(blocks(Feed(given_), limit)))
    assert b"".join(block for block, _ in found) == data
    assert found == joined(list(blocks(Feed([data]), limit)))
    if all(len(block) <= limit for block in blocks_of(data)):
        assert found == [(block, False) for block in blocks_of(data)]
    for block, long in found:
        assert len(block) > limit or not long


@pytest.mark.parametrize("cutter", [lines, blocks])
@given(given_=parts, limit=limits)
def test_nothing_is_lost_and_nothing_long_is_held(cutter: Cutter, given_: list[bytes], limit: int) -> None:
    """All bytes come out in order, no item is longer than the limit, and no batch is empty."""
    out = b""
    for item in cutter(Feed(given_), limit):
        if isinstance(item, list):
            assert item
            assert max(map(len, item)) <= limit
            out += b"".join(item)
        else:
            assert item.data
            out += item.data
    assert out == b"".join(given_)


@pytest.mark.parametrize("cutter", [lines, blocks])
def test_a_long_record_is_passed_on_in_pieces(cutter: Cutter) -> None:
    """At most the limit and one read of a long record are held in memory."""
    reads = 0

    class Counted(Feed):
        def read(self, size: int, /) -> bytes:
            nonlocal reads
            reads += 1
            return super().read(size)

    pieces = cutter(Counted([b"x" * 100] * 50), 250)
    for _ in range(40):
        before = reads
        piece = next(pieces)
        assert isinstance(piece, Piece)
        assert len(piece.data) <= 350
        assert reads - before <= 3


def test_lines_are_passed_on_at_once() -> None:
    """A complete line is passed on before the next read."""
    feed = Feed([b"one\n", b"two\nthr", b"ee\n"])
    cut = lines(feed, 100)
    assert next(cut) == [b"one\n"]
    assert feed.parts == [b"two\nthr", b"ee\n"]
    assert next(cut) == [b"two\n"]
    assert list(cut) == [[b"three\n"]]


def test_examples_of_line_ends() -> None:
    """A lone carriage return ends a line, which is passed on when the next byte shows that it is alone."""
    feed = Feed([b"one\r", b"two\rthree\r", b"\nfour\r\r", b"\nfive\r\r\r", b"six\n\r\r"])
    cut = lines(feed, 100)
    assert next(cut) == [b"one\r", b"two\r"]
    assert len(feed.parts) == 3
    assert [line for batch in cut for line in batch] == [  # type: ignore[union-attr]  # none is long
        b"three\r\n", b"four\r\r\n", b"five\r", b"\r", b"\r", b"six\n", b"\r", b"\r",
    ]  # fmt: skip


def test_examples_of_blocks() -> None:
    """A block ends with its first blank line. Further blank lines begin the next block, even at the end."""
    data = b"\n one\ntwo\n \t\n\n\r\nthree\r\n\r\nfour\rfive\r\rsix"
    assert list(blocks(Feed([data]), 100)) == [
        [b"\n one\ntwo\n \t\n", b"\n\r\nthree\r\n\r\n", b"four\rfive\r\r"],
        [b"six"],
    ]


def test_an_empty_input_has_no_chunks() -> None:
    """An empty input has no chunk, no line and no block."""
    assert list(chunks(Feed([]))) == []
    assert list(lines(Feed([]), 10)) == []
    assert list(blocks(Feed([]), 10)) == []


def test_the_first_chunks_are_short() -> None:
    """A long input comes in growing chunks, so that the first is judged soon, and no byte is lost."""
    data = bytes(range(256)) * (1 << 15)
    cut = list(chunks(io.BytesIO(data)))
    sizes = list(map(len, cut))
    assert b"".join(cut) == data
    assert sizes[0] < sizes[1] < sizes[-2] == max(sizes)


def test_extent(tmp_path: Path) -> None:
    """The size of a regular file is known. A pipe, or an object that is no file, has no known size."""
    path = tmp_path / "feed"
    path.write_bytes(b"one\ntwo\n")
    with path.open("rb", buffering=0) as file:
        assert extent(file) == (0, 8)
        file.read(3)
        assert extent(file) == (3, 8)
    ours, theirs = os.pipe()
    with open(ours, "rb", buffering=0) as pipe, open(theirs, "wb", buffering=0) as other:
        other.write(b"one")
        assert extent(pipe) == (0, 0)
    assert extent(pipe) == extent(Feed([b"one"])) == (0, 0)
