"""Prepared paragraphs -> verdicts: each is looked up, verified, and kept where it is novel, in feed order."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from dedup._kernels.jit import inline, kernel, part
from dedup.facts import Text, TextPair, is_repeat
from dedup.filter.similarity import equal, least_shared, open_set, shared
from dedup.model.types import EMITTED, KINDS, Labels
from dedup.model.utf8 import decode
from dedup.sketch.normalize import Batch
from dedup.sketch.shingles import Sets, same
from dedup.store.clock import record_key
from dedup.store.dropped_texts import find_dropped, note_dropped, repeated_row
from dedup.store.hash_index import find, has_room, insert, place_of, replace, touch
from dedup.store.paragraph_store import LINE, foresee, most_shared, outline, remember, size_of
from dedup.store.retention import begin, lives, pass_time, renew

NOVEL, EXACT, NEAR, CONTAINED, UPDATE = range(len(KINDS))
# In place of the match that a paragraph repeats: none; nothing was asked; it does not repeat what its text once did.
NONE, UNKNOWN, NOT_AGAIN = -1, -2, -3
_IS_EMITTED = np.array([kind in EMITTED for kind in KINDS])
MATCHES = 8  # weighed of a paragraph at most, so that a template with many variants costs a bounded time
_WHOLE, _ONE = np.int64(0), np.int64(1)  # the column of the key of a whole text; one candidate
_AHEAD = 2  # a paragraph's buckets are asked for while so many before it are still decided


class Verdicts(NamedTuple):
    """What was decided of a batch of n paragraphs.

    kinds: (n,) uint8, positions in `model.KINDS`. matches: (n,) int64, rows of kept paragraphs, -1 for none.
    jaccard, coverage: (n,) float64, nan where nothing matched.
    rows: (n,) int64, the row under which a novel paragraph was kept, -1 where it was not.
    blocks: (n,) int64, the block that a repeat is part of, 0 where it was not asked for or is none.
    links: (n, MATCHES) int64, rows of all that a paragraph repeats, or -1; (n, 0) where the rule does not ask for them.
    renewed: (n,) bool, whether the match was refreshed.
    noted: (n, 2) bool, whether entries were made in the table of dropped texts: for the text, for the record.
    superseded: (n,) uint64, the key of the record whose equal but expired text the paragraph takes the place of, or 0.
    """

    kinds: NDArray[np.uint8]
    matches: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]
    rows: NDArray[np.int64]
    blocks: NDArray[np.int64]
    links: NDArray[np.int64]
    renewed: NDArray[np.bool_]
    noted: NDArray[np.bool_]
    superseded: NDArray[np.uint64]

    @classmethod
    def empty(cls, n: int, links: int) -> Self:
        """Room for the verdicts of n paragraphs, with `links` rows each; nothing is decided yet."""
        return cls(
            np.zeros(n, np.uint8),
            np.full(n, -1, np.int64),
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.full(n, -1, np.int64),
            np.zeros(n, np.int64),
            np.full((n, links), -1, np.int64),
            np.zeros(n, np.bool_),
            np.zeros((n, 2), np.bool_),
            np.zeros(n, np.uint64),
        )

    def part(self, some: slice) -> "Verdicts":
        """The verdicts of a slice, in the same memory."""
        columns: Iterator[NDArray[Any]] = (column[some] for column in self)
        return Verdicts(*columns)


def is_emitted(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which verdicts, by their `kinds`, (n,) uint8, say something new: (n,) bool."""
    return _IS_EMITTED[kinds]


