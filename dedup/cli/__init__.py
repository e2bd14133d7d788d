"""The command line: one file a verb."""

import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

import click

from dedup import __version__
from dedup.cli.cluster import cluster
from dedup.cli.eval import eval_
from dedup.cli.explain import explain
from dedup.cli.filter import filter_
from dedup.cli.report import report
from dedup.cli.state import state


def run() -> NoReturn:
    """The command `dedup`: ends the process as soon as everything is written.

    To take down all that numba has built up would cost as much again as to start it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # end like other filters, from the first moment on
    status = 1
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()  # a defect of ours; the interpreter would say the same
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    os._exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dedup")
def main() -> None:
    """Find paragraphs that a news feed said before, also when they were lightly reworded."""


main.add_command(cluster)
main.add_command(eval_)
main.add_command(explain)
main.add_command(filter_)
main.add_command(report)
main.add_command(state)
