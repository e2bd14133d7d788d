"""The command `report`: writes one HTML page about a feed."""

from typing import Any

import click

from dedup.cli.inputs import InputReader
from dedup.cli.options import Command, filter_options, input_options, output_file_option
from dedup.cli.runtime import compile_kernels, exit_cleanly, prepare_process


@click.command("report", cls=Command, epilog="Example: dedup report feed.jsonl --time-field time -o report.html")
@input_options
@output_file_option("Write the page to FILE.", required=True)
@filter_options
def report(output_file: str, **options: Any) -> None:
    """Write one HTML page about the repeats in a feed.

    The page shows groups, blocks, updates, who published first, and what happened over time. It opens from disk,
    requests nothing from the network, and names none of your folders.

    Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    reader = InputReader(output_file, **options)
    prepare_process()
    with exit_cleanly():
        compile_kernels(reader.quiet)
        from dedup.analysis.feed_summary import FeedSummary
        from dedup.analysis.report import render
        from dedup.formats.output_files import Output

        summary = FeedSummary()
        summary.add(reader.decisions())
        page = render(summary, reader.settings, reader.paths)
        with Output(output_file) as out:
            out.file.write(page.encode("utf-8", "replace"))
        reader.sum_up()
    reader.end()
