"""The steps of a distributed run as functions on Arrow batches, for any engine that can call them.

Columns: `place` is the place of a paragraph in the feed; `new` and `old` are the places of a pair.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest, xxh3_128_digest

from dedup.analysis.pairwise import canonical_pairs, overlap
from dedup.facts import Text, TextPair, is_certain, is_repeat
from dedup.filter.batch import SketchedBatch
from dedup.filter.description import reasons
from dedup.filter.sketcher import Sketcher
from dedup.model.utf8 import decode
from dedup.settings import Settings
from dedup.spark.buckets import TAG, BucketRows, Proposals, fill_bitmaps, first_pairs, later_pairs
from dedup.store.clock import record_key
from dedup.store.paragraph_store import LINE

#: What a match is: news, a repeat that is not certain, or a certain one.
UPDATE, UNCERTAIN, CERTAIN = range(3)

_SPANS = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))
#: The columns of `sketch`: a digest that only equal texts share, null if no text is equal; a hash of the text as
#: it came; the tags of the index, null if the text is too short to be compared; the bitmap.
SKETCHES = pa.schema(
    [("place", pa.int64()), ("same", pa.binary()), ("raw", pa.int64()), ("tags", pa.binary()), ("bitmap", pa.binary())]
)
BUCKET_ROWS = pa.schema([("tag", pa.int64()), ("place", pa.int64()), ("rank", pa.int64()), ("bitmap", pa.binary())])
#: Pairs, for which `crowded` is false, and rows of crowded buckets.
PROPOSALS = pa.schema([*BUCKET_ROWS, ("new", pa.int64()), ("old", pa.int64()), ("crowded", pa.bool_())])
PAIRS = pa.schema([("new", pa.int64()), ("old", pa.int64())])
MATCHES = pa.schema([*PAIRS, ("jaccard", pa.float64()), ("coverage", pa.float64()), ("verdict", pa.int8())])
EXPLANATIONS = pa.schema(
    [
        ("place", pa.int64()),
        ("changed", pa.list_(pa.struct([("old", pa.string()), ("new", pa.string())]))),
        ("added", pa.bool_()),
        ("certain", pa.bool_()),
        ("new_words", _SPANS),
        ("novel_spans", _SPANS),
    ]
)
Batches = Iterable[pa.RecordBatch]


class Matched(NamedTuple):
    """n pairs: whether they match, their measures, and for a match what it is; (n,) each."""

    is_match: NDArray[np.bool_]
    jaccard: NDArray[np.float64]
    coverage: NDArray[np.float64]
    verdict: NDArray[np.int8]


@lru_cache(4)
def _sketcher(settings: Settings) -> Sketcher:
    return Sketcher(settings)


def sketch(batches: Batches, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Compute all that depends on one text only: `place`, `id`, `text` to `SKETCHES`. An id may be null."""
    for batch in batches:
        texts = batch.column("text").cast(pa.binary()).to_pylist()
        sketched = _sketcher(settings).sketch(texts)
        is_compared = sketched.words >= max(settings.min_words, 1)
        tags = (sketched.keys[:, 1:] & TAG).view(np.int64)
        bitmaps = fill_bitmaps(sketched.sets.hashes, sketched.sets.offsets)
        columns = [
            batch.column("place"),
            pa.array(_digests(sketched, texts, batch.column("id").to_pylist()), pa.binary()),
            pa.array(np.array([xxh3_64_intdigest(text) for text in texts], np.uint64).view(np.int64)),
            _binary(tags, ~is_compared),
            _binary(bitmaps),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=SKETCHES)


def _digests(sketched: SketchedBatch, texts: Sequence[bytes], ids: Sequence[str | None]) -> list[bytes | None]:
    """For each text, a digest of its canonical text and its signs; without a word, of the text and its record."""
    data, offsets = sketched.canonical.data.data, sketched.canonical.offsets.tolist()
    digests: list[bytes | None] = [
        xxh3_128_digest(data[start:end], seed=meant)
        for (start, end), meant in zip(pairwise(offsets), sketched.signs.tolist(), strict=True)
    ]
    for i in np.flatnonzero(sketched.words == 0).tolist():
        record = record_key(ids[i] or "") if ids[i] is not None else 0
        digests[i] = xxh3_128_digest(b"\0" + texts[i], seed=record) if record else None
    return digests


