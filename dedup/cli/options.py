"""The options that several commands share, and their groups in `--help`."""

import shlex
import shutil
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from dedup.model.times import duration
from dedup.settings import Settings, option_name

INPUT, OUTPUT, MATCHING, MEMORY, RUNNING = GROUPS = ("Input", "Output", "Matching", "Memory", "Running")
#: Earlier spellings of options, which still work but are not shown.
OLD_SPELLINGS = {
    "bucket-limit": "max-per-bucket",
    "errors": "rejected",
    "explain-settings": "show-settings",
    "max-paragraphs": "max-stored",
    "output": "output-format",
    "sync": "fsync",
}

Decorator = Callable[[Any], Any]
_DEFAULTS = Settings()


class Option(click.Option):
    """An option in one of the groups of `--help`."""

    def __init__(self, *args: Any, group: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class Command(click.Command):
    """A command that lists its options by group in `--help`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section per group. click adds `--help` itself, which goes into the last group."""
        for group in GROUPS:
            options = [
                param
                for param in self.get_params(ctx)
                if isinstance(param, click.Option) and getattr(param, "group", RUNNING) == group
            ]
            records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(group):
                    formatter.write_dl(records)


class Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in new versions of click
    """A duration such as 30s, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return a duration in seconds. Anything else is a usage error."""
        try:
            return duration(value) if isinstance(value, str) else float(value)
        except ValueError:
            self.fail(f"{value!r} is not a duration such as 30s, 5m or 1h", param, ctx)


class _CommandLine(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A program with its arguments, quoted as in a shell."""

    name = "command"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """Return the program and its arguments. A program that cannot be found is a usage error."""
        if not isinstance(value, str):
            return list(value)
        try:
            words = shlex.split(value)
        except ValueError as error:
            self.fail(f"{value!r} is not a command: {error}", param, ctx)
        if not words:
            self.fail("the command is empty", param, ctx)
        if shutil.which(words[0]) is None:
            self.fail(f"{words[0]!r} is not a program that can be run", param, ctx)
        return words


def current_spelling(name: str) -> str:
    """The current name of an option, given its current or earlier name, both without leading dashes."""
    return OLD_SPELLINGS.get(name, name)


def option(group: str, *names: str, **attributes: Any) -> Decorator:
    """Like click.option, for an option in a group of `--help`."""
    return click.option(*names, cls=Option, group=group, **attributes)


#: For each setting: the group, type, metavar and help text of its option.
SETTING_OPTIONS: dict[str, tuple[str, Any, str | None, str]] = {
    "threshold": (MATCHING, float, "NUMBER", "Match an earlier paragraph at this Jaccard similarity or above."),
    "coverage": (
        MATCHING, float, "NUMBER", "Match an earlier paragraph that has at least this share of the new one's shingles.",
    ),
    "shingle": (MATCHING, str, "word:N|char:N", "Compare n-grams of N words, or of N characters."),
    "num_perm": (MATCHING, int, "N", "Use N MinHash permutations."),
    "recall": (MATCHING, float, "NUMBER", "Make LSH find a pair exactly at the threshold with this probability."),
    "min_words": (MATCHING, int, "N", "Match a paragraph of fewer than N words only with an equal text."),
    "updates": (
        MATCHING, click.Choice(["keep", "drop"]), None,
        "Emit a match that changes a fact or adds news, as an update, or drop it like any other match.",
    ),
    "strict": (
        MATCHING, bool, None,
        "Also emit repeats that are not certain, as `reworded`. A repeat is certain if it has no new content word, "
        "modal verb, quantifier or pronoun, and no changed tense.",
    ),
    "max_new_words": (MATCHING, int, "N", "Treat more than N new words in a row as news."),
    "seed": (MATCHING, int, "N", "Seed all hashing with N. Keep it secret if feeds may be hostile."),
    "bucket_limit": (MEMORY, int, "N", "Store at most N paragraphs per LSH bucket and leave later ones out of it."),
    "max_bytes": (INPUT, int, "N", "Reject a paragraph or record of more than N bytes."),
    "window": (
        MEMORY, str, "DURATION",
        "Forget a paragraph after this time, such as 7d, 12h or 90s. Times are those of the records, or of their "
        "arrival if they have none.",
    ),
    "max_paragraphs": (MEMORY, int, "N", "Store at most N paragraphs and evict the oldest first."),
    "refresh": (
        MEMORY, bool, None,
        "Let a repeat renew the paragraph that it repeats, so that recurring boilerplate never comes back.",
    ),
}  # fmt: skip
_HIDDEN = ("max_new_words",)  # its default fits every text; the option still works
#: The settings of the rule.
RULE = (
    "threshold", "coverage", "shingle", "num_perm", "recall", "min_words", "updates", "strict", "max_new_words", "seed",
    "bucket_limit",
)  # fmt: skip


def setting_option(field: str, *, shown_default: str | None = None, help: str | None = None) -> Decorator:
    """The option for a field of Settings. Its value is None if the user does not give it.

    Args:
        field: The name of the field.
        shown_default: The default that `--help` shows, instead of the default of the field.
        help: A help text, instead of the usual one.
    """
    group, type_, metavar, usual_help = SETTING_OPTIONS[field]
    flag = option_name(field)
    default = getattr(_DEFAULTS, field)
    if type_ is bool:
        names, usual_default, type_ = f"--{flag}/--no-{flag}", flag if default else f"no-{flag}", None
    else:
        names, usual_default = f"--{flag}", "unlimited" if default is None else str(default)
    text = f"{help or usual_help}  [default: {shown_default or usual_default}]"
    # The default for click is None, so that a value from the user can be distinguished from the default.
    return option(group, names, field, type=type_, default=None, metavar=metavar, help=text, hidden=field in _HIDDEN)


def setting_options(*fields: str, shown_default: str | None = None) -> Decorator:
    """The options for several fields of Settings; see `setting_option`."""
    return _combine(*(setting_option(field, shown_default=shown_default) for field in fields))


def input_options(function: Any) -> Any:
    """Add the argument `inputs` and the options that control how inputs are read."""
    return _combine(
        click.argument("inputs", metavar="[INPUT]...", nargs=-1, type=click.Path(readable=False)),
        option(
            INPUT, "--format", "format_", default="auto", show_default=True,
            type=click.Choice(["auto", "text", "jsonl", "json", "csv", "feed", "html", "parquet"]),
            help="Read the input as plain text, JSON Lines, a JSON array, CSV or TSV, a feed (RSS, Atom, JSON Feed), "
            "an HTML page or Parquet. auto detects the format from the content. Input compressed with gzip, bzip2, "
            "xz or zstd is decompressed.",
        ),
        option(
            INPUT, "--split", type=click.Choice(["auto", "line", "blank"]), default="auto", show_default=True,
            help="End a paragraph at each line end, or at blank lines. auto means blank for the text of a record and "
            "for text files that are hard-wrapped, and line for other text files.",
        ),
        option(
            INPUT, "--text-field", default="text", show_default=True, metavar="PATH",
            help="Take the text of a record from this field; dots lead into nested objects.",
        ),
        option(
            INPUT, "--id-field", default="id", show_default=True, metavar="PATH",
            help="Take the id of a record from this field.",
        ),
        option(
            INPUT, "--time-field", metavar="PATH",
            help="Take the time of a record from this field: ISO 8601, RFC 822, or seconds or milliseconds since 1970. "
            "Matches show it as `seen`.  [default: the time of a feed item, if it has one]",
        ),
        option(
            INPUT, "--source-field", metavar="PATH",
            help="Take the publisher of a record from this field.  [default: the feed, or the name of the input]",
        ),
        option(INPUT, "--extract", is_flag=True, help="Read only the main text of an HTML page, as plain text."),
        setting_option("max_bytes"),
    )(function)  # fmt: skip


def record_field_options(function: Any) -> Any:
    """Add the options that name the fields of a JSON record."""
    return _combine(
        *(
            option(
                INPUT, f"--{name}-field", default=name, show_default=True, metavar="PATH",
                help=f"Take the {meaning} from this field.",
            )
            for name, meaning in (("text", "text"), ("id", "id"), ("time", "time"), ("source", "publisher"))
        )
    )(function)  # fmt: skip


def filter_options(function: Any) -> Any:
    """Add the options for the settings of the rule, `--config` and `--quiet`."""
    return _combine(setting_options(*RULE), config_option, quiet_option)(function)


def rule_options(shown_default: str) -> Decorator:
    """The options for the settings of the rule, with `shown_default` as their default in `--help`."""
    return setting_options(*RULE, shown_default=shown_default)


config_option = option(
    RUNNING, "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Read settings from a TOML file, by the names of their options. The command line overrides them.",
)  # fmt: skip
quiet_option = option(RUNNING, "--quiet", is_flag=True, help="Write only warnings and errors to stderr.")
rejected_option = option(
    OUTPUT, "--rejected", type=click.Path(dir_okay=False), metavar="FILE",
    help="Copy rejected input to FILE, byte for byte.",
)  # fmt: skip
state_option = option(
    MEMORY, "--state", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Remember paragraphs across runs in FILE, an SQLite file that the first run creates.",
)  # fmt: skip
wait_option = option(
    MEMORY, "--wait", type=Duration(), default=0, metavar="DURATION",
    help="Wait this long, such as 30s or 5m, if another process is writing the state.  [default: fail at once]",
)  # fmt: skip

second_opinion_option = option(
    MATCHING, "--second-opinion", type=_CommandLine(), metavar="COMMAND",
    help="Ask COMMAND about repeats that are not certain, and emit those that it does not confirm, as `reworded`. It "
    'reads JSON Lines such as {"old": "…", "new": "…", "new_words": ["…"]} and answers each by a line '
    '{"repeat": true} or {"repeat": false}.',
)  # fmt: skip
second_opinion_timeout_option = option(
    MATCHING, "--second-opinion-timeout", type=Duration(), default=None, metavar="DURATION",
    help="End COMMAND if it takes longer than this, such as 30s or 5m, for up to 64 pairs, and emit them.  "
    "[default: 60s]",
)  # fmt: skip


def output_file_option(help: str = "Write to FILE instead of standard output.", required: bool = False) -> Decorator:
    """The option `-o` of a command, passed to it as `output_file`."""
    # click takes any default, even None, as a value, so a required option has none.
    presence: dict[str, Any] = {"required": True} if required else {"default": "-"}
    return option(
        OUTPUT, "-o", "--output-file", "output_file", type=click.Path(dir_okay=False), metavar="FILE", **presence,
        help=f"{help} FILE appears when it is complete; - is standard output.",
    )  # fmt: skip


def _combine(*decorators: Decorator) -> Decorator:
    """Combine several decorators into one. `--help` lists their options in this order."""
    return lambda function: reduce(lambda decorated, decorator: decorator(decorated), reversed(decorators), function)
