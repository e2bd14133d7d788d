"""Lines of text -> whether they are paragraphs, or the lines of paragraphs that were wrapped at some width."""

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from unicodedata import east_asian_width

#: Lines that are looked at.
LOOKED_AT = 1000
_WIDEST = 140  # columns of a line that somebody wraps; Han, kana and Hangul take two each
_WORD = 12  # letters of a first word that count; a script without spaces has no words
_FULL = 0.6  # of the width that a line has at least before it goes on in the next
_MOST = 0.6  # of such lines are so full, and this part of them
_FILLED = 0.9  # where the first word of the next line has no room in them
_GOING_ON = 1 / 3  # of such lines end within a sentence
_END = re.compile(r"[.!?…:;。！？；।۔؟][\"'”’»“)\]）」』]*$")
_LETTER = re.compile(r"[^\W\d_]")
_BULLET = re.compile(r"[-*•–—▪◦·>#]|\(?\w{1,3}[.)]\s")


def is_wrapped(lines: Sequence[str]) -> bool:
    """Whether the lines are hard-wrapped paragraphs with blank lines between them.

    A line that goes on in the next is then nearly as wide as the widest of all, and often ends within a sentence.
    """
    lines = [line.strip() for line in lines[:LOOKED_AT]]
    runs = [list(run) for filled, run in groupby(lines, bool) if filled]
    joints = [joint for run in runs for joint in pairwise(run)]
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
