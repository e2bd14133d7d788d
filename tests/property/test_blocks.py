"""Blocks: numbered runs of repeats."""

import json

from helpers.running import dedup
from hypothesis import given
from hypothesis import strategies as st

from dedup import Decision, Match, NoveltyFilter, Paragraph
from dedup.filter.blocks import Blocks, group_blocks

LEAD = "The harbour of the old town will stay closed until the storm has passed, the port authority said on Monday."
TALKS = "Crews of the two ferry lines began talks on a common timetable for the winter in the town hall of the island."
PRICE = "Tickets for the crossing have become dearer by a tenth since the spring, when fuel prices began to rise again."
OTHER = "The regional orchestra opens its season in the new concert hall with a symphony that was never played before."


def slow(rows: list[int]) -> list[int]:
    """The block of each paragraph, found by comparing it with all earlier ones."""
    blocks: list[int] = []
    for place, row in enumerate(rows):
        before = [
            blocks[earlier]
            for earlier in range(place)
            if row >= 0 and rows[earlier] >= 0 and place - earlier in (1, 2) and row - rows[earlier] in (1, 2)
        ]
        blocks.append(0 if row < 0 else before[-1] if before else max(blocks, default=0) + 1)
    return blocks


@given(st.lists(st.integers(-1, 6), max_size=30), st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_equals_the_slow_rule(rows: list[int], cuts: list[int]) -> None:
    """Blocks equal those of the slow rule, however the feed is split into calls."""
    blocks = Blocks()
    found: list[int] = []
    while len(found) < len(rows):
        found += blocks.follow(rows[len(found) : len(found) + cuts[len(found) % len(cuts)]])
    assert found == slow(rows)


def test_one_unrelated_paragraph_may_interrupt_a_block() -> None:
    """One unrelated paragraph on either side does not end a block; two end it. A run in reverse order is no block."""
    assert Blocks().follow([5, 6, -1, 7, 9]) == [1, 1, 0, 1, 1]
    assert Blocks().follow([5, -1, -1, 6]) == [1, 0, 0, 2]
    assert Blocks().follow([5, 8]) == [1, 2]
    assert Blocks().follow([6, 5, 5]) == [1, 2, 3]


def test_decisions_name_their_block() -> None:
    """A repeated run with one unrelated paragraph in it is one block. Novel paragraphs and updates are in none."""
    feed = [LEAD, TALKS, PRICE, OTHER, LEAD.upper(), "Nobody was hurt.", TALKS, OTHER, LEAD]
    assert [decision.block for decision in NoveltyFilter().judge(feed)] == [None] * 4 + [1, None, 1, 1, 2]
    updated = [*feed[:4], LEAD, TALKS.replace("two", "three"), PRICE]
    decisions = list(NoveltyFilter().judge(updated))[4:]
    assert [(decision.kind, decision.block) for decision in decisions] == [("exact", 1), ("update", None), ("exact", 1)]


def test_the_command_gives_blocks() -> None:
    """`--output-format jsonl` gives the block of a repeat at once, without waiting for the end of the block."""
    run = dedup(
        "filter", "--output-format", "jsonl", "--emit", "all", stdin="\n".join([LEAD, TALKS, LEAD, TALKS]).encode()
    )
    found = [json.loads(line)["dedup"] for line in run.stdout.splitlines()]
    assert [decision.get("block") for decision in found] == [None, None, 1, 1]
    assert "block" not in found[0]


@given(st.lists(st.integers(-2, 6), max_size=30))
def test_blocks_are_grouped_in_order(rows: list[int]) -> None:
    """Blocks are given whole, updates (here -2) alone, in the order of their first paragraphs."""
    match = Match("a", "b")
    numbers = Blocks().follow([max(row, -1) for row in rows])
    decisions = [
        Decision(Paragraph("p", str(place)), "novel", match=None if row == -1 else match, block=block or None)
        for place, (row, block) in enumerate(zip(rows, numbers, strict=True))
    ]
    expected: dict[object, list[Decision]] = {}
    for decision in decisions:
        if decision.match is not None:
            expected.setdefault(decision.block or decision.paragraph.id, []).append(decision)
    assert list(group_blocks(decisions)) == list(expected.values())
