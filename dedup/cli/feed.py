"""What the verbs that look at a feed as a whole have in common: how it is read, and by what rule it is judged."""

import sys
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dedup.cli.manners import REJECTED, chosen_settings, say, setting
from dedup.cli.progress import Progress
from dedup.errors import InputError
from dedup.files import find

if TYPE_CHECKING:
    from dedup.formats.records import Rejected
    from dedup.model import Paragraph

_Function = TypeVar("_Function", bound=Callable[..., Any])
_FIELDS = ("split", "text_field", "id_field", "time_field", "source_field", "extract")
_READING = (
    click.argument("inputs", metavar="[INPUT]...", nargs=-1),
    click.option(
        "--format", "format_", type=click.Choice(["auto", "text", "jsonl", "json", "feed", "html", "parquet"]),
        default="auto", show_default=True, help="What the input is; auto sees it by the first bytes.",
    ),
    click.option(
        "--split", type=click.Choice(["auto", "line", "blank"]), default="auto", show_default=True,
        help="Where paragraphs end: at each line end, or at blank lines.",
    ),
    click.option("--text-field", default="text", show_default=True, metavar="PATH", help="Dotted path to a text."),
    click.option("--id-field", default="id", show_default=True, metavar="PATH", help="Dotted path to an id."),
    click.option("--time-field", metavar="PATH", help="Dotted path to a record's time."),
    click.option("--source-field", metavar="PATH", help="Dotted path to who published it.  [default: the input]"),
    click.option("--extract", is_flag=True, help="Read only the main text of a page."),
)  # fmt: skip
_RULE = (
    setting("--threshold", float, "Jaccard from which on a paragraph repeats an earlier one."),
    setting("--coverage", float, "Share of a paragraph that one earlier paragraph must hold to contain it."),
    setting("--shingle", str, "What is compared: n-grams of words or of characters.", metavar="word:N|char:N"),
    setting("--num-perm", int, "MinHash permutations."),
    setting("--recall", float, "Probability with which LSH proposes a pair exactly at the threshold."),
    setting("--min-words", int, "Shorter paragraphs match only an equal text."),
    setting("--updates", click.Choice(["keep", "drop"]), "Whether a changed fact, or news, makes a repeat an update."),
    setting("--max-new-words", int, "More words in a row than this that the earlier paragraph lacks are news."),
    setting("--seed", int, "Seed of all hashing."),
    setting("--bucket-limit", int, "Kept paragraphs that one band key may name."),
    setting("--max-bytes", int, "Longest paragraph or record; longer ones are rejected."),
    click.option(
        "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
        help="TOML file with settings by these names; options on the command line win.",
    ),
    click.option("--quiet", is_flag=True, help="Write nothing to stderr but errors."),
)  # fmt: skip


def reads_a_feed(function: _Function) -> _Function:
    """The argument and the options by which a verb is given a feed and a rule; `Feed` takes them all."""
    return reduce(lambda made, option: option(made), reversed(_READING + _RULE), function)


class Feed:
    """The paragraphs of all inputs of a verb, and the settings to judge them by.

    Takes what `reads_a_feed` gave. What cannot be read is told on stderr and counted in `rejected`. Raises
    click.UsageError for wrong settings and for inputs that are not there.
    """

    def __init__(self, inputs: tuple[str, ...], format_: str, config: Path | None, quiet: bool, **given: Any) -> None:
        self.quiet = quiet
        self.rejected = 0
        self._paragraphs = 0
        self._format = format_
        self._fields = {name: given.pop(name) for name in _FIELDS}
        self.settings = chosen_settings(config, given)
        try:
            self.paths = list(find(inputs or ("-",)))
        except InputError as error:
            raise click.UsageError(str(error)) from None

    def paragraphs(self) -> "Iterator[Paragraph]":
        """The paragraphs of all inputs, in order. Raises InputError where the only input cannot be read."""
        watch = Progress(False if self.quiet else None, self.paths)
        for path in self.paths:
            try:
                yield from self._read(path, watch)
            except InputError as error:
                if len(self.paths) == 1:
                    raise
                self.rejected += 1
                say(str(error))

        watch.close()

    def _read(self, path: str, watch: Progress) -> "Iterator[Paragraph]":
        from dedup.canonical import decode
        from dedup.formats import input_name, open_input, records
        from dedup.formats.records import Rejected, Source
        from dedup.model import Paragraph

        source = Source(input_name(path), max_bytes=self.settings.max_bytes, **self._fields)
        with open_input(path) as file:
            for batch in records(file, source, self._format):
                if isinstance(batch, Rejected):
                    self._reject(batch)
                    continue
                self._paragraphs += len(batch.texts)
                for text, label in zip(batch.texts, batch.labels(), strict=True):
                    yield Paragraph(decode(text), *label)
                watch(file, self._paragraphs)

    def _reject(self, rejected: "Rejected") -> None:
        if rejected.reason is not None:
            self.rejected += 1
            say(str(rejected))

    def end(self) -> None:
        """End the process with the status that says that input was rejected, if it was."""
        if self.rejected:
            sys.exit(REJECTED)
