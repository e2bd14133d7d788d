"""Two matching texts and their alignment, as the rules use them."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter

from dedup.facts.alignment import Run, align, moved_words
from dedup.facts.numbers import KnownNumbers, read_numbers
from dedup.facts.territories import are_different_territories, territories
from dedup.facts.tokens import Text
from dedup.facts.vocabulary import CONJUNCTIONS
from dedup.facts.word_forms import exclude, is_misspelling, is_numeric, is_other_spelling, negates

#: The places of the changed words in the old and in the new text. One side is empty if it has no counterpart.
Change = tuple[Sequence[int], Sequence[int]]
_ACRONYM = 4  # letters; a different letter makes a different acronym
_MOST_PLACES = 64  # places of a word of the old text that are searched
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
    def missing(self) -> frozenset[int]:
        """The places of the old words that a run deletes, and does not put in as well."""
        missing: set[int] = set()
        for run in self.runs:
            put_in = set(self.new.keys[run.new_start : run.new_end])
            missing.update(place for place in self.replaced(run)[0] if self.old.keys[place] not in put_in)
        return frozenset(missing)

    @cached_property
    def kept_numbers(self) -> KnownNumbers:
        """The numbers of the old text that the new one does not lack."""
        numbers = read_numbers(self.old.keys, 0, len(self.old.keys), self.language)
        return KnownNumbers(number for number in numbers if self.missing.isdisjoint(number.places))

    def is_said(self, place: int) -> bool:
        """Whether the old text has a word of the new one in a place that the new one has too, or in the same company.

        That is the same word before or after it, the same conjunction beside it, or the same figure near it.
        """
        places = self.old.places.get(self.new.keys[place], ())[:_MOST_PLACES]
        return any(at not in self.missing or self._is_in_same_company(at, place) for at in places)

    def _is_in_same_company(self, old: int, new: int) -> bool:
        before, after = self.old.keys[max(0, old - 1) : old], self.old.keys[old + 1 : old + 2]
        other_before, other_after = self.new.keys[max(0, new - 1) : new], self.new.keys[new + 1 : new + 2]
        if (before and before == other_before) or (after and after == other_after):
            return True
        if not CONJUNCTIONS.isdisjoint({*before, *after} & {*other_before, *other_after}):
            return True
        near, other_near = self.old.keys[max(0, old - 2) : old + 3], self.new.keys[max(0, new - 2) : new + 3]
        return any(key[0].isdigit() and key != self.new.keys[new] for key in {*near} & {*other_near})

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

    def counterpart(self, place: int) -> int:
        """The place in the new text of a word of the old text, or of the word that stands for it."""
        after = bisect_right(self.runs, place, key=attrgetter("old_end"))
        guess = place - self.runs[after - 1].old_end + self.runs[after - 1].new_end if after else place
        # The guess is a little off after words that differ only in how they are separated, which are in no run.
        equal = self.new.places.get(self.old.keys[place], ())
        at = bisect_left(equal, guess)
        return min(
            equal[max(0, at - 1) : at + 1], key=lambda at: abs(at - guess), default=min(guess, len(self.new.keys) - 1)
        )

    def came_from_missing(self, place: int) -> bool:
        """Whether the new text has a word that the old text has only in places that the new one lacks."""
        key = self.old.keys[place]
        return key in self.new.key_set and self.missing.issuperset(self.old.places[key][:_MOST_PLACES])

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
