"""Runs an iterator in a thread of its own, a few items ahead of the consumer."""

from collections.abc import Callable, Iterator
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
_PAUSE = 0.1  # seconds between two checks of `ended` while waiting


def prefetch(items: Iterator[Item], depth: int, ended: Callable[[], bool] = bool) -> Iterator[Item]:
    """The same items in the same order, of which up to `depth` are produced before they are requested.

    An exception of `items` is raised here after the items before it. When this iterator is closed, the thread stops at
    its next item. The thread never keeps the program from ending.

    Args:
        items: The iterator to run in a thread.
        depth: The largest number of items that wait to be consumed.
        ended: Checked while no item is ready; if it returns true, the items end. So a signal handler can end the wait
            without interrupting it, which could leave locks behind.
    """
    made: Queue[tuple[Item | None, BaseException | None]] = Queue(depth)
    closed = Event()

    def work() -> None:
        try:
            for item in items:
                made.put((item, None))
                if closed.is_set():
                    return
        except BaseException as error:
            made.put((None, error))
        else:
            made.put((None, StopIteration()))

    Thread(target=work, daemon=True).start()
    try:
        while True:
            try:
                item, error = made.get(timeout=_PAUSE)
            except Empty:
                if ended():
                    return
                continue
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # without an error there is an item
    finally:
        closed.set()
        while not made.empty():  # makes room for a thread that is blocked
            made.get_nowait()
