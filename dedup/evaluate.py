"""Labelled pairs -> how well the rule tells repeats from the rest, and which settings would tell them better."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.compare import Overlaps, canonical_pairs, compare, kinds, overlap
from dedup.errors import SettingsError
from dedup.labelled import DIFFERENT, REPEAT, UPDATE, Labelled
from dedup.lsh import proposal, served
from dedup.model import KINDS
from dedup.settings import Settings

SHINGLES = (*(f"word:{n}" for n in range(1, 5)), *(f"char:{n}" for n in range(3, 7)))
THRESHOLDS = tuple(k / 50 for k in range(5, 51))
COVERAGES = tuple(k / 20 for k in range(8, 21))
_DRAWS = 2000


class Share(NamedTuple):
    """A share and its 95 % interval; nan where there is nothing to take a share of."""

    value: float
    low: float
    high: float


class Scores(NamedTuple):
    """What was found of some pairs.

    pairs, repeats, different, updates: how many there are, and how many of them by what is expected.
    proposed: the mean probability with which LSH proposes a repeat that the rule finds; nan for none.
    decisions: how many of each of `model.KINDS`. updated: share of the expected updates that are decided so.
    """

    pairs: int
    repeats: int
    different: int
    updates: int
    precision: Share
    recall: Share
    f1: Share
    proposed: float
    decisions: tuple[int, ...]
    updated: Share


class Choice(NamedTuple):
    """Settings that were tried, and what they are expected to find of the labelled pairs, LSH and all.

    proposed: the mean probability with which LSH proposes a repeat that the rule finds; nan for none.
    """

    settings: Settings
    precision: float
    recall: float
    f1: float
    proposed: float


class Tuned(NamedTuple):
    """Of each shingle kind, and of all, what has the best F1 and what the highest recall at a precision.

    None where no setting reaches the precision.
    """

    f1: tuple[Choice, ...]
    recall: tuple[Choice | None, ...]
    best_f1: Choice
    best_recall: Choice | None


def evaluate(pairs: Labelled, settings: Settings) -> dict[str, Scores]:
    """The scores of each kind of pair, and of all under `all pairs`.

    A pair counts as found when it is decided anything but novel. LSH is left out; `proposed` is its effect.
    """
    decided, overlaps = compare(pairs.texts, settings)
    found = _proposals(overlaps, settings)
    names = sorted(set(pairs.kinds.tolist()))
    chosen = {name: pairs.kinds == name for name in names} if len(names) > 1 else {}
    return {
        name: _score(pairs, decided, found, rows, settings.seed)
        for name, rows in (chosen | {"all pairs": np.ones(len(decided), np.bool_)}).items()
    }


def _score(
    pairs: Labelled, decided: NDArray[np.uint8], found: NDArray[np.float64], rows: NDArray[np.bool_], seed: int
) -> Scores:
    expected = pairs.expected[rows]
    matched = decided[rows] != 0
    repeat = expected == REPEAT
    right = repeat & matched
    wrong = (expected == DIFFERENT) & matched
    update = expected == UPDATE
    updated = update & np.array([str(kind) == "update" for kind in KINDS])[decided[rows]]
    told, draws = _resample(pairs.groups[rows], np.stack([right, wrong, repeat, updated, update], axis=1), seed)

    def share(of: NDArray[np.int64], total: NDArray[np.int64]) -> Share:
        return Share(*_interval(_ratio(of, total)))

    both = np.vstack([told, draws])
    hit, false, whole, as_update, updates = both.T
    return Scores(
        len(expected),
        int(whole[0]),
        int((expected == DIFFERENT).sum()),
        int(updates[0]),
        share(hit, hit + false),
        share(hit, whole),
        share(2 * hit, hit + false + whole),
        float(found[rows][right].mean()) if right.any() else np.nan,
        tuple(np.bincount(decided[rows], minlength=len(KINDS)).tolist()),
        share(as_update, updates),
    )


def _resample(
    groups: NDArray[np.int64], counts: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The column sums of `counts`, (k,), and of bootstrap samples of whole groups, (draws, k).

    Groups with equal sums are one outcome of a multinomial draw, which makes the sample as large as there are
    different outcomes (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993).
    """
    _, members = np.unique(groups, return_inverse=True)
    sums = np.zeros((members.max(initial=-1) + 1, counts.shape[1]), np.int64)
    np.add.at(sums, members, counts)
    outcomes, often = np.unique(sums, axis=0, return_counts=True)
    if not len(sums):
        return counts.sum(axis=0), np.zeros((0, counts.shape[1]), np.int64)
    drawn = np.random.default_rng(seed).multinomial(len(sums), often / len(sums), _DRAWS)
    return counts.sum(axis=0), drawn @ outcomes


