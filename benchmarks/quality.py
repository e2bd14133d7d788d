"""The decisions of engines about edited paragraphs: first a corpus, then copies of its paragraphs with one edit each.

Ids are `original:N` and `copy:EDIT:N`, where N is the line of the paragraph in the corpus, from 0. A copy that an
engine does not write is dropped. Only paragraphs that are unlike all others get a copy, and each gets one.
"""

import argparse
import hashlib
import json
import math
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson

from benchmarks import engines
from benchmarks.corpus import opened, texts
from benchmarks.edits import DROPPED, EITHER, EMITTED, TARGETS, is_fact, vocabulary
from benchmarks.run import tell
from benchmarks.table import grid
from dedup import NoveltyFilter

_SHORTEST, _LONGEST = 12, 80  # words of a paragraph that gets a copy
_SHORTEST_TEXT = 30  # characters of such a paragraph in a script without spaces
_ENOUGH = 300  # paragraphs of a language that has its own row
_UNSPACED = ("zh", "ja")
_USUAL = {"ours": (None, None), "datasketch": (0.8, 5), "rensa": (0.8, 5)}  # threshold and words in a shingle
MERGED = "merged"


class Planted(NamedTuple):
    """A corpus with some merged paragraphs, and edited copies: (id, text). `pairs` are (edit, old, new)."""

    originals: list[tuple[str, str]]
    copies: list[tuple[str, str]]
    pairs: list[tuple[str, str, str]]


def alone(originals: Sequence[str]) -> list[int]:
    """The lines of paragraphs that have no near-duplicate in the corpus."""
    novelty = NoveltyFilter(threshold=0.3, coverage=0.5, updates="drop")
    lines: dict[int, int] = {}
    matched = set()
    for start in range(0, len(originals), 1024):
        decisions = novelty.decide_batch(
            [text.encode(errors="surrogatepass") for text in originals[start : start + 1024]]
        )
        lines |= {int(row): start + k for k, row in enumerate(decisions.rows) if row >= 0}
        matched |= {int(row) for row in decisions.matches if row >= 0}
    return [line for row, line in lines.items() if row not in matched]


def plant(originals: Sequence[str], seed: int, each: int) -> Planted:
    """Up to `each` copies per edit. A paragraph draws its edit; if it does not fit, it gets the rarest that does."""
    draw = Random(seed)  # noqa: S311  # a draw, and no secret
    known = vocabulary(originals)
    free = [line for line in alone(originals) if _SHORTEST <= len(originals[line].split()) <= _LONGEST]
    draw.shuffle(free)
    placed = {line: ("original", text) for line, text in enumerate(originals)}
    copies, pairs = [], []
    for _ in range(each):
        if len(free) < 4:
            break
        chosen, *others = (free.pop() for _ in range(draw.randint(2, 3)))
        parts = [originals[chosen]]
        for other in others:
            if 3 * len(originals[chosen].split()) >= len(" ".join([*parts, originals[other]]).split()):
                parts.append(originals[other])
                del placed[other]
        draw.shuffle(parts)
        if len(parts) > 1:
            placed[chosen] = ("merged", " ".join(parts))
            copies.append((f"copy:{MERGED}:{chosen}", originals[chosen]))
            pairs.append((MERGED, placed[chosen][1], originals[chosen]))
    edits = DROPPED | EITHER | EMITTED
    done: Counter[str] = Counter()

    def copy(line: int, names: Iterable[str]) -> bool:
        for name in names:
            edited = edits[name](originals[line], known, draw)
            if edited is not None:
                done[name] += 1
                copies.append((f"copy:{name}:{line}", edited))
                pairs.append((name, originals[line], edited))
                return True
        return False

    # If edits that fit few paragraphs, which are long ones, always came first, the others would get the short ones.
    rest = []
    for line in free:
        wanting = [name for name in edits if done[name] < each]
        if wanting and not copy(line, [draw.choice(wanting)]):
            rest.append(line)
    for line in rest:
        copy(line, sorted((name for name in edits if done[name] < each), key=lambda name: done[name]))
    return Planted([(f"{kind}:{line}", text) for line, (kind, text) in sorted(placed.items())], copies, pairs)


