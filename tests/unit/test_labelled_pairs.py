"""The pairs of labelled records."""

import json
from io import BytesIO
from itertools import combinations
from typing import Any

import pytest

from dedup import DedupError
from dedup.analysis.labelled_pairs import DIFFERENT, REPEAT, UNKNOWN, UPDATE, Labelled, Pairs
from dedup.formats.base import RejectedInput


class Bytes(BytesIO):
    """Bytes that are read like a file."""

    def fileno(self) -> int:
        """There is no file of the operating system."""
        raise ValueError


def read(*raws: bytes, by: str | None = None, max_bytes: int = 1000) -> tuple[Labelled, list[RejectedInput]]:
    """The pairs of these lines, and the rejected input."""
    pairs = Pairs(by)
    rejected = list(pairs.read(Bytes(b"\n".join(raws)), "pairs.jsonl", max_bytes))
    return pairs.collect(1), rejected


def line(**record: Any) -> bytes:
    """A record as a line of a file."""
    return json.dumps(record).encode()


def test_labels() -> None:
    """Each kind of record gives its pair and the expected decision."""
    pairs, rejected = read(
        line(a="one", b="two", label=1),
        line(a="one", b="two", label=0),
        line(a="one", b="two", label=None),
        b"  ",
        line(old="one", new="two", fact_changed=True),
        line(old="one", new="two", fact_changed=False),
        line(old="one", new="two"),
    )
    assert not rejected
    assert pairs.expected.tolist() == [REPEAT, DIFFERENT, UNKNOWN, UPDATE, UNKNOWN, UNKNOWN]
    assert set(pairs.texts) == {(b"one", b"two")}
    assert len(set(pairs.groups.tolist())) == 6


def test_kinds_and_groups() -> None:
    """The kind of a pair is its `kind`, or else its `source`, or the requested field. Equal groups are one."""
    raws = (
        line(a="", b="", label=1, kind="k", source="s", group="g", lang={"code": "de"}),
        line(a="", b="", label=1, source="s", group="g"),
        line(a="", b="", label=1, group="h"),
    )
    assert read(*raws)[0].kinds.tolist() == ["k", "s", "-"]
    assert read(*raws, by="lang.code")[0].kinds.tolist() == ["de", "-", "-"]
    assert read(*raws)[0].groups.tolist() == [0, 0, 1]


def test_clusters() -> None:
    """All pairs within a cluster are repeats, in order. As many are drawn across clusters, the same each time."""
    members = {f"text {k}": k % 3 for k in range(12)}
    raws = [line(cluster=cluster, text=text) for text, cluster in members.items()]
    pairs, rejected = read(*raws)
    expected = {(a, b) for a, b in combinations(members, 2) if members[a] == members[b]}
    labelled = [(a.decode(), b.decode(), label) for (a, b), label in zip(pairs.texts, pairs.expected, strict=True)]
    assert not rejected
    assert {(a, b) for a, b, label in labelled if label == REPEAT} == expected
    across = [(a, b) for a, b, label in labelled if label == DIFFERENT]
    assert all(members[a] != members[b] for a, b in across)
    assert pairs.clusters == (len(expected), len(across)) == (18, 18)
    assert read(*raws)[0].texts == pairs.texts


