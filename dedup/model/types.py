"""The types of the package: paragraphs, labels, matches and decisions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, compress
from typing import Any, Literal, NamedTuple, Self

#: `unreadable` is not a decision of the rule: the item could not be judged.
Kind = Literal["novel", "exact", "near", "contained", "update", "reworded", "unreadable"]

#: Every kind of decision of the rule. Kernels write the position of a kind.
KINDS: tuple[Kind, ...] = ("novel", "exact", "near", "contained", "update", "reworded")

#: The kinds of the rule that are emitted.
EMITTED: tuple[Kind, ...] = ("novel", "update", "reworded")


def plural(count: float, noun: str) -> str:
    """A noun in the form that fits a count: `update` for 1, else `updates`."""
    return noun if count == 1 else f"{noun}s"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph to judge.

    Attributes:
        text: The text.
        id: The id of its record, or `record#N` for part N of a record. By default the filter numbers paragraphs.
        time: When it was published: text, a date or datetime, or seconds since 1970. It comes back as text in
            `Match.seen`.
        source: Who published it.
        record: Any object of yours, which comes back with the decision. For a string or a mapping, it is that.
    """

    text: str
    id: str | None = None
    time: str | date | float | None = None
    source: str | None = None
    record: Any = field(default=None, compare=False, repr=False)


class Label(NamedTuple):
    """The id, the time and the source of a paragraph."""

    id: str
    time: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """Many labels, as columns of one length. A `Label` is created only when an item is accessed."""

    ids: list[str]
    times: list[str | None]
    sources: list[str | None]

    @classmethod
    def of(cls, labels: Iterable[Label]) -> Self:
        """Columns from single labels."""
        every = list(labels)
        return cls([label.id for label in every], [label.time for label in every], [label.source for label in every])

    @classmethod
    def joined(cls, parts: Sequence["Labels"]) -> Self:
        """Concatenate labels."""
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
        """The labels for which `wanted` is true, one bool per label."""
        return Labels(
            list(compress(self.ids, wanted)), list(compress(self.times, wanted)), list(compress(self.sources, wanted))
        )

    def extend(self, others: "Labels") -> None:
        """Append other labels."""
        self.ids.extend(others.ids)
        self.times.extend(others.times)
        self.sources.extend(others.sources)


@dataclass(frozen=True, slots=True)
class Match:
    """The stored paragraph that a new one matches.

    Attributes:
        id: Its id.
        text: Its text.
        seen: Its time as it was given, None without one.
        source: Who published it.
    """

    id: str
    text: str
    seen: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one paragraph, and its reasons.

    Attributes:
        paragraph: The paragraph.
        kind: `novel`, `exact`, `near`, `contained` or `update`; `reworded`, for a repeat that is emitted because it is
            not certain; or `unreadable`, with `on_error="yield"`, for an item that could not be judged.
        jaccard: |S(p) & S(q)| / |S(p) | S(q)| on the shingle sets of this paragraph p and its match q; None without
            a match.
        coverage: |S(p) & S(q)| / |S(p)|; None without a match.
        match: The stored paragraph that matches, if any.
        changed: The changed facts as (in the match, in this paragraph), "" if one side has none.
        added: Whether news was added: a sentence, three content words, or more new words in a row than
            `max_new_words`.
        certain: For a repeat, whether it surely says nothing new; None for other paragraphs.
        new_words: (start, end) of the content words that the match lacks, in characters of this paragraph.
        novel_spans: (start, end) of the words that the match lacks, in characters of this paragraph.
        story: The id of the first paragraph of the story that the paragraph, or its match, belongs to: a paragraph and
            the updates of it, the updates of these, and so on. None for a paragraph that is not stored and has no
            match.
        version: The number of the paragraph, or of its match, in the story, from 1.
        block: The number, from 1, of the run of repeats that a dropped paragraph belongs to.
        again: Whether the same paragraph came before under the same id, with `same_id="again"`. The kind is then that
            of its first decision, without a match.
        error: Why an unreadable item could not be judged.
    """

    paragraph: Paragraph
    kind: Kind
    jaccard: float | None = None
    coverage: float | None = None
    match: Match | None = None
    changed: tuple[tuple[str, str], ...] = ()
    added: bool = False
    certain: bool | None = None
    new_words: tuple[tuple[int, int], ...] = ()
    novel_spans: tuple[tuple[int, int], ...] = ()
    story: str | None = None
    version: int | None = None
    block: int | None = None
    again: bool = False
    error: str | None = None

    @property
    def novel(self) -> bool:
        """Whether the paragraph is emitted: it is novel, an update or reworded, or it could not be judged."""
        return self.kind in EMITTED or self.kind == "unreadable"

    def as_dict(self) -> dict[str, Any]:
        """The decision as in the field `dedup` of JSON output. `again` and `error` are there only if they are set."""
        report: dict[str, Any] = {
            "decision": self.kind,
            "certain": self.certain,
            "jaccard": self.jaccard,
            "coverage": self.coverage,
        }
        if self.match is not None:
            match = self.match
            report["match"] = {"id": match.id, "text": match.text, "seen": match.seen, "source": match.source}
            report["changed"] = [list(pair) for pair in self.changed]
            report["added"] = self.added
            report["new_words"] = [list(span) for span in self.new_words]
            report["novel_spans"] = [list(span) for span in self.novel_spans]
        report["story"] = self.story
        report["version"] = self.version
        if self.match is not None:
            report["block"] = self.block
        if self.again:
            report["again"] = True
        if self.error is not None:
            report["error"] = self.error
        return report


@dataclass(frozen=True, slots=True)
class ArticleDecision:
    """The decisions on the paragraphs of an article, and what is left of it.

    Attributes:
        record: The article as you passed it, or `Paragraph.record`.
        decisions: The decision on each paragraph, in order.
        text: The text without its repeats, as a list of paragraphs if the article had one; None if nothing is new.
        whole: Whether every paragraph is left.
        error: Why an unreadable article could not be judged.
    """

    record: Any
    decisions: tuple[Decision, ...]
    text: str | list[str] | None
    whole: bool
    error: str | None = None

    @property
    def result(self) -> Literal["kept", "trimmed", "dropped", "unreadable"]:
        """What happened to the article."""
        if self.error is not None:
            return "unreadable"
        return "dropped" if self.text is None else "kept" if self.whole else "trimmed"

    def as_json(self) -> dict[str, Any] | list[dict[str, Any]]:
        """The decision on an article of one paragraph, otherwise the list of decisions, as in JSON output."""
        reports = [decision.as_dict() for decision in self.decisions]
        return reports[0] if len(reports) == 1 else reports
