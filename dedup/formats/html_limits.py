"""Checks whether an HTML page or a feed would take a parser too long.

A parser that follows the standard searches all open elements for each tag, so deep pages would take quadratic time.
Browsers stop nesting at 512 levels. The parser that this package uses also searches all options of a list for each
option, and its table of attribute names is slow if there are many. So pages with more than `MOST` levels, options in
one list, or attribute names are refused. The depth is estimated from the tags alone, and is rather too large than too
small.
"""

import re
from collections import Counter

#: The largest depth of nested elements, number of options in one list, and number of attribute names in a page.
MOST = 1000

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)|<(/?)([a-z][^\s/<>]*)([^<>]*)",
    re.IGNORECASE | re.DOTALL,
)
_OPTION = re.compile(r"<(/?select)\b|<option\b", re.IGNORECASE)
_VALUE = re.compile(r"""=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s"'>]*+)""")
_NAME = re.compile(r"[^\s/=>]+")
_XML_TAG = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<(/?)([a-z_][\w:.-]*)[^<>]*?(/?)>",
    re.DOTALL | re.IGNORECASE,
)
# Elements that do not add to the depth: they are empty, or the next one of their kind ends them, or their end tag is
# often missing (a parser keeps at most three open font elements and the like).
_FLAT = frozenset(
    "area base body br col colgroup dd dt embed head hr html img input li link meta optgroup option p param rp rt "
    "source tbody td tfoot th thead tr track wbr a b big code em font i nobr s small strike strong tt u".split()
)
# The end tag of one of these also ends the open elements in it.
_STRONG = frozenset(
    "address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup main menu nav ol pre search section summary ul".split()
)


class _Open:
    """The names of the open elements in one table, or outside of all tables."""

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
        """Close the last open element with a name. If it contains open elements, `strong` closes them too.

        Without `strong`, an element that contains open elements stays open.
        """
        while name in self and (strong or self.names[-1] == name):
            ended = self.names.pop()
            self._counts[ended] -= 1
            if ended == name:
                return


def refusal(html: str) -> str | None:
    """Why a page is refused, None if it is not."""
    if _is_too_deep(html):
        return f"elements are nested more than {MOST} deep"
    if _has_long_list(html):
        return f"a list has more than {MOST} options"
    if _has_many_attributes(html):
        return f"there are more than {MOST} names of attributes"
    return None


def _has_long_list(html: str) -> bool:
    options = 0
    for tag in _OPTION.finditer(html):
        options = 0 if tag[1] else options + 1
        if options > MOST:
            return True
    return False


def _has_many_attributes(html: str) -> bool:
    """Whether a page has too many different words in its tags. It is called for each page, so it is quick for most."""
    if len(html) <= 2 * MOST or html.count("=") + html.count(" ") <= MOST:
        return False
    names: set[str] = set()
    for tag in _TAG.finditer(html):
        if tag[4] and tag[4].strip("/"):
            names.update(_NAME.findall(_VALUE.sub(" ", tag[4])))
            if len(names) > MOST:
                return True
    return False


def _is_too_deep(html: str) -> bool:
    if html.count("<") <= MOST:
        return False
    tables = [_Open()]
    outside = 0  # the number of open elements outside of the innermost table
    for tag in _TAG.finditer(html):
        name = (tag[3] or "").lower()
        if not name or name in _FLAT:
            continue
        open_ = tables[-1]
        strong = name in _STRONG
        if not tag[2]:
            if strong:
                open_.end("svg", True)  # a drawing cannot contain these elements
            elif tag[4].endswith("/") and "svg" in open_:
                continue
            open_.begin(name)
            if outside + len(open_.names) > MOST:
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


def xml_too_deep(text: bytes) -> bool:
    """Whether the elements of a feed are nested deeper than `MOST`. An end tag also ends the elements within."""
    if text.count(b"<") <= MOST:
        return False
    opened: list[bytes] = []
    counts: Counter[bytes] = Counter()
    for tag in _XML_TAG.finditer(text):
        name = tag[2]
        if name is None or tag[3]:
            continue
        if not tag[1]:
            opened.append(name)
            counts[name] += 1
            if len(opened) > MOST:
                return True
        elif counts[name]:
            ended = None
            while ended != name:
                ended = opened.pop()
                counts[ended] -= 1
    return False
