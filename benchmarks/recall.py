"""Recall of the LSH stage against brute force: of all pairs at or above the threshold, how many share a band key.

All pairs of distinct canonical texts are compared exactly, so time grows with the square of the lines.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import brute
from benchmarks.corpus import texts
from dedup.novelty import NoveltyFilter

_BUCKETS = 10


def measure(originals: Sequence[str], novelty: NoveltyFilter) -> dict[str, Any]:
    """Pairs and proposed pairs, by tenth of Jaccard and over all.

    Texts below `min_words` are left out, as LSH never sees them.
    """
    settings = novelty.settings
    prepared = brute.canonical(originals, novelty)
    first = dict(zip(reversed(prepared.canonical), reversed(range(len(originals))), strict=True))
    rows = np.array(sorted(row for row in first.values() if prepared.tokens[row] >= max(1, settings.min_words)))
    bands = prepared.keys[rows, 1:]
    sets = brute.index([prepared.canonical[row] for row in rows], *settings.shingle_parts())
    pairs: Counter[int] = Counter()
    proposed: Counter[int] = Counter()
    for shared in brute.compare(sets):
        alike = shared.jaccard >= settings.threshold
        others = shared.others[alike]
        met = (bands[others] == bands[shared.row]).any(axis=1)
        tenths = (shared.jaccard[alike] * _BUCKETS).astype(int)
        pairs.update(tenths.tolist())
        proposed.update(tenths[met].tolist())
    return {
        "texts": len(rows),
        "shingle": settings.shingle,
        "threshold": settings.threshold,
        "layout": novelty.layout._asdict(),
        "pairs": pairs.total(),
        "proposed": proposed.total(),
        "recall": proposed.total() / max(1, pairs.total()),
        "buckets": {
            f"{tenth / _BUCKETS:.1f}": {"pairs": pairs[tenth], "proposed": proposed[tenth]} for tenth in sorted(pairs)
        },
    }


def main() -> None:
    """Measure, print, and write JSON where asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    found = measure(texts(given.corpus, given.lines), NoveltyFilter())
    layout = found["layout"]
    print(
        f"{found['texts']:,} distinct texts, {found['shingle']}, threshold {found['threshold']}, "
        f"{layout['bands']} bands of {layout['rows']} rows"
    )
    print(f"{'Jaccard':>8} {'pairs':>10} {'proposed':>10} {'recall':>8}")
    for tenth, counts in found["buckets"].items():
        share = counts["proposed"] / counts["pairs"]
        print(f"{tenth:>7}+ {counts['pairs']:>10,} {counts['proposed']:>10,} {share:>8.4f}")
    print(f"{'all':>8} {found['pairs']:>10,} {found['proposed']:>10,} {found['recall']:>8.4f}")
    if given.out:
        given.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
