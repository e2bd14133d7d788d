"""Loads stored paragraphs into memory, in their order and without judging them again."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.jit import inline, kernel
from dedup.errors import StateError
from dedup.filter.batch import MatchSettings, SketchedBatch, workspace
from dedup.filter.matcher import is_raw_equal, prefetch_buckets
from dedup.filter.similarity import equal, similarity_workspace
from dedup.sketch.char_classes import CharTable
from dedup.store.clock import record_keys
from dedup.store.hash_index import HashIndex, find, has_room, insert, replace
from dedup.store.paragraph_store import ParagraphStore, fill_bitmap, store_paragraph
from dedup.store.retention import Retention, restore_row
from dedup.store.state_codec import StatePage


@kernel
def restore(start, batch, rule, table, store, retention, page, not_indexed, known, char_table, work, memory):
    """Store the paragraphs of a sketched page from `start` on while the index has room. Returns the next place.

    `not_indexed`, (n, keys) bool, says under which keys a paragraph is not indexed. If that is not `known`, this
    function writes it.
    """
    n = len(batch.words)
    keys = batch.keys
    line = memory.bitmap
    for i in range(start, n):
        prefetch_buckets(i, keys, table)
        if not has_room(table, keys[i]):
            return i
        first, last = batch.sets.offsets[i], batch.sets.offsets[i + 1]
        fill_bitmap(batch.sets.hashes, first, last, line)
        row = store_paragraph(i, batch, line, store)
        id_, exact_match = np.int64(row), np.int64(-1)
        if retention.forgets:
            id_ = restore_row(
                retention, row, page.numbers[i], page.ticks[i], page.times[i], page.clocks[i], page.records[i]
            )
            exact_match = _equal_text(i, batch, table, store, char_table, work, memory)
            if exact_match >= 0:  # of two equal texts, the later one is indexed
                replace(table, keys[i, 0], exact_match, id_)
        for key in range(keys.shape[1] if batch.words[i] >= max(rule.min_words, 1) else 1):
            if key == 0 and exact_match >= 0:
                continue
            if not known and key > 0:
                not_indexed[i, key] = find(table, keys[i, key], memory.ids) == len(memory.ids)
            if not not_indexed[i, key]:
                insert(table, keys[i, key], id_)
    return n


@inline
def _equal_text(i, batch, table, store, char_table, work, memory):
    """The id of the loaded paragraph with the same canonical text and signs as paragraph i, -1 for none."""
    start, end = batch.canonical.offsets[i], batch.canonical.offsets[i + 1]
    for k in range(find(table, batch.keys[i, 0], memory.ids)):
        other = memory.ids[k]
        if batch.words[i] == 0:
            is_equal = is_raw_equal(i, batch, other, store)
        else:
            is_equal = equal(batch.canonical.data, start, end, batch.signs[i], other, store, char_table, work)
        if is_equal:
            return other
    return np.int64(-1)


class _Columns(NamedTuple):
    """The columns of a page besides its texts, (n,) each."""

    numbers: NDArray[np.int64]
    ticks: NDArray[np.int64]
    times: NDArray[np.float64]
    clocks: NDArray[np.float64]
    records: NDArray[np.uint64]


def enter_page(
    page: StatePage,
    batch: SketchedBatch,
    rule: MatchSettings,
    index: HashIndex,
    store: ParagraphStore,
    retention: Retention,
    char_table: CharTable,
    longest: int,
    known: bool,
) -> StatePage:
    """Store a page, for which there must be room. Returns the page with its index entries in `not_indexed`.

    Args:
        page: The page.
        batch: Its sketched texts.
        rule: The settings of the match.
        index: The index.
        store: The paragraph store.
        retention: When its paragraphs expire.
        char_table: The classes of characters.
        longest: Bytes of the longest text.
        known: Whether the page already says which of its keys are not indexed.

    Raises:
        StateError: The page was written for another number of keys.
    """
    n, keys = batch.keys.shape
    not_indexed = page.not_indexed if known and page.not_indexed.shape[1] else np.zeros((n, keys), np.bool_)
    if not_indexed.shape[1] != keys:
        raise StateError(f"a page has {not_indexed.shape[1]} keys per paragraph instead of {keys}: the file is damaged")
    memory = workspace(keys, rule.bucket_limit)
    work = similarity_workspace(0, 0, longest)
    columns = _Columns(page.numbers, page.ticks, page.times, page.clocks, record_keys(page.labels, n))
    batch = batch.with_labels(page.labels)
    done = 0
    while done < n:
        done = restore(
            done, batch, rule, index.table, store.columns, retention.columns, columns, not_indexed, known, char_table,
            work, memory,
        )  # fmt: skip
        if done < n:
            index.grow()
    return page._replace(not_indexed=not_indexed)


def sketched_pages(
    page_loaders: Iterator[Callable[[], StatePage | None]], sketch: Callable[[list[bytes]], SketchedBatch]
) -> Iterator[tuple[StatePage, SketchedBatch]]:
    """Load pages and sketch their texts, in as many threads as there are processors, in order."""
    from concurrent.futures import ThreadPoolExecutor  # late, for the sake of the start

    def work(make: Callable[[], StatePage | None]) -> tuple[StatePage, SketchedBatch] | None:
        page = make()
        return None if page is None else (page, sketch(texts(page)))

    jobs = os.cpu_count() or 1
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(work, make) for make in islice(page_loaders, 2 * jobs)]
        while waiting:
            made = waiting.pop(0).result()
            waiting += [pool.submit(work, make) for make in islice(page_loaders, 1)]
            if made is not None:
                yield made


def loaded(pages: Iterable[StatePage]) -> Iterator[Callable[[], StatePage | None]]:
    """Loaders for pages that are already in memory."""
    return (partial(lambda page: page, page) for page in pages)


def texts(page: StatePage) -> list[bytes]:
    """The texts of a page as a list."""
    data, offsets = page.texts.data.tobytes(), page.texts.offsets.tolist()
    return [data[start:end] for start, end in pairwise(offsets)]
