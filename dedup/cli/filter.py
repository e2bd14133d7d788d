"""The verb `filter`: options in, exit status out."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from dedup.cli.manners import (
    REJECTED,
    chosen_settings,
    manners,
    open_output,
    prepare_process,
    refuse_overwriting,
    say,
    setting,
)
from dedup.cli.progress import Progress
from dedup.errors import InputError
from dedup.files import find
from dedup.settings import Settings


@click.command("filter", epilog="Example: dedup filter feed.jsonl --duplicates dropped.jsonl > novel.jsonl")
@click.argument(
    "inputs",
    metavar="[INPUT]...",
    nargs=-1,
)
@click.option(
    "--format", "format_", type=click.Choice(["auto", "text", "jsonl", "json", "feed", "html", "parquet"]),
    default="auto", show_default=True,
    help="What the input is: lines of text, JSON Lines, a JSON array, a feed (RSS, Atom, JSON Feed), a page, Parquet. "
    "auto sees it by the first bytes. What is compressed (gzip, bzip2, xz, zstd) is opened.",
)  # fmt: skip
@click.option(
    "--split", type=click.Choice(["auto", "line", "blank"]), default="auto", show_default=True,
    help="Where paragraphs end: at each line end, or at blank lines; auto means line in a text file and blank "
    "in the text of a record.",
)  # fmt: skip
@click.option("--text-field", default="text", show_default=True, metavar="PATH", help="Dotted path to a record's text.")
@click.option("--id-field", default="id", show_default=True, metavar="PATH", help="Dotted path to a record's id.")
@click.option("--time-field", metavar="PATH", help="Dotted path to a record's time, given as `seen` of later matches.")
@click.option("--source-field", metavar="PATH", help="Dotted path to who published a record.  [default: the input]")
@click.option("--trim", is_flag=True, help="Cut repeated paragraphs out of the items of a feed that stay.")
@click.option("--extract", is_flag=True, help="Read only the main text of a page, and write it as text.")
@click.option(
    "--emit", type=click.Choice(["novel", "all", "duplicates"]), default="novel", show_default=True,
    help="Which paragraphs to write.",
)  # fmt: skip
@click.option(
    "--output", type=click.Choice(["same", "jsonl", "parquet"]), default="same", show_default=True,
    help="Records as they came, or one JSON object a paragraph with its decision under `dedup`, or the same as rows of "
    "a Parquet file (whose rows came from Parquet come out as they were).",
)  # fmt: skip
@click.option(
    "-o", "output_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write to FILE, not to standard output.",
)  # fmt: skip
@click.option(
    "--duplicates", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write what is dropped to FILE, as JSON Lines with the decisions.",
)  # fmt: skip
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Copy input that had to be rejected to FILE, byte for byte.",
)  # fmt: skip
@setting("--threshold", float, "Jaccard from which on a paragraph repeats an earlier one.")
@setting("--coverage", float, "Share of a paragraph that one earlier paragraph must hold to contain it.")
@setting("--shingle", str, "What is compared: n-grams of words or of characters.", metavar="word:N|char:N")
@setting("--num-perm", int, "MinHash permutations.")
@setting("--recall", float, "Probability with which LSH proposes a pair exactly at the threshold.")
@setting("--min-words", int, "Shorter paragraphs match only an equal text.")
@setting("--updates", click.Choice(["keep", "drop"]), "Whether a repeat with a changed fact, or with news, is emitted.")
@setting("--max-new-words", int, "More words in a row than this that the earlier paragraph lacks are news.")
@setting("--seed", int, "Seed of all hashing; keep it secret where feeds are hostile.")
@setting("--bucket-limit", int, "Kept paragraphs that one band key may name.")
@setting("--max-bytes", int, "Longest paragraph or record; longer ones are rejected.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True,
    help="Threads that prepare the next paragraphs while these are judged; decisions are the same.",
)  # fmt: skip
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="TOML file with settings by these names; options on the command line win.",
)  # fmt: skip
@click.option(
    "--progress/--no-progress", default=None,
    help="Tell how far it is, on stderr where that is a terminal.  [default: where stdout is none]",
)  # fmt: skip
@click.option(
    "--stats", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write the counts to FILE, as JSON, or in the text format of Prometheus where it ends in .prom.",
)  # fmt: skip
@click.option("--explain-settings", is_flag=True, help="Print the settings and the recall they promise, and stop.")
@click.option("--quiet", is_flag=True, help="Write nothing to stderr but errors.")
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
    output_file: Path | None,
    duplicates: Path | None,
    errors: Path | None,
    jobs: int,
    config: Path | None,
    progress: bool | None,
    stats: Path | None,
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
        _explain(settings)
        return
    try:
        paths = list(find(inputs or ("-",)))
    except InputError as error:
        raise click.UsageError(str(error)) from None
    refuse_overwriting(paths, [duplicates, errors, output_file, stats])
    prepare_process()
    with manners(quiet), ExitStack() as files:
        from dedup.formats import input_name
        from dedup.formats.records import Source
        from dedup.jit import without_blas
        from dedup.novelty import NoveltyFilter
        from dedup.stream import Outputs, Run, Sink

        def opened(path: Path | None) -> Sink | None:
            return None if path is None else Sink(files.enter_context(open_output(path)))

        outputs = Outputs(
            # PYTHONUNBUFFERED makes sys.stdout write through, piece by piece. Every write is flushed.
            opened(output_file) or Sink(open(1, "wb", closefd=False)),  # noqa: SIM115
            opened(duplicates),
            opened(errors),
            say,
        )
        with without_blas():
            NoveltyFilter(settings).decide([b"the first kernel"])
        watch = Progress(False if quiet else progress, paths)
        run = Run(NoveltyFilter(settings), outputs, emit, output, jobs, watch)
        for path in paths:
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
            from dedup.stats import write

            write(stats, run.counts, watch.taken, settings)
        if not quiet:
            say(str(run.counts))
    if run.counts.rejected:
        sys.exit(REJECTED)


def _explain(settings: Settings) -> None:
    from dedup.lsh import CONTAINED, proposal, served

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
