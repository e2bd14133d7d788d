"""The planted repeats that an engine found in a corpus, and the paragraphs that it dropped wrongly."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks import brute
from benchmarks.planting import KINDS
from dedup.filter.novelty_filter import NoveltyFilter

_ALIKE = 0.3  # Jaccard on word 2-grams below which no reader would call two paragraphs a repeat
_CONTAINED = 0.8  # share of a paragraph's word 2-grams in one earlier paragraph


class Truth:
    """A planted corpus, and which of its originals could be repeats of an earlier paragraph.

    Attributes:
        places: {id: line}.
        alike: (n,) bool, whether an earlier paragraph has Jaccard >= 0.3 with this one, or the same text.
        contained: (n,) bool, whether an earlier paragraph contains 0.8 of this one.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            records = [orjson.loads(line) for line in file]
        texts = [record["text"] for record in records]
        self.places = {record["id"]: place for place, record in enumerate(records)}
        self.alike = np.zeros(len(texts), np.bool_)
        self.contained = np.zeros(len(texts), np.bool_)
        seen: set[str] = set()
        for place, text in enumerate(texts):
            self.alike[place] = text in seen
            seen.add(text)
        canonical = brute.canonical(texts, NoveltyFilter()).canonical
        for shared in brute.compare(brute.index(canonical, "word", 2)):
            self.alike[shared.row] |= bool(shared.jaccard.max(initial=0) >= _ALIKE)
            self.contained[shared.row] = bool(shared.coverage.max(initial=0) >= _CONTAINED)

    @property
    def planted(self) -> Counter[str]:
        """The number of copies of each kind."""
        return Counter(name.split(":")[1] for name in self.places if name.startswith("copy:"))

    def judge(self, kept_lines: Path) -> dict[str, Any]:
        """The result of an engine that wrote these lines.

        Returns:
            recall: The dropped share of the planted copies, by kind.
            either_dropped: The share of copies that were dropped, or whose original was. It is for tools that do not
                keep the first one.
            false_drops: The number of dropped originals that resemble no earlier paragraph.
            contained: How many of those are mostly contained in one earlier paragraph.
        """
        with kept_lines.open("rb") as file:
            kept = {orjson.loads(line)["id"] for line in file}
        dropped = self.places.keys() - kept
        found = Counter(name.split(":")[1] for name in dropped if name.startswith("copy:"))
        planted = self.planted
        either = Counter(
            name.split(":")[1]
            for name in self.places
            if name.startswith("copy:") and (name in dropped or f"original:{name.split(':')[2]}" in dropped)
        )
        lost = [self.places[name] for name in dropped if name.startswith("original:")]
        false = [place for place in lost if not self.alike[place]]
        return {
            "recall": {kind: found[kind] / max(1, planted[kind]) for kind in KINDS},
            "either_dropped": {kind: either[kind] / max(1, planted[kind]) for kind in KINDS},
            "dropped_originals": len(lost),
            "false_drops": len(false),
            "contained": sum(bool(self.contained[place]) for place in false),
        }


def main() -> None:
    """Print the result of each engine as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("planted", type=Path, help="the output of benchmarks.planting")
    parser.add_argument("outputs", nargs="+", metavar="NAME=FILE", help="the output of each engine")
    given = parser.parse_args()
    truth = Truth(given.planted)
    named = [output.partition("=") for output in given.outputs]
    engines = {name: truth.judge(Path(path)) for name, _, path in named}
    print(json.dumps({"planted": truth.planted.total(), "engines": engines}, indent=2))


if __name__ == "__main__":
    main()
