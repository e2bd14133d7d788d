"""The counts of a run."""

from collections import Counter
from dataclasses import dataclass, field

from dedup.formats.input_checks import InputCheck
from dedup.model.types import EMITTED, KINDS, plural


@dataclass(slots=True)
class RunCounts:
    """The number of paragraphs and records by outcome.

    Attributes:
        kinds: Paragraphs by decision.
        rejected: Records that could not be read.
        missing: Paragraphs without a requested field, by field: `id`, `time`, `source`, `text`.
        unreadable_times: Paragraphs with a time that cannot be read.
        splits: Text inputs by how they were split, if `--split auto` chose it.
        opinions: Pairs by second opinion: `repeat`, `new`, or `none` if the answer is missing.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    unreadable_times: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    opinions: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """Paragraphs and rejected records that were read."""
        return self.kinds.total() + self.rejected

    @property
    def kept(self) -> int:
        """Paragraphs that are novel, an update or reworded."""
        return sum(self.kinds[kind] for kind in EMITTED)

    @property
    def dropped(self) -> int:
        """Paragraphs that repeat earlier ones."""
        return self.kinds.total() - self.kept

    def __str__(self) -> str:
        dropped = {kind: self.kinds[kind] for kind in KINDS if kind not in EMITTED and self.kinds[kind]}
        updates, reworded = self.kinds["update"], self.kinds["reworded"]
        matching = [f"{updates} {plural(updates, 'update')}"] if updates else []
        matching += [f"{reworded} reworded"] if reworded else []
        kept = f"{self.kept} ({', '.join(matching)})" if matching else str(self.kept)
        summary = f"read {self.read}, kept {kept}, dropped {sum(dropped.values())}"
        if dropped:
            summary += ": " + ", ".join(f"{count} {kind}" for kind, count in dropped.items())
        if self.rejected:
            summary += f"; rejected {self.rejected}"
        if missing := self.opinions["none"]:
            summary += f"; {missing} second {plural(missing, 'opinion')} missing"
        return summary + self.split_chosen

    @property
    def split_chosen(self) -> str:
        """The end of the summary, if `--split auto` chose to split text at blank lines; otherwise empty."""
        blank, texts = self.splits["blank"], self.splits.total()
        return f"; split at blank lines{f' ({blank} of {texts} texts)' if texts > 1 else ''}" if blank else ""

    def add(self, check: InputCheck) -> None:
        """Add the missing fields of an input, and how its text was split."""
        self.missing += check.missing
        self.unreadable_times += check.unreadable
        if check.split is not None:
            self.splits[check.split] += 1
