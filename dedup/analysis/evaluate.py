"""Measures how well the rule decides labelled pairs, and finds better settings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.analysis.labelled_pairs import DIFFERENT, REPEAT, UPDATE, Labelled
from dedup.analysis.pairwise import Overlaps, canonical_pairs, compare, emitted_as, kinds, overlap
from dedup.errors import SettingsError
from dedup.filter.batch import NOVEL, REWORDED
from dedup.filter.batch import UPDATE as FLAGGED
from dedup.model.types import KINDS
from dedup.settings import Settings
from dedup.sketch.lsh import candidate_probability, layout_for

SHINGLES = (*(f"word:{n}" for n in range(1, 5)), *(f"char:{n}" for n in range(3, 7)))
THRESHOLDS = tuple(k / 50 for k in range(5, 51))
COVERAGES = tuple(k / 20 for k in range(8, 21))
_DRAWS = 2000


class Share(NamedTuple):
    """A share and its 95 % interval; nan if there are no pairs to count."""

    value: float
    low: float
    high: float


class Outcome(NamedTuple):
    """The outcomes of the second texts of some pairs.

    Attributes:
        pairs: The number of pairs.
        dropped: The share that is exact, near or contained, and not emitted.
        update: The share that is flagged as an update, and emitted.
        missed: The share that is novel, and emitted.
    """

    pairs: int
    dropped: Share
    update: Share
    missed: Share


class Scores(NamedTuple):
    """How well some pairs are decided. A correct drop is a repeat; a wrong one is different, or its facts changed.

    Attributes:
        pairs: The number of pairs, judged by people or not.
        different: The number of pairs labelled different.
        repeats: The outcomes of the pairs labelled a repeat.
        updates: The outcomes of the pairs whose facts changed.
        precision: The share of correct drops among the drops of judged pairs.
        recall: The share of repeats that are dropped.
        f1: The harmonic mean of both.
        proposed: The mean probability with which LSH proposes a repeat that is dropped; nan for none.
        decisions: The number of pairs for each of `model.KINDS`.
    """

    pairs: int
    different: int
    repeats: Outcome
    updates: Outcome
    precision: Share
    recall: Share
    f1: Share
    proposed: float
    decisions: tuple[int, ...]


class Choice(NamedTuple):
    """Settings and their expected scores. A pair that LSH misses counts as not dropped.

    `proposed` is the mean probability that LSH proposes a repeat that the rule would drop; nan for none.
    """

    settings: Settings
    precision: float
    recall: float
    f1: float
    proposed: float


class TuningResult(NamedTuple):
    """The settings with the best F1, and those with the highest recall at a given precision, per shingle and overall.

    None if no setting reaches the precision.
    """

    f1: tuple[Choice, ...]
    recall: tuple[Choice | None, ...]
    best_f1: Choice
    best_recall: Choice | None


def score(pairs: Labelled, settings: Settings) -> dict[str, Scores]:
    """Score each kind of pair, and all pairs under `all pairs`.

    Each second text is judged against its first alone, as if LSH proposed every pair. `proposed` shows what LSH costs.
    """
    decided, overlaps = compare(pairs.texts, settings)
    likely = _proposals(overlaps, settings)
    names = sorted(set(pairs.kinds.tolist()))
    chosen = {name: pairs.kinds == name for name in names} if len(names) > 1 else {}
    return {
        name: _score(pairs, decided, likely, rows, settings.seed)
        for name, rows in (chosen | {"all pairs": np.ones(len(decided), np.bool_)}).items()
    }


def _score(
    pairs: Labelled, decided: NDArray[np.uint8], likely: NDArray[np.float64], rows: NDArray[np.bool_], seed: int
) -> Scores:
    expected, decided = pairs.expected[rows], decided[rows]
    missed, update = decided == NOVEL, np.isin(decided, (FLAGGED, REWORDED))
    outcomes = [~missed & ~update, update, missed]
    repeat, changed, different = (expected == label for label in (REPEAT, UPDATE, DIFFERENT))
    right, wrong = outcomes[0] & repeat, outcomes[0] & (changed | different)
    columns = [right, wrong, repeat, *(each & label for label in (repeat, changed) for each in outcomes)]
    counted, draws = _resample(pairs.groups[rows], np.stack(columns, axis=1), seed)
    hits, false, repeats, *counts = np.vstack([counted, draws]).T

    def share(part: NDArray[np.int64], total: NDArray[np.int64]) -> Share:
        return Share(*_interval(_ratio(part, total)))

    def outcome(parts: list[NDArray[np.int64]]) -> Outcome:
        total = np.sum(parts, axis=0)
        return Outcome(int(total[0]), *(share(part, total) for part in parts))

    return Scores(
        len(expected),
        int(different.sum()),
        outcome(counts[:3]),
        outcome(counts[3:]),
        share(hits, hits + false),
        share(hits, repeats),
        share(2 * hits, hits + false + repeats),
        float(likely[rows][right].mean()) if right.any() else np.nan,
        tuple(np.bincount(decided, minlength=len(KINDS)).tolist()),
    )


def _resample(
    groups: NDArray[np.int64], counts: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The column sums of `counts`, (k,), and of bootstrap samples of whole groups, (draws, k).

    Groups with equal sums are one outcome of a multinomial draw, so a draw is only as long as the number of different
    outcomes (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993).
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
    bands, rows, _ = layout_for(settings)
    values, places = np.unique(overlaps.jaccard, return_inverse=True)
    return np.array([candidate_probability(value, bands, rows) for value in values.tolist()])[places]


def curve(pairs: Labelled, settings: Settings, thresholds: Sequence[float]) -> NDArray[np.float64]:
    """Precision, recall and F1 of the drops at each threshold, (thresholds, 3) float64; nan if undefined.

    The other settings stay as they are.
    """
    overlaps = overlap(canonical_pairs(pairs.texts), *settings.shingle_parts())
    matched = np.array([kinds(overlaps, at, settings.coverage, settings.min_words) for at in thresholds]) != NOVEL
    is_emitted = emitted_as(pairs.texts, overlaps, matched.any(axis=0), settings) > 0
    dropped = matched & ~is_emitted
    hits = (dropped & (pairs.expected == REPEAT)).sum(axis=1)
    false = (dropped & _is_wrong(pairs)).sum(axis=1)
    repeats = np.full(len(hits), (pairs.expected == REPEAT).sum())
    return np.stack(
        [_ratio(hits, hits + false), _ratio(hits, repeats), _ratio(2 * hits, hits + false + repeats)], axis=1
    )


def _is_wrong(pairs: Labelled) -> NDArray[np.bool_]:
    """Which pairs must not be dropped, (n,) bool."""
    return np.isin(pairs.expected, (DIFFERENT, UPDATE))


def tune(pairs: Labelled, settings: Settings, precision: float) -> TuningResult:
    """Find the shingle, threshold and coverage that drop repeats best. Among equally good ones, the strictest wins.

    A pair that LSH would miss counts as missed; otherwise a threshold of 1 with a low coverage would look best.

    Raises:
        SettingsError: No pair is labelled a repeat.
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
    return TuningResult(
        tuple(map(best_f1, by_shingle)), tuple(map(best_recall, by_shingle)), best_f1(tried), best_recall(tried)
    )


