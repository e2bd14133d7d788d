"""Runs the steps of a distributed run on Spark: `novel` decides the rows of a DataFrame."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.errors import InputError, SettingsError
from dedup.settings import FORGETTING, Settings, option_name
from dedup.spark.batches import (
    BUCKET_ROWS,
    EXPLANATIONS,
    MATCHES,
    PAIRS,
    PROPOSALS,
    SKETCHES,
    bucket_rows,
    explain,
    propose,
    propose_later,
    sketch,
    verify,
)
from dedup.spark.resolve import Copies, Match, Resolved, Resolver, dropped_places
from dedup.spark.rows import read_rows
from dedup.spark.session import is_local
from dedup.spark.stages import StageReport, Stages

_DECIDED = pa.schema(
    [
        ("place", pa.int64()),
        ("decision", pa.string()),
        ("match", pa.int64()),
        ("jaccard", pa.float64()),
        ("coverage", pa.float64()),
        ("story", pa.int64()),
        ("version", pa.int64()),
    ]
)


class Result(NamedTuple):
    """The result of `novel`.

    Attributes:
        decisions: A DataFrame: the rows in feed order, each with its decision in the struct `dedup`.
        rounds: How often the crowded buckets were read.
        pairs: The number of pairs that were verified.
        stages: What each stage cost.
    """

    decisions: Any
    rounds: int
    pairs: int
    stages: tuple[StageReport, ...]


def novel(
    df: Any,
    *,
    text: str = "text",
    order: str | Sequence[Any],
    id: str | None = "id",
    settings: Settings | None = None,
    work: str | None = None,
    explain: bool = False,
) -> Result:
    """Decide the rows of a Spark DataFrame as `dedup filter` decides them in the given order.

    Args:
        df: The DataFrame, one paragraph per row.
        text: The column of the texts.
        order: The column or columns that order the rows. No two rows may be equal in all of them.
        id: The column of the ids, which must differ. None numbers the rows, as `paragraph:1`.
        settings: The settings, without a window and without a limit on stored paragraphs.
        work: A folder for the result of each stage, on a file system that all executors can use. A run that died
            continues there. By default a temporary folder, which suffices if Spark runs on this machine only.
        explain: Whether repeats also get `certain`, `new_words` and `novel_spans`. Updates always do.

    Returns:
        The decisions, and what they cost. They are read from the work folder when they are used.

    Raises:
        SettingsError: The settings, or the work folder, cannot be used.
        InputError: A column is missing, a text is null, or two rows have the same id or the same place in the order.
        SparkError: The executors cannot run the package.
    """
    settings = settings or Settings()
    if unusable := [option_name(name) for name in FORGETTING if getattr(settings, name)]:
        raise SettingsError(f"{unusable[0]} cannot be used on Spark: every paragraph is remembered")
    spark = df.sparkSession
    if work is None and not is_local(spark):
        raise SettingsError("name a work folder that all executors can use")
    keys = [order] if isinstance(order, str) else list(order)
    names = [name for name in (text, id, *keys) if isinstance(name, str)]
    if missing := [name for name in names if name not in df.columns]:
        raise InputError(f"there is no column {missing[0]}; the columns are {', '.join(df.columns)}")
    source = json.dumps([sorted(df.inputFiles()), df.schema.json(), text, id, *map(str, keys)])
    stages = Stages(spark, work or tempfile.mkdtemp(prefix="dedup-spark-"), settings, source)
    return _Job(stages, df, text, keys, id, settings).run(explain)


class _Job:
    """One run."""

    def __init__(
        self, stages: Stages, df: Any, text: str, order: Sequence[Any], id: str | None, settings: Settings
    ) -> None:
        from pyspark.sql import functions

        self._f = functions
        self._stages = stages
        self._spark = stages.spark
        self._settings = settings
        self._pairs = 0
        self._rows = read_rows(stages, df, text, order, id)
        self._texts = self._rows.select("place", "text")

    def run(self, with_repeats: bool) -> Result:
        """Run all stages."""
        settings = self._settings
        sketches = self._stages.stage(
            "sketches",
            lambda: self._map(self._rows.select("place", "id", "text"), partial(sketch, settings=settings), SKETCHES),
        )
        copies = self._copies(sketches)
        proposals = self._stages.stage("proposals", lambda: self._propose(sketches, copies), partition_by="crowded")
        crowded = proposals.where("crowded = 'true'").select(*BUCKET_ROWS.names)
        resolver = Resolver(settings, self._collected_copies(copies))
        tried = self._stages.stage(
            "pairs-0", lambda: proposals.where("crowded = 'false'").select(*PAIRS.names).distinct()
        )
        matches = self._verify(tried, resolver, 0, is_final=True)
        decisions = self._resolve(resolver, [])
        rounds = 0
        is_done = crowded.isEmpty()
        while not is_done:
            rounds += 1
            dropped = dropped_places(decisions)
            pairs = self._stages.stage(f"pairs-{rounds}", partial(self._propose_later, crowded, dropped))
            matches = matches.union(self._verify(pairs.join(tried, PAIRS.names, "left_anti"), resolver, rounds))
            later = pairs.join(matches.select(*PAIRS.names), PAIRS.names).toArrow()
            tried = tried.union(pairs)
            decisions = self._resolve(resolver, _pairs(later))
            is_done = np.array_equal(dropped, dropped_places(decisions))
        return Result(
            self._decisions(sketches, decisions, with_repeats), rounds, self._pairs, tuple(self._stages.reports)
        )

    def _map(self, df: Any, function: Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]], to: Any) -> Any:
        from pyspark.sql.pandas.types import from_arrow_schema

        return df.mapInArrow(function, from_arrow_schema(to))

    def _frame(self, table: pa.Table) -> Any:
        return self._spark.createDataFrame(table)

    def _copies(self, sketches: Any) -> Any:
        """The paragraphs with a text that equals another one, with the columns of `Copies`."""
        from pyspark.sql import Window

        f = self._f
        ordered = Window.partitionBy("same").orderBy("place")
        every = Window.partitionBy("same")
        before = f.lag("raw").over(ordered)
        return self._stages.stage(
            "copies",
            lambda: (
                sketches.where("same is not null")
                .select(
                    "place",
                    f.min("place").over(every).alias("first"),
                    (before.isNull() | (before != f.col("raw"))).alias("asks"),
                    f.count("*").over(every).alias("copies"),
                )
                .where("copies > 1")
                .drop("copies")
            ),
        )

    def _collected_copies(self, copies: Any) -> Copies:
        table = copies.toArrow()
        return Copies(*(table.column(name).to_numpy() for name in ("place", "first", "asks")))

    def _propose(self, sketches: Any, copies: Any) -> Any:
        asking = sketches.where("tags is not null").join(copies.where("not asks"), "place", "left_anti")
        return self._map(
            self._by_bucket(self._map(asking, bucket_rows, BUCKET_ROWS)),
            partial(propose, settings=self._settings),
            PROPOSALS,
        )

    def _propose_later(self, crowded: Any, dropped: NDArray[np.int64]) -> Any:
        function = partial(propose_later, dropped=dropped, settings=self._settings)
        return self._map(self._by_bucket(crowded), function, PAIRS).distinct()

    def _by_bucket(self, rows: Any) -> Any:
        return rows.repartition("tag").sortWithinPartitions("tag", "place")

    def _with_texts(self, pairs: Any) -> Any:
        f = self._f
        places = pairs.select(f.col("new").alias("place")).union(pairs.select("old"))
        texts = self._texts.join(places, "place", "left_semi")  # most paragraphs are in no pair
        old = texts.select(f.col("place").alias("old"), f.col("text").alias("old_text"))
        new = texts.select(f.col("place").alias("new"), f.col("text").alias("new_text"))
        return pairs.join(old, "old").join(new, "new")

    def _verify(self, pairs: Any, resolver: Resolver, number: int, *, is_final: bool = False) -> Any:
        """Verify new pairs. Returns those that match, which the resolver then knows."""
        function = partial(verify, settings=self._settings)
        matches = self._stages.stage(f"matches-{number}", lambda: self._map(self._with_texts(pairs), function, MATCHES))
        table = matches.toArrow()
        found = [column.to_pylist() for column in table.columns]
        resolver.add_matches(zip(*found[:2], strict=True), map(Match, *found[2:]))
        if is_final:
            resolver.add_candidates(_pairs(table))
        self._pairs += pairs.count()
        return matches

    def _resolve(self, resolver: Resolver, later: Sequence[tuple[int, int]]) -> list[Resolved]:
        """Resolve, and load texts until no text is missing."""
        while True:
            decisions = resolver.resolve(later)
            if not resolver.missing:
                return decisions
            wanted = self._frame(pa.table({"place": pa.array(sorted(resolver.missing), pa.int64())}))
            found = self._texts.join(self._f.broadcast(wanted), "place").toArrow()
            texts = found.column("text").cast(pa.binary()).to_pylist()
            resolver.texts.update(zip(found.column("place").to_pylist(), texts, strict=True))

    def _decisions(self, sketches: Any, decisions: list[Resolved], with_repeats: bool) -> Any:
        """The rows with their decisions."""
        f = self._f
        columns = zip(*decisions) if decisions else [[] for _ in _DECIDED]  # noqa: B905
        table = pa.Table.from_arrays(
            [pa.array(column, field.type) for column, field in zip(columns, _DECIDED, strict=True)], schema=_DECIDED
        )
        decided = self._stages.stage("decided", lambda: self._frame(table))
        chosen = decided.where("decision != 'exact'" if with_repeats else "decision = 'update'")
        pairs = chosen.select("place", "decision", f.col("place").alias("new"), f.col("match").alias("old"))
        explained = self._stages.stage(
            f"explained-{'all' if with_repeats else 'updates'}",
            lambda: self._map(self._with_texts(pairs), partial(explain, settings=self._settings), EXPLANATIONS),
        )
        names = self._rows.select(
            "place", f.coalesce("id", f.concat(f.lit("paragraph:"), (f.col("place") + 1).cast("string"))).alias("name")
        )
        matched, stories = (
            names.select(f.col("place").alias(column), f.col("name").alias(f"{column}_id"))
            for column in ("match", "story")
        )
        ignored = sketches.where("same is null").select("place", f.lit(True).alias("ignored"))
        found = decided.join(matched, "match").join(stories, "story").join(explained, "place", "left")
        joined = self._rows.join(names, "place").join(ignored, "place", "left").join(found, "place", "left")
        novel_ = f.col("decision").isNull()
        is_story = f.col("ignored").isNull()
        dedup = f.struct(
            f.coalesce("decision", f.lit("novel")).alias("decision"),
            f.when(f.col("decision") == "exact", True).otherwise(f.col("certain")).alias("certain"),
            "jaccard",
            "coverage",
            f.col("match_id").alias("match"),
            "changed",
            "added",
            "new_words",
            "novel_spans",
            f.when(~novel_, f.col("story_id")).when(is_story, f.col("name")).alias("story"),
            f.when(~novel_, f.col("version")).when(is_story, 1).alias("version"),
        )
        return joined.select("place", "record.*", dedup.alias("dedup")).orderBy("place").drop("place")


def _pairs(table: pa.Table) -> list[tuple[int, int]]:
    """The pairs of a table with the columns `new` and `old`."""
    return list(zip(table.column("new").to_pylist(), table.column("old").to_pylist(), strict=True))
