"""Two paragraphs -> which facts changed from one to the other, and whether news was added.

A content word replaced by another one is a change only where the
tables know the two to exclude each other (film / book, rose / fell), since most replaced words are rewordings.
"""

from typing import NamedTuple

from dedup.facts.alignment import Run, align, moved
from dedup.facts.changes import changes
from dedup.facts.words import Words, sentence_ends

_ISLAND = 2  # so many known words between new ones are met by chance and do not end a run of news
_DENSE = 0.75  # the share of new words in a run, or sentence, that is news
_SENTENCE = 7  # words of a sentence that is more than a clause


class Difference(NamedTuple):
    """What one paragraph says otherwise, or in addition to an earlier one.

    changed: pairs (old, new) as written, "" where a new number or negation has no counterpart, or one is gone.
    added: whether there is a whole new sentence, or more than a clause of new words.
    """

    changed: tuple[tuple[str, str], ...] = ()
    added: bool = False


_SAME = Difference()


def compare(old: str, new: str, max_new_words: int) -> Difference:
    """What `new` says otherwise than `old`, or beyond it; more than `max_new_words` new words in a row are news.

    Case, quotation marks, punctuation and white space are no difference, nor is the order of clauses and sentences.
    """
    a, b = Words(old), Words(new)
    runs = align(a.keys, b.keys)
    if not runs:
        return _SAME
    known = moved(a.keys, b.keys, runs)
    novel = _novel(runs, known)
    changed = changes(a, b, runs, known)
    return Difference(tuple(dict.fromkeys(changed)), _is_news(a, b, runs[-1], novel, max_new_words))


def novel_spans(old: str, new: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of what `old` lacks, in characters of `new`, in order."""
    a, b = Words(old), Words(new)
    runs = align(a.keys, b.keys)
    return _join(_novel(runs, moved(a.keys, b.keys, runs)), b.spans)


def _novel(runs: list[Run], known: list[bool]) -> list[int]:
    return [place for run in runs for place in range(run.begin, run.end) if not known[place]]


def _join(novel: list[int], places: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    before = -2
    for place in novel:
        if place == before + 1:
            joined[-1] = (joined[-1][0], places[place][1])
        else:
            joined.append(places[place])
        before = place
    return tuple(joined)


def _is_news(a: Words, b: Words, last: Run, novel: list[int], most: int) -> bool:
    """Whether the new words at `novel` are news."""
    if len(novel) <= min(most, _SENTENCE) * _DENSE:
        return False
    first = 0
    for at, place in enumerate(novel):
        if at and place - novel[at - 1] > _ISLAND + 1:
            first = at
        for begin in range(first, at + 1):  # the longest dense run that ends here
            length = place - novel[begin] + 1
            if length <= most:
                break
            if at - begin + 1 >= _DENSE * length:
                return True
    if len(novel) < _SENTENCE * _DENSE:
        return False
    here = set(novel)
    begin = 0
    for end in sorted({*sentence_ends(b.text), _seam(a, b, last)}):
        inside = [place for place in range(begin, len(b.spans)) if b.spans[place][0] < end]
        if len(inside) >= _SENTENCE and len(here.intersection(inside)) >= _DENSE * len(inside):
            return True
        begin += len(inside)
    return False


def _seam(a: Words, b: Words, last: Run) -> int:
    """The offset in `b` behind what stood before an added end, unless a clause goes on there."""
    if last.first < len(a.keys) or not last.begin:
        return len(b.text)
    seam = b.spans[last.begin - 1][1]
    return len(b.text) if b.text[seam:].lstrip()[:1] in (",", ";", "–", "—") else seam


__all__ = ["Difference", "compare", "novel_spans"]
