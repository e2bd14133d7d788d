"""The sample feeds: the real command makes the decisions that the file beside each one expects."""

import json
from pathlib import Path

import pytest
from helpers.running import dedup

FOLDER = Path(__file__).parents[2] / "sample_feeds"
SUFFIX = ".expected.jsonl"
SAMPLES = sorted(path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}"))


def test_there_are_samples() -> None:
    """There is at least one sample, and each has a file of expected decisions."""
    assert SAMPLES
    assert [name for name in SAMPLES if not (FOLDER / name).is_file()] == []


def after_name(id_: str | None, name: str) -> str | None:
    """An id without the name of its input, if it begins with that."""
    return None if id_ is None else id_.removeprefix(f"{name}:")


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    """Every paragraph has the expected decision and match, in order."""
    run = dedup("filter", name, "--emit", "all", "--output-format", "jsonl", cwd=FOLDER)
    assert run.returncode == 0, run.stderr
    found = []
    for item in map(json.loads, run.stdout.splitlines()):
        match = item["dedup"].get("match", {}).get("id")
        found.append((after_name(str(item["id"]), name), item["dedup"]["decision"], after_name(match, name)))
    lines = (FOLDER / f"{name}{SUFFIX}").read_text(encoding="utf-8").splitlines()
    expected = [
        (after_name(str(item["id"]), name), item["decision"], after_name(item["match"], name))
        for item in map(json.loads, lines)
    ]
    assert found == expected
    assert {decision for _, decision, _ in found} > {"novel"}
