"""Runs a stream worker that kills itself at a named point: python -m helpers.killed_worker POINT TIME FROM TO STATE.

TIME is the number of the batch, from 1. The worker is the real one, with the real client of the broker.
"""

import asyncio
import os
import signal
import sys
from typing import Any

from dedup import NoveltyFilter
from dedup.pipeline.streams.adapters import open_sink, open_source
from dedup.pipeline.streams.messages import Form
from dedup.pipeline.streams.worker import Routes, Worker

#: Where a worker can die, in the order of the loop.
POINTS = ("read", "half produced", "produced", "committed", "acknowledged")


def main() -> None:
    """Run the worker until it dies."""
    point, number, source_address, sink_address, state = sys.argv[1:]
    source = open_source(source_address, from_start=True, field="data")
    sink = open_sink(sink_address, field="data")
    left = int(number)

    def reached(name: str) -> None:
        nonlocal left
        left -= name == point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    produce, acknowledge = sink.produce, source.acknowledge

    async def produce_and_die(outputs: Any) -> None:
        reached("read")
        if point == "half produced" and left == 1:
            await produce(outputs[: len(outputs) // 2])
        reached("half produced")
        await produce(outputs)
        reached("produced")

    async def acknowledge_and_die(messages: Any) -> None:
        reached("committed")
        await acknowledge(messages)
        reached("acknowledged")

    sink.produce = produce_and_die  # type: ignore[method-assign]
    source.acknowledge = acknowledge_and_die  # type: ignore[method-assign]
    with NoveltyFilter(state=state) as novelty:
        worker = Worker(novelty, source, Routes(sink), Form(), most=50, linger=0, log=lambda *_, **__: None)
        asyncio.run(worker.run(once=True))


if __name__ == "__main__":
    main()
