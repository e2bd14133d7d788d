"""The commands `state …`: inspect and maintain the state files of `filter --state`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dedup.cli.options import (
    INPUT,
    OUTPUT,
    RULE,
    Command,
    option,
    output_file_option,
    rule_options,
    setting_options,
    wait_option,
)
from dedup.cli.runtime import (
    check_output_paths,
    chosen_settings,
    compile_kernels,
    exit_cleanly,
    is_standard_output,
    prepare_process,
    validated_settings,
)
from dedup.model.types import plural
from dedup.settings import Settings, option_name

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def state() -> None:
    """Inspect and maintain state files.

    `dedup filter --state FILE` remembers paragraphs in a state file.

    Example: dedup filter feed.jsonl --quiet --state feed.dedup > novel.jsonl && dedup state info feed.dedup
    """


def _command(name: str, example: str) -> Callable[[Any], click.Command]:
    """A command of this group. The example in its help first creates a state file."""
    whole_example = f"dedup filter feed.jsonl --quiet --state feed.dedup > novel.jsonl && {example}"
    return state.command(name, cls=Command, epilog=f"Example: {whole_example}")


@_command("info", "dedup state info feed.dedup")
@_FILE
def info(file: Path) -> None:
    """Show what FILE stores.

    This is the number of paragraphs, the oldest time, the size, and the settings that FILE was written with.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    with exit_cleanly():
        from dedup.model.times import utc
        from dedup.store.clock import Clock
        from dedup.store.state_file import State
        from dedup.store.state_schema import FORMAT

        opened = State(file)
        pages = list(opened.pages())
        checkpoint = opened.checkpoint
        count = sum(len(page.numbers) for page in pages)
        oldest = min((float(page.times.min()) for page in pages), default=None)
        size = file.stat().st_size
        lines = {
            "format": FORMAT,
            "fingerprint": opened.settings.fingerprint(),
            "stored": f"{count} {plural(count, 'paragraph')}, "
            f"of {checkpoint.number} ever stored and {checkpoint.read} read",
            "oldest": "-" if oldest is None else utc(oldest),
            "clock": utc(Clock(None, checkpoint.now, checkpoint.latest).time()) if checkpoint.read else "-",
            "size": f"{size} bytes" + (f", {size / count:.0f} per paragraph" if count else ""),
            "settings": _settings_line(opened.settings),
        }
        for name, value in lines.items():
            click.echo(f"{name + ':':<13} {value}")
        opened.close()


def _settings_line(settings: Settings) -> str:
    values = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    return " ".join(f"{option_name(name)}={'unlimited' if value is None else value}" for name, value in values.items())


@_command("verify", "dedup state verify feed.dedup")
@_FILE
def verify(file: Path) -> None:
    """Check that FILE is not damaged.

    Exit status: 0 not damaged, 1 damaged, 2 wrong usage.
    """
    with exit_cleanly():
        from dedup.store.state_file import State

        opened = State(file)
        opened.check()
        count = sum(len(page.numbers) for page in opened.pages())
        click.echo(f"{file}: OK, {count} {plural(count, 'paragraph')}")
        opened.close()


@_command("compact", "dedup state compact feed.dedup")
@_FILE
@wait_option
def compact(file: Path, wait: float) -> None:
    """Rewrite FILE without forgotten paragraphs.

    Runs with `--state` do most of this themselves, a little at a time.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    prepare_process()
    with exit_cleanly():
        from dedup.pipeline.state_maintenance import compact

        before = file.stat().st_size if file.exists() else 0
        compact(file, wait)
        click.echo(f"{file}: {before} bytes before, {file.stat().st_size} bytes now")


@_command("restore", "cp feed.dedup copy.dedup && dedup state restore feed.dedup copy.dedup")
@_FILE
@click.argument("copy", type=click.Path(path_type=Path))
@wait_option
def restore(file: Path, copy: Path, wait: float) -> None:
    """Replace FILE, which may be damaged, by COPY.

    COPY is checked first, and stays. The log beside FILE is removed, which `cp` would leave to be applied to COPY.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    prepare_process()
    with exit_cleanly():
        from dedup.pipeline.state_maintenance import restore

        restore(file, copy, wait)


