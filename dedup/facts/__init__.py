"""Two paragraphs -> which facts changed from one to the other, and whether news was added.

A content word replaced by another one is a change only where the
tables know the two to exclude each other (film / book, rose / fell), since most replaced words are rewordings.
"""

from typing import NamedTuple

from dedup.facts.alignment import align, moved
from dedup.facts.changes import changes
from dedup.facts.words import Words, sentence_ends, spans, words

_ISLAND = 2  # so many known words between new ones are met by chance and do not end a run of news
_DENSE = 0.75  # the share of new words in a run, or sentence, that is news
_SENTENCE = 7  # words of a sentence that is more than a clause


class Difference(NamedTuple):
    """What one paragraph says otherwise, or in addition to an earlier one.

    changed: pairs (old, new) as written, "" where a new number or negation has no counterpart, or one is gone.
    added: whether there is a whole new sentence, or more than a clause of new words.
    novel_spans: (start, end) of what the earlier paragraph lacks, in characters of the new one, in order.
    """

    changed: tuple[tuple[str, str], ...] = ()
    added: bool = False
    novel_spans: tuple[tuple[int, int], ...] = ()


_SAME = Difference()


def compare(old: str, new: str, max_new_words: int) -> Difference:
    """What `new` says otherwise than `old`, or beyond it; more than `max_new_words` new words in a row are news.

    Case, quotation marks, punctuation and white space are no difference, nor is the order of clauses and sentences.
    """
    if old == new:
        return _SAME
    a, b = words(old), words(new)
    if a.keys == b.keys:
        return _SAME
    runs = align(a.keys, b.keys)
    if not runs:
        return _SAME
    places = spans(new)
    known = moved(a.keys, b.keys, runs)
    changed = changes(a, b, runs, known, places)
    last = runs[-1]
    seam = places[last.begin - 1][1] if last.first == len(a.keys) and last.begin else len(new)
    if new[seam:].lstrip()[:1] in (",", ";", "–", "—"):
        seam = len(new)  # a clause goes on
    novel = [place for run in runs for place in range(run.begin, run.end) if not known[place]]
    return Difference(
        tuple(dict.fromkeys(changed)), _is_news(b, novel, places, max_new_words, seam), _join(novel, places)
    )


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


def _is_news(b: Words, novel: list[int], places: list[tuple[int, int]], most: int, seam: int) -> bool:
    """Whether the new words at `novel` are news; `seam` is the offset behind what stood before an added end."""
    if len(novel) <= min(most, _SENTENCE) * _DENSE:
        return False
    first = 0
    for last, place in enumerate(novel):
        if last and place - novel[last - 1] > _ISLAND + 1:
            first = last
        for begin in range(first, last + 1):  # the longest dense run that ends here
            length = place - novel[begin] + 1
            if length <= most:
                break
            if last - begin + 1 >= _DENSE * length:
                return True
    if len(novel) < _SENTENCE * _DENSE:
        return False
    here = set(novel)
    begin = 0
    for end in sorted({*sentence_ends(b.text), seam}):
        inside = [place for place in range(begin, len(places)) if places[place][0] < end]
        if len(inside) >= _SENTENCE and len(here.intersection(inside)) >= _DENSE * len(inside):
            return True
        begin += len(inside)
    return False


__all__ = ["Difference", "compare"]
