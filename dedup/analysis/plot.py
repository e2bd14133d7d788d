"""Plots an evaluation: the scores at each threshold, above the similarity of the pairs."""

from pathlib import Path

import numpy as np

from dedup.analysis.evaluate import curve
from dedup.analysis.labelled_pairs import DIFFERENT, REPEAT, UPDATE, Labelled
from dedup.analysis.pairwise import canonical_pairs, overlap
from dedup.errors import DedupError, extra_needed
from dedup.formats.output_files import Output
from dedup.model.types import plural
from dedup.settings import Settings

_STEPS = 100
_BINS = 40
_REPEATS, _CHANGED, _DIFFERENT, _BOTH, _QUIET = "#1f6feb", "#2e8b57", "#d9730d", "#444444", "#999999"


def plot(pairs: Labelled, settings: Settings, path: str) -> None:
    """Plot to a file. Its suffix names the format.

    The upper chart shows precision, recall and F1 of the drops at each threshold. The lower one shows the Jaccard of
    repeats, of pairs with changed facts, and of different pairs.

    Raises:
        DedupError: matplotlib is missing, the suffix is unknown, or the file cannot be written.
    """
    with extra_needed("--plot", "plot"):
        from matplotlib.figure import Figure
    overlaps = overlap(canonical_pairs(pairs.texts), *settings.shingle_parts())
    thresholds = np.linspace(1 / _STEPS, 1, _STEPS)
    shares = curve(pairs, settings, thresholds.tolist())
    figure = Figure(figsize=(8.5, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    count = len(pairs.texts)
    for k, (name, color, style) in enumerate(
        (("precision", _DIFFERENT, "-"), ("recall", _REPEATS, "-"), ("F1", _BOTH, "--"))
    ):
        above.plot(thresholds, shares[:, k], style, color=color, label=name)
    above.set(ylabel="share (of what is dropped)", ylim=(0, 1.03), xlim=(0, 1))
    above.set_title(
        f"{settings.shingle}, coverage {settings.coverage:g}, updates {settings.updates}: {count:,} "
        f"{plural(count, 'pair')}",
        loc="left",
        fontsize="medium",
    )
    bins = np.linspace(0, 1, _BINS + 1)
    for name, label, color in (
        ("repeats", REPEAT, _REPEATS),
        ("changed facts", UPDATE, _CHANGED),
        ("different", DIFFERENT, _DIFFERENT),
    ):
        values = overlaps.jaccard[pairs.expected == label]
        if label == UPDATE and not len(values):
            continue
        weights = np.full(len(values), 1 / max(1, len(values)))
        below.hist(
            values, bins, weights=weights, histtype="stepfilled", facecolor=(color, 0.25), edgecolor=color,
            linewidth=1.2, label=f"{name} ({len(values):,})",
        )  # fmt: skip
    below.set(
        yscale="log",
        xlabel=f"Jaccard of {settings.shingle}; in the upper chart, the threshold",
        ylabel="share of pairs (log)",
    )
    for axes in (above, below):
        axes.axvline(settings.threshold, color=_QUIET, linewidth=1, linestyle=":", label="threshold now")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    try:
        with Output(path) as out:
            figure.savefig(out.file, format=Path(path).suffix.removeprefix(".") or "none", dpi=150)
    except ValueError as error:
        raise DedupError(f"{path}: {str(error).splitlines()[0]}") from None
