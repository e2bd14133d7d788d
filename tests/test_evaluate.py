"""Scores and proposals, against counting one by one."""

import math
from random import Random

import numpy as np
import pytest

from dedup import Settings
from dedup.compare import canonical_pairs, compare, kinds, overlap
from dedup.errors import SettingsError
from dedup.evaluate import COVERAGES, SHINGLES, THRESHOLDS, curve, evaluate, tune
from dedup.labelled import DIFFERENT, REPEAT, UNKNOWN, UPDATE, Labelled
from dedup.lsh import proposal, served
from dedup.model import KINDS


def labelled(count: int = 300, seed: int = 1) -> Labelled:
    """Pairs of which repeats share more words than the others, mostly."""
    draw = Random(seed)  # noqa: S311  # a draw, and no secret
    words = [f"w{k}" for k in range(300)]
    texts, expected = [], []
    for _ in range(count):
        label = draw.choice([UNKNOWN, DIFFERENT, REPEAT, REPEAT, UPDATE])
        first = draw.choices(words, k=20)
        share = draw.random() ** (3 if label == DIFFERENT else 0.3)
        then = [word if draw.random() < share else draw.choice(words) for word in first]
        texts.append((" ".join(first).encode(), " ".join(then).encode()))
        expected.append(label)
    names = np.array([f"kind {k % 2}" for k in range(count)], np.object_)
    return Labelled(texts, np.array(expected, np.int8), names, np.arange(count), (0, 0))


def test_scores_are_counted() -> None:
    """Precision, recall, F1 and the mean probability of a proposal are those of counting one pair after the other."""
    pairs = labelled()
    settings = Settings(threshold=0.4)
    said = compare(pairs.texts, settings)
    bands, rows, _ = served(settings)
    scores = evaluate(pairs, settings)
    assert list(scores) == ["kind 0", "kind 1", "all pairs"]
    for name, one in scores.items():
        mine = [k for k in range(300) if name in ("all pairs", pairs.kinds[k])]
        found = [k for k in mine if said.kinds[k] and pairs.expected[k] == REPEAT]
        false = [k for k in mine if said.kinds[k] and pairs.expected[k] == DIFFERENT]
        repeats = [k for k in mine if pairs.expected[k] == REPEAT]
        precision = len(found) / len(found + false)
        recall = len(found) / len(repeats)
        assert (one.precision.value, one.recall.value) == (precision, recall)
        assert one.f1.value == pytest.approx(2 * precision * recall / (precision + recall))
        assert one.proposed == pytest.approx(
            sum(proposal(float(said.overlaps.jaccard[k]), bands, rows) for k in found) / len(found)
        )
        assert (one.pairs, one.repeats) == (len(mine), len(repeats))
        assert one.decisions == tuple(sum(said.kinds[k] == kind for k in mine) for kind in range(len(KINDS)))
        assert one.updates == sum(pairs.expected[k] == UPDATE for k in mine)
        for share in (one.precision, one.recall, one.f1):
            assert share.low < share.value < share.high


def test_intervals_are_those_of_resampling() -> None:
    """The interval of a share is as wide as that of drawing whole groups again and again, and the same each time."""
    pairs = labelled(400)._replace(groups=np.arange(400) // 8)
    settings = Settings(threshold=0.4)
    found = compare(pairs.texts, settings).kinds != 0
    repeat = pairs.expected == REPEAT
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(2000):
        rows = np.concatenate([np.arange(8) + 8 * group for group in rng.integers(0, 50, 50)])
        shares.append((found & repeat)[rows].sum() / repeat[rows].sum())
    low, high = np.quantile(shares, (0.025, 0.975))
    recall = evaluate(pairs, settings)["all pairs"].recall
    assert (recall.low, recall.high) == pytest.approx((low, high), abs=0.01)
    assert evaluate(pairs, settings)["all pairs"].recall == recall


def test_groups_widen_intervals() -> None:
    """Pairs that are copies of each other, in one group, count as one."""
    once = labelled(100)
    often = Labelled(once.texts * 9, np.tile(once.expected, 9), np.tile(once.kinds, 9), np.tile(once.groups, 9), (0, 0))
    one, many = (evaluate(pairs, Settings(threshold=0.4))["all pairs"].recall for pairs in (once, often))
    apart = evaluate(often._replace(groups=np.arange(900)), Settings(threshold=0.4))["all pairs"].recall
    assert many.high - many.low == pytest.approx(one.high - one.low, abs=0.02)
    assert apart.high - apart.low < 0.6 * (many.high - many.low)


def test_nothing_to_count() -> None:
    """A share of nothing is nan."""
    pairs = labelled()
    unknown = evaluate(pairs._replace(expected=np.full(300, UNKNOWN, np.int8)), Settings())["all pairs"]
    assert all(math.isnan(share.value) for share in (unknown.precision, unknown.recall, unknown.f1, unknown.updated))
    assert math.isnan(unknown.proposed)


def test_curve() -> None:
    """The curve at a threshold has what the rule finds there."""
    pairs = labelled()
    overlaps = overlap(canonical_pairs(pairs.texts), "word", 2)
    points = curve(overlaps, pairs.expected, 0.8, 6, [0.2, 0.5])
    for threshold, point in zip([0.2, 0.5], points.tolist(), strict=True):
        scores = evaluate(pairs, Settings(threshold=threshold, coverage=0.8))["all pairs"]
        assert point == pytest.approx([scores.precision.value, scores.recall.value, scores.f1.value])


def test_tuning_finds_the_best() -> None:
    """No other setting of the sweep has a higher F1, or a higher recall at the precision, LSH and all."""
    pairs = labelled(120)
    tuned = tune(pairs, Settings(), 0.95)
    texts = canonical_pairs(pairs.texts)
    best = recall = 0.0
    for shingle in SHINGLES:
        overlaps = overlap(texts, *Settings(shingle=shingle).shingle_parts())
        for threshold in THRESHOLDS:
            bands, rows, _ = served(Settings(threshold=threshold))
            likely = np.array([proposal(jaccard, bands, rows) for jaccard in overlaps.jaccard.tolist()])
            for coverage in COVERAGES:
                found = kinds(overlaps, threshold, coverage, 6) != 0
                hit = likely[found & (pairs.expected == REPEAT)].sum()
                false = likely[found & (pairs.expected == DIFFERENT)].sum()
                whole = (pairs.expected == REPEAT).sum()
                best = max(best, 2 * hit / (hit + false + whole))
                if hit and hit / (hit + false) >= 0.95:
                    recall = max(recall, hit / whole)
    assert tuned.best_recall is not None
    assert tuned.best_f1.f1 == pytest.approx(best)
    assert tuned.best_recall.recall == pytest.approx(recall)
    assert [choice.settings.shingle for choice in tuned.f1] == list(SHINGLES)
    assert max(choice.f1 for choice in tuned.f1) == tuned.best_f1.f1


def test_tuning_keeps_to_what_can_be_served() -> None:
    """Thresholds that the permutations cannot serve are not proposed, and tuning on nothing is refused."""
    pairs = labelled(60)
    few = Settings(num_perm=6)
    assert all(choice.settings.threshold > 0.4 for choice in tune(pairs, few, 0.9).f1)
    with pytest.raises(SettingsError, match="no pair is labelled 1"):
        tune(pairs._replace(expected=np.zeros(60, np.int8)), Settings(), 0.9)
