"""Matches sketched paragraphs in feed order: finds candidates in the index, verifies them, and stores what is new.

`match_batch` decides whether a paragraph is exact, near, contained or novel. If the rule detects updates, it stops at
each match, and the caller compares the facts of both texts: a match that changes a fact or adds news is an update.
"""

import numpy as np

from dedup._kernels.jit import inline, kernel, part
from dedup.filter.batch import CONTAINED, EXACT, MATCHES, NEAR
from dedup.filter.similarity import build_probe_table, count_overlap, equal, min_overlap
from dedup.sketch.shingles import same
from dedup.store.dropped_texts import find_dropped, note_dropped, repeated_row
from dedup.store.hash_index import bisect_ids, find, has_room, insert, prefetch_bucket, replace
from dedup.store.paragraph_store import (
    fill_bitmap,
    overlap_upper_bound,
    prefetch_bitmap,
    size_of,
    store_paragraph,
)
from dedup.store.retention import admit, expire_before, is_live, refresh

# Instead of a kind of decision: facts were not compared yet; they differ from those of the match that the same text
# repeated before.
UNKNOWN, NOT_AGAIN = -1, -2
_WHOLE, _ONE = np.int64(0), np.int64(1)  # the column of the key of a whole text; one candidate
_AHEAD = 2  # paragraphs: how early buckets are prefetched


@inline
def prefetch_buckets(i, keys, table):
    """Prefetch the buckets of the paragraph `_AHEAD` places after paragraph i."""
    if i + _AHEAD < len(keys):
        for key in range(keys.shape[1]):
            prefetch_bucket(table, keys[i + _AHEAD, key])


@inline
def _find(table, keys, i, band, store, retention, workspace):
    """Write the rows of the live paragraphs in a bucket of paragraph i to `workspace.ids`. Returns their number."""
    found = find(table, keys[i, band], workspace.ids)
    if not retention.forgets:
        workspace.bucket_full[band] = found == len(workspace.ids)
        return found
    live = 0
    workspace.expired_ids[band] = -1
    for k in range(found):
        row = bisect_ids(retention.ids, store.rows[0], workspace.ids[k])
        if row >= 0 and is_live(retention, row):
            workspace.ids[live] = row
            live += 1
        else:
            workspace.expired_ids[band] = workspace.ids[k]
    workspace.bucket_full[band] = live == len(workspace.ids)
    return live


@inline
def _is_visible(retention, row, match_cutoff):
    """Whether a live row is recent enough to match a paragraph with this cutoff."""
    return not retention.forgets or retention.times[row] >= match_cutoff


@inline
def collect_candidates(i, keys, table, store, retention, match_cutoff, workspace):
    """Write each row that shares a band key with paragraph i to `workspace.candidates`, once. Returns their number."""
    count = 0
    seen_candidates = workspace.seen_candidates
    for band in range(1, keys.shape[1]):
        for k in range(_find(table, keys, i, band, store, retention, workspace)):
            # Rows are below 2**31, because slots of the index have 31 bits for an id.
            id_ = workspace.ids[k]
            pair = np.int64(i) << 32 | id_
            place = id_ & (len(seen_candidates) - 1)
            while seen_candidates[place] != -1 and seen_candidates[place] >> 32 == i and seen_candidates[place] != pair:
                place = (place + 1) & (len(seen_candidates) - 1)
            if seen_candidates[place] != pair:
                seen_candidates[place] = pair
                if _is_visible(retention, id_, match_cutoff):
                    prefetch_bitmap(store, id_)
                    workspace.candidates[count] = id_
                    count += 1
    return count


@inline
def insert_top_k(row, jaccard, coverage, count, latest, workspace):
    """Insert a match into the `count` best matches so far, in order. Returns their number, at most MATCHES.

    Of equally similar ones the earliest comes first, or the `latest`.
    """
    place = count
    while place > 0:
        before = place - 1
        if jaccard < workspace.jaccard[before]:
            break
        if jaccard == workspace.jaccard[before]:
            if coverage < workspace.coverage[before]:
                break
            if coverage == workspace.coverage[before] and (row > workspace.rows[before]) != latest:
                break
        if place < MATCHES:
            workspace.rows[place] = workspace.rows[before]
            workspace.jaccard[place] = workspace.jaccard[before]
            workspace.coverage[place] = workspace.coverage[before]
        place = before
    if place < MATCHES:
        workspace.rows[place] = row
        workspace.jaccard[place] = jaccard
        workspace.coverage[place] = coverage
    return min(count + 1, MATCHES)


