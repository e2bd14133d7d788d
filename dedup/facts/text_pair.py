"""Two matching texts and their alignment, as the rules use them."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from dedup.facts.alignment import Run, align, moved_words
from dedup.facts.numbers import KnownNumbers, read_numbers
from dedup.facts.territories import are_different_territories, territories
from dedup.facts.tokens import Text
from dedup.facts.word_forms import exclude, is_misspelling, is_numeric, is_other_spelling, negates

#: The places of the changed words in the old and in the new text. One side is empty if it has no counterpart.
Change = tuple[Sequence[int], Sequence[int]]
_ACRONYM = 4  # letters; a different letter makes a different acronym
_MOST_COMPARISONS = 64  # largest number of comparisons of old with new words of a run to find typos


class TextPair:
    """An old text, a new one, and the runs in which they differ.

    The rules refer to words by their places. Properties that few rules need are computed at their first use.

    Attributes:
        old: The earlier text.
        new: The new one.
        language: The language of both.
        is_aligned: Whether the texts are short enough to align.
        runs: The runs in which they differ, in order. Texts that are too long have one run.
        moved: The places of the new words in runs that only moved.
        novel: The places of the new words in runs that did not move.
        new_content: The new content words of the runs for which `new_words` found them.
    """

    def __init__(self, old: Text, new: Text) -> None:
        self.old = old
        self.new = new
        self.language = new.language
        runs = align(old.keys, new.keys)
        self.is_aligned = runs is not None
        self.runs = [Run(0, len(old.keys), 0, len(new.keys))] if runs is None else runs
        self.moved = moved_words(old, new, runs or [])
        self.novel = [place for run in self.runs for place in self.inserted(run)]
        self.new_content: dict[Run, list[int]] = {}
        self._replaced: dict[Run, tuple[list[int], list[int]]] = {}

    @cached_property
    def has_capitalised_names(self) -> bool:
        """Whether capitals show names in both texts."""
        return self.old.has_capitalised_names and self.new.has_capitalised_names

    @cached_property
    def old_numbers(self) -> KnownNumbers:
        """The numbers of the whole old text."""
        return KnownNumbers(read_numbers(self.old.keys, 0, len(self.old.keys), self.language))

    @cached_property
    def old_territories(self) -> frozenset[int]:
        """The territories that the whole old text names."""
        return frozenset(territories(self.old.keys, 0, len(self.old.keys)))

    @cached_property
    def old_counts(self) -> Counter[str]:
        """How often the old text has each word."""
        return Counter(self.old.keys)

    @cached_property
    def new_counts(self) -> Counter[str]:
        """How often the new text has each word."""
        return Counter(self.new.keys)

    @cached_property
    def has_fewer_negations(self) -> bool:
        """Whether the whole new text has fewer negations than the old one."""
        old, new = (sum(negates(key, self.language) for key in text.keys) for text in (self.old, self.new))
        return new < old

    def inserted(self, run: Run) -> list[int]:
        """The places of the new words of a run that did not move."""
        places = range(run.new_start, run.new_end)
        return [place for place in places if place not in self.moved] if self.moved else list(places)

    def replaced(self, run: Run) -> tuple[list[int], list[int]]:
        """The places of the old words of a run and of its inserted words, without typos."""
        replaced = self._replaced.get(run)
        if replaced is None:
            replaced = self._without_typos(list(run.old_places), self.inserted(run))
            self._replaced[run] = replaced
        return replaced

    def _without_typos(self, old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
        if not old or not new or len(old) * len(new) > _MOST_COMPARISONS:
            return old, new
        left = old.copy()
        rest = []
        for place in new:
            for other in left:
                if self.is_typo(other, place):
                    left.remove(other)
                    break
            else:
                rest.append(place)
        return left, rest

    def is_typo(self, old: int, new: int) -> bool:
        """Whether an old and a new word are the same apart from a typo or spelling. FBI and CBI are different."""
        one, other = self.old.keys[old], self.new.keys[new]
        if is_other_spelling(one, other):
            return True
        if not is_misspelling(one, other) or exclude(one, other) or are_different_territories(one, other):
            return False
        negating = negates(one, self.language)
        if negating != negates(other, self.language):
            return False
        if negating or (is_numeric(one, self.language) and is_numeric(other, self.language)):
            return False
        return not (
            max(len(one), len(other)) <= _ACRONYM
            and self.old.words[old].isupper()
            and self.new.words[new].isupper()
            and self.has_capitalised_names
        )

    def written(self, change: Change) -> tuple[str, str]:
        """The words of a change as written in each text."""
        old, new = change
        return " ".join(self.old.words[place] for place in old), " ".join(self.new.words[place] for place in new)
