"""The verbs `state …`: look after what `filter --state` remembers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dedup.cli.options import ruled, waits, writes
from dedup.cli.runtime import compile_kernels, manners, prepare_process, refuse_overwriting, usable
from dedup.formats.output_files import STANDARD, Output
from dedup.model.types import plural

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def state() -> None:
    """Look after what `dedup filter --state FILE` remembers.

    Example: dedup filter feed.jsonl --quiet --state feed.dedup > novel.jsonl && dedup state info feed.dedup
    """


def _verb(name: str, example: str) -> Callable[[Any], click.Command]:
    made = f"dedup filter feed.jsonl --quiet --state feed.dedup > novel.jsonl && {example}"
    return state.command(name, epilog=f"Example: {made}")


@_verb("info", "dedup state info feed.dedup")
@_FILE
def info(file: Path) -> None:
    """Say what FILE remembers, since when, how large it is, and with which settings it was written."""
    with manners():
        from dedup.model.times import utc
        from dedup.store.clock import Clock
        from dedup.store.state_file import State
        from dedup.store.state_schema import FORMAT

        kept = State(file)
        pages = list(kept.pages())
        remembered = sum(len(page.numbers) for page in pages)
        oldest = min((float(page.times.min()) for page in pages), default=None)
        size = file.stat().st_size
        stored = f"{remembered} {plural(remembered, 'paragraph')}"
        lines = {
            "format": FORMAT,
            "fingerprint": kept.settings.fingerprint(),
            "remembered": f"{stored}, of {kept.mark.number} kept and {kept.mark.read} read",
            "oldest": "-" if oldest is None else utc(oldest),
            "clock": utc(Clock(None, kept.mark.now, kept.mark.latest).time()) if kept.mark.read else "-",
            "size": f"{size} bytes" + (f", {size / remembered:.0f} a paragraph" if remembered else ""),
            "settings": " ".join(
                f"{name}={getattr(kept.settings, name)}" for name in kept.settings.__dataclass_fields__
            ),
        }
        for name, value in lines.items():
            click.echo(f"{name + ':':<13} {value}")
        kept.close()


@_verb("verify", "dedup state verify feed.dedup")
@_FILE
def verify(file: Path) -> None:
    """Read all of FILE and check it; the exit status is 1 where it is damaged."""
    with manners():
        from dedup.store.state_file import State

        kept = State(file)
        kept.check()
        remembered = sum(len(page.numbers) for page in kept.pages())
        click.echo(f"{file}: {remembered} {plural(remembered, 'paragraph')}, all well")
        kept.close()


@_verb("compact", "dedup state compact feed.dedup")
@_FILE
@waits
def compact(file: Path, wait: float) -> None:
    """Write FILE again without what it has forgotten. A run does most of this by itself, a little at a time."""
    prepare_process()
    with manners():
        from dedup.pipeline.state_maintenance import compact

        before = file.stat().st_size if file.exists() else 0
        compact(file, wait)
        click.echo(f"{file}: {before} bytes before, {file.stat().st_size} now")


@_verb("export", "dedup state export feed.dedup > remembered.jsonl")
@_FILE
@writes()
def export(file: Path, output_file: str) -> None:
    """Write what FILE remembers as JSON Lines that can be filtered again."""
    refuse_overwriting([str(file)], [output_file])
    with manners():
        from dedup.pipeline.state_maintenance import export

        with Output(output_file) as out:
            for line in export(file):
                out.file.write(line)


@_verb("merge", "cp feed.dedup other.dedup && dedup state merge feed.dedup other.dedup -o both.dedup")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "output", required=True, type=click.Path(path_type=Path), metavar="NEW",
    help="The file to make; it must not be there.",
)  # fmt: skip
def merge(files: tuple[Path, ...], output: Path) -> None:
    """Make one memory of those of several FILES, with the settings of the first; texts that are equal are kept once."""
    if str(output) in STANDARD:
        raise click.UsageError("a state is an SQLite file and cannot go to standard output; name a file")
    prepare_process()
    with manners():
        compile_kernels(quiet=False)
        from dedup.pipeline.state_maintenance import merge

        merge(files, output)


@_verb("rebuild", "dedup state rebuild feed.dedup --threshold 0.6")
@_FILE
@waits
@ruled(otherwise="as in FILE")
def rebuild(file: Path, wait: float, **given: Any) -> None:
    """Write FILE again for other settings; those that are not given stay. All that it remembers stays remembered."""
    prepare_process()
    with manners():
        from dataclasses import replace

        from dedup.pipeline.state_maintenance import rebuild
        from dedup.store.state_file import State

        kept = State(file)
        kept.close()
        chosen = {name: value for name, value in given.items() if value is not None}
        usable(lambda: replace(kept.settings, **chosen))
        compile_kernels(quiet=False)
        rebuild(file, chosen, wait)
