"""Compares the facts of two matching texts: which facts changed, and whether the new text adds news.

Differences in case, quotation marks, punctuation, white space, and the order of clauses and sentences are ignored. A
replaced content word counts as a change only if the vocabulary lists the two words as exclusive (rose and fell),
because most replaced words are rewordings.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dedup.facts.new_words import is_certain
from dedup.facts.new_words import new_words as new_word_places
from dedup.facts.rules import adds_news, changed_facts
from dedup.facts.text_pair import TextPair
from dedup.facts.tokens import Text

Span = tuple[int, int]


class Difference(NamedTuple):
    """The news in one text that an earlier one lacks.

    Attributes:
        changed: Pairs (old, new) of words as written. One of them is "" if a number or negation was inserted or deleted
            without a counterpart.
        added: Whether a sentence, more than a clause, three content words, or a different statement was added.
        new_words: (start, end) of each run of new content words, in characters of the new text.
        certain: Whether the new text surely says nothing new. False for every update.
    """

    changed: tuple[tuple[str, str], ...] = ()
    added: bool = False
    new_words: tuple[Span, ...] = ()
    certain: bool = False

    @property
    def is_update(self) -> bool:
        """Whether a fact changed or news was added."""
        return self.added or bool(self.changed)


def compare(old: str, new: str, max_new_words: int) -> Difference:
    """The news in `new` that `old` lacks. More than `max_new_words` new words in a row are news."""
    return difference(TextPair(Text(old), Text(new)), max_new_words)


def difference(pair: TextPair, max_new_words: int) -> Difference:
    """The news of a pair."""
    changed = tuple(dict.fromkeys(map(pair.written, changed_facts(pair))))
    added = adds_news(pair, max_new_words)
    return Difference(changed, added, new_words(pair), not changed and not added and is_certain(pair))


def is_repeat(pair: TextPair, max_new_words: int) -> bool:
    """Whether the new text has no changed fact and no added news. Stops at the first one found."""
    return not adds_news(pair, max_new_words) and next(changed_facts(pair), None) is None


def novel_spans(pair: TextPair) -> tuple[Span, ...]:
    """(start, end) of each run of new words that the old text lacks, in characters of the new text, in order."""
    return tuple(_joined(pair.novel, pair.new.spans))


def new_words(pair: TextPair) -> tuple[Span, ...]:
    """(start, end) of each run of new content words, in characters of the new text, in order."""
    return tuple(_joined(new_word_places(pair), pair.new.spans))


def differing_spans(pair: TextPair) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """(start, end) of each run in which two texts differ, in characters of the old text and of the new text.

    A span is empty if only the other text has words in this run.
    """
    return (
        tuple(_span(pair.old.spans, run.old_start, run.old_end) for run in pair.runs),
        tuple(_span(pair.new.spans, run.new_start, run.new_end) for run in pair.runs),
    )


def _span(spans: list[Span], start: int, end: int) -> Span:
    """The span of words `start` to `end` (excluded). An empty range gives the position after the previous word."""
    if start == end:
        place = spans[start - 1][1] if start else 0
        return place, place
    return spans[start][0], spans[end - 1][1]


def _joined(places: Iterable[int], spans: list[Span]) -> Iterator[Span]:
    """The spans of words; consecutive words share one span."""
    start = before = -1
    for place in places:
        if start < 0 or place != before + 1:
            if start >= 0:
                yield spans[start][0], spans[before][1]
            start = place
        before = place
    if start >= 0:
        yield spans[start][0], spans[before][1]


__all__ = [
    "Difference",
    "Text",
    "TextPair",
    "compare",
    "difference",
    "differing_spans",
    "is_certain",
    "is_repeat",
    "new_words",
    "novel_spans",
]
