"""Stories: which version an update names, and repeats of any version of a long story."""

from pathlib import Path
from random import Random

import pytest

from dedup import Decision, NoveltyFilter, Paragraph
from dedup.filter.stories import Stories

REPORT = (
    "Rescue teams have now found {} bodies under the houses that the landslide buried in the mountain village, and the "
    "search goes on with dogs and heavy machines, the regional governor told reporters at the site."
)
#: Light rewordings that change no fact.
REWORDINGS = (
    ("told reporters at the site", "said at the site"),
    ("heavy machines", "big machines"),
    ("Rescue teams", "Rescuers"),
    ("goes on", "continues"),
)


def versions(decisions: list[Decision]) -> list[tuple[str | None, int | None]]:
    """The story and version of each decision."""
    return [(decision.story, decision.version) for decision in decisions]


def test_an_update_names_the_latest_of_equally_similar_versions() -> None:
    """Of versions that differ only in their number, an update names the last one, and continues its story."""
    novelty = NoveltyFilter()
    decisions = [novelty.judge_one(REPORT.format(number)) for number in (3, 10, 61, 66, 70, 75, 80, 85, 90, 95, 99)]
    assert decisions[3].changed == (("61", "66"),)
    assert decisions[-1].changed == (("95", "99"),)
    assert versions(decisions) == [("paragraph:1", number) for number in range(1, 12)]


@pytest.mark.parametrize("number", [15, 60, 120])
@pytest.mark.parametrize("seed", range(3))
def test_reworded_repeats_of_any_version_are_recognised(number: int, seed: int) -> None:
    """At most 1 % of the light rewordings of earlier versions come out as updates of another version."""
    draw = Random(seed)  # noqa: S311  # a draw, and no secret
    counts = draw.sample(range(10, 999), number)
    novelty = NoveltyFilter()
    kinds = [novelty.judge_one(REPORT.format(count)).kind for count in counts]
    assert kinds == ["novel", *["update"] * (number - 1)]
    repeats = [
        (count, REPORT.format(count).replace(*rewording))
        for count in draw.sample(counts, number)
        for rewording in REWORDINGS
    ]
    decisions = [novelty.judge_one(text) for _, text in repeats]
    emitted = [decision for decision in decisions if decision.novel]
    assert len(emitted) <= 0.01 * len(decisions)
    for (count, _), decision in zip(repeats, decisions, strict=True):
        if not decision.novel:
            assert decision.match is not None
            assert f" {count} bodies" in decision.match.text
            assert decision.version == counts.index(count) + 1


def test_a_reworded_repeat_has_the_version_that_it_repeats() -> None:
    """With `strict`, an uncertain repeat is emitted and stored, but is no new version."""
    novelty = NoveltyFilter(strict=True)
    texts = [REPORT.format(3), REPORT.format(4), REPORT.format(4).replace(*REWORDINGS[3]), REPORT.format(5)]
    decisions = [novelty.judge_one(text) for text in [*texts, texts[2]]]
    assert [decision.kind for decision in decisions] == ["novel", "update", "reworded", "update", "exact"]
    assert [decision.version for decision in decisions] == [1, 2, 2, 3, 2]
    assert [decision.certain for decision in decisions] == [None, None, False, None, True]


def test_a_story_outlives_its_first_paragraph(tmp_path: Path) -> None:
    """The story keeps its id and its numbers when its first versions are forgotten, also across runs."""
    texts = [REPORT.format(number) for number in range(20, 26)]
    expected = [("first", number) for number in range(1, 7)]
    feed = [Paragraph(text, "first" if place == 0 else f"later {place}") for place, text in enumerate(texts)]
    with NoveltyFilter(max_paragraphs=2) as novelty:
        assert versions(list(novelty.judge(feed))) == expected
    found = []
    for paragraph in feed:
        with NoveltyFilter(max_paragraphs=2, state=tmp_path / "feed.dedup") as novelty:
            found.append(novelty.judge_one(paragraph))
    assert versions(found) == expected


def test_a_forgotten_version_is_not_compared() -> None:
    """A repeat of a version that is forgotten is an update of the newest one."""
    novelty = NoveltyFilter(max_paragraphs=3)
    for number in (31, 42, 53, 64, 75):
        novelty.judge_one(REPORT.format(number))
    decision = novelty.judge_one(REPORT.format(42).replace(*REWORDINGS[0]))
    assert decision.kind == "update"
    assert decision.changed == (("75", "42"),)


def test_a_look_ahead_removes_no_version() -> None:
    """Versions that are only expired for a paragraph that is not stored are found again after it."""
    live = {0, 1, 2}
    stories = Stories(lambda number: number in live)
    for number in (1, 2):
        stories.add(number, 0, lambda: "a", is_update=True)
    live.discard(1)
    assert stories.newest(0, prune=False) == [2, 0]
    live.add(1)
    assert stories.newest(0) == [2, 1, 0]
    live.discard(1)
    assert stories.newest(0) == [2, 0]
    live.add(1)
    assert stories.newest(0) == [2, 0]
