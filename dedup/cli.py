"""The command line: options in, exit status out."""

import gc
import os
import signal
import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeVar

import click

from dedup import __version__
from dedup.errors import DedupError, OutputClosed, SettingsError
from dedup.settings import Settings, read_toml

_DEFAULTS = Settings()
_REJECTED = 3
_Function = TypeVar("_Function", bound=Callable[..., Any])


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


def _setting(flag: str, kind: Any, help: str, metavar: str | None = None) -> Callable[[_Function], _Function]:
    """An option for a field of Settings; left out, the file of --config or the default decides."""
    name = flag.removeprefix("--").replace("-", "_")
    default = getattr(_DEFAULTS, name)
    return click.option(flag, name, type=kind, metavar=metavar, help=f"{help}  [default: {default}]")


@main.command("filter", epilog="Example: dedup filter feed.jsonl --duplicates dropped.jsonl > novel.jsonl")
@click.argument(
    "inputs",
    metavar="[INPUT]...",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option(
    "--format", "format_", type=click.Choice(["auto", "text", "jsonl"]), default="auto", show_default=True,
    help="What the input is; auto takes an input that begins with { for JSON Lines, any other for text.",
)  # fmt: skip
@click.option(
    "--split", type=click.Choice(["auto", "line", "blank"]), default="auto", show_default=True,
    help="Where paragraphs end: at each line end, or at blank lines; auto means line in a text file and blank "
    "in the text of a record.",
)  # fmt: skip
@click.option("--text-field", default="text", show_default=True, metavar="PATH", help="Dotted path to a record's text.")
@click.option("--id-field", default="id", show_default=True, metavar="PATH", help="Dotted path to a record's id.")
@click.option("--time-field", metavar="PATH", help="Dotted path to a record's time, given as `seen` of later matches.")
@click.option(
    "--emit", type=click.Choice(["novel", "all", "duplicates"]), default="novel", show_default=True,
    help="Which paragraphs to write.",
)  # fmt: skip
@click.option(
    "--output", type=click.Choice(["same", "jsonl"]), default="same", show_default=True,
    help="Records as they came, or one JSON object a paragraph with its decision under `dedup`.",
)  # fmt: skip
@click.option(
    "--duplicates", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write what is dropped to FILE, as JSON Lines with the decisions.",
)  # fmt: skip
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Copy input that had to be rejected to FILE, byte for byte.",
)  # fmt: skip
@_setting("--threshold", float, "Jaccard from which on a paragraph repeats an earlier one.")
@_setting("--coverage", float, "Share of a paragraph that one earlier paragraph must hold to contain it.")
@_setting("--shingle", str, "What is compared: n-grams of words or of characters.", metavar="word:N|char:N")
@_setting("--num-perm", int, "MinHash permutations.")
@_setting("--recall", float, "Probability with which LSH proposes a pair exactly at the threshold.")
@_setting("--min-words", int, "Shorter paragraphs match only an equal text.")
@_setting("--seed", int, "Seed of all hashing; keep it secret where feeds are hostile.")
@_setting("--bucket-limit", int, "Kept paragraphs that one band key may name.")
@_setting("--max-bytes", int, "Longest paragraph or record; longer ones are rejected.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True,
    help="Threads that prepare the next paragraphs while these are judged; decisions are the same.",
)  # fmt: skip
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="TOML file with settings by these names; options on the command line win.",
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
    emit: Any,
    output: str,
    duplicates: Path | None,
    errors: Path | None,
    jobs: int,
    config: Path | None,
    explain_settings: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Write the novel paragraphs of each INPUT and drop those that an earlier one already said.

    INPUT is a file or - for standard input, which is also read where none is given. Exit status: 0 done,
    1 could not go on, 2 wrong usage, 3 done but some input was rejected.
    """
    settings = _settings(config, given)
    if explain_settings:
        _explain(settings)
        return
    _refuse_overwriting(inputs, [duplicates, errors])
    _prepare_process()
    with _manners(quiet), ExitStack() as files:
        from dedup.formats import input_name
        from dedup.formats.records import Source
        from dedup.jit import without_blas
        from dedup.novelty import NoveltyFilter
        from dedup.stream import Outputs, Run, Sink

        def opened(path: Path | None) -> Sink | None:
            return None if path is None else Sink(files.enter_context(_open_output(path)))

        outputs = Outputs(
            # PYTHONUNBUFFERED makes sys.stdout write through, piece by piece. Every write is flushed.
            Sink(open(1, "wb", closefd=False)),  # noqa: SIM115
            opened(duplicates),
            opened(errors),
            _say,
        )
        with without_blas():
            NoveltyFilter(settings).decide([b"the first kernel"])
        run = Run(NoveltyFilter(settings), outputs, emit, output == "jsonl", jobs)
        for path in inputs or ("-",):
            source = Source(input_name(path), split, text_field, id_field, time_field, settings.max_bytes)
            run.read(path, format_, source)
        if not quiet:
            _say(str(run.counts))
    if run.counts.rejected:
        sys.exit(_REJECTED)


def _settings(config: Path | None, given: dict[str, Any]) -> Settings:
    """The settings of a file, overruled by the options that were given."""
    from dedup.lsh import layout

    try:
        named = read_toml(config) if config is not None else {}
        settings = Settings(**named | {name: value for name, value in given.items() if value is not None})
        layout(settings.threshold, settings.num_perm, settings.recall)
        return settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def _explain(settings: Settings) -> None:
    from dedup.lsh import layout, proposal

    bands, rows, recall = layout(settings.threshold, settings.num_perm, settings.recall)
    click.echo(
        f"A paragraph repeats an earlier one if they share {settings.threshold:g} of all their {settings.shingle} "
        f"shingles (Jaccard),\nor if the earlier one holds {settings.coverage:g} of its shingles (coverage). "
        f"Below {settings.min_words} words only an equal text counts.\n\n"
        f"LSH: {bands} bands of {rows} rows, {bands * rows} of {settings.num_perm} permutations. A pair exactly at "
        f"the threshold is\nproposed with probability {recall:.4f}; what is proposed is verified exactly.\n\n"
        f"Jaccard  proposed"
    )
    for tenth in range(1, 11):
        click.echo(f"    {tenth / 10:.1f}    {proposal(tenth / 10, bands, rows):.4f}")
    click.echo(f"\nFingerprint: {settings.fingerprint()}")


def _refuse_overwriting(inputs: tuple[str, ...], outputs: list[Path | None]) -> None:
    """Refuse to read a file that is being written, or to write one twice, under whatever names."""
    written = [_file(output) for output in outputs if output is not None] + [_file(1)]
    read = [_file(0 if path == "-" else path) for path in inputs or ("-",)]
    for place, file in enumerate(written):
        if file is not None and (file in read or file in written[:place]):
            name = [*filter(None, outputs), "standard output"][place]
            raise click.UsageError(f"{name} is also an input, or the file of another output; name another file")


def _file(path: Path | str | int) -> tuple[object, object] | None:
    """What tells a regular file from others, also one that is not there yet; None for what is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None if isinstance(path, int) else (None, Path(path).resolve())
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


@contextmanager
def _open_output(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("wb")
    except OSError as error:
        raise DedupError(f"{path}: {error.strerror}") from None
    with file:
        yield file


def _prepare_process() -> None:
    """Settle what libraries take from the process, which is ours alone: one thread, few collections of garbage."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # numpy would start threads that nobody needs
    gc.set_threshold(100_000)  # the records of a batch are many, and never in cycles


@contextmanager
def _manners(quiet: bool) -> Iterator[None]:
    """End as a command should: errors in one line, a closed pipe and an interrupt without a word."""
    from dedup.jit import on_compile

    def tell() -> None:
        if not quiet:
            _say("compiling kernels, which takes some seconds and happens once")

    try:
        with on_compile(tell):
            yield
    except OutputClosed:
        sys.exit(0)
    except DedupError as error:
        _say(str(error))
        sys.exit(1)
    except MemoryError:
        _say("out of memory; a lower --max-bytes needs less")
        sys.exit(1)
    except OSError as error:
        _say(f"cannot write: {error.strerror or error}")
        sys.exit(1)


def _say(line: str) -> None:
    """A line on stderr, if anybody reads it."""
    with suppress(OSError):
        click.echo(f"dedup: {line}", err=True)
