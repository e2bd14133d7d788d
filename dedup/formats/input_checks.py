"""What was asked of an input, against the records in it: fields that none of them has, and times that are none."""

from collections import Counter

from dedup.formats.base import ID_FIELD, TEXT_FIELD, Records, Source, list_names
from dedup.model.times import moment
from dedup.model.types import Labels

_EARLY = 1000  # paragraphs of an input without an end after which a field that none of them has is reported
_SAID = 40  # letters of a time that cannot be read


class InputCheck:
    """Looks at each batch of one input, and says once what its reader should know.

    read: paragraphs so far. missing: of these, by `id`, `time`, `source` and `text`, how many have no such field,
    though it was asked for. unreadable: how many have a time that is none. split: how a text was cut, where that was
    chosen by looking at it.
    """

    def __init__(self, source: Source) -> None:
        given = {
            "text": source.text_field if source.text_field != TEXT_FIELD else None,
            "id": source.id_field if source.id_field != ID_FIELD else None,
            "time": source.time_field,
            "source": source.source_field,
        }
        self.read = 0
        self.missing: Counter[str] = Counter()
        self.unreadable = 0
        self.split: str | None = None
        self._chosen = source.split == "auto"
        self._name = source.name
        self._fields = {kind: field for kind, field in given.items() if field is not None}
        self._names: list[str] = []
        self._example = ""
        self._said: set[str] = set()

    @property
    def needs_labels(self) -> bool:
        """Whether times were asked for, which have to be looked at."""
        return "time" in self._fields

    def see(self, batch: Records, labels: Labels | None) -> None:
        """Count what a batch lacks."""
        if self._chosen:
            self.split = batch.split or self.split
        paragraphs = len(batch.texts)
        if not paragraphs:
            return
        self.read += paragraphs
        if self._fields and not self._names:
            self._names = batch.names()
        for kind, field in self._fields.items():
            there = paragraphs - labels.times.count(None) if kind == "time" and labels else batch.count_filled(field)
            self.missing[kind] += paragraphs - there
        for time in labels.times if labels else ():
            if time is not None and moment(time) is None:
                self.unreadable += 1
                self._example = self._example or time

    def notices(self, *, ended: bool) -> list[str]:
        """What is to be said now, a line each, and was not said before."""
        if not ended and self.read < _EARLY:
            return []
        found = {
            kind: f"no field {field!r} (--{kind}-field) in any of {self.read} paragraphs, but {list_names(self._names)}"
            for kind, field in self._fields.items()
            if self.read and self.missing[kind] == self.read
        }
        times = self.read - self.missing["time"]
        if self.unreadable and (ended or self.unreadable == times):
            share = "no time can" if self.unreadable == times else f"{self.unreadable} of {times} times cannot"
            found["times"] = f"{share} be read, such as {self._example[:_SAID]!r}"
        lines = [f"{self._name}: {line}" for kind, line in found.items() if kind not in self._said]
        self._said |= found.keys()
        return lines
