"""The words of the package as values: a paragraph, what it matched, what was decided."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, compress
from typing import Any, Literal, NamedTuple, Self

Kind = Literal["novel", "exact", "near", "contained", "update"]

#: Every kind of decision; the position is the code that the kernels write.
KINDS: tuple[Kind, ...] = ("novel", "exact", "near", "contained", "update")

#: The kinds that say something new.
EMITTED: tuple[Kind, ...] = ("novel", "update")


def plural(count: float, noun: str) -> str:
    """The form of a noun that goes with a count: `update` with 1, else `updates`."""
    return noun if count == 1 else f"{noun}s"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The unit that is judged.

    `time` is text, a datetime or date, or a number of seconds since 1970. It comes back as `Match.seen`, as text.
    `source` says who published the paragraph.
    """

    text: str
    id: str | None = None
    time: str | date | float | None = None
    source: str | None = None


class Label(NamedTuple):
    """What a paragraph is called, when it was published, and by whom."""

    id: str
    time: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """Many labels, as columns of one length: a `Label` each is made only where it is looked at."""

    ids: list[str]
    times: list[str | None]
    sources: list[str | None]

    @classmethod
    def of(cls, labels: Iterable[Label]) -> Self:
        """Labels that are there one by one, as columns."""
        every = list(labels)
        return cls([label.id for label in every], [label.time for label in every], [label.source for label in every])

    @classmethod
    def joined(cls, parts: Sequence["Labels"]) -> Self:
        """Those of each part one after the other."""
        return cls(
            list(chain.from_iterable(part.ids for part in parts)),
            list(chain.from_iterable(part.times for part in parts)),
            list(chain.from_iterable(part.sources for part in parts)),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, place: int) -> Label:
        return Label(self.ids[place], self.times[place], self.sources[place])

    def __iter__(self) -> Iterator[Label]:
        return map(Label, self.ids, self.times, self.sources)

    def part(self, some: slice) -> "Labels":
        """The labels of a slice."""
        return Labels(self.ids[some], self.times[some], self.sources[some])

    def choose(self, wanted: Sequence[bool]) -> "Labels":
        """The wanted ones, one bool for each."""
        return Labels(
            list(compress(self.ids, wanted)), list(compress(self.times, wanted)), list(compress(self.sources, wanted))
        )

    def extend(self, others: "Labels") -> None:
        """Add others at the end."""
        self.ids.extend(others.ids)
        self.times.extend(others.times)
        self.sources.extend(others.sources)


@dataclass(frozen=True, slots=True)
class Match:
    """The kept paragraph that a repeat repeats; `seen` is its own time, if it had one, `source` who published it."""

    id: str
    text: str
    seen: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of one paragraph, and why.

    `jaccard` is |S(p) & S(q)| / |S(p) | S(q)| and `coverage` |S(p) & S(q)| / |S(p)|, on the shingle
    sets of this paragraph p and its match q. Both are None, like `match`, where nothing matched.
    `changed` lists facts as (in the match, here), with "" where one has no counterpart; `added` tells of
    more new words than a clause has. `novel_spans` are (start, end), in characters of this paragraph, of what
    the match lacks. `block` numbers, from 1, the run of repeats that a dropped paragraph is part of.
    """

    paragraph: Paragraph
    kind: Kind
    jaccard: float | None = None
    coverage: float | None = None
    match: Match | None = None
    changed: tuple[tuple[str, str], ...] = ()
    added: bool = False
    novel_spans: tuple[tuple[int, int], ...] = ()
    block: int | None = None

    @property
    def novel(self) -> bool:
        """Whether the paragraph is to be emitted."""
        return self.kind in EMITTED

    def as_dict(self) -> dict[str, Any]:
        """The decision as it stands under `dedup` in JSON output."""
        report: dict[str, Any] = {
            "decision": self.kind,
            "jaccard": self.jaccard,
            "coverage": self.coverage,
        }
        if self.match is not None:
            match = self.match
            report["match"] = {"id": match.id, "text": match.text, "seen": match.seen, "source": match.source}
            report["changed"] = [list(pair) for pair in self.changed]
            report["added"] = self.added
            report["novel_spans"] = [list(span) for span in self.novel_spans]
            report["block"] = self.block
        return report
