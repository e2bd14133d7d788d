"""Spark decides as the filter does, also after a crash."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers.running import COMMAND, HANG, dedup
from helpers.spark_session import QUICK, require_spark, small_session
from helpers.states import contents
from helpers.strategies import lively
from helpers.templates import template_feed

from dedup import NoveltyFilter, Paragraph, Settings
from dedup.errors import InputError, SettingsError, SparkError
from dedup.spark.session import check_java

STAGES = ["rows", "proposals", "pairs-1", "decided"]
CROWDED = Settings(bucket_limit=1)


@pytest.fixture(name="spark", scope="module")
def started() -> Iterator[Any]:
    """A session of Spark."""
    session = small_session()
    yield session
    session.stop()


def hostile(seed: int) -> list[Paragraph]:
    """Templates, repeated records, equal texts and texts without a word."""
    feed = template_feed(150, seed)
    feed += [replace(paragraph, time=None, id=f"lively {at}") for at, paragraph in enumerate(lively(150, seed))]
    feed += [Paragraph("!!", f"same#{at}") for at in range(3)] + [
        Paragraph(feed[at].text, f"again {at}") for at in range(9)
    ]
    Random(seed).shuffle(feed)  # noqa: S311  # no secret
    return feed


def expected(feed: list[Paragraph], settings: Settings) -> list[dict[str, Any]]:
    """What the filter decides, as Spark writes it."""
    found = []
    for decision in NoveltyFilter(settings).judge(feed):
        row = decision.as_dict()
        row["match"] = decision.match and decision.match.id
        if row["match"] is None or row["decision"] == "exact":
            row |= {"changed": None, "added": None, "new_words": None, "novel_spans": None}
        row.pop("block", None)
        found.append({"id": decision.paragraph.id, **row})
    return found


def decided(rows: list[Any]) -> list[dict[str, Any]]:
    """Rows of Spark in the form of `expected`."""
    found = []
    for row in rows:
        values = row.dedup.asDict()
        for name in ("changed", "new_words", "novel_spans"):
            values[name] = None if values[name] is None else [list(pair) for pair in values[name]]
        found.append({"id": row.id, **values})
    return found


def dies_once(marker: str) -> Any:
    """A function that passes batches on. The first task that calls it dies with its process."""

    def passing(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            if not os.path.exists(marker):
                Path(marker).touch()
                os._exit(1)
            yield batch

    return passing


@pytest.mark.parametrize(("partitions", "mode"), [(1, "keep"), (5, "strict"), (3, "drop")])
def test_decides_as_the_filter(spark: Any, partitions: int, mode: str, tmp_path: Path) -> None:
    """All of a decision is that of the filter, for any partitions in any order, also if a task dies once."""
    from dedup.spark import novel

    settings = replace(CROWDED, strict=mode == "strict", updates="drop" if mode == "drop" else "keep")
    feed = hostile(partitions)
    rows = [(place // 2, place % 2, paragraph.id, paragraph.text) for place, paragraph in enumerate(feed)]
    Random(1).shuffle(rows)  # noqa: S311  # no secret
    df = spark.createDataFrame(rows, "day long, line long, id string, text string").repartition(partitions)
    df = df.mapInArrow(dies_once(str(tmp_path / "died")), df.schema)
    result = novel(df, order=["day", "line"], settings=settings, work=str(tmp_path / "work"), explain=True)
    assert decided(result.decisions.collect()) == expected(feed, settings)
    assert (tmp_path / "died").exists()
    assert result.rounds > 0
    assert result.pairs > 0
    again = novel(df, order=["day", "line"], settings=settings, work=str(tmp_path / "work"), explain=True)
    assert {stage.seconds for stage in again.stages} == {0.0}
    assert decided(again.decisions.collect()) == expected(feed, settings)


def test_rows_that_cannot_be_decided(spark: Any, tmp_path: Path) -> None:
    """A null text, two rows with one id or one place in the order, and a missing column are named."""
    from dedup.spark import novel

    for rows, name, message in (
        ([(1, "a", "one"), (2, "b", None)], "null", "the text of the row with the id b is null"),
        ([(1, "a", "one"), (2, "a", "two")], "id", "2 rows have the id a"),
        ([(1, "a", "one"), (1, "b", "two")], "order", "the ids [ab] and [ab] have the same order: 1"),
    ):
        df = spark.createDataFrame(rows, "number long, id string, text string")
        with pytest.raises(InputError, match=message):
            novel(df, order="number", work=str(tmp_path / name))
    with pytest.raises(InputError, match="there is no column day; the columns are number, id, text"):
        novel(df, order="day")
    with pytest.raises(SettingsError, match="window cannot be used"):
        novel(df, order="number", settings=Settings(window="1d"))
    with pytest.raises(SettingsError, match="another run uses this work folder"):
        novel(df, order="number", settings=Settings(seed=7), work=str(tmp_path / "order"))
    with pytest.raises(SettingsError, match="another run uses this work folder"):
        novel(df, order="id", work=str(tmp_path / "order"))


def test_killed_in_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed in one stage after the other ends with the decisions of the filter."""
    require_spark()
    (tmp_path / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in QUICK.items()))
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    feed = hostile(4)
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for file, some in zip(files, (feed[:150], feed[150:]), strict=True):
        lines = [{"id": one.id, "text": one.text, "time": 1000 + at} for at, one in enumerate(some)]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    work, output = tmp_path / "work", tmp_path / "decided.parquet"
    arguments = ["spark", *map(str, files), "-o", str(output), "--work", str(work), "--max-per-bucket", "1"]
    for stage in STAGES:
        run = subprocess.Popen(
            [*COMMAND, *arguments], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        started = time.monotonic()
        while not (work / stage / "_temporary").exists():
            assert run.poll() is None, stage
            assert time.monotonic() - started < 2 * HANG, stage
            time.sleep(0.001)
        os.killpg(run.pid, signal.SIGKILL)
        _, complaint = run.communicate()
        assert run.returncode == -signal.SIGKILL, (stage, complaint)
        assert not output.exists()
    run = subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE)
    _, status = run.communicate(timeout=4 * HANG)
    assert run.returncode == 0, status
    assert b"\ndedup: rows: 0.0 s" in status
    import pyarrow.parquet as parquet

    names = ("decision", "jaccard", "coverage", "match", "story", "version")
    found = [[row["id"], *(row["dedup"][name] for name in names)] for row in parquet.read_table(output).to_pylist()]
    assert found == [[row["id"], *(row[name] for name in names)] for row in expected(feed, CROWDED)]
    goes_on_as_one_stream(output, files, tmp_path)


