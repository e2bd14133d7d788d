"""The rules on facts once more, on strings and lists, slow and plain, for the tests to compare the kernels with.

What is known of one word by itself comes from the package (`facts.words`, `facts.meanings`, `facts.tables`).
"""

from bisect import bisect_left

from dedup.facts import Difference
from facts_reference.alignment import Run, align, moved
from facts_reference.changes import changes
from facts_reference.statement import is_other
from facts_reference.words import Words, language, sentence_ends

_ISLAND = 3  # so many known words between new ones are met by chance and do not end a run of news
_DENSE = 0.75  # the share of new words in a run, or sentence, that is news
_SENTENCE = 7  # words of a sentence that is more than a clause, also where some of them are known
_SHORT = 4  # words of a sentence that is news where it is all new
_CLOSING = tuple(".!?…。！？।؟")


def compare(old: str, new: str, max_new_words: int) -> Difference:
    """What `new` says otherwise than `old`, or beyond it; more than `max_new_words` new words in a row are news.

    Case, quotation marks, punctuation and white space are no difference, nor is the order of clauses and sentences.
    """
    a, b = Words(old), Words(new)
    runs = align(a.keys, b.keys)
    if not runs:
        return Difference()
    known = moved(a, b, runs)
    changed = tuple(dict.fromkeys(changes(a, b, runs, known)))
    added = _is_news(a, b, runs, _novel(runs, known), max_new_words) or is_other(a, b, runs, known)
    return Difference(changed, added)


def novel_spans(old: str, new: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of what `old` lacks, in characters of `new`, in order."""
    a, b = Words(old), Words(new)
    runs = align(a.keys, b.keys)
    return _join(_novel(runs, moved(a, b, runs)), b.spans)


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


def _is_news(a: Words, b: Words, runs: list[Run], novel: list[int], most: int) -> bool:
    """Whether the new words at `novel` are news: a dense run of more than `most`, or a sentence."""
    if len(novel) >= _DENSE * (most + 1) and _is_long(novel, most):
        return True
    if max(run.end - run.begin for run in runs) < _SHORT:
        return False
    here = set(novel)
    begin, opened = 0, True
    for offset in sorted({*sentence_ends(b), _seam(a, b, runs[-1])}):
        end = bisect_left(b.spans, (offset, 0))
        fresh = sum(place in here for place in range(begin, end))
        if end - begin >= _SENTENCE and fresh >= _DENSE * (end - begin):
            return True
        closed = b.text[:offset].rstrip("\"'”’»)]")[-1:] in _CLOSING
        if opened and closed and _SHORT <= fresh == end - begin and _is_inserted(a, b, runs, begin, end):
            return True
        begin, opened = end, closed
    return False


def _is_long(novel: list[int], most: int) -> bool:
    """Whether more than `most` words in a row are new, but for a few."""
    first = 0
    for at, place in enumerate(novel):
        if at and place - novel[at - 1] > _ISLAND + 1:
            first = at
        # The longest dense run that ends here; of a very long one, a part is dense.
        for begin in range(max(first, at - 4 * most), at + 1):
            length = place - novel[begin] + 1
            if length <= most:
                break
            if at - begin + 1 >= _DENSE * length:
                return True
    return False


def _is_inserted(a: Words, b: Words, runs: list[Run], begin: int, end: int) -> bool:
    """Whether a short sentence stands where nothing stood, and speaks of other things."""
    if any(run.begin < end and begin < run.end and run.first < run.last for run in runs):
        return False
    function = language(b)[1].function
    return any(key not in a.held and key not in function for key in b.keys[begin:end])


def _seam(a: Words, b: Words, last: Run) -> int:
    """The offset in `b` behind what stood before an added end, unless a clause goes on there."""
    if last.first < len(a.keys) or not last.begin:
        return len(b.text)
    seam = b.spans[last.begin - 1][1]
    return len(b.text) if b.text[seam:].lstrip()[:1] in (",", ";", "–", "—") else seam


__all__ = ["compare", "novel_spans"]