class Prepared(NamedTuple):
    """A batch with everything computed that does not depend on what was seen before.

    signs: (n,) uint64, as `signs.signs` gives them. longest: bytes of the longest text. largest_set: shingles of the
    largest set. labelled: whether texts without a word have keys of their records.
    """

    raw: Batch
    texts: Batch
    normalised: NDArray[np.bool_]
    canonical: Batch
    words: NDArray[np.int64]
    signs: NDArray[np.uint64]
    sets: Sets
    keys: NDArray[np.uint64]

    longest: int
    largest_set: int
    labelled: bool = False

    def text(self, i: int) -> str:
        """Paragraph i, as it came."""
        data, offsets = self.raw
        return decode(data[offsets[i] : offsets[i + 1]].tobytes())

    def with_labels(self, labels: Labels | None) -> "Prepared":
        """The batch with a key for each wordless text that only the same text of its record has; 0 for no record."""
        wordless = np.flatnonzero(self.words == 0)
        if labels is None or not len(wordless):
            return self
        keys = self.keys.copy()
        data, offsets = self.raw
        for i in wordless.tolist():
            record = record_key(labels.ids[i])
            text = data[offsets[i] : offsets[i + 1]].tobytes()
            keys[i, 0] = xxh3_64_intdigest(text, seed=record) if record else 0
        return self._replace(keys=keys, labelled=True)

    def part(self, some: slice) -> "Prepared":
        """The paragraphs of a slice with a start and a stop as a batch of their own, in the same memory."""
        ends = slice(some.start, some.stop + 1)
        return self._replace(
            raw=self.raw._replace(offsets=self.raw.offsets[ends]),
            texts=self.texts._replace(offsets=self.texts.offsets[ends]),
            normalised=self.normalised[some],
            canonical=self.canonical._replace(offsets=self.canonical.offsets[ends]),
            words=self.words[some],
            signs=self.signs[some],
            sets=self.sets._replace(offsets=self.sets.offsets[ends]),
            keys=self.keys[some],
        )


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
    expired: (1,) int64, the row of an equal text that is too old for the paragraph, -1 for none.
    left_out: (paragraphs, keys) bool, the keys under which a kept paragraph does not stand, where somebody asks.
    outline: (8,) uint64, of the paragraph that is judged, see `kept.Columns`.
    rows, jaccard, coverage: (MATCHES,), the best matches, best first: highest Jaccard, then coverage, then earliest.
    """

    ids: NDArray[np.int64]
    candidates: NDArray[np.int64]
    met: NDArray[np.int64]
    crowded: NDArray[np.bool_]
    forgotten: NDArray[np.int64]
    expired: NDArray[np.int64]
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
        np.full(1, -1, np.int64),
        np.zeros((told, keys), np.bool_),
        np.empty(LINE, np.uint64),
        np.empty(MATCHES, np.int64),
        np.empty(MATCHES, np.float64),
        np.empty(MATCHES, np.float64),
    )


@inline
def look_ahead(i, keys, table):
    """Ask for the buckets of a paragraph a little behind paragraph i."""
    if i + _AHEAD < len(keys):
        for key in range(keys.shape[1]):
            touch(table, keys[i + _AHEAD, key])


@inline
def _find(table, keys, i, band, kept, life, search):
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
def _is_visible(life, row, cutoff):
    """Whether a remembered row is young enough to be repeated by a paragraph with this cutoff."""
    return not life.forgets or life.times[row] >= cutoff


@inline
def _gather(i, keys, table, kept, life, cutoff, search):
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
                if _is_visible(life, id_, cutoff):
                    foresee(kept, id_)
                    search.candidates[count] = id_
                    count += 1
    return count


@inline
def _rank(row, jaccard, coverage, count, search):
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


@part
def _verify(i, count, batch, mine, rule, kept, letters, work, search):
    """Rank the matches among `count` candidates of paragraph i; how many, at most MATCHES."""
    first = batch.sets.offsets[i]
    last = batch.sets.offsets[i + 1]
    size = last - first
    matches = np.int64(0)
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


@inline
def is_raw_equal(i, batch, row, kept):
    """Whether a stored text is that of paragraph i, byte for byte."""
    start = kept.starts[row]
    end = start + kept.lengths[row]
    return same(batch.raw.data, batch.raw.offsets[i], batch.raw.offsets[i + 1], kept.data, start, end)


@inline
def _is_same_record(i, row, when, kept, life, dropped, key):
    """Whether the record of paragraph i had this text before: when `row` was stored, or when it was dropped."""
    record = when.records[i]
    if record == 0:
        return False
    if life.records[row] == record:
        return True
    slot = find_dropped(dropped, key ^ record)
    return repeated_row(dropped, slot, kept.rows[0], life, when.horizons[i], when.early[i], when.tick + i) >= 0


@part
def _can_repeat(i, row, when, kept, life, dropped, key):
    """Whether paragraph i, whose text is or was that of a repeat of `row`, can repeat it again."""
    if not life.forgets or life.times[row] >= when.cutoffs[i]:
        return True
    return when.timeless[i] and _is_same_record(i, row, when, kept, life, dropped, key)


@part
def _refresh(i, row, when, kept, life, dropped, verdicts, key):
    """Refresh the row that paragraph i repeats, if every repeat does so or if its record is still there."""
    is_same = _is_same_record(i, row, when, kept, life, dropped, key)
    record, tick = when.records[i], when.tick + i
    if record != 0 and life.records[row] != record:
        note_dropped(dropped, key ^ record, life.numbers[row], when.clocks[i], tick)
        verdicts.noted[i, 1] = True
    if is_same or life.refresh:
        renew(life, row, when.times[i], when.clocks[i], tick)
        verdicts.renewed[i] = True


@kernel
def settle(start, stop, repeated, batch, rule, table, kept, life, when, dropped, letters, work, search, verdicts):
    """Decide paragraphs `start` to `stop` in order. Returns (the number decided, matches of the next one).

    It returns earlier if the index must grow (no matches), or if the caller must compare facts: then the matches are in
    `search`, and the caller gives back, as `repeated`, the first of them that is repeated, or NONE. A negative number
    of matches is the one that the same text repeated before, for which NOT_AGAIN takes the place of NONE. `repeated` is
    UNKNOWN where there is nothing to give back.
    """
    mine, keys = search.outline, batch.keys
    data = batch.canonical.data
    clock = horizon = cutoff = 0.0
    early = np.int64(0)
    for i in range(start, stop):
        look_ahead(i, keys, table)
        tick = when.tick + i
        if life.forgets:
            clock, horizon, cutoff, early = when.clocks[i], when.horizons[i], when.cutoffs[i], when.early[i]
            pass_time(life, horizon, early, tick)
        words = batch.words[i]
        if words == 0 and (not batch.labelled or keys[i, 0] == 0):
            continue
        if not has_room(table, keys[i]):
            return i, 0
        key = keys[i, 0]
        first = batch.sets.offsets[i]
        last = batch.sets.offsets[i + 1]
        outline(batch.sets.hashes, first, last, mine)
        best = repeated
        is_matched = best >= NONE
        if repeated == UNKNOWN:
            twin = np.int64(-1)
            search.expired[0] = -1
            begin_, end_ = batch.canonical.offsets[i], batch.canonical.offsets[i + 1]
            for k in range(_find(table, keys, i, _WHOLE, kept, life, search)):
                other = search.ids[k]
                if words == 0:
                    is_equal = is_raw_equal(i, batch, other, kept)
                else:
                    is_equal = equal(data, begin_, end_, batch.signs[i], other, kept, letters, work)
                if is_equal:
                    if _can_repeat(i, other, when, kept, life, dropped, key):
                        twin = other
                        break
                    search.expired[0] = other
            if twin >= 0:
                decide(verdicts, i, np.int64(EXACT), twin, 1.0, 1.0)
                if life.forgets:
                    _refresh(i, twin, when, kept, life, dropped, verdicts, key)
                continue
        is_compared = words >= max(rule.min_words, 1)  # a shorter text only repeats an equal one
        if not is_matched and is_compared:
            matches = np.int64(0)
            if repeated == NOT_AGAIN:
                for shingle in range(first, last):  # or what was shared with that match would not be counted again
                    work.seen[shingle] = -1
            elif not rule.linked:
                row = repeated_row(dropped, find_dropped(dropped, key), kept.rows[0], life, horizon, early, tick)
                if row >= 0 and _can_repeat(i, row, when, kept, life, dropped, key):
                    search.candidates[0] = row
                    matches = -_verify(i, _ONE, batch, mine, rule, kept, letters, work, search)
            if matches == 0:
                count = _gather(i, keys, table, kept, life, cutoff, search)
                matches = _verify(i, count, batch, mine, rule, kept, letters, work, search)
            if matches != 0:
                if rule.guarded or rule.linked:
                    return i, matches
                is_matched = True
                best = np.int64(0)
        repeated = UNKNOWN
        if is_matched:
            repeats = best >= 0
            best = max(best, 0)
            kind = UPDATE if not repeats else NEAR if search.jaccard[best] >= rule.threshold else CONTAINED
            match = search.rows[best]
            decide(verdicts, i, kind, match, search.jaccard[best], search.coverage[best])
            if repeats and not rule.linked:
                number = life.numbers[match] if life.forgets else match
                note_dropped(dropped, key, number, clock, tick)
                verdicts.noted[i, 0] = True
                if life.forgets:
                    _refresh(i, match, when, kept, life, dropped, verdicts, key)
                continue
        row = remember(i, batch, mine, kept)
        verdicts.rows[i] = row
        id_ = begin(life, row, when.times[i], clock, tick, when.records[i]) if life.forgets else row
        for k in range(keys.shape[1] if is_compared else 1):
            if k == 0 and search.expired[0] >= 0:  # the later one of two equal texts is the one to find
                replace(table, key, np.int64(life.ids[search.expired[0]]), id_)
                record = life.records[search.expired[0]]
                if record != 0 and record != when.records[i]:
                    note_dropped(dropped, key ^ record, life.numbers[row], clock, tick)
                    verdicts.superseded[i] = record
            elif life.forgets and search.forgotten[k] >= 0:
                replace(table, keys[i, k], search.forgotten[k], id_)
            elif k == 0 or not search.crowded[k]:
                insert(table, keys[i, k], id_)
            elif len(search.left_out) > 0:
                search.left_out[i, k] = True
    return stop, 0


def first_repeat(text: str, stored: Iterable[str], rule: Rule, search: Search, links: NDArray[np.int64]) -> int:
    """The first of the matches in `search`, whose texts are `stored`, that a text repeats; NONE where it repeats none.

    Where the rule asks for all, the rows of each are written to `links`.
    """
    new = Text(text)
    first = NONE
    for place, old in enumerate(stored):
        if rule.guarded and not is_repeat(TextPair(Text(old), new), rule.max_new_words):
            continue
        first = place if first == NONE else first
        if not rule.linked:
            break
        links[place] = search.rows[place]
    return first


@inline
def decide(verdicts, i, kind, match, jaccard, coverage):
    """Write what was decided of paragraph i."""
    verdicts.kinds[i] = kind
    verdicts.matches[i] = match
    verdicts.jaccard[i] = jaccard
    verdicts.coverage[i] = coverage
