"""The layout and its recall, and the band keys."""

import numpy as np
import pytest
from helpers.strategies import batches
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup import NoveltyFilter, Settings
from dedup.errors import SettingsError
from dedup.model.types import Label, Labels
from dedup.model.utf8 import encode
from dedup.sketch.lsh import CONTAINED, TEXT_BIT, band_keys, candidate_probability, layout, layout_for
from dedup.sketch.minhash import permutations, sign
from dedup.sketch.normalize import canonical, pack

thresholds = st.floats(0.05, 1.0)
sizes = st.integers(1, 600)
recalls = st.floats(0.01, 0.9999)


def needed(threshold: float, rows: int, recall: float, most: int) -> int | None:
    """The fewest bands of `rows` rows that reach the recall, found by trying; None if `most` bands do not."""
    for bands in range(1, most + 1):
        if candidate_probability(threshold, bands, rows) >= recall:
            return bands
    return None


@given(thresholds, sizes, recalls)
def test_layout_reaches_its_recall(threshold: float, num_perm: int, recall: float) -> None:
    """A layout reaches the recall at the threshold within its permutations, and states the recall it reaches."""
    try:
        bands, rows, reached = layout(threshold, num_perm, recall)
    except SettingsError:
        assert needed(threshold, 1, recall, num_perm) is None
        return
    assert bands >= 1
    assert rows >= 1
    assert bands * rows <= num_perm
    assert reached == candidate_probability(threshold, bands, rows) >= recall


