"""The functions at the top of the package: `compare` and `evaluate`, and their settings."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from helpers.running import dedup as command

import dedup
from dedup import DedupError, InputError, NoveltyFilter, Paragraph, Settings, SettingsError, compare, evaluate
from dedup.settings import SettingsFields

PAIRS = Path(__file__).parents[2] / "sample_feeds" / "pairs.jsonl"
RECORDS = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
STORM = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."


@pytest.mark.parametrize("settings", [{}, {"strict": True}, {"updates": "drop"}, {"threshold": 0.6}])
def test_compare_is_the_decision_of_the_filter(settings: Any) -> None:
    """Where the filter has a match, `compare` gives the same decision; else it is novel too."""
    kinds = set()
    for record in RECORDS:
        old, new = (record[name] for name in (("a", "b") if "a" in record else ("old", "new")))
        _, judged = NoveltyFilter(**settings).judge([old, new])
        compared = compare(old, new, **settings)
        kinds.add(judged.kind)
        if judged.match is None:
            assert compared.kind == judged.kind == "novel"
            assert compared.match is not None
        else:
            assert replace(compared, story=None, version=None, block=None) == replace(
                judged, story=None, version=None, block=None
            )
    assert len(kinds) > 1


def test_compare_names_what_it_was_given() -> None:
    """Strings, Paragraphs and mappings are taken, unrelated texts have measures, and settings are checked."""
    mine = object()
    decision = compare({"text": STORM, "id": 3, "time": "noon"}, Paragraph("Nobody was hurt.", record=mine))
    assert (decision.kind, decision.jaccard, decision.coverage) == ("novel", 0.0, 0.0)
    assert decision.match is not None
    assert (decision.match.id, decision.match.seen) == ("3", "noon")
    assert decision.paragraph.record is mine
    named = compare(STORM, STORM)
    assert named.match is not None
    assert (named.kind, named.match.id) == ("exact", "paragraph:1")
    assert compare(STORM, STORM[:60].rpartition(" ")[0], Settings(threshold=1.0, coverage=1.0)).kind == "contained"
    with pytest.raises(SettingsError):
        compare(STORM, STORM, threshold=7)
    with pytest.raises(InputError):
        compare(STORM, None)  # type: ignore[arg-type]  # the mistake


def test_evaluate_is_the_command() -> None:
    """A path and records give the scores that the command prints."""
    printed = json.loads(command("eval", "--quiet", "--output-format", "json", PAIRS).stdout)
    scores = evaluate(PAIRS)
    for same in (evaluate(str(PAIRS)), evaluate(RECORDS), evaluate(iter(RECORDS), Settings())):
        assert repr(same) == repr(scores)  # nan is not equal to itself
    assert list(scores)[-1] == "all pairs"
    every = scores["all pairs"]
    assert every.pairs == len(RECORDS)
    assert every.precision.value == printed["scores"]["all pairs"]["precision"]["value"]
    assert evaluate(RECORDS, threshold=1.0)["all pairs"].recall.value < every.recall.value
    assert len(evaluate(RECORDS, by="label")) > 1


def test_evaluate_refuses(tmp_path: Path) -> None:
    """A record without a label, and no records at all, raise; records of a file can be reported instead."""
    with pytest.raises(InputError, match="record 2: no field 'label'"):
        evaluate([RECORDS[0], {"a": "x", "b": "y"}])
    with pytest.raises(InputError, match="no labelled pairs"):
        evaluate([])
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(RECORDS[0]) + '\n{"a": 1}\n')
    with pytest.raises(InputError, match=r"pairs\.jsonl:2"):
        evaluate(path)
    rejected: list[Any] = []
    assert evaluate(path, rejected=rejected.append)["all pairs"].pairs == 1
    assert [record.ordinal for record in rejected] == [2]


def test_typed_settings() -> None:
    """The typed keywords are the fields of Settings, with the same types."""
    hints = get_type_hints(Settings)
    assert get_type_hints(SettingsFields) == {field.name: hints[field.name] for field in fields(Settings)}


def test_errors_are_at_the_top() -> None:
    """Every class of error can be caught by a name of the package."""
    errors = {"DedupError", *(cls.__name__ for cls in DedupError.__subclasses__())}
    assert errors == {name for name in dedup.__all__ if name.endswith("Error")}
