"""An iterator that is run in a thread of its own, a few items ahead of who takes them."""

from collections.abc import Callable, Iterator
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
_PAUSE = 0.1  # seconds of waiting after which it is asked whether to go on


def ahead(items: Iterator[Item], depth: int, ended: Callable[[], bool] = bool) -> Iterator[Item]:
    """The same items in the same order, up to `depth` of them made before they are asked for.

    What `items` raises is raised here, in its turn. Where none is there, and `ended` says so, they end; a signal need
    not break off the wait, which can leave locks behind, or come too late. When this iterator is closed, the thread
    stops at its next item; it never keeps the program from ending.
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
            yield item  # type: ignore[misc]  # where there is no error there is an item
    finally:
        closed.set()
        while not made.empty():  # lets a thread go on that waits for room
            made.get_nowait()
