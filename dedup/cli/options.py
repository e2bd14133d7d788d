"""The options that verbs share: how a feed is read, and by what rule it is judged."""

from collections.abc import Callable
from functools import partial, reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from dedup.cli.runtime import setting
from dedup.model.times import duration

_Function = TypeVar("_Function", bound=Callable[..., Any])
_READING = (
    click.argument("inputs", metavar="[INPUT]...", nargs=-1),
    click.option(
        "--format", "format_", type=click.Choice(["auto", "text", "jsonl", "json", "csv", "feed", "html", "parquet"]),
        default="auto", show_default=True,
        help="What the input is: lines of text, JSON Lines, a JSON array, CSV or TSV, a feed (RSS, Atom, JSON Feed), "
        "a page, Parquet. auto sees it by the first bytes. What is compressed (gzip, bzip2, xz, zstd) is opened.",
    ),
    click.option(
        "--split", type=click.Choice(["auto", "line", "blank"]), default="auto", show_default=True,
        help="Where paragraphs end: at each line end, or at blank lines; auto means line in a text file, "
        "unless its first lines are hard-wrapped paragraphs, and blank in the text of a record.",
    ),
    click.option(
        "--text-field", default="text", show_default=True, metavar="PATH", help="Dotted path to a record's text.",
    ),
    click.option("--id-field", default="id", show_default=True, metavar="PATH", help="Dotted path to a record's id."),
    click.option(
        "--time-field", metavar="PATH", help="Dotted path to a record's time: ISO 8601, RFC 822, or seconds or "
        "milliseconds since 1970. It is given as `seen` of later matches.",
    ),
    click.option(
        "--source-field", metavar="PATH", help="Dotted path to who published a record.  [default: the input]",
    ),
    click.option("--extract", is_flag=True, help="Read only the main text of a page, as text."),
)  # fmt: skip


def _rule(otherwise: str | None = None) -> tuple[Callable[[_Function], _Function], ...]:
    """The settings of the rule; `otherwise` says what holds where one is left out, if that is not its default."""
    option = partial(setting, otherwise=otherwise)
    return (
        option("--threshold", float, "Jaccard from which on a paragraph repeats an earlier one."),
        option("--coverage", float, "Share of a paragraph that one earlier paragraph must hold to contain it."),
        option("--shingle", str, "What is compared: n-grams of words or of characters.", metavar="word:N|char:N"),
        option("--num-perm", int, "MinHash permutations."),
        option("--recall", float, "Probability with which LSH proposes a pair exactly at the threshold."),
        option("--min-words", int, "Shorter paragraphs match only an equal text."),
        option(
            "--updates", click.Choice(["keep", "drop"]), "Whether a changed fact, or news, makes a repeat an update."
        ),
        option("--max-new-words", int, "More words in a row than this that the earlier paragraph lacks are news."),
        option("--seed", int, "Seed of all hashing; keep it secret where feeds are hostile."),
        option("--bucket-limit", int, "Kept paragraphs that one band key may name."),
    )


_JUDGING = (
    *_rule(),
    setting("--max-bytes", int, "Longest paragraph or record; longer ones are rejected."),
    click.option(
        "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
        help="TOML file with settings by these names; options on the command line win.",
    ),
    click.option("--quiet", is_flag=True, help="Write nothing to stderr but errors."),
)  # fmt: skip


def reads_a_feed(function: _Function) -> _Function:
    """The argument `inputs`, and how each is read."""
    return _given(_READING, function)


def judges(function: _Function) -> _Function:
    """The settings, each None where it is not given, the file that may name them, and whether to be quiet."""
    return _given(_JUDGING, function)


def ruled(otherwise: str) -> Callable[[_Function], _Function]:
    """The settings of the rule alone, each None where it is not given; `otherwise` says what holds then."""
    return partial(_given, _rule(otherwise))


class _Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in new versions of click
    """A duration such as 30s, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds of a duration. Fails for anything else."""
        try:
            return duration(value) if isinstance(value, str) else float(value)
        except ValueError:
            self.fail(f"{value!r} is not a duration such as 30s, 5m or 1h", param, ctx)


def waits(function: _Function) -> _Function:
    """The option `--wait` of a command that writes a state, in seconds."""
    option = click.option(
        "--wait", type=_Duration(), default=0, show_default="fail at once", metavar="DURATION (30s, 5m)",
        help="How long to wait for another process that is writing the state.",
    )  # fmt: skip
    return option(function)


def writes(
    help: str = "Write to FILE, not to standard output.", required: bool = False
) -> Callable[[_Function], _Function]:
    """The option `-o` of a command, as `output_file`."""
    without: dict[str, Any] = {"required": True} if required else {"default": "-"}  # a default, also None, is a value
    return click.option(
        "-o", "output_file", type=click.Path(dir_okay=False), metavar="FILE", **without,
        help=f"{help} FILE appears when it is complete; - is standard output.",
    )  # fmt: skip


def _given(options: tuple[Callable[[_Function], _Function], ...], function: _Function) -> _Function:
    return reduce(lambda made, option: option(made), reversed(options), function)