@part
def verify_candidates(i, count, latest, batch, rule, store, char_table, work, workspace):
    """Rank the matches among `count` candidates by exact similarity. Returns their number, at most MATCHES.

    Of equally similar ones the earliest comes first, or the `latest`.
    """
    bitmap = workspace.bitmap
    first = batch.sets.offsets[i]
    last = batch.sets.offsets[i + 1]
    size = last - first
    matches = np.int64(0)
    opened = False
    for c in range(count):
        other = workspace.candidates[c]
        their_size = size_of(store.bitmaps[other])
        most = overlap_upper_bound(bitmap, store.bitmaps[other])
        if most / size < rule.coverage and most / (size + their_size - most) < rule.threshold:
            continue
        if not opened:
            build_probe_table(batch.canonical.data, batch.sets, first, last, work)
            opened = True
        least = min_overlap(size, their_size, rule.threshold, rule.coverage)
        both = count_overlap(
            batch.canonical.data, batch.sets, first, last, other, least, store, char_table, rule.unit, rule.size, work
        )
        jaccard = both / (size + their_size - both)
        coverage = both / size
        if jaccard >= rule.threshold or coverage >= rule.coverage:
            matches = insert_top_k(other, jaccard, coverage, matches, latest, workspace)
    return matches


@inline
def _count_again(i, batch, work):
    """Let the shingles that paragraph i shares with verified candidates count again."""
    for shingle in range(batch.sets.offsets[i], batch.sets.offsets[i + 1]):
        work.seen[shingle] = -1


@kernel
def match_versions(i, count, batch, rule, store, char_table, work, workspace):
    """Rank `count` versions of a story, given as candidates, after the matches of paragraph i were returned.

    Of equally similar ones the latest comes first. Returns the number of matches, at most MATCHES.
    """
    _count_again(i, batch, work)
    return verify_candidates(i, count, True, batch, rule, store, char_table, work, workspace)


@inline
def is_raw_equal(i, batch, row, store):
    """Whether a stored text and that of paragraph i are equal byte for byte."""
    start = store.starts[row]
    end = start + store.lengths[row]
    return same(batch.raw.data, batch.raw.offsets[i], batch.raw.offsets[i + 1], store.data, start, end)


@inline
def _is_same_record(i, row, timestamps, store, retention, dropped, key):
    """Whether the record of paragraph i had this text before, when `row` was stored or a repeat was dropped."""
    record = timestamps.records[i]
    if record == 0:
        return False
    if retention.records[row] == record:
        return True
    slot = find_dropped(dropped, key ^ record)
    return (
        repeated_row(
            dropped,
            slot,
            store.rows[0],
            retention,
            timestamps.expiry_cutoffs[i],
            timestamps.early[i],
            timestamps.tick + i,
        )
        >= 0
    )


@part
def _can_repeat(i, row, timestamps, store, retention, dropped, key):
    """Whether `row` is recent enough for paragraph i, or the record of paragraph i is still the same."""
    if not retention.forgets or retention.times[row] >= timestamps.match_cutoffs[i]:
        return True
    return timestamps.timeless[i] and _is_same_record(i, row, timestamps, store, retention, dropped, key)


@part
def _refresh(i, row, timestamps, store, retention, dropped, decisions, key):
    """Refresh the row that paragraph i repeats if the record is the same, or if the settings refresh all repeats."""
    is_same = _is_same_record(i, row, timestamps, store, retention, dropped, key)
    record, tick = timestamps.records[i], timestamps.tick + i
    if record != 0 and retention.records[row] != record:
        note_dropped(dropped, key ^ record, retention.numbers[row], timestamps.clocks[i], tick)
        decisions.noted[i, 1] = True
    if is_same or retention.refresh:
        refresh(retention, row, timestamps.times[i], timestamps.clocks[i], tick)
        decisions.refreshed[i] = True


