"""`--output-format records`: exactly one line out for each line in, at once, with its decisions or its error."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.running import dedup, pipes, start
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import NoveltyFilter
from dedup.filter.batch import BatchDecisions
from dedup.formats.answered_lines import AnsweredLines, AnsweredRecords
from dedup.formats.base import Records, RejectedInput, Source
from dedup.formats.byte_reader import ByteStream

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
STORM = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
RECORDS = ["filter", "--quiet", "--output-format", "records"]


def answers(data: bytes, *options: str | Path) -> list[Any]:
    """The lines that the command writes for an input, as values."""
    run = dedup(*RECORDS, *options, stdin=data)
    assert run.returncode in (0, 3), run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("name", ["wire.jsonl", "articles.jsonl"])
def test_decisions_are_those_of_each_paragraph(name: str) -> None:
    """Each record comes out as it came in, with the list of the decisions of its paragraphs."""
    data = (SAMPLES / name).read_bytes()
    run = dedup(*RECORDS, stdin=data)
    marked = dedup("filter", "--quiet", "--emit", "all", "--output-format", "jsonl", stdin=data).stdout.splitlines()
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert [decision for record in found for decision in record["dedup"]] == [
        json.loads(line)["dedup"] for line in marked
    ]
    for line, raw in zip(run.stdout.splitlines(), data.splitlines(), strict=True):
        assert line.startswith(raw.rstrip()[:-1])
        record = json.loads(line)
        text = record["text"]
        parts = text if isinstance(text, list) else [part for part in text.split("\n\n") if part]
        assert len(record.pop("dedup")) == len(parts)
        assert record == json.loads(raw)


def test_errors_stand_in_their_places() -> None:
    """A line that is no record has an error and the line; a record without a text stays with its error."""
    lines = [
        b'\xef\xbb\xbf{"text": "one two three"}',
        b"nope",
        b"",
        b'{"text": null, "x": 10000000000000000000001}',
        b"   ",
        b'["text"]',
        b'{"text": "one two three", "dedup": "mine"}\r',
        b'{"text": "' + b"x" * 300 + b'"}',
        b'{"text": []}',
        b'{"text": "\xff"}',
        b'{"text": "last"}',
    ]
    run = dedup(*RECORDS, "--max-bytes", "200", stdin=b"\n".join(lines))
    found = run.stdout.splitlines()
    assert (run.returncode, run.stderr) == (3, b"")
    assert len(found) == len(lines)
    kinds = [
        [decision["decision"] for decision in given] if isinstance(given, list) else given["error"]
        for given in (json.loads(line)["dedup"] for line in found)
    ]
    assert kinds == [
        ["novel"],
        kinds[1],
        "a blank line",
        "no text field 'text'; this record has text, x",
        "a blank line",
        "not a JSON object but a list",
        ["exact"],
        "longer than max-bytes 200",
        ["novel"],
        ["novel"],
        ["novel"],
    ]
    assert kinds[1].startswith("not valid JSON")
    assert json.loads(found[1])["dedup"]["line"] == "nope"
    assert json.loads(found[5])["dedup"]["line"] == '["text"]'
    assert found[3].startswith(lines[3][:-1])
    assert b"mine" not in found[6]
    assert json.loads(found[7]) == {"dedup": {"error": "longer than max-bytes 200"}}


PIECES = st.sampled_from(
    [b"{", b"}", b'"', b"[", b"]", b":", b",", b"\\", b"text", b"dedup", b'{"text": "a b"}', b'"dedup": 1', b" ", b"\r",
     b"\xff", b"1", b"null", b'{"text": ["a b", "c"], "dedup": {}}', b'{"text": "a\\n\\nb"}', b"{}"]
)  # fmt: skip


class Bytes(ByteStream):
    """A stream in memory that arrives in pieces of a size."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size

    def read(self, size: int, /) -> bytes:
        """The next piece."""
        size = min(size, self._size)
        found, self._data = self._data[:size], self._data[size:]
        return found

    def fileno(self) -> int:
        """There is none."""
        raise OSError


def decided(novelty: NoveltyFilter, batch: Records) -> list[dict[str, Any]]:
    """The decisions of a batch as the command writes them."""
    decisions: BatchDecisions = novelty.decide_batch(batch.texts)
    return [{"kind": int(kind)} for kind in decisions.kinds]


@settings(max_examples=300)
@given(st.lists(st.lists(PIECES, max_size=6).map(b"".join), max_size=12), st.integers(1, 400), st.integers(10, 60))
def test_one_line_for_each_line(lines: list[bytes], size: int, most: int) -> None:
    """Whatever the lines are, and however they arrive, each gets one line of JSON, in order."""
    data = b"".join(line + b"\n" for line in lines)
    novelty = NoveltyFilter()
    found: list[bytes] = []
    for batch in AnsweredLines(Source("x", max_bytes=most)).read(Bytes(data, size)):
        if isinstance(batch, AnsweredRecords):
            found += batch.answers(decided(novelty, batch))
        else:
            assert isinstance(batch, RejectedInput)
    assert len(found) == len(lines)
    for line, answer in zip(lines, found, strict=True):
        assert answer.count(b"\n") == 1
        assert answer.endswith(b"\n")
        given_ = json.loads(answer)["dedup"]
        if len(line) < most:
            try:
                record = json.loads(line.decode("utf-8", "surrogateescape"))
                readable = isinstance(record, dict) and isinstance(record.get("text"), str | list)
            except ValueError:
                readable = False
            assert isinstance(given_, list) == readable


def test_a_coprocess() -> None:
    """A program that writes a line and waits for its answer gets it at once, also for a line that is no record."""
    with start(*RECORDS) as process:
        stdin, stdout, _ = pipes(process)
        for line, expected in [
            (b"not a record", "error"),
            (b"", "error"),
            (json.dumps({"text": STORM}).encode(), "novel"),
            (json.dumps({"text": [STORM, "Nobody was hurt."]}).encode(), "exact"),
        ]:
            stdin.write(line + b"\n")
            stdin.flush()
            given_ = json.loads(stdout.readline())["dedup"]
            assert ("error" if "error" in given_ else given_[0]["decision"]) == expected
        stdin.close()
    assert process.returncode == 3


def test_state_and_rejected(tmp_path: Path) -> None:
    """Answers are remembered across runs, and rejected lines are copied."""
    state, rejected = tmp_path / "feed.dedup", tmp_path / "rejected"
    data = json.dumps({"id": "a", "text": STORM}).encode() + b"\nnope\n"
    kinds = [answers(data, "--state", state, "--rejected", rejected)[0]["dedup"][0]["decision"] for _ in range(2)]
    assert kinds == ["novel", "exact"]
    assert rejected.read_bytes() == b"nope\n"
    assert answers(b"") == []


@pytest.mark.parametrize("options", [["--format", "csv"], ["--emit", "all"], ["--emit", "duplicates"]])
def test_usage(options: list[str]) -> None:
    """Other formats, and a choice of paragraphs, contradict one line for each line."""
    run = dedup(*RECORDS, *options)
    assert run.returncode == 2
    assert b"--output-format records" in run.stderr
