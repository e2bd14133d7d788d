"""The decisions of `dedup filter` on Apache Spark, for more paragraphs than one machine holds.

`buckets` proposes pairs, `batches` applies the rule to Arrow batches, and `resolve` decides in feed order. They know
nothing of Spark. `job` runs them as a sequence of stages; `stages` keeps the result of each in a folder.
"""

from dedup.spark.job import Result, novel

__all__ = ["Result", "novel"]
