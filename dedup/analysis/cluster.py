"""Groups the near-duplicates of a whole corpus."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np

from dedup.analysis.pairwise import canonical_pairs, overlap
from dedup.errors import SettingsError
from dedup.filter.batch import BatchDecisions, is_emitted
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.convert import as_paragraph
from dedup.model.times import moment, written
from dedup.model.types import KINDS, Kind, Paragraph
from dedup.model.utf8 import encode
from dedup.settings import Settings

_BATCH = 1024


class Member(NamedTuple):
    """A paragraph of a group: its decision, and its similarity to the first member, as in `Decision`.

    In a story the similarity is that to its match. `version` is its version, None if groups are no stories.
    """

    paragraph: Paragraph
    kind: Kind
    jaccard: float
    coverage: float
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Paragraphs that say the same, in feed order. If the first is an update, `update_of` is the id of its match."""

    members: tuple[Member, ...]
    update_of: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The group as in JSON output. `span` is the time from its earliest to its latest member, in seconds."""
        paragraphs = [member.paragraph for member in self.members]
        moments = [at for paragraph in paragraphs if (at := moment(written(paragraph.time))) is not None]
        report: dict[str, Any] = {
            "size": len(paragraphs),
            "first": paragraphs[0].id,
            "first_seen": written(paragraphs[0].time),
            "span": max(moments) - min(moments) if moments else None,
            "sources": list(dict.fromkeys(paragraph.source for paragraph in paragraphs if paragraph.source)),
        }
        if self.update_of is not None:
            report["update_of"] = self.update_of
        report["members"] = [
            {
                "id": paragraph.id,
                "time": written(paragraph.time),
                "source": paragraph.source,
                "decision": kind,
                "jaccard": jaccard,
                "coverage": coverage,
                "text": paragraph.text,
            }
            | ({} if version is None else {"version": version})
            for paragraph, kind, jaccard, coverage, version in self.members
        ]
        return report


def cluster(
    paragraphs: Iterable[str | Paragraph | Mapping[str, Any]],
    settings: Settings | None = None,
    *,
    transitive: bool = False,
    stories: bool = False,
    singletons: bool = False,
    order: Literal["first", "size"] = "first",
) -> list[Group]:
    """Group the near-duplicates of a corpus: each emitted paragraph with the ones that the filter drops as its repeats.

    Nothing is forgotten, whatever the settings say.

    Args:
        paragraphs: As for `NoveltyFilter.judge`.
        settings: The settings; by default `Settings()`.
        transitive: Return the connected components of all matches instead. The last member of such a group may have
            little in common with the first. A member's kind is that of its match to an earlier member, `novel` if it
            has none.
        stories: Group each paragraph with its updates, their updates, and the repeats of all of these.
        singletons: Include groups of one paragraph.
        order: `first` orders groups by their first member, `size` by their size, largest first.

    Raises:
        InputError: An item is not a paragraph.
        SettingsError: Both `transitive` and `stories` are chosen.
    """
    if transitive and stories:
        raise SettingsError("choose either transitive groups or stories")
    rule = replace(settings or Settings(), window=None, max_paragraphs=None)
    corpus = _Corpus(_Linker(rule) if transitive else NoveltyFilter(rule), stories)
    corpus.add(paragraphs)
    found = list(corpus.groups(transitive, 1 if singletons else 2))
    if order == "size":
        found.sort(key=lambda group: -len(group.members))
    return found


class _Linker(NoveltyFilter):
    """Stores every paragraph that is not an exact repeat, and finds all matches of each."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._engine.rule = self._engine.rule._replace(collect_all_matches=True)


class _Corpus:
    """A disjoint-set forest of all paragraphs: each points to an earlier member of its group, the first to itself."""

    def __init__(self, novelty: NoveltyFilter, stories: bool) -> None:
        self._novelty = novelty
        self._stories = stories
        self._versions: list[int | None] = []
        self._paragraphs: list[Paragraph] = []
        self._kinds: list[Kind] = []
        self._measures: list[tuple[float, float]] = []
        self._earlier: list[int] = []
        self._places: list[int] = []  # of the rows that the filter stores
        self._update_of: dict[int, int] = {}

    def add(self, paragraphs: Iterable[str | Paragraph | Mapping[str, Any]]) -> None:
        """Judge paragraphs and join them to their groups."""
        source = iter(paragraphs)
        while batch := list(map(as_paragraph, islice(source, _BATCH))):
            first = len(self._paragraphs)
            self._paragraphs += [
                paragraph if paragraph.id is not None else replace(paragraph, id=f"paragraph:{place}")
                for place, paragraph in enumerate(batch, first + 1)
            ]
            decisions = self._novelty.decide_batch([self._novelty.encoded(paragraph.text) for paragraph in batch])
            self._earlier += range(first, first + len(batch))
            self._places += (np.flatnonzero(decisions.rows >= 0) + first).tolist()
            self._kinds += [KINDS[kind] for kind in decisions.kinds.tolist()]
            self._measures += zip(decisions.jaccard.tolist(), decisions.coverage.tolist(), strict=True)
            self._versions += self._novelty.versions(decisions) if self._stories else [None] * len(batch)
            for i, row in self._links(decisions):
                one, other = sorted((self._first(first + i), self._first(self._places[row])))
                self._earlier[other] = one
            for i in np.flatnonzero(is_emitted(decisions.kinds) & (decisions.matches >= 0)).tolist():
                self._update_of[first + i] = self._places[int(decisions.matches[i])]

    def _links(self, decisions: BatchDecisions) -> list[tuple[int, int]]:
        starts_group = is_emitted(decisions.kinds) & (not self._stories)
        matches = np.where(starts_group, -1, decisions.matches)
        linked = np.column_stack((matches, decisions.links))
        places, columns = np.nonzero(linked >= 0)
        return list(zip(places.tolist(), linked[places, columns].tolist(), strict=True))

    def _first(self, place: int) -> int:
        while (earlier := self._earlier[place]) != place:
            self._earlier[place] = place = self._earlier[earlier]  # path halving
        return place

    def groups(self, transitive: bool, least: int) -> Iterator[Group]:
        """The groups of at least `least` members, in the order of their first members."""
        found: dict[int, list[int]] = {}
        for place in range(len(self._paragraphs)):
            found.setdefault(self._first(place), []).append(place)
        for first, places in found.items():
            if len(places) < least:
                continue
            others = places[1:]
            measures = self._against(first, others) if transitive else [self._measures[place] for place in others]
            every = zip(places, [(1.0, 1.0), *measures], strict=True)
            members = [
                Member(self._paragraphs[place], self._kinds[place], jaccard, coverage, self._versions[place])
                for place, (jaccard, coverage) in every
            ]
            origin = self._update_of.get(first)
            yield Group(tuple(members), None if origin is None else self._paragraphs[origin].id)

    def _against(self, first: int, others: Sequence[int]) -> list[tuple[float, float]]:
        """Jaccard and coverage of each other paragraph with the first, whether or not they match."""
        texts = [encode(self._paragraphs[place].text) for place in (first, *others)]
        overlaps = overlap(
            canonical_pairs([(texts[0], text) for text in texts[1:]]), *self._novelty.settings.shingle_parts()
        )
        return list(zip(overlaps.jaccard.tolist(), overlaps.coverage.tolist(), strict=True))
