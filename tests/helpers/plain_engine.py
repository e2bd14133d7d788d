"""Runs the steps of a distributed run in this process, with any number of partitions."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from dedup import Paragraph, Settings
from dedup.model.utf8 import encode
from dedup.spark.batches import BUCKET_ROWS, bucket_rows, propose, propose_later, sketch, verify
from dedup.spark.resolve import Copies, Match, Resolved, Resolver, dropped_places

Pairs = set[tuple[int, int]]


def decide(feed: Sequence[Paragraph], settings: Settings, draw: Random) -> list[Resolved]:
    """The decisions on all paragraphs that are not novel, from partitions and batches of sizes that `draw` chooses."""
    texts = [encode(paragraph.text) for paragraph in feed]
    table = pa.table(
        {
            "place": pa.array(range(len(feed)), pa.int64()),
            "id": pa.array([paragraph.id for paragraph in feed], pa.string()),
            "text": pa.array(texts, pa.binary()),
        }
    )
    sketches = [
        row
        for part in _partitions(table.to_pylist(), draw)
        for row in _rows(sketch, part, table.schema, draw, settings)
    ]
    copies = _copies(sketches)
    silent = {place for place, asks in zip(copies.places.tolist(), copies.asks.tolist(), strict=True) if not asks}
    asking = [row for row in sketches if row["tags"] is not None and row["place"] not in silent]
    schema = pa.schema([("place", pa.int64()), ("tags", pa.binary()), ("bitmap", pa.binary())])
    rows = [row for part in _partitions(asking, draw) for row in _rows(bucket_rows, part, schema, draw)]
    proposals = [row for part in _buckets(rows, draw) for row in _rows(propose, part, BUCKET_ROWS, draw, settings)]
    crowded = [row for row in proposals if row["crowded"]]
    first = {(row["new"], row["old"]) for row in proposals if not row["crowded"]}
    resolver = Resolver(settings, copies)
    matches = _verified(first, texts, resolver, draw, settings)
    resolver.add_candidates(matches)
    tried, decisions = set(first), _resolved(resolver, (), texts)
    for _ in range(len(feed) + 1 if crowded else 0):  # each round decides at least one more paragraph for good
        dropped = dropped_places(decisions)
        later = {
            (row["new"], row["old"])
            for part in _buckets(crowded, draw)
            for row in _rows(propose_later, part, BUCKET_ROWS, draw, dropped, settings)
        }
        matches |= _verified(later - tried, texts, resolver, draw, settings)
        tried |= later
        decisions = _resolved(resolver, later & matches, texts)
        if np.array_equal(dropped, dropped_places(decisions)):
            return decisions
    assert not crowded
    return decisions


def _partitions(rows: Sequence[Any], draw: Random) -> list[list[Any]]:
    parts: list[list[Any]] = [[] for _ in range(draw.randint(1, 4))]
    for row in rows:
        draw.choice(parts).append(row)
    return parts


def _buckets(rows: Sequence[dict[str, Any]], draw: Random) -> list[list[dict[str, Any]]]:
    """Partitions that hold whole buckets, ordered by tag and place."""
    count = draw.randint(1, 3)
    ordered = sorted(rows, key=lambda row: (row["tag"], row["place"]))
    return [[row for row in ordered if row["tag"] % count == part] for part in range(count)]


def _rows(step: Any, rows: Sequence[dict[str, Any]], schema: pa.Schema, draw: Random, *arguments: Any) -> list[Any]:
    """The rows that a step makes of a partition, which it gets in batches."""

    def batches() -> Iterator[pa.RecordBatch]:
        at = 0
        while at < len(rows):
            size = draw.choice([1, 2, 7, 1000])
            part = [{name: row[name] for name in schema.names} for row in rows[at : at + size]]
            yield pa.RecordBatch.from_pylist(part, schema=schema)
            at += size

    return [row for batch in step(batches(), *arguments) for row in batch.to_pylist()]


def _copies(sketches: Sequence[dict[str, Any]]) -> Copies:
    groups: dict[bytes, list[dict[str, Any]]] = {}
    for row in sorted(sketches, key=lambda row: row["place"]):
        if row["same"] is not None:
            groups.setdefault(row["same"], []).append(row)
    found = [
        (row["place"], group[0]["place"], at == 0 or group[at - 1]["raw"] != row["raw"])
        for group in groups.values()
        if len(group) > 1
        for at, row in enumerate(group)
    ]
    places, firsts, asks = zip(*found, strict=True) if found else ((), (), ())
    return Copies(np.array(places, np.int64), np.array(firsts, np.int64), np.array(asks, np.bool_))


def _verified(
    pairs: Iterable[tuple[int, int]], texts: Sequence[bytes], resolver: Resolver, draw: Random, settings: Settings
) -> Pairs:
    schema = pa.schema([("new", pa.int64()), ("old", pa.int64()), ("new_text", pa.binary()), ("old_text", pa.binary())])
    rows = [{"new": new, "old": old, "new_text": texts[new], "old_text": texts[old]} for new, old in pairs]
    draw.shuffle(rows)
    found = [row for part in _partitions(rows, draw) for row in _rows(verify, part, schema, draw, settings)]
    matching = [(row["new"], row["old"]) for row in found]
    resolver.add_matches(matching, [Match(row["jaccard"], row["coverage"], row["verdict"]) for row in found])
    return set(matching)


def _resolved(resolver: Resolver, later: Iterable[tuple[int, int]], texts: Sequence[bytes]) -> list[Resolved]:
    while True:
        decisions = resolver.resolve(later)
        if not resolver.missing:
            return decisions
        resolver.texts.update({place: texts[place] for place in resolver.missing})
