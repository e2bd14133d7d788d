"""Detects hard-wrapped text, in which a paragraph is a run of lines of about one width."""

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from unicodedata import east_asian_width

#: The number of lines that are examined.
EXAMINED_LINES = 1000
_WIDEST = 140  # columns of the widest wrapped line; Han, kana and Hangul take two columns per character
_WORD = 12  # characters of a first word that count at most, because some scripts have no spaces
_FULL = 0.6  # a full line has at least this share of the width
_MOST = 0.6  # in wrapped text, at least this share of the continued lines is full
_FILLED = 0.9  # or the next word does not fit into at least this share of them
_GOING_ON = 1 / 3  # and at least this share of them ends inside a sentence
_END = re.compile(r"[.!?…:;。！？；।۔؟][\"'”’»“)\]）」』]*$")
_LETTER = re.compile(r"[^\W\d_]")
_BULLET = re.compile(r"[-*•–—▪◦·>#]|\(?\w{1,3}[.)]\s")


def is_wrapped(lines: Sequence[str]) -> bool:
    """Whether the lines are hard-wrapped paragraphs with blank lines between them.

    In wrapped text, a line that continues on the next one is nearly as wide as the widest line, and often ends inside
    a sentence.
    """
    lines = [line.strip() for line in lines[:EXAMINED_LINES]]
    runs = [list(run) for filled, run in groupby(lines, bool) if filled]
    joints = [joint for run in runs for joint in pairwise(run)]  # each line with the next one
    widest = max((line for line in lines if " " in line), key=len, default="")
    if len(runs) < 2 or not joints or _columns(widest) > _WIDEST:
        return False
    width = len(widest)

    def share(condition: list[bool]) -> float:
        return sum(condition) / len(joints)

    open_ = [not _END.search(line) and not _BULLET.match(following) for line, following in joints]
    filled = [len(line) + 1 + len(following.split()[0][:_WORD]) > width for line, following in joints]
    if share(filled) >= _FILLED and share(open_) >= _GOING_ON:
        return True
    full = [len(line) >= _FULL * width for line, _ in joints]
    small = [ended and _begins_small(following) for ended, (_, following) in zip(open_, joints, strict=True)]
    return share(full) >= _MOST and share(small) >= _GOING_ON


def _columns(line: str) -> int:
    return len(line) + sum(east_asian_width(letter) in "WF" for letter in line[:_WIDEST])


def _begins_small(line: str) -> bool:
    letter = _LETTER.search(line)
    return letter is not None and not letter[0].isupper()
