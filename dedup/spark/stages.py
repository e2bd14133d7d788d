"""The stages of a run on Spark, as Parquet in a folder, so that a run that died goes on at the stage where it died."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, NamedTuple

from dedup import __version__
from dedup.errors import SettingsError, SparkError
from dedup.settings import Settings

_HELP = "give every executor an environment archive with the same Python and with news-dedup[spark]"


class StageReport(NamedTuple):
    """What a stage cost: the seconds, 0 if an earlier run made it, and the bytes that it wrote."""

    name: str
    seconds: float
    size: int


class Stages:
    """The folder of a run.

    Args:
        spark: The session.
        folder: The folder, on a file system that all executors can use.
        settings: The settings of the run.
        source: What else the stages depend on: the input, and the names of its columns.

    Raises:
        SettingsError: The folder belongs to another run.
    """

    def __init__(self, spark: Any, folder: str, settings: Settings, source: str) -> None:
        self.spark = spark
        self.reports: list[StageReport] = []
        self._path = spark._jvm.org.apache.hadoop.fs.Path(folder)
        self._files = self._path.getFileSystem(spark._jsc.hadoopConfiguration())
        self._check(json.dumps([__version__, settings.fingerprint(), source]))

    def _check(self, identity: str) -> None:
        note, found = self._at("run.json"), ""
        if self._files.exists(note):
            stream = self._files.open(note)
            found = bytes(stream.readAllBytes()).decode()
            stream.close()
        if found and found != identity:
            raise SettingsError(
                f"{self._path.toString()}: another run uses this work folder, with other input, columns or settings; "
                "name a new folder"
            )
        if not found:  # a run that died at once left an empty file
            stream = self._files.create(note, True)
            stream.write(bytearray(identity.encode()))
            stream.close()

    def _at(self, name: str) -> Any:
        return self.spark._jvm.org.apache.hadoop.fs.Path(self._path, name)

    def stage(self, name: str, make: Callable[[], Any], partition_by: str | None = None) -> Any:
        """The DataFrame of a stage, which is computed by `make` unless the folder has it."""
        path, started = self._at(name), monotonic()
        if not self.has(name):
            with spark_errors():
                writer = make().write.mode("overwrite")
                (writer.partitionBy(partition_by) if partition_by else writer).parquet(path.toString())
            seconds = monotonic() - started
        else:
            seconds = 0.0
        self.reports.append(StageReport(name, seconds, int(self._files.getContentSummary(path).getLength())))
        return self.spark.read.parquet(path.toString())

    def has(self, name: str) -> bool:
        """Whether the folder has a stage."""
        return bool(self._files.exists(self._at(f"{name}/_SUCCESS")))


@contextmanager
def spark_errors() -> Iterator[None]:
    """Convert the errors of Spark that the user can end to errors of one line."""
    try:
        yield
    except Exception as error:
        text = str(error)
        if "PYTHON_VERSION_MISMATCH" in text:
            raise SparkError(f"the executors run another version of Python than the driver: {_HELP}") from None
        if "No module named" in text:
            module = text.partition("No module named ")[2].partition("\n")[0].strip(" .'")
            raise SparkError(f"the executors have no module {module}: {_HELP}") from None
        raise
