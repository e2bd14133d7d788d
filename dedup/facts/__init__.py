"""Two paragraphs -> which facts changed from one to the other, and whether news was added.

A content word replaced by another one is a change only where the
tables know the two to exclude each other (film / book, rose / fell), since most replaced words are rewordings.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import encode
from dedup.facts.cut import COUNT, NOVEL, STATE
from dedup.facts.desk import BEGIN, FIRST, LAST, STOP, room
from dedup.facts.lexicon import END, START, Lexicon
from dedup.facts.weigh import weigh_two

Span = tuple[int, int]


class Difference(NamedTuple):
    """What one paragraph says otherwise, or in addition to an earlier one.

    changed: pairs (old, new) as written, "" where a new number or negation has no counterpart, or one is gone.
    added: whether there is a whole new sentence, or more than a clause of new words.
    """

    changed: tuple[tuple[str, str], ...] = ()
    added: bool = False


class Weighed(NamedTuple):
    """Two texts side by side.

    difference: what the second says otherwise, or beyond the first. novel: (start, end) of what the first lacks, in
    characters of the second, in order. old, new: (start, end) of each run in which they differ, in characters of each;
    start is end where one has nothing there.
    """

    difference: Difference
    novel: tuple[Span, ...]
    old: tuple[Span, ...]
    new: tuple[Span, ...]


class Facts:
    """Weighs pairs of texts, with the words it has learned and the room to lay two texts side by side."""

    def __init__(self) -> None:
        self.lexicon = Lexicon()
        self.room = room(0, np.zeros(1, np.int64))

    def prepare(self, longest: int) -> None:
        """Be ready for texts of up to this many bytes."""
        self.lexicon.tidy()
        if longest > len(self.room.sheet):
            self.room = room(longest + longest // 2, self.room.stamps)

    def learn(self, missing: int, old: NDArray[np.uint8], new: NDArray[np.uint8]) -> None:
        """Learn the pieces that a kernel found unknown in these data."""
        self.lexicon.learn(
            ((new if source else old)[start:end].tobytes(), hash_)
            for source, start, end, hash_ in self.room.unknown[:missing].tolist()
        )

    def weigh(self, old: str, new: str, max_new_words: int) -> Weighed:
        """All that is to be said of two texts; more than `max_new_words` new words in a row are news.

        Case, quotation marks, punctuation and white space are no difference, nor is the order of clauses and sentences.
        """
        data = [np.frombuffer(bytearray(encode(text)), np.uint8) for text in (old, new)]
        self.prepare(max(map(len, data)))
        missing = 1
        while missing:
            missing, runs, added = weigh_two(data[0], data[1], max_new_words, self.lexicon.columns, self.room)
            if missing:
                self.learn(missing, *data)
        left = _Side(old, self.room.old_head, self.room.old_words)
        right = _Side(new, self.room.new_head, self.room.new_words)
        changed = dict.fromkeys(self._changed(left, right))
        ours = np.flatnonzero(right.words[:, STATE] == NOVEL).tolist() if runs else []
        found = self.room.sheet[: max(0, runs), [FIRST, LAST, BEGIN, STOP]].tolist()
        if runs < 0:
            ours = list(range(len(right.words)))
            found = [[0, len(left.words), 0, len(right.words)]]
        return Weighed(
            Difference(tuple(changed), bool(added)),
            tuple(right.joined(ours)),
            tuple(left.span(first, last) for first, last, _, _ in found),
            tuple(right.span(begin, stop) for _, _, begin, stop in found),
        )

    def _changed(self, left: "_Side", right: "_Side") -> Iterator[tuple[str, str]]:
        """The changed facts that the kernel found, as written."""
        found = self.room.found[: self.room.found[0]].tolist()
        at = 1
        while at < len(found):
            middle = at + 2 + found[at]
            end = middle + found[at + 1]
            yield left.written(found[at + 2 : middle]), right.written(found[middle:end])
            at = end


class _Side:
    """One of two texts, as a str, and where its words are."""

    def __init__(self, text: str, head: NDArray[np.int64], words: NDArray[np.int64]) -> None:
        self.text = text
        self.words = words[: head[COUNT]]
        self._ends = None if text.isascii() else np.cumsum(_widths(text))

    def _place(self, offset: int) -> int:
        """The character that begins at an offset in bytes."""
        return offset if self._ends is None else int(np.searchsorted(self._ends, offset, "right"))

    def span(self, first: int, last: int) -> Span:
        """Where words `first` to `last` are, in characters; where there are none, the place behind the word before."""
        if first == last:
            end = self._place(int(self.words[first - 1, END])) if first else 0
            return end, end
        return self._place(int(self.words[first, START])), self._place(int(self.words[last - 1, END]))

    def joined(self, places: list[int]) -> Iterator[Span]:
        """The spans of words, those in a row as one."""
        for at, place in enumerate(places):
            if at == 0 or place != places[at - 1] + 1:
                first = place
            if at + 1 == len(places) or places[at + 1] != place + 1:
                yield self.span(first, place + 1)

    def written(self, places: list[int]) -> str:
        """Words as they are written."""
        spans = (self.span(place, place + 1) for place in places)
        return " ".join(self.text[start:end] for start, end in spans)


def _widths(text: str) -> NDArray[np.int64]:
    """How many bytes each character is in what `encode` gives."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    widths = 1 + (codes >= 0x80) + (codes >= 0x800).astype(np.int64) + (codes >= 0x10000)
    surrogates = (codes >= 0xD800) & (codes < 0xE000)
    if ((codes >= 0xDC80) & (codes < 0xDD00) == surrogates).all():
        widths[surrogates] = 1
    return widths


def compare(old: str, new: str, max_new_words: int) -> Difference:
    """What `new` says otherwise than `old`, or beyond it, as `Facts.weigh` finds it."""
    return Facts().weigh(old, new, max_new_words).difference


def novel_spans(old: str, new: str) -> tuple[Span, ...]:
    """(start, end) of what `old` lacks, in characters of `new`, in order."""
    return Facts().weigh(old, new, 0).novel


__all__ = ["Difference", "Facts", "Weighed", "compare", "novel_spans"]
