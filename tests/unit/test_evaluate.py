"""Scores and proposed settings, compared with a count of single pairs."""

import math
from itertools import product
from random import Random

import numpy as np
import pytest

from dedup import Settings
from dedup.analysis.evaluate import COVERAGES, SHINGLES, THRESHOLDS, curve, score, tune
from dedup.analysis.labelled_pairs import DIFFERENT, REPEAT, UNKNOWN, UPDATE, Labelled
from dedup.analysis.pairwise import canonical_pairs, compare, kinds, overlap
from dedup.errors import SettingsError
from dedup.model.types import KINDS
from dedup.sketch.lsh import candidate_probability, layout_for


def labelled(count: int = 300, seed: int = 1) -> Labelled:
    """Pairs in which most repeats share more words than the others."""
    draw = Random(seed)  # noqa: S311  # a draw, and no secret
    words = ["".join(char_table) for char_table in product("bdfglmnprst", "aeiou", "kmnrst")]
    texts, expected = [], []
    for _ in range(count):
        label = draw.choice([UNKNOWN, DIFFERENT, REPEAT, REPEAT, UPDATE])
        first = draw.choices(words, k=20)
        share = draw.random() ** (3 if label == DIFFERENT else 0.1)
        then = [word if draw.random() < share else draw.choice(words) for word in first]
        texts.append((" ".join(first).encode(), " ".join(then).encode()))
        expected.append(label)
    names = np.array([f"kind {k % 2}" for k in range(count)], np.object_)
    return Labelled(texts, np.array(expected, np.int8), names, np.arange(count), (0, 0))


DROPPED = [KINDS.index(kind) for kind in ("exact", "near", "contained")]


@pytest.mark.parametrize("updates", ["keep", "drop"])
def test_scores_are_counted(updates: str) -> None:
    """Every share, and the mean probability of a proposal, equals a count of one pair after the other."""
    pairs = labelled()
    settings = Settings(threshold=0.4, updates=updates)
    decided = compare(pairs.texts, settings)
    bands, rows, _ = layout_for(settings)
    scores = score(pairs, settings)
    assert list(scores) == ["kind 0", "kind 1", "all pairs"]
    for name, one in scores.items():
        mine = [k for k in range(300) if name in ("all pairs", pairs.kinds[k])]
        dropped = [k for k in mine if decided.kinds[k] in DROPPED]
        right = [k for k in dropped if pairs.expected[k] == REPEAT]
        wrong = [k for k in dropped if pairs.expected[k] in (DIFFERENT, UPDATE)]
        repeats = [k for k in mine if pairs.expected[k] == REPEAT]
        precision = len(right) / len(right + wrong)
        recall = len(right) / len(repeats)
        assert (one.precision.value, one.recall.value) == (precision, recall)
        assert one.f1.value == pytest.approx(2 * precision * recall / (precision + recall))
        assert one.proposed == pytest.approx(
            sum(candidate_probability(float(decided.overlaps.jaccard[k]), bands, rows) for k in right) / len(right)
        )
        assert (one.pairs, one.different) == (len(mine), sum(pairs.expected[k] == DIFFERENT for k in mine))
        assert one.decisions == tuple(sum(decided.kinds[k] == kind for k in mine) for kind in range(len(KINDS)))
        for share in (one.precision, one.recall, one.f1):
            assert share.low < share.value < share.high
        for outcome, label in ((one.repeats, REPEAT), (one.updates, UPDATE)):
            found = [KINDS[decided.kinds[k]] for k in mine if pairs.expected[k] == label]
            assert outcome.pairs == len(found)
            assert outcome.dropped.value == sum(kind not in ("update", "novel") for kind in found) / len(found)
            assert outcome.update.value == found.count("update") / len(found)
            assert outcome.missed.value == found.count("novel") / len(found)
            assert outcome.dropped.low <= outcome.dropped.value <= outcome.dropped.high
    assert (scores["all pairs"].repeats.update.value > 0) == (updates == "keep")


