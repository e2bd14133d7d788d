"""Checks an input for requested fields that no record has, and for times that cannot be read."""

from collections import Counter

from dedup.formats.base import ID_FIELD, TEXT_FIELD, Records, Source, list_names
from dedup.model.times import moment
from dedup.model.types import Labels, plural

_EARLY = 1000  # after this many paragraphs, missing fields are reported even if the input continues
_EXAMPLE = 40  # characters to show of a time that cannot be read


class InputCheck:
    """Examines each batch of one input, and reports each problem once.

    Attributes:
        read: The number of paragraphs so far.
        missing: The number of paragraphs without a requested field, by kind: `id`, `time`, `source` or `text`.
        unreadable: The number of paragraphs with a time that cannot be read.
        split: How the input was split into paragraphs, if the format decided that.
    """

    def __init__(self, source: Source) -> None:
        requested = {
            "text": source.text_field if source.text_field != TEXT_FIELD else None,
            "id": source.id_field if source.id_field != ID_FIELD else None,
            "time": source.time_field,
            "source": source.source_field,
        }
        self.read = 0
        self.missing: Counter[str] = Counter()
        self.unreadable = 0
        self.split: str | None = None
        self._is_auto = source.split == "auto"
        self._name = source.name
        self._fields = {kind: field for kind, field in requested.items() if field is not None}
        self._names: list[str] = []
        self._example = ""
        self._reported: set[str] = set()

    @property
    def needs_labels(self) -> bool:
        """Whether times must be read, because their field was requested."""
        return "time" in self._fields

    def see(self, batch: Records, labels: Labels | None) -> None:
        """Count missing fields and unreadable times in a batch. `labels` are those of the batch, if they are needed."""
        if self._is_auto:
            self.split = batch.split or self.split
        paragraphs = len(batch.texts)
        if not paragraphs:
            return
        self.read += paragraphs
        if self._fields and not self._names:
            self._names = batch.names()
        for kind, field in self._fields.items():
            present = paragraphs - labels.times.count(None) if kind == "time" and labels else batch.count_filled(field)
            self.missing[kind] += paragraphs - present
        for time in labels.times if labels else ():
            if time is not None and moment(time) is None:
                self.unreadable += 1
                self._example = self._example or time

    def notices(self, *, ended: bool) -> list[str]:
        """The problems that were not reported before, one line each.

        Args:
            ended: Whether the whole input was read.
        """
        if not ended and self.read < _EARLY:
            return []
        found = {
            kind: f"no field {field!r} (--{kind}-field) in {self.read} {plural(self.read, 'paragraph')}; "
            f"the first record has {list_names(self._names)}"
            for kind, field in self._fields.items()
            if self.read and self.missing[kind] == self.read
        }
        times = self.read - self.missing["time"]
        if self.unreadable and (ended or self.unreadable == times):
            share = "no time can" if self.unreadable == times else f"{self.unreadable} of {times} times cannot"
            found["times"] = f"{share} be read, such as {self._example[:_EXAMPLE]!r}"
        lines = [f"{self._name}: {line}" for kind, line in found.items() if kind not in self._reported]
        self._reported |= found.keys()
        return lines
