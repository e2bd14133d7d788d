"""The verb `filter`: options in, exit status out."""

import signal
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import click

from dedup.cli.options import judges, reads_a_feed, waits, writes
from dedup.cli.progress import Progress
from dedup.cli.runtime import (
    REJECTED,
    chosen_settings,
    compile_kernels,
    line_ends,
    manners,
    prepare_process,
    refuse_overwriting,
    say,
    setting,
)
from dedup.errors import InputError
from dedup.formats.input_files import find
from dedup.formats.output_files import Output
from dedup.settings import Settings


@click.command("filter", epilog="Example: dedup filter feed.jsonl --duplicates dropped.jsonl > novel.jsonl")
@reads_a_feed
@click.option("--trim", is_flag=True, help="Cut repeated paragraphs out of the items of a feed that stay.")
@click.option(
    "--emit", type=click.Choice(["novel", "all", "duplicates"]), default="novel", show_default=True,
    help="Which paragraphs to write.",
)  # fmt: skip
@click.option(
    "--output", type=click.Choice(["same", "jsonl", "parquet"]), default="same", show_default=True,
    help="Records as they came, or one JSON object a paragraph with its decision under `dedup`, or the same as rows of "
    "a Parquet file (whose rows came from Parquet come out as they were).",
)  # fmt: skip
@writes()
@click.option(
    "--duplicates", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write what is dropped to FILE, as JSON Lines with the decisions.",
)  # fmt: skip
@click.option(
    "--errors", type=click.Path(dir_okay=False), metavar="FILE",
    help="Copy input that had to be rejected to FILE, byte for byte.",
)  # fmt: skip
@setting(
    "--window", str,
    "How long a paragraph is remembered, by the time of its record where there is one, or else of its arrival.",
    metavar="DURATION (7d, 12h, 90s)",
)  # fmt: skip
@setting("--max-paragraphs", int, "How many are remembered; of more, the one kept longest ago is forgotten.")
@click.option(
    "--refresh/--no-refresh", default=None,
    help="A repeat renews what it repeats, so that boilerplate stays away as long as it comes.  [default: no-refresh]",
)  # fmt: skip
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Remember across runs in FILE, which is made where it is not there: what a run emitted, later ones drop.",
)  # fmt: skip
@waits
@click.option("--sync", is_flag=True, help="See that output and state are on the disk, also should the power fail.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True,
    help="Threads that prepare the next paragraphs while these are judged; decisions are the same.",
)  # fmt: skip
@click.option(
    "--progress/--no-progress", default=None,
    help="Tell how far it is, on stderr where that is a terminal.  [default: where the output goes to none]",
)  # fmt: skip
@click.option(
    "--stats", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write the counts to FILE, as JSON, or in the text format of Prometheus where it ends in .prom.",
)  # fmt: skip
@click.option("--explain-settings", is_flag=True, help="Print the settings and the recall they promise, and stop.")
@judges
def filter_(
    inputs: tuple[str, ...],
    format_: str,
    split: str,
    text_field: str,
    id_field: str,
    time_field: str | None,
    source_field: str | None,
    trim: bool,
    extract: bool,
    emit: Any,
    output: Any,
    output_file: str,
    duplicates: str | None,
    errors: str | None,
    state: Path | None,
    wait: float,
    sync: bool,
    jobs: int,
    config: Path | None,
    progress: bool | None,
    stats: str | None,
    explain_settings: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Write the novel paragraphs of each INPUT and drop those that an earlier one already said.

    INPUT is a file, a directory of files, a pattern, or - for standard input, which is also read where none is
    given. Exit status: 0 done, 1 could not go on, 2 wrong usage, 3 done but some input was rejected.
    """
    settings = chosen_settings(config, given)
    if explain_settings:
        with manners():
            _explain(settings)
        return
    try:
        paths = list(find(inputs or ("-",)))
    except InputError as error:
        raise click.UsageError(str(error)) from None
    refuse_overwriting(paths, [output_file, duplicates, errors, stats, state])
    prepare_process()
    with manners(), ExitStack() as files:
        compile_kernels(quiet)
        from dedup.filter.novelty_filter import NoveltyFilter
        from dedup.formats import input_name
        from dedup.formats.base import Source
        from dedup.pipeline.run import Outputs, Run, Sink

        NoveltyFilter(settings).decide([b"the first paragraph"])  # loads the kernels while no input waits
        memory = None
        if state is not None:  # before any output, which another run may be writing that holds the state
            from dedup.store.state_file import State

            memory = files.enter_context(closing(State(state, settings, sync=sync, wait=wait)))
        main = files.enter_context(Output(output_file))

        def opened(path: str | None, direct: bool) -> Sink | None:
            return None if path is None else Sink(files.enter_context(Output(path, direct=direct)))

        # After a run that was killed, the last line of the output may be half there.
        is_appended = memory is not None and main.is_direct
        outputs = Outputs(
            Sink(main, line_ends(main.file) if is_appended else 2),
            opened(duplicates, main.is_direct),
            opened(errors, direct=True),
            say,
        )
        if progress is None and not main.is_direct:
            progress = True
        watch = Progress(False if quiet else progress, paths)
        novelty = files.enter_context(NoveltyFilter(settings, state=memory))
        run = Run(novelty, outputs, emit, output, jobs, watch, sync, memory)
        if state is not None:
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, lambda *_: run.stop())
        for path in paths:
            if run.stopped:
                break
            fields = (text_field, id_field, time_field, settings.max_bytes, source_field)
            try:
                run.read(path, format_, Source(input_name(path), split, *fields, trim, extract))
            except InputError as error:
                if len(paths) == 1:
                    raise
                run.refuse(error)
        run.finish()
        watch.close()
        if stats is not None:
            from dedup.pipeline.metrics import write

            write(stats, run.counts, watch.taken, settings)
        if not quiet:
            say(str(run.counts))
    if run.counts.rejected:
        sys.exit(REJECTED)


def _explain(settings: Settings) -> None:
    from dedup.sketch.lsh import CONTAINED, proposal, served

    bands, rows, _ = served(settings)
    at_threshold, contained = (proposal(jaccard, bands, rows) for jaccard in (settings.threshold, CONTAINED))
    click.echo(
        f"A paragraph repeats an earlier one if they share {settings.threshold:g} of all their {settings.shingle} "
        f"shingles (Jaccard),\nor if the earlier one holds {settings.coverage:g} of its shingles (coverage). "
        f"Below {settings.min_words} words only an equal text counts.\n\n"
        f"LSH: {bands} bands of {rows} rows, {bands * rows} of {settings.num_perm} permutations. A pair exactly at "
        f"the threshold is\nproposed with probability {at_threshold:.4f}, and a paragraph with one three times as long "
        f"that holds all\nof it with {contained:.4f}; what is proposed is verified exactly.\n\n"
        f"Jaccard  proposed"
    )
    for tenth in range(1, 11):
        click.echo(f"    {tenth / 10:.1f}    {proposal(tenth / 10, bands, rows):.4f}")
    click.echo(f"\nFingerprint: {settings.fingerprint()}")
