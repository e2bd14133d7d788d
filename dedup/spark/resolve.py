"""Decides, in feed order, the paragraphs that match or equal an earlier one, from verified pairs.

This is the rule of `filter.matcher` and `filter.comparison` over pairs that were verified elsewhere. Every other
paragraph is novel.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.filter.batch import MATCHES
from dedup.filter.stories import Stories
from dedup.model.types import Kind
from dedup.settings import Settings
from dedup.spark.batches import CERTAIN, UPDATE, match_pairs


class Match(NamedTuple):
    """A verified pair that matches: its measures, and what the new paragraph is (UPDATE, UNCERTAIN or CERTAIN)."""

    jaccard: float
    coverage: float
    verdict: int


class Resolved(NamedTuple):
    """The decision on the paragraph at `place`.

    Attributes:
        place: Its place in the feed.
        decision: Its kind.
        match: The place of its match.
        jaccard: As in `Decision`.
        coverage: As in `Decision`.
        story: The place of the first paragraph of its story, or of that of its match.
        version: As in `Decision`.
    """

    place: int
    decision: Kind
    match: int
    jaccard: float
    coverage: float
    story: int
    version: int

    @property
    def is_stored(self) -> bool:
        """Whether the paragraph is stored."""
        return self.decision in ("update", "reworded")


class Copies(NamedTuple):
    """The n paragraphs whose text equals another one, (n,) each.

    Attributes:
        places: int64, their places.
        firsts: int64, the place of the first paragraph with the equal text.
        asks: bool, whether the text as it came differs from that of the previous copy, or there is none. Facts are
            compared on texts as they came, so only then can the decision differ from that on the previous copy.
    """

    places: NDArray[np.int64]
    firsts: NDArray[np.int64]
    asks: NDArray[np.bool_]


class Resolver:
    """Decides paragraphs from verified pairs.

    Args:
        settings: The settings.
        copies: The paragraphs with equal texts.
    """

    def __init__(self, settings: Settings, copies: Copies) -> None:
        self._settings = settings
        self._firsts = dict(zip(copies.places.tolist(), copies.firsts.tolist(), strict=True))
        self._asks = dict(zip(copies.places.tolist(), copies.asks.tolist(), strict=True))
        self._candidates: dict[int, set[int]] = {}
        self._matches: dict[tuple[int, int], Match | None] = {}
        self.texts: dict[int, bytes] = {}  # of paragraphs that may be compared with versions of a story
        self.missing: set[int] = set()  # the places of texts that would have been needed

    def add_matches(self, pairs: Iterable[tuple[int, int]], matches: Iterable[Match]) -> None:
        """Add pairs (new, old) of places that were verified and match."""
        self._matches.update(zip(pairs, matches, strict=True))

    def add_candidates(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Add pairs (new, old) of which the old one is in a bucket of the new one if it is stored."""
        for new, old in pairs:
            self._candidates.setdefault(new, set()).add(old)

    def resolve(self, later: Iterable[tuple[int, int]] = ()) -> list[Resolved]:
        """The decisions on all paragraphs that are not novel, in feed order.

        Args:
            later: More pairs (new, old) of places, only for this call, as for `add_candidates`.
        """
        self.missing = set()
        more: dict[int, list[int]] = {}
        for new, old in later:
            more.setdefault(new, []).append(old)
        feed = _Feed()
        for place in sorted(self._firsts.keys() | self._candidates.keys() | more.keys()):
            first = self._firsts.get(place)
            found = feed.copies.get(first) if first is not None else None
            decision: Resolved | None
            if isinstance(found, int):
                decision = feed.named(place, "exact", found, Match(1.0, 1.0, CERTAIN))
            elif found is not None and not self._asks[place]:
                decision = found._replace(place=place)
            else:
                before = None if found is None else found.match
                candidates = [old for old in (*self._candidates.get(place, ()), *more.get(place, ())) if feed.has(old)]
                named = self._decide(place, before, dict.fromkeys(candidates), feed.stories)
                decision = feed.named(place, *named) if named else None
            feed.add(place, first, decision)
        return feed.decisions

    def _decide(
        self, place: int, before: int | None, candidates: Iterable[int], stories: Stories
    ) -> tuple[Kind, int, Match] | None:
        """The kind of a paragraph that equals no stored one, its match and their measures; None if it is novel."""
        if before is not None:  # an equal text was dropped as a repeat of that
            again = self._matching(place, [before])
            if again and again[0][1].verdict != UPDATE:
                return self._repeat(*again[0])
        matches = [(old, match) for old in candidates if (match := self._matches.get((place, old)))]
        matches.sort(key=lambda one: (-one[1].jaccard, -one[1].coverage, one[0]))
        del matches[MATCHES:]
        if not matches:
            return None
        if repeat := _first_repeat(matches):
            return self._repeat(*repeat)
        best, rows = matches[0][1], [old for old, _ in matches]
        versions = [old for old in stories.newest(rows[0]) if old not in rows]
        if versions or (len(matches) > 1 and matches[1][1][:2] == best[:2]):
            matches += self._matching(place, versions)
            matches.sort(key=lambda one: (-one[1].jaccard, -one[1].coverage, -one[0]))
            del matches[MATCHES:]
            others = [one for one in matches if one[1].jaccard >= best.jaccard and one[0] not in rows]
            if repeat := _first_repeat(others):
                return self._repeat(*repeat)
        return "update", *matches[0]

    def _repeat(self, old: int, match: Match) -> tuple[Kind, int, Match]:
        if self._settings.strict and match.verdict != CERTAIN:
            return "reworded", old, match
        return "near" if match.jaccard >= self._settings.threshold else "contained", old, match

    def _matching(self, new: int, olds: Sequence[int]) -> list[tuple[int, Match]]:
        """Those of `olds` that match. Pairs that were never candidates are verified here, if the texts are there."""
        unknown = [old for old in olds if (new, old) not in self._matches]
        if lacking := {place for place in (new, *unknown) if place not in self.texts} if unknown else set():
            self.missing |= lacking
            unknown = [] if new in lacking else [old for old in unknown if old not in lacking]
        if unknown:
            verified = match_pairs([(self.texts[old], self.texts[new]) for old in unknown], self._settings)
            for old, is_match, *measures in zip(unknown, *(column.tolist() for column in verified), strict=True):
                self._matches[new, old] = Match(*measures) if is_match else None
        return [(old, match) for old in olds if (match := self._matches.get((new, old)))]


