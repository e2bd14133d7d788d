"""Runs of difference -> the facts that changed: numbers, negations, ranks, names, words that exclude each other."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from dedup.facts.meanings import is_common, is_marked, is_numeric, is_small, negates, stems
from dedup.facts.tables import Language
from dedup.facts.told import AFTER_DIGITS, JOINING, PAGES
from facts_reference.alignment import Run
from facts_reference.names import (
    abbreviates,
    exclude,
    misspelt,
    starts_sentence,
    territories,
)
from facts_reference.numbers import Number, alike, numbers
from facts_reference.strangers import strangers
from facts_reference.words import Words, language

Pair = tuple[str, str]
_SLOT = 4  # words on a side of a run that is one replacement, not a rewritten clause
_CLAUSE = 8  # new words of a run in which single words are still compared
_PHRASE = 2  # capitals in a row that are a name in a headline
_ACRONYM = 4  # letters, of which each counts
_CUT = 24  # words they may have replaced
_VERBS = frozenset(["may", "march"])  # months only with a capital


def changes(a: Words, b: Words, runs: Sequence[Run], known: Sequence[bool]) -> Iterator[Pair]:
    """The changed facts of all runs, in order, as pairs of what is written; each is looked for when it is asked for."""
    judge = Judge(a, b, runs, known)
    none = True
    for run in runs:
        for pair in judge.run(run):
            none = False
            yield pair
    if none:
        yield from strangers(judge)
    yield from judge.exchanged()


class Judge:
    """The two texts, and what is only worked out when a run asks for it."""

    def __init__(self, a: Words, b: Words, runs: Sequence[Run], known: Sequence[bool]) -> None:
        self.a, self.b, self.runs, self.known = a, b, runs, known

    @cached_property
    def language(self) -> tuple[str, Language]:
        """The language of both, by code."""
        return language(self.b)

    @cached_property
    def code(self) -> str:
        return self.language[0]

    @cached_property
    def small(self) -> Language:
        return self.language[1]

    def run(self, run: Run) -> list[Pair]:
        """The changed facts of one run."""
        new = [place for place in range(run.begin, run.end) if not self.known[place]]
        marked = any(map(is_marked, self.a.keys[run.first : run.last])) or any(
            map(is_marked, self.b.keys[run.begin : run.end])
        )
        if not new and not marked:
            return []
        old, new = self._without_slips(list(range(run.first, run.last)), new)
        found = []
        if marked:
            found = self._numbers(run, old, new) + self._negations(run, old, new) + self._ranks(run)
        if old and new and len(new) <= _CLAUSE:
            theirs = old[:_CUT]
            found += (len(old) <= _CUT and self._territories(run)) or (
                self._names(theirs, new) or self._exclusions(theirs, new)
            )
        return found

    def _without_slips(self, old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
        if not old or not new or len(old) * len(new) > 64:
            return old, new
        left = old.copy()
        rest = []
        for place in new:
            for other in left:
                if self.slip(other, place):
                    left.remove(other)
                    break
            else:
                rest.append(place)
        return left, rest

    def slip(self, old: int, new: int) -> bool:
        one, other = self.a.keys[old], self.b.keys[new]
        if not misspelt(one, other):
            return False
        shouted = self.a.written[old].isupper() and self.b.written[new].isupper()
        if self.cased and shouted and max(len(one), len(other)) <= _ACRONYM:
            return False
        both = self._is_numeric(one) or self._negates(one), self._is_numeric(other) or self._negates(other)
        return not all(both) and not exclude(one, other) and not self._two_territories(one, other)

    def _two_territories(self, one: str, other: str) -> bool:
        mine, theirs = territories([one], 0, 1), territories([other], 0, 1)
        return bool(mine and theirs and mine.keys() != theirs.keys())

    def _negates(self, key: str) -> bool:
        return is_marked(key) and negates(key, self.code, self.small)

    def _denials(self, words: Words) -> int:
        return sum(map(self._negates, filter(is_marked, words.keys)))

    def _is_numeric(self, key: str) -> bool:
        return is_marked(key) and is_numeric(key, self.small)

    def _numbers(self, run: Run, old: list[int], new: list[int]) -> list[Pair]:
        a, b = self.a, self.b
        if not any(self._is_numeric(b.keys[place]) for place in new):
            return []
        small = self.small
        ours = numbers(b.keys, b.written, run.begin, run.end, small)
        theirs = numbers(a.keys, a.written, run.first, run.last, small)
        for number in ours.copy():
            for other in theirs:
                if alike(number, other):
                    ours.remove(number)
                    theirs.remove(other)
                    break
        ours = [number for number in ours if self._says(number, new)]
        if not ours:
            return []
        found = [(other.written, number.written) for other, number in zip(theirs, ours, strict=False)]
        alone = [number for number in ours[len(theirs) :] if not self._weak(number)]
        if alone:
            every = numbers(a.keys, a.written, 0, len(a.keys), small)
            found += [("", number.written) for number in alone if not any(alike(number, other) for other in every)]
        return found

    def _says(self, number: Number, new: list[int]) -> bool:
        at = number.place
        paged = self._follows_page(at) or self._is_part(at) or self._is_part(at - 2)
        return not paged and any(place in new for place in range(at, at + number.places))

    def _follows_page(self, place: int) -> bool:
        return place > 0 and self.b.keys[place - 1] in PAGES

    def _is_part(self, place: int) -> bool:
        """Whether "3 of 6" begins here, in brackets or behind a word for a page."""
        b = self.b
        said = b.keys[max(0, place) : place + 3]
        if place < 0 or len(said) < 3 or said[1] not in self.small.function or self._is_numeric(said[1]):
            return False
        if not (self._is_numeric(said[0]) and self._is_numeric(said[2])):
            return False
        first, last = b.spans[place][0], b.spans[place + 2][1]
        return self._follows_page(place) or (b.text[first - 1 : first], b.text[last : last + 1]) == ("(", ")")

    def _weak(self, number: Number) -> bool:
        """Whether a number is one only beside another: "one", a lone Han numeral, May and March in small letters."""
        key = self.b.keys[number.place]
        if number.places > 1 or key[0].isdigit():
            return False
        return self.small.numbers.get(key) == 1 or self.code == "zh" or key in AFTER_DIGITS or number.written in _VERBS

    def _negations(self, run: Run, old: list[int], new: list[int]) -> list[Pair]:
        a, b = self.a, self.b
        gone = [place for place in old if self._negates(a.keys[place])]
        come = [place for place in new if self._negates(b.keys[place])]
        if len(gone) == len(come):
            return []
        if len(come) > len(gone):
            return [("", b.written[come[len(gone)]])]
        # A clause that was cut takes its negation along: nothing is denied that was said, or the reverse.
        content = [
            place for place in old if not self._negates(a.keys[place]) and a.keys[place] not in self.small.function
        ]
        lost = len(content) > 1 if run.begin == run.end else len(content) > _SLOT
        if lost or (run.begin == run.end and run.last - run.first > 1 and run.first * (len(a.keys) - run.last) == 0):
            return []
        if len(come) == 0 and self._denials(b) >= self._denials(a):
            return []  # it moved
        return [(a.written[gone[len(come)]], "")]

    def _ranks(self, run: Run) -> list[Pair]:
        a, b = self.a, self.b
        old, new = a.keys[run.first : run.last], b.keys[run.begin : run.end]
        if len(old) > 1 or len(new) > 1 or not self.small.ranks.issuperset(old + new) or run.end == len(b.keys):
            return []
        if b.keys[run.end] not in self.small.titles:
            return []
        return [(" ".join(a.written[run.first : run.last + 1]), " ".join(b.written[run.begin : run.end + 1]))]

    def _territories(self, run: Run) -> list[Pair]:
        theirs = territories(self.a.keys, run.first, run.last)
        if not theirs:
            return []
        ours = territories(self.b.keys, run.begin, run.end)
        if not ours or theirs.keys() & ours.keys():
            return []
        every = territories(self.a.keys, 0, len(self.a.keys))
        slot = run.last - run.first == run.end - run.begin == 1
        come = [" ".join(self.b.written[name]) for number, name in ours.items() if slot or number not in every]
        return list(zip((" ".join(self.a.written[name]) for name in theirs.values()), come, strict=False))

    def _names(self, old: list[int], new: list[int]) -> list[Pair]:
        a, b = self.a, self.b
        if len(old) == len(new) == 1:  # what else is said of the two does not matter in one place
            same_office = self._before_title(old[0], new[0])
            is_name = self._is_capital if same_office else self.is_name
            theirs = [place for place in old if is_name(a, place)]
            ours = [place for place in new if theirs and is_name(b, place)]
        elif self._is_slot(old, new):
            theirs, ours = old, new
        else:
            theirs, ours = self.names_among(old, new)
            if not (theirs and ours) and not self.cased:
                # In a headline, where one capital says little, several in a row say a name.
                theirs = [at for at in old if a.keys[at] not in b.held and self._is_capital(a, at)]
                ours = [at for at in new if b.keys[at] not in a.held and self._is_capital(b, at)]
                if min(len(theirs), len(ours)) < _PHRASE:
                    return []
            ours = [place for place in ours if not self._is_slip_of_any(place)]
        return self.pair_of(theirs, ours)

    def names_among(self, old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
        """The names among words of both that the other text lacks."""
        a, b = self.a, self.b
        theirs = [at for at in old if a.keys[at] not in b.held and self.is_name(a, at)]
        ours = [at for at in new if theirs and b.keys[at] not in a.held and self.is_name(b, at)]
        return theirs, ours

    def pair_of(self, theirs: list[int], ours: list[int]) -> list[Pair]:
        """The pair of the names at these places, unless there are none, or one shortens the other."""
        a, b = self.a, self.b
        if not theirs or not ours:
            return []
        pair = " ".join(a.written[place] for place in theirs), " ".join(b.written[place] for place in ours)
        said = (
            [(a.written[place], a.keys[place]) for place in theirs],
            [(b.written[place], b.keys[place]) for place in ours],
        )
        return [] if abbreviates(*said) or abbreviates(*said[::-1]) else [pair]

    def _is_slot(self, old: list[int], new: list[int]) -> bool:
        """Whether both are names, with no word in both, and nothing but them."""
        if max(len(old), len(new)) > _SLOT or {self.a.keys[at] for at in old} & {self.b.keys[at] for at in new}:
            return False
        return all(self.is_name(self.a, at) for at in old) and all(self.is_name(self.b, at) for at in new)

    def _before_title(self, old: int, new: int) -> bool:
        """Whether two words stand within the title of an office: the Prime and the Foreign Minister are two."""
        after = self.a.keys[old + 1 : old + 2]
        if after != self.b.keys[new + 1 : new + 2] or not after or after[0] not in self.small.titles:
            return False
        return not starts_sentence(self.b, new)

    def _is_capital(self, words: Words, place: int) -> bool:
        key, small = words.keys[place], self.small
        return len(key) > 1 and words.written[place][0].isupper() and key not in small.function and not is_marked(key)

    def _is_slip_of_any(self, new: int) -> bool:
        letter = self.b.keys[new][0]
        return any(key[0] == letter and self.slip(old, new) for old, key in enumerate(self.a.keys))

    def is_name(self, words: Words, place: int) -> bool:
        key, written, end = words.keys[place], words.written[place], words.spans[place][1]
        begin = words.spans[place][0]
        if len(key) > 1 and "@" in (words.text[begin - 1 : begin], words.text[end : end + 1]):
            return True
        if not written[0].isalpha() or (written[0].islower() and not words.lower):
            return False
        if self.cased:
            if not written[0].isupper() or self.code == "de":
                return False
            if (self.code != "en" or is_common(key, stems(key))) and starts_sentence(words, place):
                return False
        elif self.code != "en" or not key.isascii() or len(key) < 3 or is_common(key, stems(key)):
            return False
        if is_small(key, self.small) and not (self.cased and self._is_acronym(words, place)):
            return False
        return not self._describes(words, place)

    def _is_acronym(self, words: Words, place: int) -> bool:
        """Whether what might be a function word is all capitals, alone among its neighbours: the US, the WHO."""
        near = slice(max(0, place - 1), place + 2)
        shouted = [
            written.isupper() and len(key) > 1
            for written, key in zip(words.written[near], words.keys[near], strict=True)
        ]
        return words.keys[place] in self.small.function and shouted[min(1, place)] and sum(shouted) == 1

    @cached_property
    def cased(self) -> bool:
        return self.a.cased and self.b.cased

    def _describes(self, words: Words, place: int) -> bool:
        """Whether a word only says whose office-holder is meant: "the UK prime minister" is Sir Keir."""
        after = words.keys[place + 1 : place + 2]
        return bool(after) and after[0] in self.small.titles and bool(territories(words.keys, place, place + 1))

    def _exclusions(self, old: list[int], new: list[int]) -> list[Pair]:
        a, b = self.a, self.b
        found = []
        for place in new:
            key = b.keys[place]
            if key in self.a.held:
                continue
            for other in old:
                if exclude(a.keys[other], key) or self._two_weekdays(a.keys[other], key):
                    found.append((a.written[other], b.written[place]))
                    break
        return found

    def _two_weekdays(self, one: str, other: str) -> bool:
        return is_marked(one) and is_marked(other) and {one, other} <= self.small.weekdays

    def exchanged(self) -> list[Pair]:
        """Two names or numbers that changed places around a word that does not merely join them."""
        a, b = self.a, self.b
        first, last = self.runs[0].first, self.runs[-1].last
        begin, end = self.runs[0].begin, self.runs[-1].end
        ours, theirs = b.keys[begin:end], a.keys[first:last]
        if not 3 <= len(ours) <= 2 * _SLOT + 1 or sorted(ours) != sorted(theirs):
            return []
        for size in range(1, len(ours) // 2 + 1):
            for tail in range(1, len(ours) // 2 + 1):
                middle = ours[size : len(ours) - tail]
                if middle and theirs == ours[len(ours) - tail :] + middle + ours[:size]:
                    if set(middle) <= JOINING or not (self._bears(b, begin) and self._bears(b, end - tail)):
                        return []
                    return [(" ".join(a.written[first:last]), " ".join(b.written[begin:end]))]
        return []

    def _bears(self, words: Words, place: int) -> bool:
        key = words.keys[place]
        return self._is_numeric(key) or bool(territories([key], 0, 1)) or self.is_name(words, place)


def without_slips(a: Words, b: Words, old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
    """The places of words that are no slips of the pen for each other."""
    return Judge(a, b, (), ())._without_slips(old, new)