def _interval(shares: NDArray[np.float64]) -> tuple[float, float, float]:
    """The first share, with the 2.5th and the 97.5th percentile of the others."""
    others = shares[1:][~np.isnan(shares[1:])]
    if np.isnan(shares[0]) or not len(others):
        return float(shares[0]), np.nan, np.nan
    low, high = np.quantile(others, (0.025, 0.975))
    return float(shares[0]), float(low), float(high)


def _ratio(of: NDArray[Any], total: NDArray[Any]) -> NDArray[np.float64]:
    """of / total, nan for 0 / 0."""
    shares = np.full(len(of), np.nan)
    np.divide(of, total, out=shares, where=total > 0)
    return shares


def _proposals(overlaps: Overlaps, settings: Settings) -> NDArray[np.float64]:
    """The probability that LSH proposes each pair, (n,) float64; equal texts have a Jaccard of 1."""
    bands, rows, _ = served(settings)
    values, places = np.unique(overlaps.jaccard, return_inverse=True)
    return np.array([proposal(value, bands, rows) for value in values.tolist()])[places]


def curve(
    overlaps: Overlaps, expected: NDArray[np.int8], coverage: float, min_words: int, thresholds: Sequence[float]
) -> NDArray[np.float64]:
    """Precision, recall and F1 at each threshold, (thresholds, 3) float64; nan where there is none."""
    matched = np.array([kinds(overlaps, threshold, coverage, min_words) for threshold in thresholds]) != 0
    hit = (matched & (expected == REPEAT)).sum(axis=1)
    false = (matched & (expected == DIFFERENT)).sum(axis=1)
    whole = np.full(len(hit), (expected == REPEAT).sum())
    return np.stack([_ratio(hit, hit + false), _ratio(hit, whole), _ratio(2 * hit, hit + false + whole)], axis=1)


def tune(pairs: Labelled, settings: Settings, precision: float) -> Tuned:
    """The best of all shingles, thresholds and coverages; other settings stay. Of equals, the strictest.

    Here what LSH would miss counts as missed, or a threshold of 1 with a low coverage would look best.

    Raises SettingsError where there is no repeat to find.
    """
    if not (pairs.expected == REPEAT).any():
        raise SettingsError("there is nothing to tune on: no pair is labelled 1")
    tried = list(_sweep(pairs, settings))

    def best_f1(choices: list[Choice]) -> Choice:
        return max(choices, key=lambda one: (one.f1, *_strictness(one)))

    def best_recall(choices: list[Choice]) -> Choice | None:
        enough = [one for one in choices if one.precision >= precision]
        return max(enough, key=lambda one: (one.recall, one.precision, *_strictness(one)), default=None)

    by_shingle = [[one for one in tried if one.settings.shingle == shingle] for shingle in SHINGLES]
    return Tuned(
        tuple(map(best_f1, by_shingle)), tuple(map(best_recall, by_shingle)), best_f1(tried), best_recall(tried)
    )


def _strictness(choice: Choice) -> tuple[float, float]:
    return choice.settings.threshold, choice.settings.coverage


def _sweep(pairs: Labelled, settings: Settings) -> Iterator[Choice]:
    """Every setting that LSH can serve; what pairs share is computed once a shingle kind."""
    texts = canonical_pairs(pairs.texts)
    repeat = pairs.expected == REPEAT
    different = pairs.expected == DIFFERENT
    tried = [
        replace(settings, threshold=threshold)
        for threshold in THRESHOLDS
        if _is_served(replace(settings, threshold=threshold))
    ]
    for shingle in SHINGLES:
        overlaps = overlap(texts, *replace(settings, shingle=shingle).shingle_parts())
        for one in tried:
            likely = _proposals(overlaps, one)
            for coverage in COVERAGES:
                found = kinds(overlaps, one.threshold, coverage, one.min_words) != 0
                hits, false = likely[found & repeat], likely[found & different]
                hit, whole = float(hits.sum()), int(repeat.sum())
                precision = hit / (hit + float(false.sum())) if hit else 0.0
                f1 = 2 * hit / (hit + float(false.sum()) + whole)
                proposed = hit / len(hits) if len(hits) else np.nan
                yield Choice(replace(one, shingle=shingle, coverage=coverage), precision, hit / whole, f1, proposed)


def _is_served(settings: Settings) -> bool:
    try:
        served(settings)
    except SettingsError:
        return False
    return True