def _binary(rows: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """The rows of a matrix as bytes, null where they are `missing`."""
    width = rows.shape[1] * rows.itemsize
    data = np.ascontiguousarray(rows).tobytes()
    values: list[bytes | None] = [data[at : at + width] for at in range(0, len(data), width)]
    return pa.array(values, pa.binary(), mask=missing)


def _matrix(column: pa.Array, width: int, dtype: Any) -> NDArray[Any]:
    """The bytes of a column without nulls as the rows of a matrix."""
    return np.frombuffer(b"".join(column.to_pylist()), dtype).reshape(-1, width)


def bucket_rows(batches: Batches) -> Iterator[pa.RecordBatch]:
    """One row per tag of each sketch: `SKETCHES` with tags to `BUCKET_ROWS`. The ranks are null."""
    for batch in batches:
        if not batch.num_rows:
            continue
        tags = np.frombuffer(b"".join(batch.column("tags").to_pylist()), np.int64)
        each = len(tags) // batch.num_rows
        rows = pa.array(np.repeat(np.arange(batch.num_rows), each))
        columns = [
            pa.array(tags), batch.column("place").take(rows), pa.nulls(len(tags), pa.int64()),
            batch.column("bitmap").take(rows),
        ]  # fmt: skip
        yield pa.RecordBatch.from_arrays(columns, schema=BUCKET_ROWS)


def propose(batches: Batches, settings: Settings) -> Iterator[pa.RecordBatch]:
    """The pairs of each paragraph with the first ones of its buckets: ordered `BUCKET_ROWS` to `PROPOSALS`."""
    return map(_proposals, first_pairs(map(_rows, batches), settings))


def propose_later(batches: Batches, dropped: NDArray[np.int64], settings: Settings) -> Iterator[pa.RecordBatch]:
    """The other pairs of crowded buckets, without the `dropped` ones: ordered `BUCKET_ROWS` to `PAIRS`."""
    for found in later_pairs(map(_rows, batches), dropped, settings):
        yield pa.RecordBatch.from_arrays([pa.array(found.new), pa.array(found.old)], schema=PAIRS)


def _rows(batch: pa.RecordBatch) -> BucketRows:
    tags, places = (batch.column(name).to_numpy() for name in ("tag", "place"))
    ranks = batch.column("rank").fill_null(0).to_numpy(zero_copy_only=False)
    return BucketRows(tags, places, ranks, _matrix(batch.column("bitmap"), LINE, np.uint64))


def _proposals(found: Proposals) -> pa.RecordBatch:
    pairs, rows = len(found.new), len(found.crowded.tags)
    tags, places, ranks, bitmaps = found.crowded
    columns = [
        pa.concat_arrays([pa.nulls(pairs, column.type), column])
        for column in (pa.array(tags), pa.array(places), pa.array(ranks), _binary(bitmaps))
    ]
    columns += [pa.concat_arrays([pa.array(side), pa.nulls(rows, pa.int64())]) for side in (found.new, found.old)]
    columns.append(pa.array(np.arange(pairs + rows) >= pairs))
    return pa.RecordBatch.from_arrays(columns, schema=PROPOSALS)


def verify(batches: Batches, settings: Settings) -> Iterator[pa.RecordBatch]:
    """Verify pairs and compare the facts of those that match: `PAIRS` with both texts to `MATCHES`."""
    for batch in batches:
        olds, news = (batch.column(name).cast(pa.binary()).to_pylist() for name in ("old_text", "new_text"))
        found = match_pairs(list(zip(olds, news, strict=True)), settings)
        columns = [batch.column("new"), batch.column("old"), *map(pa.array, found[1:])]
        yield pa.RecordBatch.from_arrays(columns, schema=MATCHES).filter(pa.array(found.is_match))


def match_pairs(pairs: Sequence[tuple[bytes, bytes]], settings: Settings) -> Matched:
    """Apply the rule to pairs (old, new) of UTF-8 texts that are long enough to be compared."""
    overlaps = overlap(canonical_pairs(pairs), *settings.shingle_parts())
    is_match = (overlaps.jaccard >= settings.threshold) | (overlaps.coverage >= settings.coverage)
    verdict = np.full(len(pairs), CERTAIN, np.int8)
    if settings.updates == "keep":
        texts = lru_cache(1024)(lambda data: Text(decode(data)))
        for i in np.flatnonzero(is_match).tolist():
            old, new = pairs[i]
            pair = TextPair(texts(old), texts(new))
            is_new = not is_repeat(pair, settings.max_new_words)
            verdict[i] = UPDATE if is_new else CERTAIN if is_certain(pair) else UNCERTAIN
    return Matched(is_match, overlaps.jaccard, overlaps.coverage, verdict)


def explain(batches: Batches, settings: Settings) -> Iterator[pa.RecordBatch]:
    """What is new in each paragraph: `place`, `decision`, `old_text`, `new_text` to `EXPLANATIONS`."""
    for batch in batches:
        rows = [_explanation(row, settings) for row in batch.to_pylist()]
        yield pa.RecordBatch.from_pylist(rows, schema=EXPLANATIONS)


def _explanation(row: dict[str, Any], settings: Settings) -> dict[str, Any]:
    found = reasons(row["decision"], row["old_text"], row["new_text"], settings)
    return found | {
        "place": row["place"],
        "changed": [{"old": old, "new": new} for old, new in found["changed"]],
        "new_words": _spans(found["new_words"]),
        "novel_spans": _spans(found["novel_spans"]),
    }


def _spans(spans: Iterable[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"start": start, "end": end} for start, end in spans]
