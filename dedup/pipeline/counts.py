"""What became of everything that a run read."""

from collections import Counter
from dataclasses import dataclass, field

from dedup.formats.input_checks import InputCheck
from dedup.model.types import EMITTED, KINDS, plural


@dataclass(slots=True)
class Counts:
    """What became of everything that was read; `kinds` counts paragraphs by decision.

    missing: paragraphs without a field that was asked for, by `id`, `time`, `source` and `text`. unreadable_times:
    those with a time that is none. splits: inputs by how their text was cut, where that was chosen by looking at it.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    unreadable_times: int = 0
    splits: Counter[str] = field(default_factory=Counter)

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
        if self.rejected:
            told += f"; rejected {self.rejected}"
        return told + self.split_chosen

    @property
    def split_chosen(self) -> str:
        """The end of a summary: whether text was cut at blank lines because it looked like that."""
        blank, texts = self.splits["blank"], self.splits.total()
        return f"; split at blank lines{f' ({blank} of {texts} texts)' if texts > 1 else ''}" if blank else ""

    def add(self, check: InputCheck) -> None:
        """Count what an input lacked, and how it was cut."""
        self.missing += check.missing
        self.unreadable_times += check.unreadable
        if check.split is not None:
            self.splits[check.split] += 1
