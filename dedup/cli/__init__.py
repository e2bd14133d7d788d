"""The command line, one module per command."""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

import click

from dedup import __version__
from dedup.cli.cluster import cluster
from dedup.cli.eval import eval_
from dedup.cli.explain import explain
from dedup.cli.filter import filter_
from dedup.cli.options import current_spelling
from dedup.cli.report import report
from dedup.cli.runtime import FAILED, exit_cleanly
from dedup.cli.serve import serve
from dedup.cli.spark import spark
from dedup.cli.state import state
from dedup.cli.stream import stream
from dedup.cli.streams import prepare_streams


def run() -> NoReturn:
    """Run the command `dedup`, and end the process as soon as all output is written.

    An ordinary exit would also free the data of numba, which takes as long as the start.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt ends this process at once, like other filters
    prepare_streams()
    status = FAILED
    try:
        with exit_cleanly():
            status = main(standalone_mode=False) or 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        status = error.exit_code
    except BaseException:
        import traceback  # late, because only a bug comes here

        traceback.print_exc()
    for written in (sys.stdout, sys.stderr):
        with suppress(OSError):
            written.flush()
    os._exit(status)


_CONTEXT = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
    "token_normalize_func": current_spelling,  # old names of options still work, but are not shown
}


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="dedup")
def main() -> None:
    """Find paragraphs that a news feed has already published, even if they were lightly reworded."""


main.add_command(cluster)
main.add_command(eval_)
main.add_command(explain)
main.add_command(filter_)
main.add_command(report)
main.add_command(serve)
main.add_command(spark)
main.add_command(state)
main.add_command(stream)
