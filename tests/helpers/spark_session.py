"""A session of Spark on this machine, for the tests that need one."""

import os
import sys
from typing import Any

import pytest

from dedup.errors import SparkError

#: Options for little data, where most of the time goes into compiling code that runs once.
QUICK = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def require_spark() -> None:
    """Skip the test if Java or pyspark is missing; in CI, fail it."""
    from dedup.spark.session import check_java

    try:
        import pandas  # noqa: F401
        import pyspark  # noqa: F401

        check_java()
    except (ImportError, SparkError) as error:
        if os.environ.get("CI"):
            pytest.fail(f"Spark cannot run: {error}")
        pytest.skip(f"Spark cannot run: {error}")


def small_session() -> Any:
    """A session of two threads that runs a task up to three times."""
    require_spark()
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder: Any = SparkSession.builder
    options = {
        "spark.master": "local[2,3]",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
    } | QUICK
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
