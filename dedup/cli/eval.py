"""The command `eval`: labelled pairs in, tables out."""

import math
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dedup.cli.runtime import (
    REJECTED,
    chosen_settings,
    compile_kernels,
    manners,
    prepare_process,
    refuse_overwriting,
    say,
    setting,
)
from dedup.formats.output_files import Output
from dedup.model.types import plural

if TYPE_CHECKING:
    from dedup.analysis.evaluate import Choice, Outcome, Scores, Share, TuningResult
    from dedup.analysis.labelled_pairs import Labelled
    from dedup.settings import Settings

_OUTCOME_HEAD = ("pairs", "dropped", "flagged as update", "missed")
_DROPS_HEAD = ("drops", "dropped", "precision", "recall", "F1", "proposed")
_TUNE_HEAD = ("shingle", "threshold", "coverage", "precision", "recall", "F1", "proposed", "bands x rows")


@click.command("eval", epilog="Example: dedup eval pairs.jsonl --tune")
@click.argument(
    "inputs",
    metavar="[PAIRS]...",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option(
    "--by", metavar="PATH", help="Dotted path to the kind of a pair, for a row each.  [default: kind, else source]"
)
@click.option(
    "--tune",
    "tuned",
    is_flag=True,
    help="Try shingles, thresholds and coverages, and propose settings, by what is dropped.",
)
@click.option(
    "--precision", type=click.FloatRange(0, 1), default=0.99, show_default=True,
    help="With --tune: the precision that the setting of the highest recall must keep.",
)  # fmt: skip
@click.option(
    "--plot", "picture", type=click.Path(dir_okay=False), metavar="FILE",
    help="Draw precision and recall for each threshold, and the similarities, to FILE (.png, .svg, .pdf).",
)  # fmt: skip
@click.option(
    "--output", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="Tables for people, or one JSON object.",
)  # fmt: skip
@click.option(
    "--errors", type=click.Path(dir_okay=False), metavar="FILE",
    help="Copy input that had to be rejected to FILE, byte for byte.",
)  # fmt: skip
@setting("--threshold", float, "Jaccard from which on a paragraph repeats an earlier one.")
@setting("--coverage", float, "Share of a paragraph that one earlier paragraph must hold to contain it.")
@setting("--shingle", str, "What is compared: n-grams of words or of characters.", metavar="word:N|char:N")
@setting("--num-perm", int, "MinHash permutations, for the probability to be proposed.")
@setting("--recall", float, "Probability with which LSH proposes a pair exactly at the threshold.")
@setting("--min-words", int, "Shorter paragraphs match only an equal text.")
@setting("--updates", click.Choice(["keep", "drop"]), "Whether a changed fact, or news, makes a repeat an update.")
@setting("--max-new-words", int, "More words in a row than this that the earlier paragraph lacks are news.")
@setting("--seed", int, "Seed of what is drawn: samples for the intervals, pairs across clusters.")
@setting("--max-bytes", int, "Longest record; longer ones are rejected.")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="TOML file with settings by these names; options on the command line win.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="Write nothing to stderr but errors.")
def eval_(
    inputs: tuple[str, ...],
    by: str | None,
    tuned: bool,
    precision: float,
    picture: str | None,
    output: str,
    errors: str | None,
    config: Path | None,
    quiet: bool,
    **given: Any,
) -> None:
    """Report how well the rule drops the repeats among labelled pairs, with 95 % intervals.

    PAIRS are records of {a, b, label}, label 1 for a repeat, 0 for different texts, null where nobody judged; of
    {old, new, fact_changed}; or of {cluster, text}: JSON Lines, a JSON array, CSV, TSV or Parquet, compressed or not.
    Each b is judged against its a alone, without LSH. It is dropped, flagged as an update and emitted, or missed:
    novel, and emitted. Precision, recall and F1 are about what is dropped; a different text and a changed fact are
    wrong to drop. `proposed` is the mean probability with which LSH would propose the repeats that were dropped.
    Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    settings = chosen_settings(config, given)
    refuse_overwriting(inputs or ("-",), ["-", picture, errors])
    prepare_process()
    with manners():
        compile_kernels(quiet)
        from dedup.analysis.evaluate import evaluate, tune

        pairs, rejected = _read(inputs, by, errors, settings)
        scores = evaluate(pairs, settings)
        choices = tune(pairs, settings, precision) if tuned else None
        if picture is not None:
            from dedup.analysis.plot import plot

            plot(pairs, settings, picture)
        if output == "json":
            click.echo(_as_json(scores, choices, pairs), nl=False)
        else:
            click.echo(_tables(scores, choices, pairs, precision), nl=False)
    if rejected:
        sys.exit(REJECTED)


def _read(inputs: tuple[str, ...], by: str | None, errors: str | None, settings: "Settings") -> "tuple[Labelled, int]":
    """The pairs of all inputs, and how many records were rejected."""
    from dedup.analysis.labelled_pairs import Pairs
    from dedup.errors import InputError
    from dedup.formats import input_name, open_input
    from dedup.formats.byte_reader import Recalled
    from dedup.pipeline.warnings import Complaints

    gathered = Pairs(by)
    rejected = 0
    with ExitStack() as files:
        copy = None if errors is None else files.enter_context(Output(errors, direct=True)).file
        for path in inputs or ("-",):
            with open_input(path) as file, closing(Complaints(say)) as complaints:
                stream = file if copy is None else Recalled(file)
                try:
                    for bad in gathered.read(stream, input_name(path), settings.max_bytes):
                        if bad.reason is not None:
                            rejected += 1
                            complaints.add(bad)
                        if copy is not None:
                            copy.write(bad.raw)
                except InputError as error:
                    if copy is not None and isinstance(stream, Recalled):
                        copy.writelines(stream.again())
                    if len(inputs) < 2:
                        raise
                    rejected += 1
                    say(str(error))
    pairs = gathered.collect(settings.seed)
    if not pairs.texts:
        raise InputError("there are no pairs in the input")
    return pairs, rejected


def _tables(scores: "dict[str, Scores]", tuned: "TuningResult | None", pairs: "Labelled", precision: float) -> str:
    from dedup.model.types import KINDS

    text = "".join(
        _outcomes(title, {name: outcome for name, outcome in outcomes.items() if outcome.pairs})
        for title, outcomes in (
            ("repeats", {name: one.repeats for name, one in scores.items()}),
            ("changed facts", {name: one.updates for name, one in scores.items()}),
        )
    )
    drops = [
        (name, f"{_dropped(one):,}", *map(_share, (one.precision, one.recall, one.f1)), _number(one.proposed))
        for name, one in scores.items()
    ]
    text += _grid(_DROPS_HEAD, drops) + "\n"
    decided = [(name, f"{one.pairs:,}", *(f"{count:,}" for count in one.decisions)) for name, one in scores.items()]
    text += _grid(("decided", "pairs", *KINDS), decided)
    if sum(pairs.clusters):
        within, across = pairs.clusters
        text += f"\nOf clusters: {within:,} {plural(within, 'pair')} within one, and {across:,} drawn across two.\n"
    if tuned is not None:
        text += "\nHighest F1\n" + _grid(_TUNE_HEAD, [_choice(choice) for choice in tuned.f1])
        enough = [_choice(choice) for choice in tuned.recall if choice is not None]
        text += f"\nHighest recall at a precision of {precision:g}\n"
        text += _grid(_TUNE_HEAD, enough) if enough else "no setting reaches it\n"
        text += f"\nBest F1:     {_options(tuned.best_f1)}\n"
        if tuned.best_recall is not None:
            text += f"Best recall: {_options(tuned.best_recall)}\n"
    return text


def _outcomes(title: str, outcomes: "dict[str, Outcome]") -> str:
    """A table of what becomes of such pairs, and nothing where there are none."""
    if not outcomes:
        return ""
    rows = [
        (name, f"{one.pairs:,}", *map(_share, (one.dropped, one.update, one.missed))) for name, one in outcomes.items()
    ]
    return _grid((title, *_OUTCOME_HEAD), rows) + "\n"


def _dropped(scores: "Scores") -> int:
    from dedup.model.types import EMITTED, KINDS

    return sum(count for kind, count in zip(KINDS, scores.decisions, strict=True) if kind not in EMITTED)


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table with its first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for first, *others in (head, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _share(share: "Share") -> str:
    return "-" if math.isnan(share.value) else f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"


def _choice(choice: "Choice") -> tuple[str, ...]:
    from dedup.sketch.lsh import served

    settings = choice.settings
    bands, rows, _ = served(settings)
    measures = map(_number, (choice.precision, choice.recall, choice.f1, choice.proposed))
    return settings.shingle, f"{settings.threshold:g}", f"{settings.coverage:g}", *measures, f"{bands} x {rows}"


def _options(choice: "Choice") -> str:
    settings = choice.settings
    return f"--shingle {settings.shingle} --threshold {settings.threshold:g} --coverage {settings.coverage:g}"


def _as_json(scores: "dict[str, Scores]", tuned: "TuningResult | None", pairs: "Labelled") -> str:
    from dedup.formats.json_values import dump
    from dedup.model.types import KINDS

    def choice(one: "Choice | None") -> Any:
        if one is None:
            return None
        named = {name: getattr(one.settings, name) for name in ("shingle", "threshold", "coverage")}
        return named | {name: getattr(one, name) for name in ("precision", "recall", "f1", "proposed")}

    def outcome(one: "Outcome") -> dict[str, Any]:
        return {
            "pairs": one.pairs,
            "dropped": one.dropped._asdict(),
            "flagged_as_update": one.update._asdict(),
            "missed": one.missed._asdict(),
        }

    report: dict[str, Any] = {
        "scores": {
            name: one._asdict()
            | {key: getattr(one, key)._asdict() for key in ("precision", "recall", "f1")}
            | {"repeats": outcome(one.repeats), "updates": outcome(one.updates)}
            | {"decisions": dict(zip(KINDS, one.decisions, strict=True))}
            for name, one in scores.items()
        },
        "clusters": dict(zip(("within", "across"), pairs.clusters, strict=True)),
    }
    if tuned is not None:
        report["tuned"] = {
            "by_shingle": {"f1": list(map(choice, tuned.f1)), "recall": list(map(choice, tuned.recall))},
            "best": {"f1": choice(tuned.best_f1), "recall": choice(tuned.best_recall)},
        }
    return dump(report).decode() + "\n"  # nan becomes null