def test_intervals_are_those_of_resampling() -> None:
    """The interval of a share is as wide as that of resampling whole groups, and reproducible."""
    pairs = labelled(400)._replace(groups=np.arange(400) // 8)
    settings = Settings(threshold=0.4)
    found = np.isin(compare(pairs.texts, settings).kinds, DROPPED)
    repeat = pairs.expected == REPEAT
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(2000):
        rows = np.concatenate([np.arange(8) + 8 * group for group in rng.integers(0, 50, 50)])
        shares.append((found & repeat)[rows].sum() / repeat[rows].sum())
    low, high = np.quantile(shares, (0.025, 0.975))
    recall = score(pairs, settings)["all pairs"].recall
    assert (recall.low, recall.high) == pytest.approx((low, high), abs=0.01)
    assert score(pairs, settings)["all pairs"].recall == recall


def test_groups_widen_intervals() -> None:
    """Copies of one pair in one group count as one."""
    once = labelled(100)
    often = Labelled(once.texts * 9, np.tile(once.expected, 9), np.tile(once.kinds, 9), np.tile(once.groups, 9), (0, 0))
    one, many = (score(pairs, Settings(threshold=0.4))["all pairs"].recall for pairs in (once, often))
    apart = score(often._replace(groups=np.arange(900)), Settings(threshold=0.4))["all pairs"].recall
    assert many.high - many.low == pytest.approx(one.high - one.low, abs=0.02)
    assert apart.high - apart.low < 0.6 * (many.high - many.low)


def test_nothing_to_count() -> None:
    """A share of nothing is nan."""
    pairs = labelled()
    unknown = score(pairs._replace(expected=np.full(300, UNKNOWN, np.int8)), Settings())["all pairs"]
    outcomes = [share for outcome in (unknown.repeats, unknown.updates) for share in outcome[1:]]
    assert all(math.isnan(share.value) for share in (unknown.precision, unknown.recall, unknown.f1, *outcomes))
    assert math.isnan(unknown.proposed)


@pytest.mark.parametrize("updates", ["keep", "drop"])
def test_curve(updates: str) -> None:
    """The point of the curve at a threshold has the scores of that threshold."""
    pairs = labelled()
    points = curve(pairs, Settings(coverage=0.8, updates=updates), [0.2, 0.5])
    for threshold, point in zip([0.2, 0.5], points.tolist(), strict=True):
        scores = score(pairs, Settings(threshold=threshold, coverage=0.8, updates=updates))["all pairs"]
        assert point == pytest.approx([scores.precision.value, scores.recall.value, scores.f1.value])


@pytest.mark.parametrize("updates", ["keep", "drop"])
def test_tuning_finds_the_best(updates: str) -> None:
    """No other setting of the sweep has a higher F1 of dropped pairs, or a higher recall, including LSH."""
    pairs = labelled(120)
    tuned = tune(pairs, Settings(updates=updates), 0.55)
    texts = canonical_pairs(pairs.texts)
    loosest = Settings(threshold=0.01, coverage=0.01, shingle="char:1", updates=updates)
    news = compare(pairs.texts, loosest).kinds == KINDS.index("update")
    assert news.any() == (updates == "keep")
    best = recall = 0.0
    for shingle in SHINGLES:
        overlaps = overlap(texts, *Settings(shingle=shingle).shingle_parts())
        for threshold in THRESHOLDS:
            bands, rows, _ = layout_for(Settings(threshold=threshold))
            likely = np.array([candidate_probability(jaccard, bands, rows) for jaccard in overlaps.jaccard.tolist()])
            for coverage in COVERAGES:
                dropped = (kinds(overlaps, threshold, coverage, 6) != 0) & ~news
                hit = likely[dropped & (pairs.expected == REPEAT)].sum()
                false = likely[dropped & np.isin(pairs.expected, (DIFFERENT, UPDATE))].sum()
                whole = (pairs.expected == REPEAT).sum()
                best = max(best, 2 * hit / (hit + false + whole))
                if hit and hit / (hit + false) >= 0.55:
                    recall = max(recall, hit / whole)
    assert tuned.best_recall is not None
    assert tuned.best_f1.f1 == pytest.approx(best)
    assert tuned.best_recall.recall == pytest.approx(recall)
    assert [choice.settings.shingle for choice in tuned.f1] == list(SHINGLES)
    assert max(choice.f1 for choice in tuned.f1) == tuned.best_f1.f1


def test_tuning_proposes_reachable_thresholds() -> None:
    """Thresholds that the permutations cannot reach are not proposed, and tuning without pairs is refused."""
    pairs = labelled(60)
    few = Settings(num_perm=6)
    assert all(choice.settings.threshold > 0.4 for choice in tune(pairs, few, 0.9).f1)
    with pytest.raises(SettingsError, match="no pair is labelled 1"):
        tune(pairs._replace(expected=np.zeros(60, np.int8)), Settings(), 0.9)
