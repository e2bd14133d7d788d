"""The command `report`: a feed in, one page about it out."""

from typing import Any

import click

from dedup.cli.inputs import Feed
from dedup.cli.options import judges, reads_a_feed, writes
from dedup.cli.runtime import compile_kernels, manners, prepare_process, refuse_overwriting
from dedup.formats.output_files import STANDARD, Output


@click.command("report", epilog="Example: dedup report feed.jsonl --time-field time -o report.html")
@reads_a_feed
@writes("The page to write.", required=True)
@judges
def report(output_file: str, **given: Any) -> None:
    """Write one self-contained HTML page: what repeats, in which blocks, who published first, over time.

    The page requests nothing from anywhere, opens from disk, and names no folders of yours. Exit status: 0 done,
    1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    feed = Feed(**given, writes=output_file in STANDARD)
    refuse_overwriting(feed.paths, [output_file])
    prepare_process()
    with manners():
        compile_kernels(feed.quiet)
        from dedup.analysis.feed_summary import Survey
        from dedup.analysis.report import render

        survey = Survey()
        survey.add(feed.decisions())
        page = render(survey, feed.settings, feed.paths)
        with Output(output_file) as out:
            out.file.write(page.encode("utf-8", "replace"))
        feed.sum_up()
    feed.end()
