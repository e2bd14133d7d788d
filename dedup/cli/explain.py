"""The verb `explain`: every repeat beside its original, for people."""

from collections.abc import Iterable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

import click

from dedup.cli.inputs import Feed
from dedup.cli.options import judges, reads_a_feed, writes
from dedup.cli.runtime import compile_kernels, manners, prepare_process, refuse_overwriting
from dedup.formats.output_files import STANDARD, Output

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from dedup.analysis.word_diff import Piece
    from dedup.model.types import Decision, Paragraph

_WIDE = 100  # columns from which on two texts stand side by side
_STYLES = {"same": "", "removed": "red strike", "added": "green underline", "fact": "bold black on yellow"}
_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}"), "fact": ("<<", ">>")}


@click.command(
    "explain",
    epilog="Example: dedup explain feed.txt | less -R; dedup explain feed.txt --ids feed.txt:3 feed.txt:9",
)
@reads_a_feed
@click.option(
    "--ids", nargs=2, metavar="A B",
    help="Compare only paragraph B with paragraph A, as if A came first, and say which rule decides, also where they "
    "do not match.",
)  # fmt: skip
@writes()
@judges
def explain(ids: tuple[str, str] | None, output_file: str, **given: Any) -> None:
    """Show every repeat and update beside its original, block by block, with the reason and a word diff.

    A block is a run of paragraphs that repeats a run of earlier ones. What the repeat lacks is marked [-so-] in
    a pipe, what it adds {+so+}, and a changed fact <<so>>; a terminal shows them in colour. Exit status: 0 done,
    1 could not go on, 2 wrong usage, 3 done but some input was rejected.
    """
    feed = Feed(**given, writes=output_file in STANDARD)
    refuse_overwriting(feed.paths, [output_file])
    prepare_process()
    with manners():
        compile_kernels(feed.quiet)
        with Output(output_file) as out, TextIOWrapper(out.file, "utf-8", "replace") as text:
            console = _console(text)
            if ids is None:
                _explain(feed, console)
            else:
                _compare(feed, ids, console)
            text.flush()
            out.complete()
    feed.end()


def _console(file: TextIO) -> "Console":
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # it would end the process with status 1

    console = Plain(file=file, highlight=False, emoji=False, markup=False, soft_wrap=False)
    if console.is_terminal:
        return console
    return Plain(file=file, highlight=False, emoji=False, markup=False, soft_wrap=True)


def _explain(feed: Feed, console: "Console") -> None:
    from rich.text import Text

    from dedup.analysis.explain import reason
    from dedup.filter.blocks import gather

    within = False  # a block, which what comes next is no part of
    for block in gather(feed.decisions()):
        first = block[0]
        title = ""
        if len(block) > 1 and first.match is not None:
            title = (
                f"block {first.block}: {len(block)} paragraphs from {first.match.id} again from {first.paragraph.id}"
            )
        elif within:
            title = "single paragraphs"
        within = len(block) > 1
        if title:
            console.print(Text(f"━━ {title}\n", style="bold"))
        for decision in block:
            _show(decision, reason(decision, feed.settings), console)
    feed.sum_up()


def _compare(feed: Feed, ids: tuple[str, str], console: "Console") -> None:
    from dedup.analysis.explain import lsh_chance, pair
    from dedup.errors import InputError

    found: dict[str, Paragraph] = {}
    for paragraph in feed.paragraphs():
        if paragraph.id in ids:
            found.setdefault(str(paragraph.id), paragraph)
            if len(found) == len(set(ids)):
                break
    if missing := [id_ for id_ in ids if id_ not in found]:
        raise InputError(f"no paragraph of the input is called {missing[0]!r}")
    decision, said = pair(found[ids[0]], found[ids[1]], feed.settings)
    _show(decision, said, console)
    console.print(lsh_chance(decision, feed.settings))


def _show(decision: "Decision", said: str, console: "Console") -> None:
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
    console.print(Text.assemble((decision.kind, "bold magenta"), numbers, (said, "dim")))
    before, after = (_text(pieces, colour) for pieces in diff(old.text, new.text, decision.changed))
    heads = _head(old.id, old.seen, old.source), _head(str(new.id), written(new.time), new.source)
    if console.is_terminal and console.width >= _WIDE:
        table = Table.grid(expand=True, padding=(0, 2))
        for _ in heads:
            table.add_column(ratio=1, overflow="fold")  # what has no spaces is cut, never left out
        table.add_row(*(Text(head, style="cyan") for head in heads))
        table.add_row(before, after)
        console.print(Padding(table, (0, 0, 1, 2)))
        return
    for head, text in zip(heads, (before, after), strict=True):
        console.print(Text(f"  {head}", style="cyan"))
        console.print(Padding(text, (0, 0, 0, 4)) if console.is_terminal else Text("    ") + text)
    console.print()


def _head(id_: str, time: str | None, source: str | None) -> str:
    known = source is None or id_.startswith(f"{source}:")  # an input, which the id begins with
    return " · ".join(part for part in (id_, time, None if known else source) if part)


def _text(pieces: "Iterable[Piece]", colour: bool) -> "Text":
    from rich.text import Text

    text = Text()
    for piece, kind in pieces:
        before, after = ("", "") if colour else _MARKS[kind]
        text.append(f"{before}{_printable(piece)}{after}", _STYLES[kind])
    return text


def _printable(text: str) -> str:
    """A text of a feed without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
