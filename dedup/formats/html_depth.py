"""HTML -> whether its elements are nested so deep that its tree would take time as the square of their number.

An element is looked up in all that are open, by every parser that keeps to the standard. Browsers end at 512 levels;
here such a page is refused. What is open is estimated from the tags alone, rather too deep than not deep enough.
"""

import re
from collections import Counter

#: The deepest that elements may be nested.
DEEPEST = 1000

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)|<(/?)([a-z][^\s/<>]*)([^<>]*)",
    re.IGNORECASE | re.DOTALL,
)
# Elements that hold nothing, whose end is left out (the next of their kind ends them), or forgotten as often as not
# (of fonts and the like a parser keeps three).
_FLAT = frozenset(
    "area base body br col colgroup dd dt embed head hr html img input li link meta optgroup option p param rp rt "
    "source tbody td tfoot th thead tr track wbr a b big code em font i nobr s small strike strong tt u".split()
)
# An end of one of these ends what is open in it too.
_STRONG = frozenset(
    "address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup main menu nav ol pre search section summary ul".split()
)


class _Open:
    """The names of what is open in one table, or outside of all."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._counts: Counter[str] = Counter()

    def __contains__(self, name: str) -> bool:
        return self._counts[name] > 0

    def begin(self, name: str) -> None:
        """Open an element."""
        self.names.append(name)
        self._counts[name] += 1

    def end(self, name: str, strong: bool) -> None:
        """Close the last element of a name and what is open in it; one that is not strong only if that is nothing."""
        while name in self and (strong or self.names[-1] == name):
            ended = self.names.pop()
            self._counts[ended] -= 1
            if ended == name:
                return


def too_deep(html: str) -> bool:
    """Whether elements are nested deeper than DEEPEST."""
    if html.count("<") <= DEEPEST:
        return False
    tables = [_Open()]
    outside = 0  # of the innermost table
    for tag in _TAG.finditer(html):
        name = (tag[3] or "").lower()
        if not name or name in _FLAT:
            continue
        open_ = tables[-1]
        strong = name in _STRONG
        if not tag[2]:
            if strong:
                open_.end("svg", True)  # a drawing holds none of them
            elif tag[4].endswith("/") and "svg" in open_:
                continue
            open_.begin(name)
            if outside + len(open_.names) > DEEPEST:
                return True
            if name == "table":
                outside += len(open_.names)
                tables.append(_Open())
        elif name != "table":
            open_.end(name, strong)
        elif len(tables) > 1:
            tables.pop()
            outside -= len(tables[-1].names)
            tables[-1].end(name, True)
    return False
