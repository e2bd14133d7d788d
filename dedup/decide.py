"""Prepared paragraphs -> verdicts: each is looked up, verified, and kept where it is novel, in feed order."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import Batch, decode
from dedup.facts import Text, TextPair, is_repeat
from dedup.index import find, has_room, insert, place_of, replace, touch
from dedup.jit import inline, kernel
from dedup.kept import LINE, foresee, most_shared, outline, remember, size_of
from dedup.life import begin, lives, pass_time, renew
from dedup.model import EMITTED, KINDS
from dedup.shingles import Sets
from dedup.verify import equal, least_shared, open_set, shared
from dedup.views import lend

NOVEL, EXACT, NEAR, CONTAINED, UPDATE = range(len(KINDS))
UNKNOWN = -2  # in place of the match that a paragraph repeats
MATCHES = 8  # weighed of a paragraph at most, so that a template with many variants costs a bounded time
_AHEAD = 2  # a paragraph's buckets are asked for while so many before it are still decided


class Verdicts(NamedTuple):
    """What was decided of a batch of n paragraphs.

    kinds: (n,) uint8, positions in `model.KINDS`. matches: (n,) int64, rows of kept paragraphs, -1 for none.
    jaccard, coverage: (n,) float64, nan where nothing matched.
    rows: (n,) int64, the row under which a novel paragraph was kept, -1 where it was not.
    blocks: (n,) int64, the block that a repeat is part of, 0 where it was not asked for or is none.
    links: (n, MATCHES) int64, rows of all that a paragraph repeats, or -1; (n, 0) where the rule does not ask for them.
    """

    kinds: NDArray[np.uint8]
    matches: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]
    rows: NDArray[np.int64]
    blocks: NDArray[np.int64]
    links: NDArray[np.int64]


def is_emitted(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which verdicts, by their `kinds`, (n,) uint8, say something new: (n,) bool."""
    return np.isin(kinds, [KINDS.index(kind) for kind in EMITTED])


class Prepared(NamedTuple):
    """A batch with everything computed that does not depend on what was seen before."""

    raw: Batch
    texts: Batch
    normalised: NDArray[np.bool_]
    canonical: Batch
    words: NDArray[np.int64]
    sets: Sets
    keys: NDArray[np.uint64]

    def text(self, i: int) -> str:
        """Paragraph i, as it came."""
        data, offsets = self.raw
        return decode(data[offsets[i] : offsets[i + 1]].tobytes())


class Rule(NamedTuple):
    """The settings that decide, as kernels see them.

    guarded: whether a match with changed facts, or more than `max_new_words` new words in a row, is no repeat.
    linked: whether all that a paragraph repeats is asked for; it is remembered then all the same.
    """

    threshold: float
    coverage: float
    min_words: int
    bucket_limit: int
    unit: int
    size: int
    guarded: bool
    max_new_words: int
    linked: bool


class Search(NamedTuple):
    """Working memory of the search for matches, and what it found of the last paragraph.

    ids: (bucket limit,) int64. candidates: (k,) int64, room for all that k keys can name.
    met: (power of two,) int64, candidates of a paragraph as (paragraph, candidate) in one number, or -1.
    crowded: (keys,) bool, whether the bucket limit of a key is reached.
    forgotten: (keys,) int64, an id under a key of what is no longer remembered, -1 for none.
    left_out: (paragraphs, keys) bool, the keys under which a kept paragraph does not stand, where somebody asks.
    outline: (8,) uint64, of the paragraph that is judged, see `kept.Columns`.
    rows, jaccard, coverage: (MATCHES,), the best matches, best first: highest Jaccard, then coverage, then earliest.
    """

    ids: NDArray[np.int64]
    candidates: NDArray[np.int64]
    met: NDArray[np.int64]
    crowded: NDArray[np.bool_]
    forgotten: NDArray[np.int64]
    left_out: NDArray[np.bool_]
    outline: NDArray[np.uint64]
    rows: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]


