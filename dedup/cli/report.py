"""The command `report`: a feed in, one page about it out."""

from pathlib import Path
from typing import Any

import click

from dedup.cli.feed import Feed
from dedup.cli.manners import manners, open_output, prepare_process, refuse_overwriting
from dedup.cli.options import judges, reads_a_feed


@click.command("report", epilog="Example: dedup report feed.jsonl --time-field time -o report.html")
@reads_a_feed
@click.option(
    "-o", "output_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", required=True,
    help="The page to write.",
)  # fmt: skip
@judges
def report(output_file: Path, **given: Any) -> None:
    """Write one self-contained HTML page: what repeats, in which blocks, who published first, over time.

    The page requests nothing from anywhere, opens from disk, and names no folders of yours. Exit status: 0 done,
    1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    feed = Feed(**given, writes=False)
    refuse_overwriting(feed.paths, [output_file])
    prepare_process()
    with manners(feed.quiet):
        from dedup.report import render
        from dedup.survey import Survey

        survey = Survey()
        survey.add(feed.decisions())
        page = render(survey, feed.settings, feed.paths)
        with open_output(output_file) as file:
            file.write(page.encode("utf-8", "replace"))
        feed.sum_up()
    feed.end()
