"""An iterator that is run in a thread of its own, a few items ahead of who takes them."""

from collections.abc import Iterator
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], depth: int) -> Iterator[Item]:
    """The same items in the same order, up to `depth` of them made before they are asked for.

    What `items` raises is raised here, in its turn. When this iterator is closed, the thread stops at its
    next item; it never keeps the program from ending.
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
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # where there is no error there is an item
    finally:
        closed.set()
        while not made.empty():  # lets a thread go on that waits for room
            made.get_nowait()
