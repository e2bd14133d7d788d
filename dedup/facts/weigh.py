"""Two texts -> what changed from one to the other, and whether news was added."""

import numpy as np

from dedup.facts.align import align, forget, note
from dedup.facts.changes import changes
from dedup.facts.cut import read
from dedup.facts.desk import desk
from dedup.facts.news import is_news
from dedup.facts.statement import is_other
from dedup.jit import kernel, part
from dedup.views import lend


@part
def weigh_pair(desk, most, whole):  # type: ignore[no-untyped-def]  # typed by numba
    """(runs of difference, changed facts, whether news was added) of the texts on a desk.

    They repeat each other where the last two are 0 and False. Where not `whole`, the first difference ends the search.
    Texts whose difference is too long to be told in words are said to add news, and have -1 runs.
    """
    desk.found[0] = 1
    runs = align(desk)
    if runs <= 0:
        return runs, 0, runs < 0
    novel = note(desk, runs)
    changed = changes(desk, runs, not whole)
    added = False
    if whole or changed == 0:
        added = is_news(desk, runs, novel, most) or is_other(desk, runs)
    return runs, changed, added


@kernel
def weigh_two(old, new, most, columns, room):  # type: ignore[no-untyped-def]  # typed by numba
    """Weigh two texts, uint8, in whole: (pieces to be learned first, runs of difference, whether news was added)."""
    columns, room = lend(columns), lend(room)
    table = lend(desk(old, new, columns, room))
    missing = read(table.new, 0, len(new), 1, columns, room, 0)
    missing = read(table.old, 0, len(old), 0, columns, room, missing)
    if missing > 0:
        return missing, 0, False
    runs, _, added = weigh_pair(table, most, True)
    return 0, runs, added


@part
def weigh(data, start, end, kept, rows, first, last, most, columns, room):  # type: ignore[no-untyped-def]  # typed by numba
    """The first of the kept paragraphs `rows[first:last]` that `data[start:end]` repeats: (its place, pieces to learn).

    The place is -1 for none. Where there are pieces to learn, they are in `room.unknown`, and nothing is decided yet.
    """
    table = lend(desk(kept.data, data, columns, room))
    missing = read(table.new, start, end, 1, columns, room, 0)
    for k in range(first, last):
        begin = kept.starts[rows[k]]
        stop = begin + np.int64(kept.lengths[rows[k]])
        missing = read(table.old, begin, stop, 0, columns, room, missing)
        if missing > 0:
            continue  # one more round, when all of them are known
        _, changed, added = weigh_pair(table, most, False)
        if changed == 0 and not added:
            return k, missing
        forget(table)
    return np.int64(-1), missing
