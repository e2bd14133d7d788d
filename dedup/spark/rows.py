"""Gives each row its place in the feed, and checks the rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dedup.errors import InputError
from dedup.spark.stages import Stages

_PARTITION_BITS = 33  # of monotonically_increasing_id, below the number of the partition


def read_rows(stages: Stages, df: Any, text: str, order: Sequence[Any], id: str | None) -> Any:
    """The rows with their places in the feed: `place`, `id` (null without ids), `text` and `record`."""
    from pyspark.sql import functions as f

    keys = [f"order{number}" for number in range(len(order))]

    def ordered() -> Any:
        columns = [f.struct(*df.columns).alias("record")]
        columns += [(f.col(key) if isinstance(key, str) else key).alias(name) for name, key in zip(keys, order)]  # noqa: B905
        sorted_rows = df.select(*columns).orderBy(*keys)
        return sorted_rows.withColumn("number", f.monotonically_increasing_id())

    rows = stages.stage("rows", ordered)
    if not stages.has("sketches"):
        _check_rows(rows, text, keys, id)
    # The numbers ascend, but have gaps between partitions.
    partition = f.shiftright("number", _PARTITION_BITS).alias("partition")
    counts = sorted(map(tuple, rows.groupBy(partition).count().collect()))
    before = np.cumsum([0, *(count for _, count in counts)])[:-1]
    offsets = {"partition": [number for number, _ in counts], "before": before.tolist()}
    table = pa.table(offsets, schema=pa.schema([("partition", pa.int64()), ("before", pa.int64())]))
    place = f.col("number") - f.shiftleft("partition", _PARTITION_BITS) + f.col("before")
    return (
        rows.withColumn("partition", f.shiftright("number", _PARTITION_BITS))
        .join(f.broadcast(stages.spark.createDataFrame(table)), "partition")
        .select(
            place.alias("place"),
            (f.col(f"record.`{id}`").cast("string") if id else f.lit(None).cast("string")).alias("id"),
            f.col(f"record.`{text}`").alias("text"),
            "record",
        )
    )


def _check_rows(rows: Any, text: str, keys: Sequence[str], id: str | None) -> None:
    """Raise InputError if the rows cannot be decided."""
    from pyspark.sql import functions as f

    texts = f.col(f"record.`{text}`")
    shown = (f.col(f"record.`{id}`") if id else f.lit("?")).cast("string").alias("shown")
    if found := rows.where(texts.isNull()).select(shown).head():
        raise InputError(f"the text of the row with the id {found.shown} is null")
    twice = rows.groupBy(*keys).agg(f.slice(f.collect_list(shown), 1, 2).alias("shown"), f.count("*").alias("n"))
    if found := twice.where("n > 1").head():
        where = ", ".join(str(found[key]) for key in keys)
        raise InputError(f"the rows with the ids {' and '.join(found.shown)} have the same order: {where}")
    if id and (found := rows.select(shown).groupBy("shown").count().where("count > 1").head()):
        raise InputError(f"{found['count']} rows have the id {found.shown}")
