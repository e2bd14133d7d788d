"""The counts of a run as JSON or in the text format of Prometheus."""

from dedup.formats.json_values import dump
from dedup.formats.output_files import Output
from dedup.model.types import KINDS
from dedup.pipeline.counts import RunCounts
from dedup.settings import Settings

_FIELDS = ("text", "id", "time", "source")
_SPLITS = ("line", "blank")
_OPINIONS = ("repeat", "new", "none")


def write(path: str, counts: RunCounts, seconds: float, settings: Settings) -> None:
    """Write the counts of a run to a file, in the text format of Prometheus if its name ends in `.prom`, else as JSON.

    Args:
        path: The file.
        counts: The counts.
        seconds: The duration of the run.
        settings: The settings of the run.

    Raises:
        OutputError: The file cannot be written.
    """
    with Output(path) as out:
        out.file.write((_prometheus if path.endswith(".prom") else _json)(counts, seconds, settings))


def _json(counts: RunCounts, seconds: float, settings: Settings) -> bytes:
    report = {
        "read": counts.read,
        "kept": counts.kinds.total() - counts.dropped,
        "dropped": counts.dropped,
        "rejected": counts.rejected,
        "decisions": {kind: counts.kinds[kind] for kind in KINDS},
        "missing_fields": {field: counts.missing[field] for field in _FIELDS},
        "unreadable_times": counts.unreadable_times,
        "splits": {split: counts.splits[split] for split in _SPLITS},
        "second_opinions": {answer: counts.opinions[answer] for answer in _OPINIONS},
        "seconds": round(seconds, 6),
        "settings": settings.fingerprint(),
    }
    return dump(report) + b"\n"


def _prometheus(counts: RunCounts, seconds: float, settings: Settings) -> bytes:
    lines = [
        "# HELP dedup_paragraphs_total Paragraphs of the run by decision.",
        "# TYPE dedup_paragraphs_total counter",
        *(f'dedup_paragraphs_total{{decision="{kind}"}} {counts.kinds[kind]}' for kind in KINDS),
        "# HELP dedup_rejected_total Records of the run that could not be read.",
        "# TYPE dedup_rejected_total counter",
        f"dedup_rejected_total {counts.rejected}",
        "# HELP dedup_missing_fields_total Paragraphs without a requested field.",
        "# TYPE dedup_missing_fields_total counter",
        *(f'dedup_missing_fields_total{{field="{field}"}} {counts.missing[field]}' for field in _FIELDS),
        "# HELP dedup_unreadable_times_total Paragraphs with a time that cannot be read.",
        "# TYPE dedup_unreadable_times_total counter",
        f"dedup_unreadable_times_total {counts.unreadable_times}",
        "# HELP dedup_text_inputs_total Text inputs by how --split auto split them.",
        "# TYPE dedup_text_inputs_total counter",
        *(f'dedup_text_inputs_total{{split="{split}"}} {counts.splits[split]}' for split in _SPLITS),
        "# HELP dedup_second_opinions_total Uncertain repeats by the answer of the second opinion.",
        "# TYPE dedup_second_opinions_total counter",
        *(f'dedup_second_opinions_total{{answer="{answer}"}} {counts.opinions[answer]}' for answer in _OPINIONS),
        "# HELP dedup_run_seconds How long the run took.",
        "# TYPE dedup_run_seconds gauge",
        f"dedup_run_seconds {seconds:.6f}",
        "# HELP dedup_settings_info The settings of the run, by their fingerprint.",
        "# TYPE dedup_settings_info gauge",
        f'dedup_settings_info{{fingerprint="{settings.fingerprint()}"}} 1',
    ]
    return "".join(f"{line}\n" for line in lines).encode()