def _strictness(choice: Choice) -> tuple[float, float]:
    return choice.settings.threshold, choice.settings.coverage


def _sweep(pairs: Labelled, settings: Settings) -> Iterator[Choice]:
    """Score every setting that LSH can serve. Overlaps are computed once per shingle, and facts once."""
    texts = canonical_pairs(pairs.texts)
    repeat, wrong = pairs.expected == REPEAT, _is_wrong(pairs)
    tried = [
        replace(settings, threshold=threshold)
        for threshold in THRESHOLDS
        if _is_served(replace(settings, threshold=threshold))
    ]
    by_shingle = [overlap(texts, *replace(settings, shingle=shingle).shingle_parts()) for shingle in SHINGLES]
    loosest = [kinds(overlaps, THRESHOLDS[0], COVERAGES[0], settings.min_words) for overlaps in by_shingle]
    matched = (np.array(loosest) != NOVEL).any(axis=0) & (repeat | wrong)
    is_emitted = emitted_as(pairs.texts, by_shingle[0], matched, settings) > 0
    for shingle, overlaps in zip(SHINGLES, by_shingle, strict=True):
        for one in tried:
            likely = _proposals(overlaps, one)
            for coverage in COVERAGES:
                dropped = (kinds(overlaps, one.threshold, coverage, one.min_words) != NOVEL) & ~is_emitted
                hits, false = likely[dropped & repeat], likely[dropped & wrong]
                hit, repeats = float(hits.sum()), int(repeat.sum())
                precision = hit / (hit + float(false.sum())) if hit else 0.0
                f1 = 2 * hit / (hit + float(false.sum()) + repeats)
                proposed = hit / len(hits) if len(hits) else np.nan
                yield Choice(replace(one, shingle=shingle, coverage=coverage), precision, hit / repeats, f1, proposed)


def _is_served(settings: Settings) -> bool:
    try:
        layout_for(settings)
    except SettingsError:
        return False
    return True
