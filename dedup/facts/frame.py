"""Finds the frame of a paragraph: datelines, bylines, clock times, labels, counters, page numbers and the like.

A page or an agency puts a frame around a paragraph, and changes it without any news. So facts are compared without it.
The patterns are data: see `frame.txt` in the folder of the vocabulary.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from dedup.facts.vocabulary import frame_lines, vocabulary

_MOST = 6  # frames at one edge
_HEAD = 80  # characters in which a dateline shows its agency or its dash
_WORD_SIZE = 40  # characters in which the last word is looked for
_SHORT, _MIDDLE, _LONG = 80, 160, 300  # characters that are searched at the end: for names, in general, in brackets
_SENTENCE_SIGNS = " .,:;!?…。！？।؟\"'”’»"  # after the last word
_QUOTES = frozenset("\"“‘'*")  # no frame begins with these
_MARKS = frozenset("-–—/")  # in a dateline without brackets
_UNSPACED = "\u3040"  # from this character on, words have no spaces between them, or endings without one
_SPACES, _REST = r"\s{0,8}", r"[\s|·•]{0,8}"  # before a frame at the start, and after a frame at the end
#: What may precede a frame at the end: the end of a sentence, a separator, a new line.
_EDGE = r"[.!?…。！？।؟|·•\n–—)\]»][\"'”’»)\]]{0,2}\s{0,3}"
_PART = re.compile(r"\{([a-z]+)\}")
_WORD = re.compile(r"[^\W\d_]+")
_BEGINNING = re.compile(r"(?:\(\?-?i?:|\[[^\]]*\]\??|\()*+(?:\{([a-z]+)\}|([^\W\d_]+)(\??))")
_SYNTAX = re.compile(r"\\.|\(\?[-a-z<!=]*:?")


class _Table(NamedTuple):
    """The patterns.

    Attributes:
        dateline: Any dateline.
        start: Any other frame at the start.
        end: Any frame at the end that follows an edge, with the edge.
        tail: Any other frame at the end.
        agency_words: The words of agencies, in small letters.
        first_words: The words with which patterns of `start` begin.
        last_words: The words of `end`.
        tail_words: The words of `tail`.
    """

    dateline: re.Pattern[str]
    start: re.Pattern[str]
    end: re.Pattern[str]
    tail: re.Pattern[str]
    agency_words: frozenset[str]
    first_words: frozenset[str]
    last_words: frozenset[str]
    tail_words: frozenset[str]


def body(text: str) -> tuple[int, int]:
    """The part of a text that is not frame.

    Returns:
        (start, end) in characters. It is the whole text if the text has no frame, or is nothing but frame.
    """
    start, end = 0, len(text)
    table = _table()
    for _ in range(_MOST):
        cut = _after_frame(text, start, table)
        if cut == start:
            break
        start = cut
    for _ in range(_MOST):
        cut = _before_frame(text, start, end, table)
        if cut == end:
            break
        end = cut
    if end - start == len(text) or not any(map(str.isalnum, text[start:end])):
        return 0, len(text)
    return start, end


def _after_frame(text: str, start: int, table: _Table) -> int:
    """The end of the frame that begins at `start`; `start` if none does."""
    head = text[start : start + _HEAD]
    first = head[:1]
    if first in _QUOTES:
        return start
    word = _WORD.match(head)
    match = None
    if not word or first >= _UNSPACED or word[0].lower() in table.first_words:
        match = table.start.match(text, start)
    # Most texts begin with a word in small letters after the first one, and have no bracket near it.
    if not match and (not head[1:2].islower() or not first.isascii() or "(" in head) and _may_be_dateline(head, table):
        match = table.dateline.match(text, start)
    return match.end() if match else start


def _may_be_dateline(head: str, table: _Table) -> bool:
    """Whether a dateline may begin in this way: it has an agency in brackets, or a dash after a word in capitals."""
    word = _WORD.match(head, head.find("(") + 1)
    if word and word.start() and word[0].lower() in table.agency_words:
        return True
    first = head[:1]
    is_small = first.isascii() and (first.islower() or head[1:2].islower())
    return not is_small and first.isalpha() and not _MARKS.isdisjoint(head)


def _before_frame(text: str, start: int, end: int, table: _Table) -> int:
    """The start of the frame that ends at `end`; `end` if none does."""
    tail = text[max(start, end - _WORD_SIZE) : end].rstrip()
    last = tail[-1:]
    is_letter = last.isalpha()
    is_tail = not is_letter and last not in _SENTENCE_SIGNS
    size = _LONG if last == ")" else _MIDDLE
    if not is_tail:
        word = tail.rstrip(_SENTENCE_SIGNS).rpartition(" ")[2]
        if not word.isascii():
            word = (_WORD.findall(word) or [""])[-1]
        lower = word.lower()
        is_tail = lower in table.tail_words or "=" in word
        if not is_tail and lower not in table.last_words:
            if not is_letter or (word[:1].islower() and word[:1] < _UNSPACED):
                return end
            size = _SHORT  # a byline or the owner of rights
    match = table.end.search(text, max(start, end - size), end)
    if not match and is_tail:
        match = table.tail.search(text, max(start, end - size), end)
    return match.start(match.lastindex or 0) if match else end


@cache
def _table() -> _Table:
    """The patterns. The first call compiles them."""
    parts: dict[str, list[str]] = {}
    for language in vocabulary().languages.values():
        parts.setdefault("month", []).extend(language.months)
        parts.setdefault("weekday", []).extend(language.weekdays)
    frames: dict[str, list[str]] = {"dateline": [], "start": [], "end": [], "tail": []}
    for _, kind, pattern in frame_lines():
        if kind == "let":
            name, pattern = pattern.split(" ", 1)
            parts.setdefault(name, []).append(pattern)
        else:
            frames[kind].append(pattern)
    dateline, start, end, tail = (_any([_expanded(pattern, parts) for pattern in of]) for of in frames.values())
    function = frozenset(word for language in vocabulary().languages.values() for word in language.function)
    return _Table(
        re.compile(_SPACES + dateline, re.IGNORECASE),
        re.compile(_SPACES + start, re.IGNORECASE),
        re.compile(rf"{_EDGE}((?i:{end})){_REST}\Z"),
        re.compile(rf"(?=\W){tail}{_REST}\Z", re.IGNORECASE),
        _words("|".join(parts["agency"])),
        frozenset(word for pattern in frames["start"] for word in _first_words(pattern, parts)),
        (_words(end) - function) | _words("|".join(parts["more"] + parts["ago"])),
        _words(tail) - function,
    )


def _expanded(pattern: str, parts: dict[str, list[str]]) -> str:
    """A pattern with its parts put in, and with any white space for each space."""
    while (whole := _PART.sub(lambda match: _any(parts[match[1]]), pattern)) != pattern:
        pattern = whole
    return pattern.replace(" ", r"\s")


def _first_words(pattern: str, parts: dict[str, list[str]]) -> Iterator[str]:
    """The words with which the alternatives of a pattern begin, in small letters."""
    for alternative in pattern.split("|"):
        match = _BEGINNING.match(alternative)
        if match and match[1]:
            for part in parts[match[1]]:
                yield from _first_words(part, parts)
        elif match:
            yield match[2].lower()
            if match[3]:
                yield match[2][:-1].lower()


def _any(patterns: list[str]) -> str:
    return f"(?:{'|'.join(dict.fromkeys(patterns))})"


def _words(pattern: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(_SYNTAX.sub(" ", pattern)))
