"""Samples decisions for human judgement: draws a sample, prints the pairs as word diffs, and counts the verdicts.

The decisions are the output of `dedup filter --emit all --output-format jsonl`. With `--tally`, the verdicts in a CSV
are counted instead.
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

import orjson

from benchmarks.corpus import opened
from benchmarks.quality import wilson
from benchmarks.table import grid

DUPLICATES = ("near", "contained")
VERDICTS = ("right", "wrong", "doubtful")


def draw(path: Path, seed: int, duplicates: int, updates: int) -> list[dict[str, Any]]:
    """A sample of near and contained decisions, in proportion to their numbers, followed by one of updates."""
    found: dict[bool, list[bytes]] = {True: [], False: []}
    with opened(path) as file:
        for line in file:
            if b'"match"' in line:
                decision = orjson.loads(line)["dedup"]["decision"]
                if decision in DUPLICATES or decision == "update":
                    found[decision == "update"].append(line)
    chance = Random(seed)  # noqa: S311  # a draw, and no secret
    return [
        orjson.loads(line)
        for kind, count in ((False, duplicates), (True, updates))
        for line in chance.sample(found[kind], min(count, len(found[kind])))
    ]


def diff(old: str, new: str, context: int) -> Iterator[str]:
    """The new paragraph with `[-deleted-]` and `{+inserted+}` words.

    Equal text is cut to `context` words on each side.
    """
    a, b = old.split(), new.split()
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            same = b[b1:b2]
            yield " ".join(same if len(same) <= 2 * context else [*same[:context], "…", *same[-context:]])
            continue
        if a2 > a1:
            lost = a[a1:a2]
            yield f"[-{' '.join(lost if len(lost) <= 24 else [*lost[:12], '…', *lost[-12:]])}-]"
        if b2 > b1:
            yield f"{{+{' '.join(b[b1:b2])}+}}"


def tally(path: Path) -> str:
    """Counts of the verdicts by kind of decision, and the share that is right, as Markdown.

    If the file has this column, also the share of decisions that keep the literal promise, whatever the verdict.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = []
    for name in (*DUPLICATES, "both", "update"):
        kinds = DUPLICATES if name == "both" else (name,)
        counts = Counter(row["verdict"] for row in rows if row["decision"] in kinds and row["verdict"])
        kept = Counter(row["promise"] for row in rows if row["decision"] in kinds and row.get("promise"))
        shares = [_share(counts["right"], counts.total()), _share(kept["kept"], kept.total())]
        cells.append([name, str(counts.total()), *(str(counts[verdict]) for verdict in VERDICTS), *shares])
    return "\n".join(grid(("decision", "judged", *VERDICTS, "share right", "promise kept"), cells)) + "\n"


def _share(hits: int, n: int) -> str:
    """A share with its interval, "" for a share of nothing."""
    low, high = wilson(hits, n)
    return f"{hits / n:.3f} [{low:.3f}, {high:.3f}]" if n else ""


def main() -> None:
    """Print the pairs, or the tally."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judged", description=__doc__)
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument(
        "--decisions", type=Path, help="the output of `dedup filter --emit all --output-format jsonl`, also .xz"
    )
    task.add_argument("--tally", type=Path, metavar="CSV", help="count the verdicts of this file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--duplicates", type=int, default=300)
    parser.add_argument("--updates", type=int, default=100)
    parser.add_argument("--context", type=int, default=6, help="words shown on each side of a difference")
    parser.add_argument("--list", type=Path, metavar="CSV", help="write id, match and decision for the verdicts")
    given = parser.parse_args()
    if given.tally:
        sys.stdout.write(tally(given.tally))
        return
    rows = []
    for number, record in enumerate(draw(given.decisions, given.seed, given.duplicates, given.updates)):
        verdict = record["dedup"]
        rows.append((record["id"], verdict["match"]["id"], verdict["decision"], "", ""))
        text = " ".join(diff(verdict["match"]["text"], record["text"], given.context))
        changed = f" {verdict['changed']} added={verdict['added']}" if verdict["decision"] == "update" else ""
        sys.stdout.write(f"#{number} {verdict['decision']}{changed}\n{text}\n")
    if given.list:
        with given.list.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("id", "match", "decision", "verdict", "note"))
            writer.writerows(rows)


if __name__ == "__main__":
    main()
