"""The command `explain`: shows every repeat beside its original, for people."""

from collections.abc import Iterable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

import click

from dedup.cli.inputs import InputReader
from dedup.cli.options import INPUT, Command, filter_options, input_options, option, output_file_option
from dedup.cli.runtime import compile_kernels, exit_cleanly, prepare_process
from dedup.model.visible import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from dedup.analysis.word_diff import Piece
    from dedup.model.types import Decision, Paragraph

_WIDE = 100  # a terminal with at least this many columns shows two texts side by side
_STYLES = {"same": "", "removed": "red strike", "added": "green underline", "fact": "bold black on yellow"}
_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}"), "fact": ("<<", ">>")}


@click.command(
    "explain",
    cls=Command,
    epilog="Example: dedup explain feed.txt | less -R; dedup explain feed.txt --ids feed.txt:3 feed.txt:9",
)
@input_options
@option(
    INPUT, "--ids", nargs=2, metavar="A B",
    help="Compare only the paragraphs with these ids, as if A came first, and name the rule that decides, even if they "
    "do not match.",
)  # fmt: skip
@output_file_option()
@filter_options
def explain(ids: tuple[str, str] | None, output_file: str, **options: Any) -> None:
    """Show every repeat beside its original.

    Repeats and updates are shown block by block, with the reason of each decision and a word diff. A block is a run
    of paragraphs that repeats a run of earlier ones. In a pipe, [-so-] marks words that only the original has,
    {+so+} words that only the new paragraph has, and <<so>> a changed fact; a terminal shows colours.

    Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    reader = InputReader(output_file, **options)
    prepare_process()
    with exit_cleanly():
        compile_kernels(reader.quiet)
        from dedup.formats.output_files import Output

        with Output(output_file, styled=True) as out, TextIOWrapper(out.file, "utf-8", "replace") as text:
            console = _console(text)
            if ids is None:
                _explain(reader, console)
            else:
                _compare(reader, ids, console)
            text.flush()
            out.complete()
    reader.end()


def _console(file: TextIO) -> "Console":
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would end the process with status 1

    console = Plain(file=file, highlight=False, emoji=False, markup=False, soft_wrap=False)
    if console.is_terminal:
        return console
    return Plain(file=file, highlight=False, emoji=False, markup=False, soft_wrap=True)


def _explain(reader: InputReader, console: "Console") -> None:
    from rich.text import Text

    from dedup.analysis.explain import reason
    from dedup.filter.blocks import group_blocks

    after_block = False  # whether the previous paragraphs were a block
    for block in group_blocks(reader.decisions()):
        first = block[0]
        title = ""
        if len(block) > 1 and first.match is not None:
            places = f"from {first.match.id}, repeated from {first.paragraph.id}"
            title = f"block {first.block}: {len(block)} paragraphs {places}"
        elif after_block:
            title = "single paragraphs"
        after_block = len(block) > 1
        if title:
            console.print(Text(f"━━ {_line(title)}\n", style="bold"))
        for decision in block:
            _show(decision, reason(decision, reader.settings), console)
    reader.sum_up()


def _compare(reader: InputReader, ids: tuple[str, str], console: "Console") -> None:
    from dedup.analysis.explain import lsh_chance, pair
    from dedup.errors import InputError

    found: dict[str, Paragraph] = {}
    for paragraph in reader.paragraphs():
        if paragraph.id in ids:
            found.setdefault(str(paragraph.id), paragraph)
            if len(found) == len(set(ids)):
                break
    if missing := [id_ for id_ in ids if id_ not in found]:
        raise InputError(
            f"no paragraph of the input has the id {missing[0]!r}; `dedup explain` without --ids shows ids"
        )
    decision, explanation = pair(found[ids[0]], found[ids[1]], reader.settings)
    _show(decision, explanation, console)
    console.print(lsh_chance(decision, reader.settings))


def _show(decision: "Decision", explanation: str, console: "Console") -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from dedup.analysis.word_diff import diff
    from dedup.model.times import written

    new, old = decision.paragraph, decision.match
    if old is None:
        return
    colour = console.color_system is not None
    numbers = f"  J {decision.jaccard:.2f}  coverage {decision.coverage:.2f}  "
    console.print(Text.assemble((decision.kind, "bold magenta"), numbers, (_line(explanation), "dim")))
    before, after = (_text(pieces, colour) for pieces in diff(old.text, new.text, decision.changed))
    heads = _head(old.id, old.seen, old.source), _head(str(new.id), written(new.time), new.source)
    if console.is_terminal and console.width >= _WIDE:
        table = Table.grid(expand=True, padding=(0, 2))
        for _ in heads:
            table.add_column(ratio=1, overflow="fold")  # long text without spaces continues on the next line
        table.add_row(*(Text(head, style="cyan") for head in heads))
        table.add_row(before, after)
        console.print(Padding(table, (0, 0, 1, 2)))
        return
    for head, text in zip(heads, (before, after), strict=True):
        console.print(Text(f"  {head}", style="cyan"))
        console.print(Padding(text, (0, 0, 0, 4)) if console.is_terminal else Text("    ") + text)
    console.print()


def _head(id_: str, time: str | None, source: str | None) -> str:
    has_source = source is None or id_.startswith(f"{source}:")  # a generated id begins with the source
    return _line(" · ".join(part for part in (id_, time, None if has_source else source) if part))


def _text(pieces: "Iterable[Piece]", colour: bool) -> "Text":
    from rich.text import Text

    text = Text()
    for piece, kind in pieces:
        before, after = ("", "") if colour else _MARKS[kind]
        text.append(f"{before}{_line(piece)}{after}", _STYLES[kind])
    return text


def _line(text: str) -> str:
    """A text on one line, with control characters as escapes, because a terminal would interpret them."""
    return visible("".join(" " if character.isspace() else character for character in text))
