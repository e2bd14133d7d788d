"""Groups of a corpus: those of the filter, and connected components."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from helpers.running import dedup
from helpers.strategies import streams
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup import NoveltyFilter, Settings, cluster
from dedup.analysis.pairwise import compare
from dedup.errors import InputError, SettingsError
from dedup.filter.batch import CONTAINED, NEAR
from dedup.model.utf8 import encode
from dedup.sketch.normalize import canonical

SAMPLES = Path(__file__).parents[2] / "sample_feeds"
FIRST = "the mayor of the harbour town has opened a new bridge across the river after three years of work"
SECOND = "the mayor of the harbour town has opened a new bridge across the water following years of work"
THIRD = "the head of the coastal town has opened a new bridge across the water following years of labour"

rules = st.builds(
    Settings,
    threshold=st.sampled_from([0.3, 0.5, 0.8]),
    coverage=st.sampled_from([0.6, 1.0]),
    min_words=st.sampled_from([0, 4]),
    recall=st.just(0.6),
    updates=st.sampled_from(["keep", "drop"]),
    bucket_limit=st.just(64),  # never full, because the references below ignore it
)


def groups(found: list[Any]) -> list[list[int]]:
    """The places of the members of each group."""
    return [[int(member.paragraph.id.removeprefix("paragraph:")) for member in group.members] for group in found]


@given(streams(), rules)
def test_groups_are_those_of_the_filter(stream: list[str], rule: Settings) -> None:
    """Each group is a novel paragraph and the repeats of it that the filter drops, with the same numbers."""
    expected = defaultdict(list)
    decisions = list(NoveltyFilter(rule).judge(stream))
    for place, decision in enumerate(decisions, 1):
        repeats = not decision.novel and decision.match is not None
        expected[int(decision.match.id.removeprefix("paragraph:")) if repeats else place].append(place)  # type: ignore[union-attr]  # a repeat has a match
    found = cluster(stream, rule, singletons=True)
    assert groups(found) == list(expected.values())
    for group in found:
        for member, place in zip(group.members[1:], groups([group])[0][1:], strict=True):
            decision = decisions[place - 1]
            assert member[1:4] == (decision.kind, decision.jaccard, decision.coverage)
    assert groups(cluster(stream, rule)) == [group for group in expected.values() if len(group) > 1]


def components(stream: list[str], rule: Settings) -> list[list[int]]:
    """Connected components of the matches among the pairs that LSH proposes, found slowly."""
    data = [encode(text) for text in stream]
    keys = NoveltyFilter(rule).sketch_batch(data).keys
    texts = [canonical(text) for text in stream]
    first = [texts.index(text) if text else place for place, text in enumerate(texts)]
    names = list(range(len(stream)))
    for new in range(len(stream)):
        for old in range(new):
            same = first[old] == first[new]
            match = first[old] == old and first[new] == new and bool((keys[old, 1:] == keys[new, 1:]).any())
            if same or (match and compare([(data[old], data[new])], rule).kinds[0] in (NEAR, CONTAINED)):
                names = [names[old] if name == names[new] else name for name in names]
    found = defaultdict(list)
    for place, name in enumerate(names):
        found[name].append(place + 1)
    return sorted(found.values())


@settings(max_examples=60)
@given(streams(12), rules)
def test_transitive_groups_are_components(stream: list[str], rule: Settings) -> None:
    """With `transitive` the groups are the connected components of all matches."""
    assert groups(cluster(stream, rule, transitive=True, singletons=True)) == components(stream, rule)


def test_a_chain() -> None:
    """A chain of rewordings is one component, and two groups by the rule of the filter.

    Similarity is to the first one.
    """
    chain = [FIRST, SECOND, THIRD]
    assert groups(cluster(chain, Settings(updates="drop", threshold=0.5))) == [[1, 2]]
    (group,) = cluster(chain, Settings(updates="drop", threshold=0.5), transitive=True)
    assert groups([group]) == [[1, 2, 3]]
    assert [member.kind for member in group.members] == ["novel", "near", "near"]
    assert group.members[1].jaccard > 0.5 > group.members[2].jaccard > 0


def test_a_bridge() -> None:
    """A paragraph that matches two earlier ones joins their groups, and the second one is still marked as novel."""
    (group,) = cluster([FIRST, THIRD, SECOND], Settings(updates="drop", threshold=0.5), transitive=True)
    assert [member.kind for member in group.members] == ["novel", "novel", "near"]


def test_order_and_names() -> None:
    """Groups are ordered by their first member or by size. A paragraph without an id gets its number."""
    corpus: list[Any] = ["alpha", "beta", "ALPHA", "beta.", "Beta", {"id": "x", "text": "beta"}]
    first, second = cluster(corpus)
    assert [first.members[0].paragraph.text, second.members[0].paragraph.text] == ["alpha", "beta"]
    assert cluster(corpus, order="size") == [second, first]
    assert [member.paragraph.id for member in second.members][-2:] == ["paragraph:5", "x"]
    with pytest.raises(InputError, match="not int"):
        cluster([7])  # type: ignore[list-item]  # the mistake


@settings(max_examples=60)
@given(streams(), rules)
def test_stories_are_groups(stream: list[str], rule: Settings) -> None:
    """With `stories` the groups are those of the filter's stories, and the members have its versions."""
    expected = defaultdict(list)
    for place, decision in enumerate(NoveltyFilter(rule).judge(stream), 1):
        expected[decision.story or place].append((f"paragraph:{place}", decision.version))
    found = cluster(stream, rule, stories=True, singletons=True)
    assert [[(member.paragraph.id, member.version) for member in group.members] for group in found] == list(
        expected.values()
    )


def test_transitive_groups_are_no_stories() -> None:
    """Only one kind of group can be chosen."""
    with pytest.raises(SettingsError, match="either"):
        cluster([FIRST], transitive=True, stories=True)
    run = dedup("cluster", "wire.jsonl", "--transitive", "--stories", cwd=SAMPLES)
    assert run.returncode == 2
    assert b"either --transitive or --stories" in run.stderr


def test_the_command() -> None:
    """A group is one JSON object with its members, sources and time span.

    An update names the paragraph that it updates.
    """
    run = dedup(
        "cluster", "wire.jsonl", "--time-field", "time", "--source-field", "source", "--order", "size",
        cwd=SAMPLES,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    first, *others = map(json.loads, run.stdout.splitlines())
    assert (first["size"], first["first"], first["sources"]) == (4, "w004", ["Straitwire", "Halmere Press"])
    assert [member["id"] for member in first["members"]] == ["w004", "w005", "w007", "w023"]
    assert (first["first_seen"], first["span"]) == ("2031-11-04T06:09:30Z", 6381.0)
    assert all(4 >= group["size"] >= 2 for group in others)
    news = f"{FIRST} in 2030\n{FIRST} in 2031\n{FIRST} in 2031\n"
    (group,) = map(json.loads, dedup("cluster", stdin=news.encode()).stdout.splitlines())
    assert (group["first"], group["update_of"], group["size"]) == ("stdin:2", "stdin:1", 2)
