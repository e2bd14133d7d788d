"""Takes batches from an asynchronous source."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, TypeVar

from dedup.errors import SettingsError

Item = TypeVar("Item")
_END = object()


async def async_batches(
    items: AsyncIterable[Any], size: int, linger: float, convert: Callable[[Any], Item]
) -> AsyncGenerator[tuple[list[Item], Exception | None]]:
    """Batches of converted items, each of `size` at most. A batch ends `linger` seconds after its first item.

    An exception of the source or of `convert` ends the batches. It is returned together with the items before it.

    Raises:
        TypeError: `items` is not an asynchronous iterable.
        SettingsError: `size` is below 1, or `linger` is below 0.
    """
    if not isinstance(items, AsyncIterable):
        raise TypeError(f"ajudge takes an asynchronous iterable, not {type(items).__name__}: use judge or decide_many")
    if size < 1:
        raise SettingsError(f"batch_size must be at least 1, not {size}")
    if linger < 0:
        raise SettingsError(f"linger must be at least 0, not {linger}")
    source, clock = aiter(items), asyncio.get_running_loop().time
    pending: asyncio.Future[Any] | None = None  # the next item, which a batch that ends does not cancel
    try:
        while True:
            batch: list[Item] = []
            end = 0.0
            while len(batch) < size:
                if pending is None:
                    pending = asyncio.ensure_future(anext(source, _END))
                await asyncio.wait([pending], timeout=max(0.0, end - clock()) if batch else None)
                if not pending.done():
                    break
                found, pending = pending, None
                try:
                    if (item := found.result()) is _END:
                        if batch:
                            yield batch, None
                        return
                    batch.append(convert(item))
                except Exception as error:
                    yield batch, error
                    return
                if len(batch) == 1:
                    end = clock() + linger
            yield batch, None
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.wait([pending])
