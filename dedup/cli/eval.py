"""The command `eval`: measures the filter on labelled pairs."""

import math
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dedup.cli.options import (
    INPUT,
    MATCHING,
    OUTPUT,
    Command,
    config_option,
    option,
    quiet_option,
    rejected_option,
    setting_option,
    setting_options,
)
from dedup.cli.runtime import (
    REJECTED,
    check_output_paths,
    chosen_settings,
    compile_kernels,
    exit_cleanly,
    prepare_process,
    print_status,
)
from dedup.model.types import plural

if TYPE_CHECKING:
    from dedup.analysis.evaluate import Choice, Outcome, Scores, Share, TuningResult
    from dedup.analysis.labelled_pairs import Labelled
    from dedup.settings import Settings

_OUTCOME_HEAD = ("pairs", "dropped", "flagged as update", "missed")
_DROPS_HEAD = ("drops", "dropped", "precision", "recall", "F1", "proposed")
_TUNE_HEAD = ("shingle", "threshold", "coverage", "precision", "recall", "F1", "proposed", "bands x rows")


@click.command("eval", cls=Command, epilog="Example: dedup eval pairs.jsonl --tune")
@click.argument(
    "inputs",
    metavar="[PAIRS]...",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@option(
    INPUT, "--by", metavar="PATH",
    help="Report each kind of pair in a row of its own, with the kind taken from this field.  [default: kind, or else "
    "source]",
)  # fmt: skip
@setting_option("max_bytes", help="Reject a record of more than N bytes.")
@option(
    OUTPUT, "--output-format", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="Write tables for people, or one JSON object for programs.",
)  # fmt: skip
@option(
    OUTPUT, "--plot", type=click.Path(dir_okay=False), metavar="FILE",
    help="Draw precision and recall per threshold, and the similarities, to FILE (.png, .svg or .pdf).",
)  # fmt: skip
@rejected_option
@setting_options(
    "threshold", "coverage", "shingle", "num_perm", "recall", "min_words", "updates", "strict", "max_new_words"
)
@setting_option("seed", help="Draw the samples for intervals, and the pairs across clusters, with this seed.")
@option(
    MATCHING, "--tune", is_flag=True,
    help="Try other shingles, thresholds and coverages, and propose the settings that drop best.",
)  # fmt: skip
@option(
    MATCHING, "--precision", type=click.FloatRange(0, 1), default=0.99, show_default=True, metavar="NUMBER",
    help="With --tune, also propose the settings with the highest recall at this precision or above.",
)  # fmt: skip
@config_option
@quiet_option
def eval_(
    inputs: tuple[str, ...],
    by: str | None,
    output_format: str,
    plot: str | None,
    rejected: str | None,
    tune: bool,
    precision: float,
    config: Path | None,
    quiet: bool,
    **settings_given: Any,
) -> None:
    """Report how well the filter does on labelled pairs.

    PAIRS are records of {a, b, label}, where label is 1 for a repeat, 0 for different texts and null for an unlabelled
    pair; of {old, new, fact_changed}; or of {cluster, text}. They are JSON Lines, a JSON array, CSV, TSV or Parquet,
    compressed or not. Each b is compared with its a alone, without LSH: it is dropped, flagged as an update and
    emitted, or missed, that is, emitted as novel. Precision, recall and F1 count the dropped pairs, and dropping a
    different text or a changed fact is an error. `proposed` is the mean probability with which LSH would propose the
    repeats that were dropped. Intervals are at 95 %.

    Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.
    """
    settings = chosen_settings(config, settings_given)
    check_output_paths(inputs or ("-",), ["-", plot, rejected], config=config)
    prepare_process()
    with exit_cleanly():
        compile_kernels(quiet)
        from dedup.analysis import evaluate

        pairs, rejected_records = _read(inputs, by, rejected, settings)
        scores = evaluate.score(pairs, settings)
        tuned = evaluate.tune(pairs, settings, precision) if tune else None
        if plot is not None:
            from dedup.analysis.plot import plot as draw

            draw(pairs, settings, plot)
        if output_format == "json":
            click.echo(_as_json(scores, tuned, pairs), nl=False)
        else:
            click.echo(_tables(scores, tuned, pairs, precision), nl=False)
    if rejected_records:
        sys.exit(REJECTED)


def _read(
    inputs: tuple[str, ...], by: str | None, rejected_file: str | None, settings: "Settings"
) -> "tuple[Labelled, int]":
    """Read the pairs of all inputs. Returns the pairs and the number of rejected records."""
    from dedup.analysis.labelled_pairs import Pairs
    from dedup.errors import InputError
    from dedup.formats.byte_reader import ReplayBuffer
    from dedup.formats.output_files import Output
    from dedup.formats.reading import input_name, open_input
    from dedup.pipeline.warnings import Warnings

    collector = Pairs(by)
    rejected = 0
    with ExitStack() as files:
        copy = None if rejected_file is None else files.enter_context(Output(rejected_file, direct=True)).file
        for path in inputs or ("-",):
            with open_input(path) as file, closing(Warnings(print_status)) as warnings:
                stream = file if copy is None else ReplayBuffer(file)
                try:
                    for record in collector.read(stream, input_name(path), settings.max_bytes):
                        if record.reason is not None:
                            rejected += 1
                            warnings.add(record)
                        if copy is not None:
                            copy.write(record.raw)
                except InputError as error:
                    if copy is not None and isinstance(stream, ReplayBuffer):
                        copy.writelines(stream.again())
                    if len(inputs) < 2:
                        raise
                    rejected += 1
                    print_status(str(error))
    pairs = collector.collect(settings.seed)
    if not pairs.texts:
        raise InputError("the input has no labelled pairs")
    return pairs, rejected


def _tables(scores: "dict[str, Scores]", tuned: "TuningResult | None", pairs: "Labelled", precision: float) -> str:
    from dedup.model.types import KINDS

    text = "".join(
        _outcomes(title, {name: outcome for name, outcome in outcomes.items() if outcome.pairs})
        for title, outcomes in (
            ("repeats", {name: score.repeats for name, score in scores.items()}),
            ("changed facts", {name: score.updates for name, score in scores.items()}),
        )
    )
    drops = [
        (
            name,
            f"{_dropped(score):,}",
            *map(_share, (score.precision, score.recall, score.f1)),
            _number(score.proposed),
        )
        for name, score in scores.items()
    ]
    text += _grid(_DROPS_HEAD, drops) + "\n"
    decided = [
        (name, f"{score.pairs:,}", *(f"{count:,}" for count in score.decisions)) for name, score in scores.items()
    ]
    text += _grid(("decided", "pairs", *KINDS), decided)
    if sum(pairs.clusters):
        within, across = pairs.clusters
        text += f"\nOf clusters: {within:,} {plural(within, 'pair')} within one, and {across:,} drawn across two.\n"
    if tuned is not None:
        text += "\nHighest F1\n" + _grid(_TUNE_HEAD, [_choice(choice) for choice in tuned.f1])
        precise = [_choice(choice) for choice in tuned.recall if choice is not None]
        text += f"\nHighest recall at a precision of {precision:g}\n"
        text += _grid(_TUNE_HEAD, precise) if precise else "no settings reach it\n"
        text += f"\nBest F1:     {_options(tuned.best_f1)}\n"
        if tuned.best_recall is not None:
            text += f"Best recall: {_options(tuned.best_recall)}\n"
    return text


def _outcomes(title: str, outcomes: "dict[str, Outcome]") -> str:
    """A table of the decisions on one kind of pairs, or an empty text without such pairs."""
    if not outcomes:
        return ""
    rows = [
        (name, f"{outcome.pairs:,}", *map(_share, (outcome.dropped, outcome.update, outcome.missed)))
        for name, outcome in outcomes.items()
    ]
    return _grid((title, *_OUTCOME_HEAD), rows) + "\n"


def _dropped(scores: "Scores") -> int:
    from dedup.model.types import EMITTED, KINDS

    return sum(count for kind, count in zip(KINDS, scores.decisions, strict=True) if kind not in EMITTED)


def _grid(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table with its first column aligned left and the others aligned right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for first, *rest in (head, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        lines.append("  ".join(cells))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _share(share: "Share") -> str:
    return "-" if math.isnan(share.value) else f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"


def _choice(choice: "Choice") -> tuple[str, ...]:
    from dedup.sketch.lsh import layout_for

    settings = choice.settings
    bands, rows, _ = layout_for(settings)
    measures = map(_number, (choice.precision, choice.recall, choice.f1, choice.proposed))
    return settings.shingle, f"{settings.threshold:g}", f"{settings.coverage:g}", *measures, f"{bands} x {rows}"


def _options(choice: "Choice") -> str:
    settings = choice.settings
    return f"--shingle {settings.shingle} --threshold {settings.threshold:g} --coverage {settings.coverage:g}"


def _as_json(scores: "dict[str, Scores]", tuned: "TuningResult | None", pairs: "Labelled") -> str:
    from dedup.formats.json_values import dump
    from dedup.model.types import KINDS

    def choice_object(choice: "Choice | None") -> Any:
        if choice is None:
            return None
        settings = {name: getattr(choice.settings, name) for name in ("shingle", "threshold", "coverage")}
        return settings | {name: getattr(choice, name) for name in ("precision", "recall", "f1", "proposed")}

    def outcome_object(outcome: "Outcome") -> dict[str, Any]:
        return {
            "pairs": outcome.pairs,
            "dropped": outcome.dropped._asdict(),
            "flagged_as_update": outcome.update._asdict(),
            "missed": outcome.missed._asdict(),
        }

    report: dict[str, Any] = {
        "scores": {
            name: score._asdict()
            | {key: getattr(score, key)._asdict() for key in ("precision", "recall", "f1")}
            | {"repeats": outcome_object(score.repeats), "updates": outcome_object(score.updates)}
            | {"decisions": dict(zip(KINDS, score.decisions, strict=True))}
            for name, score in scores.items()
        },
        "clusters": dict(zip(("within", "across"), pairs.clusters, strict=True)),
    }
    if tuned is not None:
        report["tuned"] = {
            "by_shingle": {"f1": list(map(choice_object, tuned.f1)), "recall": list(map(choice_object, tuned.recall))},
            "best": {"f1": choice_object(tuned.best_f1), "recall": choice_object(tuned.best_recall)},
        }
    return dump(report).decode() + "\n"  # `dump` writes NaN as null
