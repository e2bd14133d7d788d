"""Paragraphs that were kept before -> the memory, as it was: without a judgement, and in their order."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import inline, kernel
from dedup.errors import StateError
from dedup.filter.matcher import Prepared, Rule, is_raw_equal, look_ahead, search
from dedup.filter.similarity import equal, scratch
from dedup.sketch.char_classes import Letters
from dedup.store.clock import record_keys
from dedup.store.hash_index import Index, find, has_room, insert, replace
from dedup.store.paragraph_store import Kept, outline, remember
from dedup.store.retention import Lives, enter
from dedup.store.state_codec import Page


@kernel
def restore(start, batch, rule, table, kept, life, page, left_out, known, letters, work, memory):
    """Keep the paragraphs of a prepared page from `start` on while the index has room; how far.

    `left_out`, (n, keys) bool, says under which keys a paragraph does not stand; where that is not `known`, it is
    written there.
    """
    n = len(batch.words)
    keys = batch.keys
    line = memory.outline
    for i in range(start, n):
        look_ahead(i, keys, table)
        if not has_room(table, keys[i]):
            return i
        first, last = batch.sets.offsets[i], batch.sets.offsets[i + 1]
        outline(batch.sets.hashes, first, last, line)
        row = remember(i, batch, line, kept)
        id_, twin = np.int64(row), np.int64(-1)
        if life.forgets:
            id_ = enter(life, row, page.numbers[i], page.ticks[i], page.times[i], page.clocks[i], page.records[i])
            twin = _equal_text(i, batch, table, kept, letters, work, memory)
            if twin >= 0:  # the later one of two equal texts is the one to find
                replace(table, keys[i, 0], twin, id_)
        for key in range(keys.shape[1] if batch.words[i] >= max(rule.min_words, 1) else 1):
            if key == 0 and twin >= 0:
                continue
            if not known and key > 0:
                left_out[i, key] = find(table, keys[i, key], memory.ids) == len(memory.ids)
            if not left_out[i, key]:
                insert(table, keys[i, key], id_)
    return n


@inline
def _equal_text(i, batch, table, kept, letters, work, memory):
    """The id of the restored paragraph with the same canonical text and signs as paragraph i, -1 for none."""
    start, end = batch.canonical.offsets[i], batch.canonical.offsets[i + 1]
    for k in range(find(table, batch.keys[i, 0], memory.ids)):
        other = memory.ids[k]
        if batch.words[i] == 0:
            is_equal = is_raw_equal(i, batch, other, kept)
        else:
            is_equal = equal(batch.canonical.data, start, end, batch.signs[i], other, kept, letters, work)
        if is_equal:
            return other
    return np.int64(-1)


class _Columns(NamedTuple):
    """What kernels need of a page besides its texts; (n,) each."""

    numbers: NDArray[np.int64]
    ticks: NDArray[np.int64]
    times: NDArray[np.float64]
    clocks: NDArray[np.float64]
    records: NDArray[np.uint64]


def enter_page(
    page: Page,
    batch: Prepared,
    rule: Rule,
    index: Index,
    kept: Kept,
    lives: Lives,
    letters: Letters,
    longest: int,
    known: bool,
) -> Page:
    """Keep a page, for which `kept` and `lives` have room; the page with the places that it has in the index.

    `known` says that the page knows them. Raises StateError where it knows those of another index.
    """
    n, keys = batch.keys.shape
    left_out = page.left_out if known and page.left_out.shape[1] else np.zeros((n, keys), np.bool_)
    if left_out.shape[1] != keys:
        raise StateError(f"a page is of {left_out.shape[1]} keys and not of {keys}: the file is damaged")
    memory = search(keys, rule.bucket_limit)
    work = scratch(0, 0, longest)
    columns = _Columns(page.numbers, page.ticks, page.times, page.clocks, record_keys(page.labels, n))
    batch = batch.with_labels(page.labels)
    done = 0
    while done < n:
        done = restore(
            done, batch, rule, index.table, kept.columns, lives.columns, columns, left_out, known, letters, work,
            memory,
        )  # fmt: skip
        if done < n:
            index.grow()
    return page._replace(left_out=left_out)


def prepared(
    makers: Iterator[Callable[[], Page | None]], prepare: Callable[[list[bytes]], Prepared]
) -> Iterator[tuple[Page, Prepared]]:
    """Each page that is made with what there is to know of its texts, by as many threads as there are processors."""
    from concurrent.futures import ThreadPoolExecutor  # late, for the sake of the start

    def work(make: Callable[[], Page | None]) -> tuple[Page, Prepared] | None:
        page = make()
        return None if page is None else (page, prepare(texts(page)))

    jobs = os.cpu_count() or 1
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(work, make) for make in islice(makers, 2 * jobs)]
        while waiting:
            made = waiting.pop(0).result()
            waiting += [pool.submit(work, make) for make in islice(makers, 1)]
            if made is not None:
                yield made


def ready(pages: Iterable[Page]) -> Iterator[Callable[[], Page | None]]:
    """What makes pages that are there already."""
    return (partial(lambda page: page, page) for page in pages)


def texts(page: Page) -> list[bytes]:
    """The texts of a page one by one."""
    data, offsets = page.texts.data.tobytes(), page.texts.offsets.tolist()
    return [data[start:end] for start, end in pairwise(offsets)]
