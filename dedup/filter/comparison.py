"""Compares the facts of a paragraph with those of its matches, and follows stories.

The matcher stops at each paragraph with matches. If one of the matches is a repeat, the paragraph is dropped. If all
are updates, the versions of the story of the best match are compared too, because a bucket of the index holds only the
first paragraphs of a template.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from dedup.facts import Text, TextPair, is_certain, is_repeat, new_words
from dedup.filter.batch import NEAR, NOVEL, REWORDED, UPDATE, PendingBatch, Workspace
from dedup.filter.matcher import NOT_AGAIN, UNKNOWN, match_versions
from dedup.filter.second_opinion import Pair, SecondOpinion
from dedup.filter.stories import Stories
from dedup.settings import Settings
from dedup.sketch.char_classes import CharClasses
from dedup.store.paragraph_store import ParagraphStore
from dedup.store.retention import Retention
from dedup.store.row_labels import RowLabels
from dedup.store.state_codec import StoryMember

_CACHED = 1024  # texts whose words are kept


class Outcome(NamedTuple):
    """What the comparison found, for `match_batch`.

    Attributes:
        kind: NEAR for a repeat; UPDATE or REWORDED, under which the paragraph is stored; or NOT_AGAIN.
        place: The place of the match to name in the workspace.
    """

    kind: int
    place: int


NOT_COMPARED = Outcome(UNKNOWN, 0)


class Comparison:
    """Compares paragraphs with their matches.

    Args:
        settings: The settings.
        store: The stored paragraphs.
        retention: When they expire.
        row_labels: Their labels.
        char_classes: The classes of characters.
        second_opinion: Whom to ask about repeats that are not certain.
    """

    def __init__(
        self,
        settings: Settings,
        store: ParagraphStore,
        retention: Retention,
        row_labels: RowLabels,
        char_classes: CharClasses,
        second_opinion: SecondOpinion | None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._retention = retention
        self._row_labels = row_labels
        self._char_classes = char_classes
        self._second_opinion = second_opinion
        self._words = lru_cache(_CACHED)(Text)  # a template is compared with its many variants
        self.stories = Stories(lambda number: self._live_row(number) >= 0)

    def compare(self, work: PendingBatch, matches: int, *, again: bool) -> Outcome:
        """Compare the next paragraph of a batch with its matches.

        Args:
            work: The batch.
            matches: The number of matches in its workspace.
            again: Whether the one match is what the same text repeated before.
        """
        repeat = self._find_repeat(work, matches, again=again)
        if repeat is None:
            return Outcome(NOT_AGAIN if again else UPDATE, 0)
        place, certain = repeat
        if not certain and self._second_opinion is not None:
            is_dropped = again or self._second_opinion.is_repeat(self._uncertain(work, place))
        else:
            is_dropped = certain or not self._settings.strict
        return Outcome(NEAR if is_dropped else REWORDED, place)

    def uncertain_pair(self, work: PendingBatch, matches: int, *, again: bool) -> Pair | None:
        """The pair about which a second opinion is asked for the next paragraph of a batch, if there is one."""
        repeat = self._find_repeat(work, matches, again=again)
        return None if repeat is None or repeat[1] or again else self._uncertain(work, repeat[0])

    def _uncertain(self, work: PendingBatch, place: int) -> Pair:
        old, new = self._store.text(int(work.workspace.rows[place])), work.batch.text(work.done)
        spans = new_words(TextPair(Text(old), Text(new)))
        return Pair(old, new, tuple(new[start:end] for start, end in spans))

    def _find_repeat(self, work: PendingBatch, matches: int, *, again: bool) -> tuple[int, bool] | None:
        """The place of the match, or of the version, that the next paragraph repeats, and whether that is certain."""
        new = self._words(work.batch.text(work.done))
        rows = work.workspace.rows[:matches].tolist()
        repeat = self._first_repeat(new, enumerate(rows))
        if repeat is None and not again:
            repeat = self._first_repeat(new, self._rank_versions(work, rows))
        return repeat

    def link_repeats(self, work: PendingBatch, matches: int) -> Outcome:
        """Write all matches that the next paragraph of a batch repeats to its links. The first one is named."""
        new = self._words(work.batch.text(work.done))
        links = work.decisions.links[work.done]
        for place, row in enumerate(work.workspace.rows[:matches].tolist()):
            if self._settings.updates == "drop" or self._is_repeat(self._pair(row, new)):
                links[place] = row
        repeated = np.flatnonzero(links >= 0)
        return Outcome(NEAR, int(repeated[0])) if len(repeated) else Outcome(UPDATE, 0)

    def follow(self, work: PendingBatch, i: int) -> StoryMember:
        """Add paragraph i of a batch, which was stored as an update or reworded, to the story of its match."""
        match = int(work.decisions.matches[i])
        number, match_number = self._retention.numbers(np.array([work.decisions.rows[i], match])).tolist()
        is_update = bool(work.decisions.kinds[i] == UPDATE)
        return self.stories.add(number, match_number, lambda: self._id_of(work, match), is_update=is_update)

    def story_of(self, row: int) -> tuple[str, int]:
        """The story of a stored paragraph, by the id of its first paragraph, and its version in the story."""
        member = self.stories.member(int(self._retention.numbers(np.array([row]))[0]))
        return (member.id, member.version) if member else (self._row_labels[row].id, 1)

    def first_kind(self, row: int) -> int:
        """The kind of decision under which a stored paragraph was emitted: NOVEL, UPDATE or REWORDED."""
        number = int(self._retention.numbers(np.array([row]))[0])
        if self.stories.member(number) is None:
            return NOVEL
        return UPDATE if self.stories.begins_version(number) else REWORDED

    def _pair(self, row: int, new: Text) -> TextPair:
        return TextPair(self._words(self._store.text(row)), new)

    def _is_repeat(self, pair: TextPair) -> bool:
        return is_repeat(pair, self._settings.max_new_words)

    def _first_repeat(self, new: Text, matches: Iterable[tuple[int, int]]) -> tuple[int, bool] | None:
        """The place of the first match that a text repeats with certainty, and True.

        If there is none, the first that it repeats at all, and False.

        Args:
            new: The text.
            matches: The place and the row of each match, best first.
        """
        uncertain = None
        for place, row in matches:
            pair = self._pair(row, new)
            if self._is_repeat(pair):
                if is_certain(pair):
                    return place, True
                if uncertain is None:
                    uncertain = place, False
        return uncertain

    def _rank_versions(self, work: PendingBatch, rows: list[int]) -> list[tuple[int, int]]:
        """Rank the matches and the newest versions of the story of the best match, in the workspace.

        The most similar comes first, of equally similar ones the latest.

        Args:
            work: The batch.
            rows: The rows of the matches of its next paragraph.

        Returns:
            The place and the row of each version that is at least as similar as the best match, and no match.
        """
        found, i = work.workspace, work.done
        best = found.jaccard[0]
        newest = self.stories.newest(int(self._retention.numbers(found.rows[:1])[0]), prune=not work.preview)
        versions = [row for row in map(self._live_row, newest) if row not in rows and self._is_visible(work, row)]
        if not versions and (len(rows) == 1 or not _are_equally_similar(found, 0, 1)):
            return []
        candidates = rows + versions
        found.candidates[: len(candidates)] = candidates
        count = match_versions(
            i,
            len(candidates),
            work.batch,
            work.rule,
            self._store.columns,
            self._char_classes.char_table,
            work.work,
            found,
        )
        ranked = zip(found.rows[:count].tolist(), found.jaccard[:count].tolist(), strict=True)
        return [(place, row) for place, (row, jaccard) in enumerate(ranked) if jaccard >= best and row not in rows]

    def _live_row(self, number: int) -> int:
        """The row of the stored paragraph with this number, -1 if it is forgotten."""
        return self._retention.live_row(number, len(self._store)) if self._retention.forgets else number

    def _is_visible(self, work: PendingBatch, row: int) -> bool:
        """Whether a live row is recent enough to match the next paragraph."""
        if not self._retention.forgets:
            return True
        return bool(self._retention.columns.times[row] >= work.timestamps.match_cutoffs[work.done])

    def _id_of(self, work: PendingBatch, row: int) -> str:
        """The id of a stored paragraph, perhaps one of this batch, whose labels are stored later."""
        if work.labels is not None and row >= work.first_row:
            return work.labels.ids[int(np.flatnonzero(work.decisions.rows == row)[0])]
        return self._row_labels[row].id


def _are_equally_similar(workspace: Workspace, one: int, other: int) -> bool:
    """Whether two matches have the same Jaccard similarity and coverage."""
    return bool(
        workspace.jaccard[one] == workspace.jaccard[other] and workspace.coverage[one] == workspace.coverage[other]
    )
