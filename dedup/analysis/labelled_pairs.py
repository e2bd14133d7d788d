"""Reads labelled records as pairs of texts with an expected decision.

A record is one of three kinds. In a table, its fields are columns.

- `{a, b, label}`: the label is 1 for a repeat, 0 for different texts, and null for a pair nobody judged.
- `{old, new, fact_changed}`: an update is expected if `fact_changed` is true.
- `{cluster, text}`: any two texts of one cluster are repeats.
"""

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.formats.base import RejectedInput
from dedup.formats.byte_reader import ByteStream
from dedup.formats.json_values import get
from dedup.formats.objects import objects
from dedup.model.utf8 import encode

#: The expected outcome of a pair.
UNKNOWN, DIFFERENT, REPEAT, UPDATE = -1, 0, 1, 2
_LABELS = {None: UNKNOWN, 0: DIFFERENT, 1: REPEAT}
_FIELDS = (("a", "b"), ("old", "new"), ("cluster", "text"))
_NAMES = ("a", "b", "label", "old", "new", "fact_changed", "cluster", "text", "group", "kind", "source")
#: How tables with text cells write a label or a truth value.
_CELLS = {"": None, "null": None, "nan": None, "0": 0, "0.0": 0, "1": 1, "1.0": 1, "false": False, "true": True}


class Labelled(NamedTuple):
    """n labelled pairs.

    Attributes:
        texts: The UTF-8 texts of each pair, the earlier one first.
        expected: (n,) int8, UNKNOWN, DIFFERENT, REPEAT or UPDATE.
        kinds: (n,) object, the kind of each pair, by which results are reported.
        groups: (n,) int64, equal for pairs that depend on each other.
        clusters: The number of pairs made from clusters: within one cluster, and drawn across two.
    """

    texts: list[tuple[bytes, bytes]]
    expected: NDArray[np.int8]
    kinds: NDArray[np.object_]
    groups: NDArray[np.int64]
    clusters: tuple[int, int]


class Pairs:
    """Collects pairs from records. `by` is the dotted path of the kind of a pair; by default `kind`, else `source`."""

    def __init__(self, by: str | None = None) -> None:
        self._by = by
        self._texts: list[tuple[bytes, bytes]] = []
        self._expected: list[int] = []
        self._kinds: list[str] = []
        self._groups: list[str] = []
        self._clusters: dict[str, list[tuple[bytes, str]]] = {}

    def read(self, file: ByteStream, name: str, max_bytes: int) -> Iterator[RejectedInput]:
        """Add the records of one input, and yield the rejected ones.

        Raises:
            InputError: The input cannot be read.
        """
        by = () if self._by is None else (self._by.partition(".")[0],)
        for record in objects(file, name, [names[1] for names in _FIELDS], max_bytes, (*_NAMES, *by)):
            if isinstance(record, RejectedInput):
                yield record
                continue
            try:
                self.add(record.value if record.typed else _from_cells(record.value))
            except ValueError as error:
                yield record.rejected(str(error))

    def add(self, record: Any) -> None:
        """Add one record. Raises ValueError with the reason if it is not a labelled record."""
        if not isinstance(record, dict):
            raise ValueError("not a JSON object")
        kinds = [names for names in _FIELDS if all(name in record for name in names)]
        if not kinds:
            raise ValueError("neither {a, b, label} nor {old, new} nor {cluster, text}")
        # In a table with several kinds of records, the columns of the other kinds are null or empty.
        names = next((names for names in kinds if all(record[name] not in (None, "") for name in names)), kinds[0])
        for name in names:
            if not isinstance(record[name], str) and not (name == "cluster" and type(record[name]) is int):
                raise ValueError(f"field {name!r} is not a string")
        kind = self._kind(record)
        if names == ("cluster", "text"):
            if record["cluster"] == "":
                raise ValueError("field 'cluster' is empty")
            self._clusters.setdefault(str(record["cluster"]), []).append((encode(record["text"]), kind))
            return
        if names == ("old", "new"):
            changed = record.get("fact_changed")
            if changed is not None and not isinstance(changed, bool):
                raise ValueError("field 'fact_changed' is not true, false or null")
            expected = UPDATE if changed else UNKNOWN
        elif "label" not in record:
            raise ValueError("no field 'label': 1 for a repeat, 0 for different texts, null if nobody judged the pair")
        elif type(record["label"]) not in (int, float, type(None)) or record["label"] not in _LABELS:
            raise ValueError("field 'label' is not 1, 0 or null")
        else:
            expected = _LABELS[record["label"]]
        group = record.get("group")
        group = None if group in (None, "") else f"group {group}"
        self._put(record[names[0]], record[names[1]], expected, kind, group)

    def _kind(self, record: dict[str, Any]) -> str:
        paths = ("kind", "source") if self._by is None else (self._by,)
        return str(next((value for path in paths if (value := get(record, path)) not in (None, "")), "-"))

    def _put(self, first: str | bytes, then: str | bytes, expected: int, kind: str, group: str | None) -> None:
        self._groups.append(f"pair {len(self._texts)}" if group is None else group)
        one, two = (text if isinstance(text, bytes) else encode(text) for text in (first, then))
        self._texts.append((one, two))
        self._expected.append(expected)
        self._kinds.append(kind)

    def collect(self, seed: int) -> Labelled:
        """All pairs. A cluster gives all its pairs, and as many random pairs with other clusters, drawn with `seed`."""
        before = len(self._texts)
        for name, members in self._clusters.items():
            for (first, kind), (then, _) in combinations(members, 2):
                self._put(first, then, REPEAT, kind, f"cluster {name}")
        within = len(self._texts) - before
        if len(self._clusters) > 1:
            draw = Random(seed)  # noqa: S311  # not for cryptography
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


def _from_cells(record: dict[str, str]) -> dict[str, Any]:
    """Convert the label or the truth value of a record whose values are all text."""
    read: dict[str, Any] = dict(record)
    for name in ("label", "fact_changed"):
        if name in record:
            read[name] = _CELLS.get(record[name].strip().lower(), record[name])
    if type(read.get("fact_changed")) is int:
        read["fact_changed"] = bool(read["fact_changed"])
    return read
