"""`NoveltyFilter.judge`: the forms of its input and of its decisions."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from dedup import Decision, DedupError, Match, NoveltyFilter, Paragraph, Settings
from dedup.errors import InputError, SettingsError

REPORT = "The ferry to the northern islands was cancelled again on Tuesday because of the storm."
OTHER = "The council has agreed on a budget for new schools, clinics and a tram line to the airport."


def test_lazy() -> None:
    """Nothing is read before it is requested, and then at most a batch ahead."""
    pulled = 0

    def feed() -> Iterator[str]:
        nonlocal pulled
        for k in range(100):
            pulled += 1
            yield f"paragraph {k}"

    decisions = NoveltyFilter().judge(feed(), batch_size=8)
    assert pulled == 0
    for given in range(100):
        next(decisions)
        assert given < pulled <= 8 * (given // 8 + 1)
    assert list(decisions) == []


def test_an_endless_feed() -> None:
    """Decisions arrive while the feed continues."""

    def feed() -> Iterator[str]:
        while True:
            yield REPORT

    decisions = NoveltyFilter().judge(feed())
    assert [next(decisions).kind for _ in range(5_000)] == ["novel"] + ["exact"] * 4_999


def test_every_form_of_a_paragraph() -> None:
    """A str, a Paragraph and any mapping are judged alike. Matches contain their ids and times."""
    forms: list[str | Paragraph | Mapping[str, Any]] = [
        {"text": REPORT, "id": 17, "time": 1717750000, "more": "ignored"},
        REPORT,
        Paragraph(REPORT, "b"),
        MappingProxyType({"text": REPORT}),
        Paragraph(OTHER, time="2024-06-07"),
        {"text": OTHER, "id": None, "time": None},
    ]
    decisions = list(NoveltyFilter().judge(forms))
    first = Match("17", REPORT, "1717750000")
    second = Match("paragraph:5", OTHER, "2024-06-07")
    assert [decision.match for decision in decisions] == [None, first, first, first, None, second]
    assert [decision.paragraph for decision in decisions] == [
        Paragraph(REPORT, "17", "1717750000"),
        Paragraph(REPORT),
        Paragraph(REPORT, "b"),
        Paragraph(REPORT),
        Paragraph(OTHER, None, "2024-06-07"),
        Paragraph(OTHER),
    ]


def test_automatic_ids_continue() -> None:
    """A paragraph without an id gets its number in the life of the filter."""
    novelty = NoveltyFilter()
    list(novelty.judge(["first", "second"]))
    list(novelty.judge([REPORT]))
    (decision,) = novelty.judge([REPORT])
    assert decision.match == Match("paragraph:3", REPORT)


def test_as_dict() -> None:
    """A decision as a dict contains the kind, both measures and the match."""
    novel, exact = NoveltyFilter().judge([Paragraph(REPORT, "a", "noon"), REPORT])
    assert novel.as_dict() == {
        "decision": "novel",
        "certain": None,
        "jaccard": None,
        "coverage": None,
        "story": "a",
        "version": 1,
    }
    assert exact.as_dict() == {
        "decision": "exact",
        "certain": True,
        "jaccard": 1.0,
        "coverage": 1.0,
        "match": {"id": "a", "text": REPORT, "seen": "noon", "source": None},
        "changed": [],
        "added": False,
        "new_words": [],
        "novel_spans": [],
        "story": "a",
        "version": 1,
        "block": 1,
    }


@pytest.mark.parametrize("junk", [None, 7, b"bytes", ["list"], {}, {"text": None}, {"text": 7}, {"texts": "x"}])
def test_invalid_items(junk: Any) -> None:
    """An item that is no paragraph raises an InputError with its type. The items before it are decided."""
    decisions = NoveltyFilter().judge([REPORT, junk], batch_size=1)
    assert next(decisions).novel
    with pytest.raises(InputError, match="not"):
        next(decisions)


def test_max_bytes() -> None:
    """A paragraph of exactly `max_bytes` UTF-8 bytes is accepted. A longer one raises an InputError."""
    assert [decision.kind for decision in NoveltyFilter(max_bytes=10).judge(["ééééé"])] == ["novel"]
    with pytest.raises(InputError, match="12 bytes is over max_bytes 10"):
        list(NoveltyFilter(max_bytes=10).judge(["éééééé"]))


@pytest.mark.parametrize("size", [0, -1])
def test_batch_size(size: int) -> None:
    """A batch size below one is refused, before anything of the feed is read."""
    with pytest.raises(DedupError, match="batch_size"):
        list(NoveltyFilter().judge([REPORT], batch_size=size))


def test_settings_or_fields() -> None:
    """A filter takes Settings or their fields, not both, and no unknown field. Impossible layouts are refused."""
    assert NoveltyFilter(Settings(seed=3)).settings == NoveltyFilter(seed=3).settings
    with pytest.raises(SettingsError, match="not both"):
        NoveltyFilter(Settings(), seed=3)
    with pytest.raises(SettingsError, match="treshold"):
        NoveltyFilter(treshold=0.5)  # type: ignore[call-arg]  # the mistake
    with pytest.raises(SettingsError, match="num_perm"):
        NoveltyFilter(threshold=0.1, num_perm=8)


def test_decide() -> None:
    """The arrays of `decide_batch` equal the decisions of `judge`, and give the row of each novel paragraph."""
    novelty = NoveltyFilter()
    decisions = novelty.decide_batch([b"", REPORT.encode(), REPORT.encode(), OTHER.encode()])
    assert decisions.kinds.tolist() == [0, 0, 1, 0]
    assert decisions.matches.tolist() == [-1, -1, 0, -1]
    assert decisions.rows.tolist() == [-1, 0, -1, 1]
    assert decisions.jaccard[2] == decisions.coverage[2] == 1.0
    assert (novelty.decide_batch([]).kinds.tolist(), len(novelty)) == ([], 2)


def test_values_are_frozen() -> None:
    """Paragraphs, matches and decisions cannot be changed, and are compared by value."""
    decision = Decision(Paragraph("a"), "novel")
    assert decision == Decision(Paragraph("a"), "novel")
    for value, name in [(decision, "kind"), (Paragraph("a"), "text"), (Match("1", "a"), "id"), (Settings(), "seed")]:
        with pytest.raises(AttributeError):
            setattr(value, name, "other")


def test_decisions_come_before_an_error() -> None:
    """Items before an invalid one are decided, however large the batches are."""
    for batch_size in (1, 100):
        decisions = NoveltyFilter().judge(["one two three", "one two three", 5], batch_size=batch_size)  # type: ignore[list-item]  # the mistake
        assert [next(decisions).kind, next(decisions).kind] == ["novel", "exact"]
        with pytest.raises(InputError):
            next(decisions)


def test_labels_may_start_late() -> None:
    """A paragraph that was stored without a label can be matched, and later ones keep their names."""
    novelty = NoveltyFilter()
    novelty.decide_batch([b"one two three"])
    first, second, third = novelty.judge(["one two three", "four five six", {"id": "x", "text": "four five six"}])
    assert first.match is not None
    assert first.match.id == "unnamed:1"
    assert third.match is not None
    assert third.match.id == "paragraph:3"
    assert second.novel
