"""A worker that decides, sends, and commits with its position: killed anywhere, it loses nothing."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers.kills import contents
from helpers.strategies import lively

from dedup import NoveltyFilter, Paragraph
from dedup.store.state_file import State

FEED = [Paragraph(paragraph.text, f"{place}", paragraph.time) for place, paragraph in enumerate(lively(400, seed=23))]
BATCH = 10
POINTS = ("opened", "decided", "half sent", "sent", "in the transaction", "committed")


def work(path: Path, out: Path, reached: Callable[[str], None]) -> None:
    """Send the ids of novel paragraphs to a file, batch by batch, from the position of the last commit on."""
    tidy = State._tidy

    def tidied(state: State, numbers: Any) -> None:
        reached("in the transaction")
        tidy(state, numbers)

    setattr(State, "_tidy", tidied)  # noqa: B010  # the fault; this process ends soon
    with NoveltyFilter(state=path, window=200.0) as novelty, out.open("ab", buffering=0) as file:
        at = novelty.position or 0
        assert novelty._engine.read == at
        reached("opened")
        while at < len(FEED):
            decisions = novelty.decide_many(FEED[at : at + BATCH])
            reached("decided")
            lines = [f"{decision.paragraph.id}\n".encode() for decision in decisions if decision.novel]
            file.write(b"".join(lines[: len(lines) // 2]))
            reached("half sent")
            file.write(b"".join(lines[len(lines) // 2 :]))
            reached("sent")
            at += BATCH
            novelty.commit(position=at)
            reached("committed")


def in_a_process(path: Path, out: Path, point: str | None, passes: int) -> int:
    """Run the worker in a process of its own, which kills itself at a point that it has passed often enough."""
    child = os.fork()
    if child == 0:
        left = passes

        def reached(name: str) -> None:
            nonlocal left
            left -= name == point
            if name == point and left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        status = 1
        try:
            work(path, out, reached)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return status


@pytest.mark.parametrize("seed", range(3))
def test_kills(seed: int, tmp_path: Path) -> None:
    """With kills at every point, the output has all that an undisturbed run has, nothing else, and few lines twice."""
    draw = Random(seed)  # noqa: S311  # no secret
    NoveltyFilter.warm_up()  # the processes inherit the kernels
    assert in_a_process(tmp_path / "whole.dedup", tmp_path / "whole", None, 0) == 0
    path, out = tmp_path / "cut.dedup", tmp_path / "cut"
    points = [*POINTS, *draw.choices(POINTS, k=14)]
    kills = 0
    for point in draw.sample(points, len(points)):
        kills += (
            os.WTERMSIG(in_a_process(path, out, point, 0 if point == "opened" else draw.randrange(2))) == signal.SIGKILL
        )
    assert kills == len(points)
    assert in_a_process(path, out, None, 0) == 0
    expected, found = (Counter(file.read_text().split()) for file in (tmp_path / "whole", out))
    assert set(found) == set(expected)
    assert set(expected.values()) == {1}
    assert found.total() - len(found) <= kills * BATCH
    assert contents(path) == contents(tmp_path / "whole.dedup")
    with NoveltyFilter(state=path, window=200.0) as novelty:
        assert novelty.position == len(FEED)
