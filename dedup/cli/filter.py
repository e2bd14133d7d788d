"""The command `filter`: writes the novel paragraphs of its inputs."""

import os
import signal
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Any

import click

from dedup.cli.options import (
    OUTPUT,
    RUNNING,
    Command,
    filter_options,
    input_options,
    option,
    output_file_option,
    rejected_option,
    second_opinion_option,
    second_opinion_timeout_option,
    setting_options,
    state_option,
    wait_option,
)
from dedup.cli.progress import Progress
from dedup.cli.runtime import (
    REJECTED,
    check_output_paths,
    chosen_settings,
    compile_kernels,
    exit_cleanly,
    find_inputs,
    line_ends,
    prepare_process,
    print_status,
)
from dedup.errors import InputError
from dedup.settings import Settings

if TYPE_CHECKING:
    from dedup.pipeline.opinion_command import OpinionCommand
    from dedup.pipeline.run import Run


@click.command(
    "filter", cls=Command, epilog="Example: dedup filter feed.jsonl --duplicates dropped.jsonl > novel.jsonl"
)
@input_options
@option(
    OUTPUT, "--emit", type=click.Choice(["novel", "all", "duplicates"]), default="novel", show_default=True,
    help="Choose the paragraphs to write.",
)  # fmt: skip
@option(
    OUTPUT, "--output-format", type=click.Choice(["same", "jsonl", "records", "parquet"]), default="same",
    show_default=True,
    help="Write records unchanged in the format of the input (same), or one JSON object per paragraph, with its "
    "decision under `dedup` (jsonl), or one line for each line of JSON Lines, with a list of its decisions or its "
    "error under `dedup` (records), or jsonl as rows of a table (parquet). Rows of a Parquet input keep their "
    "columns.",
)  # fmt: skip
@option(OUTPUT, "--trim", is_flag=True, help="Cut repeated paragraphs out of feed items that are written.")
@output_file_option()
@option(
    OUTPUT, "--duplicates", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write each dropped paragraph to FILE, as JSON Lines with its decision and its match.",
)  # fmt: skip
@rejected_option
@option(
    OUTPUT, "--stats", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write the counts of the run to FILE, as JSON, or as Prometheus metrics if the name ends in .prom.",
)  # fmt: skip
@state_option
@wait_option
@setting_options("window", "max_paragraphs", "refresh")
@option(
    RUNNING, "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N",
    help="Use N threads. The decisions stay the same.",
)  # fmt: skip
@option(RUNNING, "--fsync", is_flag=True, help="Wait until output and state are on disk, to survive a power failure.")
@option(
    RUNNING, "--progress/--no-progress", default=None,
    help="Show progress on stderr if it is a terminal.  [default: only if the output is not a terminal]",
)  # fmt: skip
@option(
    RUNNING, "--show-settings", is_flag=True, help="Print the settings and the recall that they guarantee, and exit.",
)  # fmt: skip
@filter_options
@second_opinion_option
@second_opinion_timeout_option
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
    output_format: Any,
    output_file: str,
    duplicates: str | None,
    rejected: str | None,
    state: Path | None,
    wait: float,
    fsync: bool,
    jobs: int,
    config: Path | None,
    progress: bool | None,
    stats: str | None,
    show_settings: bool,
    quiet: bool,
    second_opinion: list[str] | None,
    second_opinion_timeout: float | None,
    **settings_given: Any,
) -> None:
    """Write novel paragraphs and drop repeats.

    A paragraph is dropped if it repeats an earlier one of the same or of another INPUT, or of the state file. INPUT
    is a file, a directory, a pattern such as news/*.xml, or - for standard input, which is also the default.

    Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    settings = chosen_settings(config, settings_given)
    if wait and state is None:
        raise click.UsageError("--wait needs --state: only a state can have another writer")
    _check_second_opinion(settings, second_opinion, second_opinion_timeout)
    if output_format == "records":
        if format_ not in ("auto", "jsonl") or emit != "novel":
            raise click.UsageError("--output-format records reads only JSON Lines, and writes a line for each of them")
        format_ = "answered"  # not detected, because the first line may be one that cannot be read
    if show_settings:
        with exit_cleanly():
            _show_settings(settings)
        return
    paths = find_inputs(inputs)
    check_output_paths(paths, [output_file, duplicates, rejected, stats, state], state=state, config=config)
    prepare_process()
    with exit_cleanly(), ExitStack() as files:
        compile_kernels(quiet)
        from dedup.filter.novelty_filter import NoveltyFilter
        from dedup.formats.base import Source
        from dedup.formats.output_files import Output
        from dedup.formats.reading import input_name
        from dedup.pipeline.record_writer import Outputs, RecordWriter
        from dedup.pipeline.run import Run

        # This loads the kernels, so that the first paragraph of the input does not wait for them.
        NoveltyFilter(settings).decide_batch([b"the first paragraph"])
        open_state = None
        if state is not None:  # before the outputs, because another run on this state may still be writing them
            from dedup.store.state_file import State

            open_state = files.enter_context(closing(State(state, settings, sync=fsync, wait=wait)))
        main = files.enter_context(Output(output_file))

        def open_writer(path: str | None, direct: bool) -> RecordWriter | None:
            return None if path is None else RecordWriter(files.enter_context(Output(path, direct=direct)))

        # A run that was killed may have left half a line at the end of the output.
        is_appended = open_state is not None and main.is_direct
        outputs = Outputs(
            RecordWriter(main, line_ends(main.file) if is_appended else 2),
            open_writer(duplicates, main.is_direct),
            open_writer(rejected, direct=True),
            print_status,
        )
        if progress is None and not main.is_direct:
            progress = True
        progress_line = Progress(False if quiet else progress, paths)
        opinion = None
        if second_opinion is not None:
            from dedup.filter.second_opinion import TIMEOUT
            from dedup.pipeline.opinion_command import OpinionCommand

            timeout = TIMEOUT if second_opinion_timeout is None else second_opinion_timeout
            opinion = files.enter_context(closing(OpinionCommand(second_opinion, timeout, print_status)))
        # The command has time limits of its own.
        novelty = files.enter_context(
            NoveltyFilter(settings, state=open_state, second_opinion=opinion, second_opinion_timeout=TIMEOUT_MAX)
        )
        run = Run(novelty, outputs, emit, output_format, jobs, progress_line, fsync, open_state)
        _handle_signals(run if state is not None else None, opinion)
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
        if opinion is not None:
            opinion.close()
            run.counts.opinions.update(opinion.answers)
        progress_line.close()
        if stats is not None:
            from dedup.pipeline.metrics import write

            write(stats, run.counts, progress_line.elapsed, settings)
        if not quiet:
            print_status(str(run.counts))
    if run.counts.rejected:
        sys.exit(REJECTED)


def _check_second_opinion(settings: Settings, command: list[str] | None, timeout: float | None) -> None:
    """Raise click.UsageError if the options of the second opinion do not fit together."""
    if timeout is not None:
        if command is None:
            raise click.UsageError("--second-opinion-timeout needs --second-opinion")
        if timeout <= 0:
            raise click.UsageError("--second-opinion-timeout must be above 0")
    if command is not None and settings.updates == "drop":
        raise click.UsageError("--second-opinion needs --updates keep: it can only emit more")


def _handle_signals(run: "Run | None", opinion: "OpinionCommand | None") -> None:
    """At an interrupt or a request to end, stop the run, if it has a state, and end the command of the second opinion.

    Without a state, the signal then ends this process at once.
    """
    if run is None and opinion is None:
        return

    def stop(number: int, _: object) -> None:
        if opinion is not None:
            opinion.stop()
        if run is not None:
            run.stop()
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _show_settings(settings: Settings) -> None:
    from dedup.sketch.lsh import CONTAINED, candidate_probability, layout_for

    bands, rows, _ = layout_for(settings)
    at_threshold, contained = (
        candidate_probability(jaccard, bands, rows) for jaccard in (settings.threshold, CONTAINED)
    )
    click.echo(
        f"A paragraph matches an earlier one if they share {settings.threshold:g} of all their {settings.shingle} "
        f"shingles (Jaccard),\nor if the earlier one has {settings.coverage:g} of its shingles (coverage). "
        f"Below {settings.min_words} words, only an equal text matches.\n\n"
        f"LSH uses {bands} bands of {rows} rows, {bands * rows} of {settings.num_perm} permutations. It proposes a "
        f"pair exactly at the\nthreshold with probability {at_threshold:.4f}, and a paragraph together with one three "
        f"times as long that\ncontains it with {contained:.4f}; each proposed pair is verified exactly.\n\n"
        f"Jaccard  proposed"
    )
    for tenth in range(1, 11):
        click.echo(f"    {tenth / 10:.1f}    {candidate_probability(tenth / 10, bands, rows):.4f}")
    click.echo(f"\nFingerprint: {settings.fingerprint()}")