@_command("export", "dedup state export feed.dedup > remembered.jsonl")
@_FILE
@output_file_option()
def export(file: Path, output_file: str) -> None:
    """Write stored paragraphs as JSON Lines.

    The output can be filtered again.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    check_output_paths([str(file)], [output_file], state=file)
    with exit_cleanly():
        from dedup.formats.output_files import Output
        from dedup.pipeline.state_maintenance import export

        with Output(output_file) as out:
            for line in export(file):
                out.file.write(line)


@_command("import", "dedup spark feed.jsonl --quiet -o decided && dedup state import decided -o new.dedup")
@click.argument("source", type=click.Path(path_type=Path))
@option(
    INPUT, "--text-field", default="text", show_default=True, metavar="COLUMN", help="The column of the texts.",
)  # fmt: skip
@option(
    INPUT, "--id-field", metavar="COLUMN",
    help="The column of the ids, as for `dedup spark`.  [default: id, if there is one; otherwise rows are numbered]",
)  # fmt: skip
@option(INPUT, "--time-field", metavar="COLUMN", help="The column of the times, which a window counts from.")
@option(INPUT, "--source-field", metavar="COLUMN", help="The column of the publishers.")
@option(
    OUTPUT, "-o", "--output-file", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Create this state file; it must not exist.",
)  # fmt: skip
@setting_options(*RULE)
def import_(
    source: Path,
    text_field: str,
    id_field: str | None,
    time_field: str | None,
    source_field: str | None,
    output_file: Path,
    **given: Any,
) -> None:
    """Make a state file of the output of `dedup spark`.

    `dedup filter --state FILE` then goes on where the corpus ended. Name the settings of that run.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    settings = chosen_settings(None, given)
    prepare_process()
    with exit_cleanly():
        compile_kernels(quiet=False)
        from dedup.pipeline.state_import import Columns, import_decisions

        count = import_decisions(source, output_file, settings, Columns(text_field, id_field, time_field, source_field))
        click.echo(f"{output_file}: {count} {plural(count, 'paragraph')}")


@_command("merge", "cp feed.dedup other.dedup && dedup state merge feed.dedup other.dedup -o both.dedup")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@option(
    OUTPUT, "-o", "--output-file", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Create this state file; it must not exist.",
)  # fmt: skip
def merge(files: tuple[Path, ...], output_file: Path) -> None:
    """Merge several FILES into a new one.

    The new file has the settings of the first one, and stores equal texts once.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    if is_standard_output(output_file):
        raise click.UsageError("a state is an SQLite file and cannot go to standard output; name a file")
    for file in files:
        check_output_paths([str(file)], [output_file], state=file)
    prepare_process()
    with exit_cleanly():
        compile_kernels(quiet=False)
        from dedup.pipeline.state_maintenance import merge

        merge(files, output_file)


@_command("rebuild", "dedup state rebuild feed.dedup --threshold 0.6")
@_FILE
@wait_option
@rule_options(shown_default="as in FILE")
def rebuild(file: Path, wait: float, **given: Any) -> None:
    """Rewrite FILE for other settings.

    It keeps all stored paragraphs, and the settings that you do not name.

    Exit status: 0 done, 1 failed, 2 wrong usage.
    """
    prepare_process()
    with exit_cleanly():
        from dataclasses import replace

        from dedup.pipeline.state_maintenance import rebuild
        from dedup.store.state_file import State

        opened = State(file)
        opened.close()
        chosen = {name: value for name, value in given.items() if value is not None}
        validated_settings(lambda: replace(opened.settings, **chosen))
        compile_kernels(quiet=False)
        rebuild(file, chosen, wait)