def search(keys: int, bucket_limit: int, told: int = 0) -> Search:
    """Working memory for a batch of paragraphs of so many keys; `told` is how many there are to be told of."""
    most = keys * bucket_limit
    return Search(
        np.empty(bucket_limit, np.int64),
        np.empty(most, np.int64),
        np.full(1 << max(6, (2 * most - 1).bit_length()), -1, np.int64),
        np.zeros(keys, np.bool_),
        np.full(keys, -1, np.int64),
        np.zeros((told, keys), np.bool_),
        np.empty(LINE, np.uint64),
        np.empty(MATCHES, np.int64),
        np.empty(MATCHES, np.float64),
        np.empty(MATCHES, np.float64),
    )


@inline
def look_ahead(i, keys, table):  # type: ignore[no-untyped-def]  # typed by numba
    """Ask for the buckets of a paragraph a little behind paragraph i."""
    if i + _AHEAD < len(keys):
        for key in range(keys.shape[1]):
            touch(table, keys[i + _AHEAD, key])


@inline
def _find(table, keys, i, band, kept, life, search):  # type: ignore[no-untyped-def]  # typed by numba
    """Write the kept paragraphs under a key of paragraph i to `search.ids`, as rows; how many."""
    found = find(table, keys[i, band], search.ids)
    if not life.forgets:
        search.crowded[band] = found == len(search.ids)
        return found
    living = 0
    search.forgotten[band] = -1
    for k in range(found):
        row = place_of(life.ids, kept.rows[0], search.ids[k])
        if row >= 0 and lives(life, row):
            search.ids[living] = row
            living += 1
        else:
            search.forgotten[band] = search.ids[k]
    search.crowded[band] = living == len(search.ids)
    return living


@inline
def _gather(i, keys, table, kept, life, search):  # type: ignore[no-untyped-def]  # typed by numba
    """Write each kept paragraph that shares a band key with paragraph i to `search.candidates` once; how many."""
    count = 0
    met = search.met
    for band in range(1, keys.shape[1]):
        for k in range(_find(table, keys, i, band, kept, life, search)):
            # The rows of kept paragraphs are below 2**31, as the slots of the index have it.
            id_ = search.ids[k]
            pair = np.int64(i) << 32 | id_
            place = id_ & (len(met) - 1)
            while met[place] != -1 and met[place] >> 32 == i and met[place] != pair:
                place = (place + 1) & (len(met) - 1)
            if met[place] != pair:
                met[place] = pair
                foresee(kept, id_)
                search.candidates[count] = id_
                count += 1
    return count


@inline
def _rank(row, jaccard, coverage, count, search):  # type: ignore[no-untyped-def]  # typed by numba
    """Put a match where it belongs among the `count` best so far; how many there are then."""
    place = count
    while place > 0:
        before = place - 1
        if jaccard < search.jaccard[before]:
            break
        if jaccard == search.jaccard[before]:
            if coverage < search.coverage[before]:
                break
            if coverage == search.coverage[before] and row > search.rows[before]:
                break
        if place < MATCHES:
            search.rows[place] = search.rows[before]
            search.jaccard[place] = search.jaccard[before]
            search.coverage[place] = search.coverage[before]
        place = before
    if place < MATCHES:
        search.rows[place] = row
        search.jaccard[place] = jaccard
        search.coverage[place] = coverage
    return min(count + 1, MATCHES)


@inline
def _verify(i, count, batch, mine, rule, kept, letters, work, search):  # type: ignore[no-untyped-def]  # typed by numba
    """Rank the matches among `count` candidates of paragraph i; how many, at most MATCHES."""
    first = batch.sets.offsets[i]
    last = batch.sets.offsets[i + 1]
    size = last - first
    matches = 0
    opened = False
    for c in range(count):
        other = search.candidates[c]
        their_size = size_of(kept.outlines[other])
        most = most_shared(mine, kept.outlines[other])
        if most / size < rule.coverage and most / (size + their_size - most) < rule.threshold:
            continue
        if not opened:
            open_set(batch.sets.hashes, first, last, work)
            opened = True
        least = least_shared(size, their_size, rule.threshold, rule.coverage)
        both = shared(
            batch.canonical.data, batch.sets, first, last, other, least, kept, letters, rule.unit, rule.size, work
        )
        jaccard = both / (size + their_size - both)
        coverage = both / size
        if jaccard >= rule.threshold or coverage >= rule.coverage:
            matches = _rank(other, jaccard, coverage, matches, search)
    return matches