def test_one_cluster_has_nothing_across() -> None:
    """If there is only one cluster, no pair is drawn across clusters."""
    assert read(line(cluster="x", text="a"), line(cluster="x", text="b"))[0].clusters == (1, 0)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"a": "x"}', "neither {a, b, label} nor {old, new} nor {cluster, text}"),
        (b'{"a": "x", "b": 3, "label": 1}', "field 'b' is not a string"),
        (b'{"a": "x", "b": "y"}', "no field 'label'"),
        (b'{"a": "x", "b": "y", "label": 2}', "field 'label' is not 1, 0 or null"),
        (b'{"a": "x", "b": "y", "label": "1"}', "field 'label' is not 1, 0 or null"),
        (b'{"a": "x", "b": "y", "label": true}', "field 'label' is not 1, 0 or null"),
        (b'{"old": "x", "new": "y", "fact_changed": 1}', "field 'fact_changed' is not true, false or null"),
        (b'{"cluster": [], "text": "y"}', "field 'cluster' is not a string"),
        (b'{"cluster": "", "text": "y"}', "field 'cluster' is empty"),
        (b'{"a": null, "b": "y", "label": 1}', "field 'a' is not a string"),
        (b'{"a": "' + b"x" * 2000 + b'"}', "longer than max-bytes 1000"),
    ],
)
def test_invalid_records_are_rejected(raw: bytes, reason: str) -> None:
    """An invalid record is rejected with its line and the reason, and the others are read."""
    good = line(a="one", b="two", label=1)
    pairs, rejected = read(good, raw, good)
    assert len(pairs.texts) == 2
    assert [bad.ordinal for bad in rejected] == [2]
    assert (rejected[0].reason or "").startswith(reason)
    assert rejected[0].raw == raw + b"\n"


def test_cells() -> None:
    """In a text table, labels and truth values are read in their usual spellings, and an empty cell is null."""
    pairs, rejected = read(b"a,b,label", *(b"one,two," + cell for cell in (b"1", b"0", b"1.0", b"", b"null", b" 0 ")))
    assert not rejected
    assert pairs.expected.tolist() == [REPEAT, DIFFERENT, REPEAT, UNKNOWN, UNKNOWN, DIFFERENT]
    cells = (b"true", b"False", b"1", b"0", b"")
    pairs, rejected = read(b"old;new;fact_changed;kind;group", *(b"one;two;" + cell + b";;" for cell in cells))
    assert not rejected
    assert pairs.expected.tolist() == [UPDATE, UNKNOWN, UPDATE, UNKNOWN, UNKNOWN]
    assert set(pairs.kinds) == {"-"}
    assert len(set(pairs.groups.tolist())) == 5


def test_a_cell_of_several_lines() -> None:
    """A text in a table is one text, whatever line ends it contains."""
    pairs, _ = read(b'a,b,label\n"one\n\ntwo","one\ntwo\n",1')
    assert pairs.texts == [(b"one\n\ntwo", b"one\ntwo\n")]


def test_clusters_in_a_table() -> None:
    """A table can contain clusters too."""
    pairs, _ = read(b"cluster,text", b"x,one", b"y,two", b"x,three")
    assert pairs.clusters == (1, 1)
    assert pairs.texts[0] == (b"one", b"three")


def test_invalid_utf8() -> None:
    """Bytes that are not UTF-8 and lone surrogates are compared unchanged, and a byte order mark is skipped."""
    pairs, rejected = read(b'\xef\xbb\xbf{"a": "\xff x", "b": "\\ud800", "label": 1}')
    assert not rejected
    assert pairs.texts == [(b"\xff x", b"\xed\xa0\x80")]


def test_names_in_any_case() -> None:
    """The columns of a table, including that of --by, are found in any case. Two of one name are refused."""
    pairs, rejected = read(b"A,B,LABEL,Lang", b"one,two,1,de", b"one,three,0,en", by="lang")
    assert not rejected
    assert pairs.expected.tolist() == [REPEAT, DIFFERENT]
    assert pairs.kinds.tolist() == ["de", "en"]
    with pytest.raises(DedupError, match="columns 1 and 3 are both called 'A'"):
        read(b"A,b,A,label", b"one,two,three,1")


def test_a_repeated_field() -> None:
    """A JSON record with two different values of one field is rejected. Two equal values are one."""
    pairs, rejected = read(
        b'{"a": "one", "a": "two", "b": "x", "label": 1}', b'{"a": "1", "a": "1", "b": "x", "label": 1}'
    )
    assert [part.reason for part in rejected] == ["field 'a' occurs twice with different values"]
    assert pairs.texts == [(b"1", b"x")]
