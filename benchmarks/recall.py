"""Recall of the LSH stage against brute force.

All pairs of distinct canonical texts are compared exactly, so the time grows with the square of the lines. The report
has three parts: how many pairs at or above the threshold share a band key; how many pairs of a paragraph and a longer
one that contains it do, by the ratio of their lengths; and how many of the paragraphs that the rule would drop are
dropped by the filter, whose buckets are bounded.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import brute
from benchmarks.corpus import texts
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.types import KINDS
from dedup.model.utf8 import encode
from dedup.settings import Settings

_TENTHS = 10
_BATCH = 4096


class Tally:
    """The numbers of pairs and of proposed pairs, by class."""

    def __init__(self) -> None:
        self.pairs: Counter[float] = Counter()
        self.proposed: Counter[float] = Counter()

    def add(self, classes: NDArray[Any], met: NDArray[np.bool_]) -> None:
        """Count pairs by their classes, (k,), and the proposed ones, (k,) bool."""
        self.pairs.update(classes.tolist())
        self.proposed.update(classes[met].tolist())

    def report(self) -> dict[str, Any]:
        """Counts and recall, by class and in total."""
        counts = {
            f"{name:g}": {"pairs": self.pairs[name], "proposed": self.proposed[name]} for name in sorted(self.pairs)
        }
        pairs, proposed = self.pairs.total(), self.proposed.total()
        return {"pairs": pairs, "proposed": proposed, "recall": proposed / max(1, pairs), "classes": counts}


def measure(originals: Sequence[str], settings: Settings) -> dict[str, Any]:
    """The share of brute-force pairs that LSH proposes.

    Texts below `min_words` are left out, because LSH skips them.
    """
    novelty = NoveltyFilter(replace(settings, updates="drop"))
    prepared = brute.canonical(originals, novelty)
    first = dict(zip(reversed(prepared.canonical), reversed(range(len(originals))), strict=True))
    rows = np.array(sorted(row for row in first.values() if prepared.words[row] >= max(1, settings.min_words)))
    bands = prepared.keys[rows, 1:]
    sets = brute.index([prepared.canonical[row] for row in rows], *settings.shingle_parts())
    sizes = np.diff(sets.offsets)
    alike, contained = Tally(), Tally()
    kept = np.ones(len(rows), np.bool_)
    for shared in brute.compare(sets):
        near = shared.jaccard >= settings.threshold
        within = ~near & (shared.coverage >= settings.coverage)
        met = (bands[shared.others] == bands[shared.row]).any(axis=1)
        alike.add(np.floor(shared.jaccard[near] * _TENTHS) / _TENTHS, met[near])
        contained.add(np.ceil(sizes[shared.others[within]] / sizes[shared.row]), met[within])
        kept[shared.row] = not kept[shared.others[near | within]].any()
    texts = [encode(originals[row]) for row in rows]
    kinds = np.concatenate([novelty.decide_batch(texts[at : at + _BATCH]).kinds for at in range(0, len(texts), _BATCH)])
    dropped = kinds != KINDS.index("novel")
    return {
        "texts": len(rows),
        "shingle": settings.shingle,
        "threshold": settings.threshold,
        "coverage": settings.coverage,
        "layout": novelty.layout._asdict(),
        "alike": alike.report(),
        "contained": contained.report(),
        "filter": {
            "to drop": int((~kept).sum()),
            "dropped": int((dropped & ~kept).sum()),
            "recall": int((dropped & ~kept).sum()) / max(1, int((~kept).sum())),
            "beyond": int((dropped & kept).sum()),
        },
    }


def main() -> None:
    """Measure, print, and write JSON if requested."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    found = measure(texts(given.corpus, given.lines), Settings())
    layout, passed = found["layout"], found["filter"]
    print(
        f"{found['texts']:,} distinct texts, {found['shingle']}, threshold {found['threshold']}, "
        f"{layout['bands']} bands of {layout['rows']} rows"
    )
    for name, title in (("alike", "Jaccard from"), ("contained", "times as long")):
        print(f"\n{title:>14} {'pairs':>10} {'proposed':>10} {'recall':>8}")
        for class_, counts in [*found[name]["classes"].items(), ("all", found[name])]:
            share = counts["proposed"] / max(1, counts["pairs"])
            print(f"{class_:>14} {counts['pairs']:>10,} {counts['proposed']:>10,} {share:>8.4f}")
    print(
        f"\nof {passed['to drop']:,} paragraphs that the rule would drop, the filter drops {passed['dropped']:,} "
        f"({passed['recall']:.4f}), and {passed['beyond']:,} others"
    )
    if given.out:
        given.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
