"""Unicode normal forms, in a time that grows little faster than the text, whatever it contains."""

import re
import unicodedata
from itertools import groupby

# Neither letters nor white space nor ASCII: combining marks are among them.
_LONG_ROW = re.compile(r"[^\w\s\x00-\x7f]{32,}")


def nfkc(text: str) -> str:
    """NFKC of a text."""
    return unicodedata.normalize("NFKC", _with_sorted_marks(text))


def nfkd(text: str) -> str:
    """NFKD of a text."""
    return unicodedata.normalize("NFKD", _with_sorted_marks(text))


def _with_sorted_marks(text: str) -> str:
    """A text with the same normal forms, in which long rows of combining marks are in canonical order.

    Python sorts the marks after a letter by insertion, which takes quadratic time if there are many and they are not in
    order.
    """
    return text if text.isascii() else _LONG_ROW.sub(lambda row: _sorted_row(row[0]), text)


def _sorted_row(row: str) -> str:
    sorted_row = ""
    for is_mark, characters in groupby(row, lambda character: unicodedata.combining(character) > 0):
        if is_mark:
            marks = "".join(unicodedata.normalize("NFKD", mark) for mark in characters)
            sorted_row += "".join(sorted(marks, key=unicodedata.combining))
        else:
            sorted_row += "".join(characters)
    return sorted_row