def plant_language(originals: Sequence[str], unspaced: bool, seed: int) -> Planted:
    """A copy of every paragraph that is long enough, with one word (two characters) replaced by a common one.

    Neither the replaced word nor the new one is a number or a negation.
    """
    draw = Random(seed)  # noqa: S311  # a draw, and no secret
    units = [list(text) if unspaced else text.split() for text in originals]
    counts = Counter(unit for split in units for unit in split if unit.isalpha() and unit == unit.lower())
    counts = Counter({unit: count for unit, count in counts.items() if not is_fact(unit)})
    common = [unit for unit, _ in counts.most_common(500)]
    lone = set(alone(originals))
    copies, pairs = [], []
    for line, split in enumerate(units):
        places = [place for place, unit in enumerate(split) if unit in counts]
        count = 2 if unspaced else 1
        if line not in lone or len(split) < (_SHORTEST_TEXT if unspaced else _SHORTEST) or len(places) < count:
            continue
        edited = split.copy()
        for place in draw.sample(places, count):
            edited[place] = draw.choice([unit for unit in draw.sample(common, 2) if unit != edited[place]])
        text = ("" if unspaced else " ").join(edited)
        copies.append((f"copy:1 word:{line}", text))
        pairs.append(("1 word", originals[line], text))
    return Planted([(f"original:{line}", text) for line, text in enumerate(originals)], copies, pairs)


