"""The words of the package as values: a paragraph, what it matched, what was decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

Kind = Literal["novel", "exact", "near", "contained", "update"]

#: Every kind of decision; the position is the code that the kernels write.
KINDS: tuple[Kind, ...] = ("novel", "exact", "near", "contained", "update")

#: The kinds that say something new.
EMITTED: tuple[Kind, ...] = ("novel", "update")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The unit that is judged.

    `time` is kept as it was given and comes back as `Match.seen`; `source` says who published it.
    """

    text: str
    id: str | None = None
    time: str | None = None
    source: str | None = None


class Label(NamedTuple):
    """What a paragraph is called, when it was published, and by whom."""

    id: str
    time: str | None = None
    source: str | None = None


def labelled(ids: Iterable[str], times: Iterable[str | None], sources: Iterable[str | None]) -> list[Label]:
    """The labels of many paragraphs, for a fifth of what it costs to make them one by one."""
    return list(map(partial(tuple.__new__, Label), zip(ids, times, sources, strict=True)))


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
            report["match"] = {"id": match.id, "text": match.text, "seen": match.seen}
            report["changed"] = [list(pair) for pair in self.changed]
            report["added"] = self.added
            report["novel_spans"] = [list(span) for span in self.novel_spans]
            report["block"] = self.block
        return report
