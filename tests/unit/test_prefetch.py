"""Prefetching in a thread gives the same items."""

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.pipeline.prefetch import prefetch


@given(st.lists(st.integers() | st.none()), st.integers(1, 5))
def test_same_items_in_order(items: list[int | None], depth: int) -> None:
    """Every item comes out once and in order, even None."""
    assert list(prefetch(iter(items), depth)) == items


def test_an_error_keeps_its_place() -> None:
    """An error of the iterator is raised after the items before it."""

    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    items = prefetch(broken(), 4)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(items)


def test_no_more_than_the_depth_ahead() -> None:
    """The thread stops when the queue is full and one more item waits for room."""
    made: list[int] = []

    def counting() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    items = prefetch(counting(), 3)
    assert next(items) == 0
    time.sleep(0.2)  # enough time for an unbounded thread to make all items
    assert len(made) <= 5
    assert list(items) == list(range(1, 100))


def test_waiting_can_be_stopped() -> None:
    """If no item comes, waiting for it ends as soon as `stopped` returns true."""
    more, stopped = threading.Event(), threading.Event()

    def slow() -> Iterator[int]:
        yield 1
        more.wait()

    items = prefetch(slow(), 2, stopped.is_set)
    assert next(items) == 1
    threading.Timer(0.2, stopped.set).start()
    assert list(items) == []
    assert stopped.is_set()
    more.set()


def test_the_thread_ends_when_closed() -> None:
    """A consumer that stops leaves no thread behind."""

    def forever() -> Iterator[int]:
        while True:
            yield 1

    before = set(threading.enumerate())
    items = prefetch(forever(), 2)
    assert next(items) == 1
    items.close()  # type: ignore[attr-defined]  # it is a generator
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()
