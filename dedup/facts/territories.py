"""Words of a text -> the territories that are named in them."""

from dedup.facts.cut import COUNT
from dedup.facts.lexicon import KEY, MARKS, NAMES, SINGLE
from dedup.jit import part

_PARTS = 4  # words of the longest name of a territory that is looked for
_SINGLES = 8  # likewise where each is a character


@part
def name_at(desk, text, at, width):  # type: ignore[no-untyped-def]  # typed by numba
    """(territory, words) of the longest name that begins at a word and has up to `width` words; (-1, 1) for none."""
    names, more = desk.keys[text.words[at, KEY], NAMES], desk.more
    if names >= 0:
        row = names + 1
        for _ in range(more[names]):
            size = more[row + 1]
            if size <= width and at + size <= text.head[COUNT]:
                k = 1
                while k < size and text.words[at + k, KEY] == more[row + 2 + k]:
                    k += 1
                if k == size:
                    return more[row], size
            row += 2 + size
    return -1, 1


@part
def territories(desk, text, first, last, column):  # type: ignore[no-untyped-def]  # typed by numba
    """Note the territories named in a way that touches words `first` to `last`; how many.

    In three columns of the sheet: which, where its name begins, how many words it has. One that is named again stays
    where it was noted, with the later name.
    """
    sheet = desk.sheet
    width = reach(desk, text, first)
    found = 0
    at = max(0, first - width + 1)
    while at < last:
        which, size = name_at(desk, text, at, width)
        if which >= 0 and at + size > first:
            row = 0
            while row < found and sheet[row, column] != which:
                row += 1
            found = max(found, row + 1)
            sheet[row, column] = which
            sheet[row, column + 1] = at
            sheet[row, column + 2] = size
        at += size
    return found


@part
def any_territory(desk, text, first, last):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a territory is named in a way that touches words `first` to `last`."""
    width = reach(desk, text, first)
    at = max(0, first - width + 1)
    while at < last:
        which, size = name_at(desk, text, at, width)
        if which >= 0 and at + size > first:
            return True
        at += size
    return False


@part
def reach(desk, text, first):  # type: ignore[no-untyped-def]  # typed by numba
    """How many words a name has at most."""
    single = first < text.head[COUNT] and desk.keys[text.words[first, KEY], MARKS] & SINGLE != 0
    return _SINGLES if single else _PARTS