@given(thresholds, st.integers(1, 200), recalls)
def test_layout_is_the_cheapest(threshold: float, num_perm: int, recall: float) -> None:
    """One more row would not fit, and one band less would not reach the recall."""
    try:
        bands, rows, _ = layout(threshold, num_perm, recall)
    except SettingsError:
        return
    for more in range(rows + 1, num_perm + 1):
        assert needed(threshold, more, recall, num_perm // more) is None
    assert bands == needed(threshold, rows, recall, num_perm)


@given(thresholds, sizes, recalls)
def test_layout_grows_with_permutations(threshold: float, num_perm: int, recall: float) -> None:
    """More permutations never give fewer rows."""
    try:
        few = layout(threshold, num_perm, recall)
    except SettingsError:
        return
    assert layout(threshold, num_perm + 50, recall).rows >= few.rows


@pytest.mark.parametrize(
    ("threshold", "num_perm", "recall"), [(0.1, 16, 0.99), (0.5, 1, 0.99), (1e-300, 4096, 0.5), (0.9, 1, 0.95)]
)
def test_impossible_layout(threshold: float, num_perm: int, recall: float) -> None:
    """If no layout reaches the recall, the error names the settings to change."""
    with pytest.raises(SettingsError, match="num_perm or the threshold"):
        layout(threshold, num_perm, recall)


@pytest.mark.parametrize(("threshold", "num_perm"), [(0.5, 1100), (0.1, 400), (0.5, 4096), (0.001, 4096), (1.0, 4096)])
def test_layout_of_many_permutations(threshold: float, num_perm: int) -> None:
    """Powers that underflow a float do not stop the search for a layout."""
    bands, rows, reached = layout(threshold, num_perm, 0.95)
    assert bands * rows <= num_perm
    assert reached >= 0.95


def test_layout_at_one() -> None:
    """Equal sets agree in every row, so one band of all permutations finds them."""
    assert layout(1.0, 128, 0.99) == (1, 128, 1.0)


@pytest.mark.parametrize("threshold", [0.2, 0.35, 0.8, 1.0])
def test_contained_paragraphs_are_proposed(threshold: float) -> None:
    """At any threshold, a paragraph that a three times longer one contains is proposed."""
    rule = Settings(threshold=threshold, num_perm=512)
    bands, rows, _ = layout_for(rule)
    assert candidate_probability(min(threshold, CONTAINED), bands, rows) >= rule.recall


def test_few_permutations_ignore_containment() -> None:
    """If there are too few permutations for contained paragraphs, the layout is for the threshold alone."""
    assert layout_for(Settings(threshold=0.8, num_perm=4, recall=0.9)) == layout(0.8, 4, 0.9)


def test_proposal_is_monotonic() -> None:
    """The probability of a proposal grows with similarity and bands, and falls with rows."""
    steps = [k / 20 for k in range(21)]
    chances = [candidate_probability(step, 20, 5) for step in steps]
    assert chances == sorted(chances)
    assert (chances[0], chances[-1]) == (0.0, 1.0)
    assert candidate_probability(0.5, 21, 5) > candidate_probability(0.5, 20, 5) > candidate_probability(0.5, 20, 6)


@pytest.mark.parametrize(("both", "each", "bands", "rows"), [(30, 30, 25, 4), (50, 25, 20, 5), (20, 40, 30, 3)])
def test_proposal_equals_the_measured_frequency(both: int, each: int, bands: int, rows: int) -> None:
    """Pairs of sets with a known Jaccard share a band key as often as `proposal` predicts, within four sigma."""
    pairs = 4000
    draw = np.random.default_rng(20240607)
    hashes = draw.integers(0, 2**32, (pairs, both + 2 * each), dtype=np.uint32)
    mine = hashes[:, : both + each]
    theirs = np.concatenate([hashes[:, :both], hashes[:, both + each :]], axis=1)
    offsets = np.arange(pairs + 1, dtype=np.int64) * (both + each)
    # One set of permutations serves many pairs with different hashes.
    functions = permutations(bands * rows, 5)
    nothing = np.zeros(pairs + 1, np.int64)
    text = np.empty(0, np.uint8)
    ours = band_keys(text, nothing, sign(mine.ravel(), offsets, functions), bands, rows, 5)
    others = band_keys(text, nothing, sign(theirs.ravel(), offsets, functions), bands, rows, 5)
    found = int((ours[:, 1:] == others[:, 1:]).any(axis=1).sum())
    chance = candidate_probability(both / (both + 2 * each), bands, rows)
    sigma = (pairs * chance * (1 - chance)) ** 0.5
    assert abs(found - pairs * chance) <= 4 * sigma


def keys_of(signatures: NDArray[np.uint32], bands: int, rows: int, seed: int = 1) -> NDArray[np.uint64]:
    """The band keys of signatures whose texts are all empty."""
    out: NDArray[np.uint64] = band_keys(
        np.empty(0, np.uint8), np.zeros(len(signatures) + 1, np.int64), signatures, bands, rows, seed
    )
    return out[:, 1:]


@given(st.lists(st.lists(st.integers(0, 2), min_size=12, max_size=12), min_size=2, max_size=6), st.data())
def test_equal_bands_give_equal_keys(values: list[list[int]], data: st.DataObject) -> None:
    """Two keys are equal exactly if they are of the same band and all its rows are equal."""
    rows = data.draw(st.sampled_from([1, 2, 3, 4, 5]))
    bands = 12 // rows
    found = keys_of(np.array(values, np.uint32), bands, rows)
    seen: dict[int, tuple[int, tuple[int, ...]]] = {}
    for value, row in zip(values, found.tolist(), strict=True):
        for band, key in enumerate(row):
            meant = (band, tuple(value[band * rows : (band + 1) * rows]))
            assert seen.setdefault(key, meant) == meant
    meanings = {(band, tuple(value[band * rows : (band + 1) * rows])) for value in values for band in range(bands)}
    assert len(seen) == len(meanings)


def test_other_seed_gives_other_keys() -> None:
    """The same bands and texts have different keys under another seed."""
    signatures = np.arange(24, dtype=np.uint32).reshape(2, 12)
    batch = pack([b"one two", b"three four"])
    mine = band_keys(batch.data, batch.offsets, signatures, 4, 3, 1)
    theirs = band_keys(batch.data, batch.offsets, signatures, 4, 3, 2)
    assert mine.shape == (2, 5)
    assert not (mine == theirs).any()
    assert not set(mine.ravel().tolist()) & set(theirs.ravel().tolist())


@given(batches)
def test_equal_texts_give_equal_keys(batch: list[str]) -> None:
    """The first keys of two paragraphs are equal exactly if their canonical texts and their signs are."""
    prepared = NoveltyFilter(Settings()).sketch_batch([encode(text) for text in batch])
    first = prepared.keys[:, 0].tolist()
    forms = [(canonical(text), sign) for text, sign in zip(batch, prepared.signs.tolist(), strict=True)]
    for key, form in zip(first, forms, strict=True):
        assert [other == key for other in first] == [other == form for other in forms]


def test_keys_of_texts_that_end_alike() -> None:
    """Zero bytes at the end, and one byte more or less, change the key of a text."""
    data = [b"", b"\0", b"\0\0", b"a" * 7, b"a" * 8, b"a" * 9, b"a" * 8 + b"\0", b"a" * 16, b"a" * 15 + b"b"]
    batch = pack(data)
    signatures = np.zeros((len(data), 1), np.uint32)
    assert len(set(band_keys(batch.data, batch.offsets, signatures, 1, 1, 1)[:, 0].tolist())) == len(data)


@given(batches)
def test_text_keys_are_no_band_keys(batch: list[str]) -> None:
    """The bit for texts is set in every text key, also in that of a text without a word, and in no band key."""
    prepared = NoveltyFilter(Settings()).sketch_batch([encode(text) for text in batch])
    labels = Labels.of(Label(f"record-{place}") for place in range(len(batch)))
    for keys in (prepared.keys, prepared.with_labels(labels).keys):
        assert (keys[:, 0] & TEXT_BIT == TEXT_BIT).all()
        assert not (keys[:, 1:] & TEXT_BIT).any()
