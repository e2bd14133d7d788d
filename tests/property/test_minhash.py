"""Signatures against datasketch, bit for bit."""

import numpy as np
import pytest
import xxhash
from datasketch import MinHash
from helpers.reference import slow_canonical, slow_shingles
from helpers.strategies import texts
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup.model.utf8 import encode
from dedup.sketch.minhash import permutations, sign, to_minhash


def signatures(sets: list[list[bytes]], num_perm: int, seed: int) -> NDArray[np.uint32]:
    """The signatures that the kernel computes for sets of shingles."""
    hashes = np.array([xxhash.xxh32_intdigest(gram) for grams in sets for gram in grams], np.uint32)
    offsets = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    rows: NDArray[np.uint32] = sign(hashes, offsets, permutations(num_perm, seed))
    return rows


def datasketched(grams: list[bytes], num_perm: int, seed: int) -> MinHash:
    """The same set signed by datasketch."""
    minhash = MinHash(num_perm=num_perm, seed=seed, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)
    minhash.update_batch(grams)
    return minhash


def grams_of(text: str) -> list[bytes]:
    """The word 2-grams of a text."""
    return slow_shingles(slow_canonical(encode(text)), "word", 2)


@pytest.mark.parametrize("num_perm", [1, 16, 105, 128, 200])
@given(batch=st.lists(texts, max_size=4), seed=st.sampled_from([0, 1, 42, 2**32 - 1]))
def test_equals_datasketch(num_perm: int, batch: list[str], seed: int) -> None:
    """Each signature of a batch equals that of datasketch bit for bit, for any text of Unicode."""
    sets = [grams for grams in map(grams_of, batch) if grams]
    rows = signatures(sets, num_perm, seed)
    assert rows.shape == (len(sets), num_perm)
    for row, grams in zip(rows, sets, strict=True):
        assert row.tolist() == datasketched(grams, num_perm, seed).hashvalues.tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_any_seed_and_any_size(seed: int, size: int) -> None:
    """Signatures equal those of datasketch for any seed and for sets of any size."""
    grams = [b"shingle %d" % k for k in range(size)]
    assert signatures([grams], 33, seed)[0].tolist() == datasketched(grams, 33, seed).hashvalues.tolist()


@given(texts.filter(lambda text: bool(grams_of(text))), st.integers(0, 2**32 - 1))
def test_to_minhash(text: str, seed: int) -> None:
    """`to_minhash` gives a datasketch object, which can be compared with others and updated further."""
    grams = grams_of(text)
    ours = to_minhash(signatures([grams], 64, seed)[0], seed)
    theirs = datasketched(grams, 64, seed)
    assert ours == theirs
    assert ours.jaccard(theirs) == 1.0
    ours.update(b"one more shingle")
    theirs.update(b"one more shingle")
    assert ours == theirs
    merged = datasketched([b"another"], 64, seed)
    merged.merge(ours)
    theirs.update(b"another")
    assert merged == theirs


def test_empty_set() -> None:
    """A set without shingles has the signature of all ones, and changes no other signature."""
    rows = signatures([[], [b"one", b"two"], []], 16, 1)
    assert set(rows[0].tolist()) == set(rows[2].tolist()) == {2**32 - 1}
    assert rows[1].tolist() == datasketched([b"one", b"two"], 16, 1).hashvalues.tolist()


@pytest.mark.parametrize(
    ("text", "seed", "expected"),
    [
        (
            "The ferry to the northern islands was cancelled again on Tuesday.",
            1,
            [39416413, 22431962, 326106493, 73347846],
        ),
        ("Der Bürgermeister sagte: „Die Brücke bleibt zu.“", 1, [86548372, 45173794, 59310820, 332758676]),
        ("台風のため列車が止まった", 7, [127850325, 63057593, 623632065, 415915429]),
    ],
)
def test_golden(text: str, seed: int, expected: list[int]) -> None:
    """The first permutations of these sentences never change."""
    assert signatures([grams_of(text)], 4, seed)[0].tolist() == expected
