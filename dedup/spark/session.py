"""Starts Spark, reads inputs in the order of their lines or rows, and writes the output."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dedup.errors import InputError, OutputError, SparkError
from dedup.spark.stages import spark_errors

_JAVA = 17  # the first that Spark 4 runs on
_LOCAL = {
    "spark.master": "local[*]",
    "spark.driver.memory": "4g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


def start() -> Any:
    """The session that spark-submit started, or a new one on all processors of this machine.

    Raises:
        SparkError: Java or a Python package is missing, or too old.
    """
    if missing := [name for name in ("pyspark", "pyarrow", "pandas") if find_spec(name) is None]:
        raise SparkError(f"{missing[0]} is not installed: pip install 'news-dedup[spark]'")
    check_java()
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    if "PYSPARK_GATEWAY_PORT" not in os.environ:  # not under spark-submit
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        for name, value in _LOCAL.items():
            builder = builder.config(name, value)
    return builder.appName("dedup spark").getOrCreate()


def check_java() -> None:
    """Raise SparkError unless Java is installed in a version that Spark runs on."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    try:
        run = subprocess.run([java or "java", "-version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        where = f"JAVA_HOME is {home}, which has none" if home else "there is none"
        raise SparkError(f"Spark needs Java {_JAVA} or newer, and {where}: install it, or set JAVA_HOME") from None
    found = re.search(r'version "(?:1\.)?(\d+)', run.stderr)
    if found and int(found[1]) < _JAVA:
        raise SparkError(f"Spark needs Java {_JAVA} or newer, not {found[1]}: install it, or set JAVA_HOME")


def read(spark: Any, inputs: Sequence[str], order: Sequence[str]) -> tuple[Any, list[Any]]:
    """A DataFrame of Parquet (`*.parquet`) or JSON Lines (all other names), and the columns that order it.

    Args:
        spark: The session.
        inputs: Files, folders or patterns, on any file system that Spark knows.
        order: The columns that order the rows. Without, they are ordered by the name of their file and their place
            in it.

    Raises:
        InputError: An input cannot be read, or only some of them are Parquet.
    """
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as f

    are_parquet = {path.rstrip("/").endswith(".parquet") for path in inputs}
    if len(are_parquet) > 1:
        raise InputError("some inputs are Parquet and some are JSON Lines: name those of one kind")
    try:
        df = spark.read.parquet(*inputs) if are_parquet.pop() else spark.read.json(list(inputs))
    except AnalysisException as error:
        raise InputError(str(error).partition("\n")[0]) from None
    if order:
        return df, list(order)
    file = [f.col("_metadata.file_path"), f.col("_metadata.file_block_start")]
    return df, [*file, f.monotonically_increasing_id()]  # ascending within a block, which one task reads


def check_output(spark: Any, output: str) -> None:
    """Raise OutputError if the output exists, before hours of work."""
    path = spark._jvm.org.apache.hadoop.fs.Path(output)
    if path.getFileSystem(spark._jsc.hadoopConfiguration()).exists(path):
        raise OutputError(f"{output}: exists; name a new folder")


def write(spark: Any, decisions: Any, output: str) -> Counter[str]:
    """Write decisions as Parquet. Returns the number of rows of each kind."""
    with spark_errors():
        decisions.write.parquet(output)
    rows = spark.read.parquet(output).groupBy("dedup.decision").count().collect()
    return Counter({row.decision: row["count"] for row in rows})


def is_local(spark: Any) -> bool:
    """Whether Spark runs on this machine only."""
    return bool(spark.sparkContext.master.startswith("local"))
