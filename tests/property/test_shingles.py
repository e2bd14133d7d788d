"""Shingle sets compared with slices of Python strings, and xxh32 with xxhash."""

from itertools import pairwise

import numba
import numpy as np
import pytest
import xxhash
from helpers.reference import slow_canonical, slow_shingles
from helpers.strategies import texts
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hostile import colliding_pairs
from dedup.model.utf8 import encode
from dedup.sketch.normalize import pack
from dedup.sketch.shingles import UNITS, shingle, xxh32

UNIT_SIZES = [("word", n) for n in range(1, 6)] + [("char", n) for n in range(1, 9)]
# Two different shingles with equal xxh32.
TWINS = (b"item n37051", b"item n166484")


def sets_of(canonical: list[bytes], unit: str, size: int) -> list[list[tuple[bytes, int]]]:
    """The shingles of each canonical text with their hashes, from the kernel."""
    batch = pack(canonical)
    tokens = np.array([len(text.split(b" ")) if text else 0 for text in canonical], np.int64)
    starts, ends, hashes, offsets = shingle(batch.data, batch.offsets, tokens, UNITS[unit], size)
    whole = batch.data.tobytes()
    rows = [(whole[start:end], int(hash_)) for start, end, hash_ in zip(starts, ends, hashes, strict=True)]
    return [rows[first:last] for first, last in pairwise(offsets)]


@numba.njit
def _xxh32(data, start, end):
    return xxh32(data, start, end)


def hashed(data: bytes, start: int = 0) -> int:
    """The kernel's xxh32 of the bytes from `start` on."""
    return int(_xxh32(np.frombuffer(bytearray(data), np.uint8), start, len(data)))


@pytest.mark.parametrize(("unit", "size"), UNIT_SIZES)
@given(batch=st.lists(texts, max_size=6))
def test_equals_the_reference(unit: str, size: int, batch: list[str]) -> None:
    """The sets of a batch hold each n-gram of each canonical text once, in order, with its xxh32."""
    canonical = [slow_canonical(encode(text)) for text in batch]
    expected = [
        [(gram, xxhash.xxh32_intdigest(gram)) for gram in slow_shingles(text, unit, size)] for text in canonical
    ]
    assert sets_of(canonical, unit, size) == expected


@given(st.lists(st.integers(1, 90), min_size=1, max_size=60))
def test_words_of_any_length(lengths: list[int]) -> None:
    """Texts longer than a processing chunk, and more shingles than are hashed at a time, give the same sets."""
    text = b" ".join(b"%d" % k * (length // len(b"%d" % k) + 1) for k, length in enumerate(lengths))
    for size in (1, 2):
        expected = [(gram, xxhash.xxh32_intdigest(gram)) for gram in slow_shingles(text, "word", size)]
        assert sets_of([text, text], "word", size) == [expected, expected]


@given(st.lists(st.sampled_from(["rain", "wind", "and"]), min_size=1, max_size=40), st.integers(1, 5))
def test_repeats(words: list[str], size: int) -> None:
    """A shingle that a text repeats is in its set once."""
    text = " ".join(words).encode()
    grams = [gram for gram, _ in sets_of([text], "word", size)[0]]
    assert grams == slow_shingles(text, "word", size)
    assert len(grams) == len(set(grams))


@given(st.binary(max_size=70), st.integers(0, 5))
def test_xxh32_of_any_bytes(data: bytes, skip: int) -> None:
    """The kernel's xxh32 equals that of xxhash, at any place in an array."""
    assert hashed(b"?" * skip + data, skip) == xxhash.xxh32_intdigest(data)


def test_xxh32_of_every_length() -> None:
    """The kernel's xxh32 equals that of xxhash for each length from 0 to 70."""
    data = bytes(37 * k % 256 for k in range(70))
    assert [hashed(data[:n]) for n in range(71)] == [xxhash.xxh32_intdigest(data[:n]) for n in range(71)]


def test_xxh32_golden() -> None:
    """The kernel's xxh32 gives the published test values."""
    assert hashed(b"") == 0x02CC5D05
    assert hashed(b"a") == 0x550D7456
    assert hashed(b"abc") == 0x32D153FF


@pytest.mark.parametrize("size", range(1, 65))
def test_shorter_than_the_size(size: int) -> None:
    """A text with at most as many units as the shingle size is one shingle."""
    words = b" ".join(b"w%d" % k for k in range(size))
    assert [gram for gram, _ in sets_of([words], "word", size)[0]] == [words]
    assert [gram for gram, _ in sets_of([b"one two"], "word", max(2, size))[0]] == [b"one two"]
    assert len(sets_of([words + b" more"], "word", size)[0]) == 2
    char_table = "é".encode() * size
    assert [gram for gram, _ in sets_of([char_table], "char", size)[0]] == [char_table]


def test_no_token() -> None:
    """A text without a token has an empty set, and its neighbours are not affected."""
    assert [len(rows) for rows in sets_of([b"", b"one two three", b"", b"four"], "word", 2)] == [0, 2, 0, 1]


def test_equal_hashes_are_two_shingles() -> None:
    """Two different shingles with equal xxh32 both stay in the set."""
    one, other = TWINS
    assert xxhash.xxh32_intdigest(one) == xxhash.xxh32_intdigest(other)
    grams = [gram for gram, _ in sets_of([one + b" " + other], "word", 2)[0]]
    assert grams == [one, b"n37051 item", other]


@pytest.mark.parametrize("count", [10, 60, 70, 400])
def test_many_equal_hashes(count: int) -> None:
    """A text of shingles with one xxh32 gives the set of the reference, however many there are."""
    pairs = colliding_pairs(count)
    assert len({xxhash.xxh32_intdigest(pair.encode()) for pair in pairs}) == 1
    text = " ".join(pairs + pairs[:5])
    expected = [(gram, xxhash.xxh32_intdigest(gram)) for gram in slow_shingles(text.encode(), "word", 2)]
    ordinary = [(gram, xxhash.xxh32_intdigest(gram)) for gram in (b"one two", b"two three")]
    sets = sets_of([b"one two three", text.encode(), b"one two three"], "word", 2)
    assert sets == [ordinary, expected, ordinary]