def decide(command: list[str], planted: Planted) -> set[str]:
    """The ids of the copies that an engine drops in one run."""
    lines = [orjson.dumps({"id": name, "text": text}) for name, text in planted.originals + planted.copies]
    done = subprocess.run(command, input=b"\n".join(lines) + b"\n", stdout=subprocess.PIPE, check=True)  # noqa: S603  # a command of ours
    kept = {orjson.loads(line)["id"] for line in done.stdout.splitlines()}
    return {name for name, _ in planted.copies if name not in kept}


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, "Probable inference", 1927)."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959964
    centre = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def measure(planted: Planted, dropped: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """The number of copies of each edit, its target, and the share that each engine drops, with its interval.

    Args:
        planted: The corpus and its copies.
        dropped: {engine: the ids of the copies that it drops}.
    """
    copies = Counter(name.split(":")[1] for name, _ in planted.copies)
    edits = [edit for edit in [*DROPPED, MERGED, *EITHER, *EMITTED] if copies[edit]]
    rows: dict[str, Any] = {edit: {"copies": copies[edit], "target": TARGETS.get(edit)} for edit in edits}
    for engine, names in dropped.items():
        found = Counter(name.split(":")[1] for name in names)
        for edit, row in rows.items():
            low, high = wilson(found[edit], copies[edit])
            row[engine] = {"dropped": found[edit] / copies[edit], "low": low, "high": high}
            if row["target"] is not None:
                right = copies[edit] - found[edit] if edit in EMITTED else found[edit]
                row[engine]["met"] = right >= row["target"] * copies[edit]
    return rows


def run(planted: Planted, names: Sequence[str], ours: Sequence[str] = ()) -> dict[str, set[str]]:
    """{engine: the ids of the copies that it drops}. `ours` are additional options for `dedup filter`."""
    dropped = {}
    for name in names:
        tell(f"{name}: {len(planted.originals):,} paragraphs and {len(planted.copies):,} copies")
        command = engines.command(name, *_USUAL.get(name, (None, None))) + (list(ours) if name == "ours" else [])
        dropped[name] = decide(command, planted)
    return dropped


def table(rows: dict[str, Any], names: Sequence[str]) -> str:
    """The shares as Markdown. Each has its interval, and for ours whether the target is met."""
    with_targets = any(row.get("target") is not None for row in rows.values())
    head = ["edit", "should", "copies", *(f"{name} dropped" for name in names)]
    cells = []
    for edit, row in rows.items():
        shares = [f"{row[name]['dropped']:.3f} [{row[name]['low']:.3f}, {row[name]['high']:.3f}]" for name in names]
        cells.append([edit, should(edit), f"{row['copies']:,}", *shares])
        if with_targets:
            cells[-1] += [_bound(edit, row["target"]), _met(row)]
    return "\n".join(grid((*head, *(["target", "met by ours"] if with_targets else [])), cells)) + "\n"


def should(edit: str) -> str:
    """What a filter should do with a copy: drop or emit it, or either (random words put in, also in a language)."""
    return "emit" if edit in EMITTED else "drop" if edit in DROPPED or edit == MERGED else "either"


def _bound(edit: str, target: float | None) -> str:
    """The target as a bound of the dropped share."""
    if target is None:
        return ""
    return f"≤ {1 - target:.2f}" if edit in EMITTED else f"≥ {target:.2f}"


def _met(row: dict[str, Any]) -> str:
    if row["target"] is None or "ours" not in row:
        return ""
    return "yes" if row["ours"]["met"] else "no"


def failures(planted: Planted, dropped: Collection[str]) -> Iterator[dict[str, str]]:
    """The pairs that are decided otherwise than they should be: {kind, old, new}. `dropped` are ids of copies."""
    for (name, _), (kind, old, new) in zip(planted.copies, planted.pairs, strict=True):
        if should(kind) != "either" and (should(kind) == "emit") == (name in dropped):
            yield {"kind": kind, "old": old, "new": new}


def languages(path: Path, seed: int) -> dict[str, Planted]:
    """A planted corpus for each language that has enough paragraphs in a file of `{text, lang}`."""
    by_language: dict[str, list[str]] = {}
    with opened(path) as file:
        for line in file:
            record = orjson.loads(line)
            by_language.setdefault(record["lang"], []).append(record["text"])
    planted = {lang: plant_language(said, lang in _UNSPACED, seed) for lang, said in sorted(by_language.items())}
    return {lang: one for lang, one in planted.items() if len(one.copies) >= _ENOUGH}


def pair(kind: str, old: str, new: str) -> dict[str, Any]:
    """A pair in the form that `dedup eval` reads."""
    if kind in EMITTED:
        return {"kind": kind, "old": old, "new": new, "fact_changed": True}
    return {"kind": kind, "a": old, "b": new, "label": 1 if should(kind) == "drop" else None}


def main() -> None:
    """Print the table, and write JSON and the pairs if requested."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=1000, help="copies per edit, if the corpus has enough paragraphs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", default=",".join(_USUAL))
    parser.add_argument(
        "--ours", default="", metavar="OPTIONS", help='additional options for ours, such as "--threshold 0.4"'
    )
    parser.add_argument("--languages", type=Path, help="JSON Lines of {text, lang}: one word changed, by language")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--failures", type=Path, help="write the pairs that ours decides otherwise than it should")
    parser.add_argument("--pairs", type=Path, help="write the pairs for `dedup eval`")
    given = parser.parse_args()
    names, ours = given.engines.split(","), shlex.split(given.ours)
    planted = plant(texts(given.corpus, given.lines), given.seed, given.each)
    hashed = hashlib.sha256(b"".join(text.encode() + b"\n" for _, text in planted.originals + planted.copies))
    results: dict[str, Any] = {"sha256": hashed.hexdigest(), "edits": {}, "languages": {}}
    dropped = run(planted, names, ours)
    results["edits"] = measure(planted, dropped)
    sys.stdout.write(table(results["edits"], names))
    pairs = [pair(*one) for one in planted.pairs]
    spoken = languages(given.languages, given.seed) if given.languages else {}
    for lang, one in spoken.items():
        results["languages"][lang] = measure(one, run(one, names, ours))["1 word"]
        pairs += [pair(lang, a, b) for _, a, b in one.pairs]
    if spoken:
        sys.stdout.write("\n" + table(results["languages"], names))
    if given.out:
        given.out.write_text(json.dumps(results, indent=2) + "\n")
    if given.failures and "ours" in dropped:
        found = list(failures(planted, dropped["ours"]))
        given.failures.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in found))
    if given.pairs:
        given.pairs.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in pairs))


if __name__ == "__main__":
    main()