@kernel
def match_batch(
    start,
    stop,
    outcome,
    place,
    preview,
    batch,
    rule,
    table,
    store,
    retention,
    timestamps,
    dropped,
    char_table,
    work,
    workspace,
    decisions,
):
    """Match paragraphs `start`, `start + 1`, … up to `stop` in order.

    Returns (the next paragraph, the number of its matches). The kernel returns before `stop` in two cases:

    - The index must grow. The number of matches is 0.
    - The caller must compare facts. The matches are in `workspace`. The caller calls again with the match to name, as
      its `place` in the workspace, and the `outcome`: NEAR for a repeat of this match, or the kind under which the
      paragraph is stored. A negative number of matches stands for the one match that the same text repeated before;
      if it is no repeat of that, the outcome is NOT_AGAIN.

    `outcome` is UNKNOWN in all other calls. A `preview` writes decisions, but changes nothing else: it
    neither stores nor forgets.
    """
    bitmap, keys = workspace.bitmap, batch.keys
    data = batch.canonical.data
    clock = expiry_cutoff = match_cutoff = 0.0
    early = np.int64(0)
    for i in range(start, stop):
        prefetch_buckets(i, keys, table)
        tick = timestamps.tick + i
        if retention.forgets:
            clock, expiry_cutoff, match_cutoff, early = (
                timestamps.clocks[i],
                timestamps.expiry_cutoffs[i],
                timestamps.match_cutoffs[i],
                timestamps.early[i],
            )
            if not preview:
                expire_before(retention, expiry_cutoff, early, tick)
        words = batch.words[i]
        if words == 0 and (not batch.labelled or keys[i, 0] == 0):
            continue
        if not preview and not has_room(table, keys[i]):
            return i, 0
        key = keys[i, 0]
        first = batch.sets.offsets[i]
        last = batch.sets.offsets[i + 1]
        fill_bitmap(batch.sets.hashes, first, last, bitmap)
        best = place
        is_matched = outcome >= 0
        if outcome == UNKNOWN:
            exact_match = np.int64(-1)
            workspace.expired_match[0] = -1
            begin_, end_ = batch.canonical.offsets[i], batch.canonical.offsets[i + 1]
            for k in range(_find(table, keys, i, _WHOLE, store, retention, workspace)):
                other = workspace.ids[k]
                if words == 0:
                    is_equal = is_raw_equal(i, batch, other, store)
                else:
                    is_equal = equal(data, begin_, end_, batch.signs[i], other, store, char_table, work)
                if is_equal:
                    if _can_repeat(i, other, timestamps, store, retention, dropped, key):
                        exact_match = other
                        break
                    workspace.expired_match[0] = other
            if exact_match >= 0:
                write_decision(decisions, i, np.int64(EXACT), exact_match, 1.0, 1.0)
                if retention.forgets and not preview:
                    _refresh(i, exact_match, timestamps, store, retention, dropped, decisions, key)
                continue
        is_compared = words >= max(rule.min_words, 1)  # a shorter text matches only an equal one
        if not is_matched and is_compared:
            matches = np.int64(0)
            if outcome == NOT_AGAIN:
                _count_again(i, batch, work)
            elif not rule.collect_all_matches:
                row = repeated_row(
                    dropped, find_dropped(dropped, key), store.rows[0], retention, expiry_cutoff, early, tick
                )
                if row >= 0 and _can_repeat(i, row, timestamps, store, retention, dropped, key):
                    workspace.candidates[0] = row
                    matches = -verify_candidates(i, _ONE, False, batch, rule, store, char_table, work, workspace)
            if matches == 0:
                count = collect_candidates(i, keys, table, store, retention, match_cutoff, workspace)
                matches = verify_candidates(i, count, False, batch, rule, store, char_table, work, workspace)
            if matches != 0:
                if rule.detect_updates or rule.collect_all_matches:
                    return i, matches
                is_matched = True
                outcome = NEAR
                best = np.int64(0)
        if is_matched:
            repeats = outcome == NEAR
            kind = CONTAINED if repeats and workspace.jaccard[best] < rule.threshold else outcome
            match = workspace.rows[best]
            write_decision(decisions, i, kind, match, workspace.jaccard[best], workspace.coverage[best])
            if repeats and not rule.collect_all_matches and not preview:
                number = retention.numbers[match] if retention.forgets else match
                note_dropped(dropped, key, number, clock, tick)
                decisions.noted[i, 0] = True
                if retention.forgets:
                    _refresh(i, match, timestamps, store, retention, dropped, decisions, key)
                outcome = UNKNOWN
                continue
        outcome = UNKNOWN
        if preview:
            continue
        row = store_paragraph(i, batch, bitmap, store)
        decisions.rows[i] = row
        id_ = (
            admit(retention, row, timestamps.times[i], clock, tick, timestamps.records[i]) if retention.forgets else row
        )
        for k in range(keys.shape[1] if is_compared else 1):
            if k == 0 and workspace.expired_match[0] >= 0:  # of two equal texts, the later one is indexed
                replace(table, key, np.int64(retention.ids[workspace.expired_match[0]]), id_)
                record = retention.records[workspace.expired_match[0]]
                if record != 0 and record != timestamps.records[i]:
                    note_dropped(dropped, key ^ record, retention.numbers[row], clock, tick)
                    decisions.superseded[i] = record
            elif retention.forgets and workspace.expired_ids[k] >= 0:
                replace(table, keys[i, k], workspace.expired_ids[k], id_)
            elif k == 0 or not workspace.bucket_full[k]:
                insert(table, keys[i, k], id_)
            elif len(workspace.not_indexed) > 0:
                workspace.not_indexed[i, k] = True
    return stop, 0


@inline
def write_decision(decisions, i, kind, match, jaccard, coverage):
    """Write the decision on paragraph i."""
    decisions.kinds[i] = kind
    decisions.matches[i] = match
    decisions.jaccard[i] = jaccard
    decisions.coverage[i] = coverage
