"""The command `spark`: the decisions of `filter` on Apache Spark."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import click

from dedup.cli.options import INPUT, OUTPUT, RUNNING, Command, filter_options, option
from dedup.cli.runtime import chosen_settings, exit_cleanly, print_status
from dedup.model.types import plural


@click.command("spark", cls=Command, epilog="Example: dedup spark feed.jsonl -o decided.parquet")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@option(
    INPUT, "--text-field", default="text", show_default=True, metavar="COLUMN",
    help="Take the text of a row from this column.",
)  # fmt: skip
@option(
    INPUT, "--id-field", metavar="COLUMN",
    help="Take the id of a row from this column. Ids must differ.  [default: id, if there is such a column]",
)  # fmt: skip
@option(
    INPUT, "--order", multiple=True, metavar="COLUMN",
    help="Order the rows by this column; several order rows that are equal in the ones before.  [default: the name of "
    "the file and the place in it]",
)  # fmt: skip
@option(
    OUTPUT, "-o", "--output-folder", "output", required=True, metavar="FOLDER",
    help="Write Parquet to FOLDER, which must be new.",
)  # fmt: skip
@option(
    OUTPUT, "--explain", is_flag=True, help="Also write which words are new in repeats, and whether they are certain.",
)  # fmt: skip
@option(
    RUNNING, "--work", metavar="FOLDER",
    help="Keep the result of each stage in FOLDER. The same command continues there after a crash.  [default: a "
    "temporary folder]",
)  # fmt: skip
@filter_options
def spark(
    inputs: tuple[str, ...],
    text_field: str,
    id_field: str | None,
    order: tuple[str, ...],
    output: str,
    explain: bool,
    work: str | None,
    config: Path | None,
    quiet: bool,
    **settings_given: Any,
) -> None:
    """Decide as `dedup filter` does, on Apache Spark.

    INPUT is JSON Lines or Parquet, on any file system that Spark knows. The output has all rows, in order, with their
    decisions in the column `dedup`. This runs in the session of spark-submit, or on all processors of this machine.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    settings = chosen_settings(config, settings_given)
    with exit_cleanly():
        from dedup.pipeline.counts import RunCounts
        from dedup.spark import novel
        from dedup.spark.session import check_output, is_local, read, start, write

        session = start()
        check_output(session, output)
        rows, keys = read(session, inputs, order)
        temporary = tempfile.mkdtemp(prefix="dedup-spark-") if work is None and is_local(session) else None
        try:
            result = novel(
                rows,
                text=text_field,
                order=keys,
                id=id_field or ("id" if "id" in rows.columns else None),
                settings=settings,
                work=work or temporary,
                explain=explain,
            )
            counts = RunCounts(write(session, result.decisions, output))
        finally:
            session.stop()
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)
        if not quiet:
            for stage in result.stages:
                print_status(f"{stage.name}: {stage.seconds:.1f} s, {stage.size} bytes")
            print_status(f"{result.rounds} {plural(result.rounds, 'round')}, verified {result.pairs} pairs")
            print_status(str(counts))