def goes_on_as_one_stream(output: Path, files: list[Path], folder: Path) -> None:
    """Assert that a state of the output of Spark is that of a stream over the same files, on the next day too."""
    options = ["--max-per-bucket", "1", "--time-field", "time"]
    imported, streamed = folder / "imported.dedup", folder / "streamed.dedup"
    run = dedup("state", "import", output, "-o", imported, "--id-field", "id", *options)
    assert run.returncode == 0, run.stderr
    assert dedup("filter", "--quiet", *options, "--state", streamed, *files).returncode == 0
    (paragraphs, checkpoint), (others, other) = contents(imported), contents(streamed)
    assert [(*one[:4], *one[4][:2]) for one in paragraphs] == [(*one[:4], *one[4][:2]) for one in others]
    assert checkpoint._replace(blocks=()) == other._replace(blocks=())
    next_day = "".join(json.dumps({"id": f"next {one.id}", "text": one.text}) + "\n" for one in hostile(5)).encode()
    days = []
    for state in (imported, streamed):
        run = dedup(
            "filter", "--emit", "all", "--output-format", "jsonl", *options[:2], "--state", state, stdin=next_day
        )
        days.append([json.loads(line)["dedup"] for line in run.stdout.splitlines()])
    for decision in chain(*days):
        decision.pop("block", None)  # blocks are counted from the start of each run
        if decision.get("match"):
            del decision["match"]["source"]
    assert days[0] == days[1]
    assert {decision["decision"] for decision in days[0]} >= {"exact", "near", "update"}


def test_without_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing Java, and one that is too old, are reported in one line that says what to do."""
    run = dedup("spark", "feed.jsonl", "-o", str(tmp_path / "out"), JAVA_HOME=str(tmp_path))
    assert (run.returncode, run.stderr.count(b"\n")) == (1, 1)
    assert b"Spark needs Java 17 or newer" in run.stderr or b"is not installed" in run.stderr
    (tmp_path / "bin").mkdir()
    java = tmp_path / "bin" / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkError, match="Java 17 or newer, not 11"):
        check_java()


def test_the_steps_know_nothing_of_spark() -> None:
    """The modules of the steps can be imported without Spark."""
    script = "import sys, dedup.spark.resolve, dedup.spark.buckets; assert 'pyspark' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=HANG)