@kernel
def settle(start, repeated, batch, rule, table, kept, life, when, letters, work, search, verdicts):  # type: ignore[no-untyped-def]  # typed by numba
    """Decide paragraphs from `start` on, in order. Returns (the number decided, matches of the next one).

    It returns before the end if the index must grow (no matches), or if the caller must compare facts: then the matches
    are in `search`, and the caller gives back, as `repeated`, the first of them that is repeated, or -1 for none.
    `repeated` is UNKNOWN where there is nothing to give back.
    """
    batch, table, kept, life, when = lend(batch), lend(table), lend(kept), lend(life), lend(when)
    work, search, verdicts = lend(work), lend(search), lend(verdicts)
    mine, keys, n = search.outline, batch.keys, len(batch.words)
    data = batch.canonical.data
    for i in range(start, n):
        look_ahead(i, keys, table)
        if life.forgets:
            pass_time(life, when.horizons[i])
        words = batch.words[i]
        if words == 0:
            continue
        if not has_room(table, keys[i]):
            return i, 0
        first = batch.sets.offsets[i]
        last = batch.sets.offsets[i + 1]
        outline(batch.sets.hashes, first, last, mine)
        is_matched = repeated != UNKNOWN
        best = repeated
        repeated = UNKNOWN
        if not is_matched:
            twin = np.int64(-1)
            for k in range(_find(table, keys, i, 0, kept, life, search)):
                other = search.ids[k]
                if equal(data, batch.canonical.offsets[i], batch.canonical.offsets[i + 1], other, kept, letters, work):
                    twin = other
                    break
            if twin >= 0:
                decide(verdicts, i, EXACT, twin, 1.0, 1.0)
                if life.refresh:
                    renew(life, twin, when.times[i])
                continue
            if words >= rule.min_words:
                count = _gather(i, keys, table, kept, life, search)
                matches = _verify(i, count, batch, mine, rule, kept, letters, work, search)
                if matches > 0:
                    if rule.guarded or rule.linked:
                        return i, matches
                    is_matched = True
                    best = 0
        if is_matched:
            repeats = best >= 0
            best = max(best, 0)
            kind = UPDATE if not repeats else NEAR if search.jaccard[best] >= rule.threshold else CONTAINED
            decide(verdicts, i, kind, search.rows[best], search.jaccard[best], search.coverage[best])
            if repeats and life.refresh:
                renew(life, search.rows[best], when.times[i])
            if repeats and not rule.linked:
                continue
        row = remember(i, batch, mine, kept)
        verdicts.rows[i] = row
        id_ = begin(life, row, when.times[i]) if life.forgets else row
        for key in range(keys.shape[1] if words >= rule.min_words else 1):
            if life.forgets and search.forgotten[key] >= 0:
                replace(table, keys[i, key], search.forgotten[key], id_)
            elif key == 0 or not search.crowded[key]:
                insert(table, keys[i, key], id_)
            elif len(search.left_out) > 0:
                search.left_out[i, key] = True
    return n, 0


def first_repeat(text: str, stored: Iterable[str], rule: Rule, search: Search, links: NDArray[np.int64]) -> int:
    """The first of the matches in `search`, whose texts are `stored`, that a text repeats; -1 for none.

    Where the rule asks for all, the rows of each are written to `links`.
    """
    new = Text(text)
    first = -1
    for place, old in enumerate(stored):
        if rule.guarded and not is_repeat(TextPair(Text(old), new), rule.max_new_words):
            continue
        first = place if first < 0 else first
        if not rule.linked:
            break
        links[place] = search.rows[place]
    return first


@inline
def decide(verdicts, i, kind, match, jaccard, coverage):  # type: ignore[no-untyped-def]  # typed by numba
    """Write what was decided of paragraph i."""
    verdicts.kinds[i] = kind
    verdicts.matches[i] = match
    verdicts.jaccard[i] = jaccard
    verdicts.coverage[i] = coverage
