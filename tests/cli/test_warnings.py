"""Warnings about an input. Each kind is limited."""

import json
from pathlib import Path

import pytest
from helpers.running import dedup
from hypothesis import given
from hypothesis import strategies as st

from dedup.formats.base import RejectedInput
from dedup.pipeline.warnings import MOST, Warnings


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from(["no text", "bad 1: at 2", "bad 2: at 3"]), st.integers(1, 15)
        ),
        max_size=9,
    )
)
def test_equal_warnings_are_counted(runs: list[tuple[str, str, int]]) -> None:
    """The first ten of a kind are reported in full, and the number of the others at the end."""
    found = [(name, reason) for name, reason, times in runs for _ in range(times)]
    messages: list[str] = []
    complaints = Warnings(messages.append)
    rejected = [RejectedInput(name, ordinal, b"", reason) for ordinal, (name, reason) in enumerate(found, 1)]
    for one in rejected:
        complaints.add(one)
    expected = []
    more: dict[tuple[str, str], int] = {}
    for one in rejected:
        kind = (one.name, "no text" if one.reason == "no text" else "bad")
        before = more[kind] = more.get(kind, 0) + 1
        if before <= 10:
            expected.append(str(one))
    assert messages == expected
    complaints.close()
    assert messages[len(expected) :] == [
        f"{name}: and {count - 10} more like this: {kind}" for (name, kind), count in more.items() if count > 10
    ]
    complaints.close()
    assert len(messages) == len(expected) + sum(count > 10 for count in more.values())


@pytest.mark.parametrize("command", ["filter", "cluster", "explain"])
def test_many_broken_records(tmp_path: Path, command: str) -> None:
    """Every command reports ten equal warnings about each input and counts the others. No record is lost."""
    good = [json.dumps({"text": f"words {k}"}) for k in range(3)]
    bad = [f'{{"text": "words {k}",}}' for k in range(1500)]
    for name in ("a", "b"):
        (tmp_path / name).write_text("\n".join([*good, *bad, '{"body": "x"}', ""]))
    errors = ["--rejected", "e"] if command == "filter" else []
    run = dedup(command, *errors, "--quiet", "a", "b", cwd=tmp_path)
    assert run.returncode == 3
    lines = run.stderr.decode().splitlines()
    assert len(lines) == 2 * (MOST + 2)
    for name, part in (("a", lines[: MOST + 2]), ("b", lines[MOST + 2 :])):
        assert all(line.startswith(f"dedup: {name}:{k}: not valid JSON: ") for k, line in enumerate(part[:MOST], 4))
        assert part[MOST] == f"dedup: {name}:1504: no text field 'text'; this record has body"
        assert part[MOST + 1] == f"dedup: {name}: and 1,490 more like this: not valid JSON"
    if errors:
        assert (tmp_path / "e").read_text() == "\n".join([*bad, '{"body": "x"}', ""]) * 2
        run = dedup(command, "a", cwd=tmp_path)
        assert run.stderr.endswith(b"rejected 1501\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{'text': 'one two'}\n" * 50, "--format text"),
        ('{"text": "one two",}\n' * 50, "jq -c"),
        ('["one", "two"]\n', "jq -c"),
        ("<?xml version='1.0'?>\n<urlset>\n</urlset>\n", "--format"),
    ],
)
def test_an_input_without_records(tmp_path: Path, data: str, message: str) -> None:
    """An input without any readable record gives one line with a helpful option, and is copied whole."""
    run = dedup("filter", "--rejected", "e", stdin=data.encode(), cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr.count(b"\n")) == (1, b"", 1)
    assert message in run.stderr.decode()
    assert (tmp_path / "e").read_text() == data


@pytest.mark.parametrize(
    "data",
    [
        "{{Breaking}} one two\n{Update} three four\nfive\n",
        "<b>Breaking</b> one two\nthree four\n<i>five</i>\n",
        '{\n  "text": "one"\n}\n{\n  "text": "two"\n}\n',
        '{"title": "t", "items": [{"id": "1", "content_text": "one two"}]}',
    ],
)
def test_lookalikes_are_text(data: str) -> None:
    """Text with braces or tags, objects of several lines and a feed without a version come out unchanged."""
    run = dedup("filter", stdin=data.encode())
    assert (run.returncode, run.stdout.decode()) == (0, data)
