"""The counts of a run: for people in a line, for other programs as JSON or in the text format of Prometheus."""

from collections import Counter
from dataclasses import dataclass, field

from dedup.formats.jsonl import dump
from dedup.model import EMITTED, KINDS, plural
from dedup.outputs import Output
from dedup.settings import Settings


@dataclass(slots=True)
class Counts:
    """What became of everything that was read; `kinds` counts paragraphs by decision."""

    kinds: Counter[str] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def read(self) -> int:
        """Everything that was read."""
        return self.kinds.total() + self.rejected

    @property
    def kept(self) -> int:
        """Paragraphs that say something new."""
        return sum(self.kinds[kind] for kind in EMITTED)

    @property
    def dropped(self) -> int:
        """Paragraphs that repeat."""
        return self.kinds.total() - self.kept

    def __str__(self) -> str:
        dropped = {kind: self.kinds[kind] for kind in KINDS if kind not in EMITTED and self.kinds[kind]}
        count = self.kinds["update"]
        updates = f" ({count} {plural(count, 'update')})" if count else ""
        told = f"read {self.read}, kept {self.kept}{updates}, dropped {sum(dropped.values())}"
        if dropped:
            told += ": " + ", ".join(f"{count} {kind}" for kind, count in dropped.items())
        return told + (f"; rejected {self.rejected}" if self.rejected else "")


def write(path: str, counts: Counts, seconds: float, settings: Settings) -> None:
    """Write what became of a run's paragraphs to a file, in the text format of Prometheus where its name ends in .prom.

    Raises OutputError where it cannot be written.
    """
    with Output(path) as out:
        out.file.write((_prometheus if path.endswith(".prom") else _json)(counts, seconds, settings))


def _json(counts: Counts, seconds: float, settings: Settings) -> bytes:
    said = {
        "read": counts.read,
        "kept": counts.kinds.total() - counts.dropped,
        "dropped": counts.dropped,
        "rejected": counts.rejected,
        "decisions": {kind: counts.kinds[kind] for kind in KINDS},
        "seconds": round(seconds, 6),
        "settings": settings.fingerprint(),
    }
    return dump(said) + b"\n"


def _prometheus(counts: Counts, seconds: float, settings: Settings) -> bytes:
    lines = [
        "# HELP dedup_paragraphs_total Paragraphs of the run by decision.",
        "# TYPE dedup_paragraphs_total counter",
        *(f'dedup_paragraphs_total{{decision="{kind}"}} {counts.kinds[kind]}' for kind in KINDS),
        "# HELP dedup_rejected_total Records of the run that could not be read.",
        "# TYPE dedup_rejected_total counter",
        f"dedup_rejected_total {counts.rejected}",
        "# HELP dedup_run_seconds How long the run took.",
        "# TYPE dedup_run_seconds gauge",
        f"dedup_run_seconds {seconds:.6f}",
        "# HELP dedup_settings_info The settings of the run, by their fingerprint.",
        "# TYPE dedup_settings_info gauge",
        f'dedup_settings_info{{fingerprint="{settings.fingerprint()}"}} 1',
    ]
    return "".join(f"{line}\n" for line in lines).encode()
