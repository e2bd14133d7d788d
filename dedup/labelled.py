"""Labelled records -> pairs with what is expected of each.

A record is `{a, b, label}`, with 1 for a repeat, 0 for none and null where nobody judged; or `{old, new}`, of which
an update is expected where `fact_changed` is true; or `{cluster, text}`, where any two of one cluster are repeats.
"""

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import encode
from dedup.formats.objects import get, load
from dedup.formats.pieces import ByteStream, Piece, lines
from dedup.formats.records import BOM, Rejected

#: What is expected of a pair.
UNKNOWN, DIFFERENT, REPEAT, UPDATE = -1, 0, 1, 2
_LABELS = {None: UNKNOWN, 0: DIFFERENT, 1: REPEAT}
_FIELDS = (("a", "b"), ("old", "new"), ("cluster", "text"))


class Labelled(NamedTuple):
    """n pairs. texts: the UTF-8 of each, earlier one first. expected: (n,) int8, as above.

    kinds: (n,) object, what the pair is of. groups: (n,) int64, equal for pairs that depend on each other.
    clusters: how many of the pairs came of clusters: those within one, and those drawn across two.
    """

    texts: list[tuple[bytes, bytes]]
    expected: NDArray[np.int8]
    kinds: NDArray[np.object_]
    groups: NDArray[np.int64]
    clusters: tuple[int, int]


class Pairs:
    """Gathers pairs from records. `by` is the dotted path of what a pair is of; None takes `kind`, else `source`."""

    def __init__(self, by: str | None = None) -> None:
        self._by = by
        self._texts: list[tuple[bytes, bytes]] = []
        self._expected: list[int] = []
        self._kinds: list[str] = []
        self._groups: list[str] = []
        self._clusters: dict[str, list[tuple[bytes, str]]] = {}

    def read(self, file: ByteStream, name: str, max_bytes: int) -> Iterator[Rejected]:
        """Add the records of one input of JSON Lines, and give what had to be rejected. Blank lines are no records."""
        ordinal = 0
        for batch in lines(file, max_bytes):
            if isinstance(batch, Piece):
                ordinal += batch.first
                reason = f"longer than max-bytes {max_bytes}" if batch.first else None
                yield Rejected(name, ordinal, batch.data, reason)
                continue
            for raw in batch:
                ordinal += 1
                if not raw.strip():
                    continue
                try:
                    self._add(load(raw.removeprefix(BOM) if ordinal == 1 else raw))
                except ValueError as error:
                    yield Rejected(name, ordinal, raw, str(error))

    def _add(self, record: Any) -> None:
        """Add one record. Raises ValueError with the reason, for people, where it is none."""
        if not isinstance(record, dict):
            raise ValueError("not a JSON object")
        names = next((names for names in _FIELDS if all(name in record for name in names)), None)
        if names is None:
            raise ValueError("neither {a, b, label} nor {old, new} nor {cluster, text}")
        for name in names:
            if not isinstance(record[name], str) and not (name == "cluster" and type(record[name]) is int):
                raise ValueError(f"field {name!r} is not a string")
        kind = self._kind(record)
        if names == ("cluster", "text"):
            self._clusters.setdefault(str(record["cluster"]), []).append((encode(record["text"]), kind))
            return
        if names == ("old", "new"):
            changed = record.get("fact_changed")
            if changed is not None and not isinstance(changed, bool):
                raise ValueError("field 'fact_changed' is not true, false or null")
            expected = UPDATE if changed else UNKNOWN
        elif "label" not in record:
            raise ValueError("no field 'label'; it is 1, 0, or null where nobody judged")
        elif type(record["label"]) not in (int, type(None)) or record["label"] not in _LABELS:
            raise ValueError("field 'label' is not 1, 0 or null")
        else:
            expected = _LABELS[record["label"]]
        group = record.get("group")
        self._put(record[names[0]], record[names[1]], expected, kind, None if group is None else f"group {group}")

    def _kind(self, record: dict[str, Any]) -> str:
        paths = ("kind", "source") if self._by is None else (self._by,)
        return str(next((value for path in paths if (value := get(record, path)) is not None), "-"))

    def _put(self, first: str | bytes, then: str | bytes, expected: int, kind: str, group: str | None) -> None:
        self._groups.append(f"pair {len(self._texts)}" if group is None else group)
        one, two = (text if isinstance(text, bytes) else encode(text) for text in (first, then))
        self._texts.append((one, two))
        self._expected.append(expected)
        self._kinds.append(kind)

    def gather(self, seed: int) -> Labelled:
        """All pairs. Of clusters: every two within one, and as many across two, drawn by `seed`."""
        before = len(self._texts)
        for name, members in self._clusters.items():
            for (first, kind), (then, _) in combinations(members, 2):
                self._put(first, then, REPEAT, kind, f"cluster {name}")
        within = len(self._texts) - before
        if len(self._clusters) > 1:
            draw = Random(seed)  # noqa: S311  # a draw, and no secret
            names = list(self._clusters)
            for _ in range(within):
                (first, kind), (then, _) = (draw.choice(self._clusters[name]) for name in draw.sample(names, 2))
                self._put(first, then, DIFFERENT, kind, None)
        self._clusters = {}
        return Labelled(
            self._texts,
            np.array(self._expected, np.int8),
            np.array(self._kinds, np.object_),
            np.unique(np.array(self._groups, np.str_), return_inverse=True)[1],
            (within, len(self._texts) - before - within),
        )
