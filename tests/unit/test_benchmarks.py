"""The benchmarks measure what they say."""

import json
import subprocess
import sys
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import orjson
import pytest

from benchmarks import brute, check, recall
from benchmarks.planting import KINDS, plant
from dedup import NoveltyFilter, Settings

ROOT = Path(__file__).parents[2]


def paragraphs(count: int, seed: int = 1) -> list[str]:
    """Paragraphs of few words, so that many are similar and some are equal."""
    draw = Random(seed)  # noqa: S311  # a draw, and no secret
    words = ["storm", "harbour", "closed", "early", "police", "minister", "court", "opened", "ferry", "night", "market"]
    return [" ".join(draw.choices(words, k=draw.randint(0, 30))) for _ in range(count)]


def test_planting_is_reproducible() -> None:
    """The same seed plants the same copies in the same places; another seed plants others."""
    texts = paragraphs(300)
    assert plant(texts, seed=5) == plant(texts, seed=5)
    assert plant(texts, seed=5) != plant(texts, seed=6)


def test_planting_keeps_the_originals_in_order_and_copies_come_later() -> None:
    """The originals are unchanged and in order. Each copy comes after its original and differs from it."""
    texts = paragraphs(300)
    planted = plant(texts, seed=1, share=0.5)
    assert [text for name, text in planted if name.startswith("original:")] == texts
    places = {name: place for place, (name, _) in enumerate(planted)}
    copies = [(name, text) for name, text in planted if name.startswith("copy:")]
    assert {name.split(":")[1] for name, _ in copies} == set(KINDS)
    for name, text in copies:
        origin = name.split(":")[2]
        assert places[name] > places[f"original:{origin}"]
        assert text != texts[int(origin)]


@pytest.mark.parametrize(("unit", "size"), [("word", 1), ("word", 2), ("char", 4)])
def test_brute_force_equals_a_double_loop(unit: str, size: int) -> None:
    """The inverted index finds the same pairs with the same measures as a comparison of every set with every other."""
    texts = brute.canonical(paragraphs(80), NoveltyFilter()).canonical
    sets = [brute.shingles(text, unit, size) for text in texts]
    expected = {
        (row, other): (len(sets[row] & sets[other]) / len(sets[row] | sets[other]), len(sets[row] & sets[other]))
        for other, row in combinations(range(len(sets)), 2)
        if sets[row] & sets[other]
    }
    found = {
        (shared.row, int(other)): (jaccard, round(coverage * len(sets[shared.row])))
        for shared in brute.compare(brute.index(texts, unit, size))
        for other, jaccard, coverage in zip(shared.others, shared.jaccard, shared.coverage, strict=True)
    }
    assert expected
    assert found == expected


def test_brute_force_has_the_sets_of_the_program() -> None:
    """Shingle sets made in plain Python have the same sizes as those of the kernels."""
    texts = [*paragraphs(80), "Über – “straße” 東京 x", "one", ""]
    for shingle in ("word:2", "char:5"):
        novelty = NoveltyFilter(shingle=shingle)
        sizes = [
            len(brute.shingles(text, *novelty.settings.shingle_parts())) for text in brute.canonical(texts, novelty)[0]
        ]
        offsets = novelty.sketch_batch([text.encode() for text in texts]).sets.offsets
        assert sizes == [int(end - start) for start, end in pairwise(offsets)]


def test_recall_counts_every_pair() -> None:
    """The pairs and the droppable paragraphs that recall counts equal those of a double loop over all texts."""
    rule = Settings(threshold=0.25, coverage=0.3, num_perm=128)
    texts = paragraphs(120)
    distinct = [text for text in dict.fromkeys(texts) if len(text.split()) >= rule.min_words]
    sets = [brute.shingles(text, "word", 2) for text in distinct]
    pairs: Counter[str] = Counter()
    kept: list[set[str]] = []
    for k, mine in enumerate(sets):
        for theirs in sets[:k]:
            near = len(mine & theirs) / len(mine | theirs) >= rule.threshold
            pairs["alike" if near else "contained" if len(mine & theirs) / len(mine) >= rule.coverage else ""] += 1
        if not any(
            len(mine & theirs) / len(mine | theirs) >= rule.threshold or len(mine & theirs) / len(mine) >= rule.coverage
            for theirs in kept
        ):
            kept.append(mine)
    found = recall.measure(texts, rule)
    assert found["texts"] == len(distinct)
    assert found["filter"]["to drop"] == len(distinct) - len(kept)
    for kind in ("alike", "contained"):
        assert found[kind]["pairs"] == pairs[kind] > 0
        assert found[kind]["proposed"] <= found[kind]["pairs"]


def test_check_names_each_missed_floor() -> None:
    """A floor is missed if the value is on the wrong side of it, or is missing."""
    floors = {"a": {"at_least": 2.0}, "b": {"at_most": 2.0}, "c": {"at_least": 1.0}, "d": {"at_most": 1.0}}
    lines = check.missed(floors, {"a": 1.5, "b": 2.5, "c": 1.0, "d": "it is not there"})
    assert [line.split(":")[0] for line in lines] == ["a", "b", "d"]


def test_the_runner_compares_engines(tmp_path: Path) -> None:
    """The runner compares ours with the baseline on a small corpus, with quality, and writes JSON and a table."""
    corpus = tmp_path / "corpus.jsonl"
    texts = [f"{text} paragraph {k}" for k, text in enumerate(paragraphs(200))]
    corpus.write_bytes(b"".join(orjson.dumps({"id": str(k), "text": text}) + b"\n" for k, text in enumerate(texts)))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks",
            "--corpus",
            corpus,
            "--engines",
            "ours,baseline",
            "--runs",
            "1",
            "--out",
            tmp_path,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["corpus"]["lines"] == 200
    assert set(results["engines"]) == {"baseline", "ours"}
    for report in results["engines"].values():
        assert report["paragraphs_per_cpu_second"] > 0
        assert set(report["quality"]["recall"]) == set(KINDS)
    assert results["engines"]["baseline"]["of_baseline_cpu"] == 1
    assert results["engines"]["baseline"]["kept"] == 200
    assert done.stdout == (tmp_path / "results.md").read_text()