class _Feed:
    """What is known of the feed up to a place."""

    def __init__(self) -> None:
        self.decisions: list[Resolved] = []
        self.stories = Stories(lambda _: True)
        self.copies: dict[int, int | Resolved] = {}  # of texts with copies, what is stored, or the last drop
        self._dropped: set[int] = set()

    def has(self, place: int) -> bool:
        """Whether the paragraph at an earlier place is stored."""
        return place not in self._dropped

    def named(self, place: int, kind: Kind, old: int, match: Match) -> Resolved:
        """A decision. The story is that of the match; `add` changes it for a paragraph that is stored."""
        member = self.stories.member(old)
        story, version = (member.first, member.version) if member else (old, 1)
        return Resolved(place, kind, old, match.jaccard, match.coverage, story, version)

    def add(self, place: int, first: int | None, decision: Resolved | None) -> None:
        """Add the decision on the next paragraph, None if it is novel."""
        if decision is not None and decision.is_stored:
            member = self.stories.add(place, decision.match, str, is_update=decision.decision == "update")
            decision = decision._replace(story=member.first, version=member.version)
        is_stored = decision is None or decision.is_stored
        if decision is not None:
            self.decisions.append(decision)
        if not is_stored:
            self._dropped.add(place)
        if first is not None and is_stored:
            self.copies[first] = place
        elif first is not None and decision is not None and decision.decision != "exact":
            self.copies[first] = decision


def _first_repeat(matches: Sequence[tuple[int, Match]]) -> tuple[int, Match] | None:
    """The first certain repeat; without one, the first repeat."""
    repeats = [one for one in matches if one[1].verdict != UPDATE]
    return next((one for one in repeats if one[1].verdict == CERTAIN), repeats[0] if repeats else None)


def dropped_places(decisions: Sequence[Resolved]) -> NDArray[np.int64]:
    """The places of the paragraphs that are not stored, ascending."""
    return np.array([decision.place for decision in decisions if not decision.is_stored], np.int64)
