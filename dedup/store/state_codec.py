"""Encodes and decodes the compressed blobs of the state file: pages of paragraphs, refreshes, and dropped texts.

A page is a zstd frame with a checksum of: five little-endian uint32 (paragraphs, keys of a paragraph or 0, bytes of
the labels, of the texts, and of the keys that are not indexed), then for n paragraphs the numbers and ticks as int64
differences, the times and clocks as float64 seconds, the lengths of the texts as uint32, the keys that are not indexed
as packed bits, the labels as JSON [[id], [time], [source]], and the concatenated texts. Format 1 has no clocks. A page
with members of stories has them as a fourth list of the labels: [[number, first, id, version]].
"""

import json
import struct
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from dedup.errors import StateError
from dedup.model.types import Labels
from dedup.sketch.normalize import Batch
from dedup.store.dropped_texts import DroppedEntries

# zstd's fastest level that still codes letters by how often they come, with a search that is cheaper than its own:
# a sixth of the time less than level 1 by itself, for a tenth more bytes.
_EFFORT = {"compression_level": 1, "hash_log": 11, "min_match": 7, "checksum_flag": 1}
_HEAD = struct.Struct("<5I")
_REFRESH = ("<i8", "<f8", "<f8", "<i8")
_DROPPED = ("<u8", "<i8", "<f8", "<i8")
Columns = tuple[NDArray[Any], ...]


class StoryMember(NamedTuple):
    """A stored paragraph that is an update, or reworded, in its story.

    Attributes:
        first: The number of the first paragraph of the story.
        id: The id of the first paragraph. It is known even if that paragraph is forgotten.
        version: The version, from 2. A reworded repeat has the version that it repeats.
    """

    first: int
    id: str
    version: int


class StatePage(NamedTuple):
    """n stored paragraphs.

    Attributes:
        numbers: (n,) int64, ascending, the number of paragraphs that were ever stored before each.
        ticks: (n,) int64, the number of paragraphs read before each was last read.
        times: (n,) float64, seconds since 1970, the latest time of each.
        clocks: (n,) float64, the clock when each was last read.
        texts: The texts.
        labels: The labels.
        not_indexed: (n, keys) bool, the keys whose bucket was full; (n, 0) if there are none.
        stories: The members of stories among them, by their numbers; none of those that are the first of a story.
    """

    numbers: NDArray[np.int64]
    ticks: NDArray[np.int64]
    times: NDArray[np.float64]
    clocks: NDArray[np.float64]
    texts: Batch
    labels: Labels
    not_indexed: NDArray[np.bool_]
    stories: Mapping[int, StoryMember]


class Refreshes(NamedTuple):
    """n refreshes in order, as columns (n,): the number of the paragraph, and its new time, clock and tick."""

    numbers: NDArray[np.int64]
    times: NDArray[np.float64]
    clocks: NDArray[np.float64]
    ticks: NDArray[np.int64]


def choose(page: StatePage, wanted: NDArray[np.bool_]) -> StatePage:
    """The paragraphs of a page for which `wanted`, (n,) bool, is true."""
    if wanted.all():
        return page
    return StatePage(
        page.numbers[wanted],
        page.ticks[wanted],
        page.times[wanted],
        page.clocks[wanted],
        choose_texts(page.texts, wanted),
        page.labels.choose(wanted.tolist()),
        page.not_indexed[wanted],
        {number: page.stories[number] for number in page.numbers[wanted].tolist() if number in page.stories}
        if page.stories
        else {},
    )


def choose_texts(texts: Batch, wanted: NDArray[np.bool_]) -> Batch:
    """The texts for which `wanted`, (n,) bool, is true. Runs are copied at once."""
    edges = np.flatnonzero(np.diff(wanted.view(np.int8), prepend=0, append=0)).reshape(-1, 2)
    view = texts.data.data
    runs = [view[start:end] for start, end in texts.offsets[edges].tolist()]
    data = np.frombuffer(bytearray().join(runs), np.uint8)
    return Batch(data, _offsets(np.diff(texts.offsets)[wanted]))


def join(pages: Sequence[StatePage]) -> StatePage:
    """Concatenate pages."""
    if len(pages) == 1:
        return pages[0]
    keys = max(page.not_indexed.shape[1] for page in pages)
    lengths = np.concatenate([np.diff(page.texts.offsets) for page in pages])
    return StatePage(
        np.concatenate([page.numbers for page in pages]),
        np.concatenate([page.ticks for page in pages]),
        np.concatenate([page.times for page in pages]),
        np.concatenate([page.clocks for page in pages]),
        Batch(np.concatenate([page.texts.data for page in pages]), _offsets(lengths)),
        Labels.joined([page.labels for page in pages]),
        np.concatenate([_wide(page, keys) for page in pages]),
        {number: member for page in pages for number, member in page.stories.items()},
    )


def split(page: StatePage, size: int) -> list[StatePage]:
    """Split a page into pages of at most `size` paragraphs."""
    n = len(page.numbers)
    if n <= size:
        return [page]
    places = np.arange(n)
    return [choose(page, (places >= first) & (places < first + size)) for first in range(0, n, size)]


def pack_page(page: StatePage) -> bytes:
    """The blob of a page."""
    not_indexed = np.packbits(page.not_indexed).tobytes() if page.not_indexed.any() else b""
    stories = [[number, *member] for number, member in page.stories.items()]
    labels = _dump([page.labels.ids, page.labels.times, page.labels.sources, *([stories] if stories else [])])
    texts = page.texts.data.data
    keys = page.not_indexed.shape[1] if not_indexed else 0
    parts = (
        _HEAD.pack(len(page.numbers), keys, len(labels), len(texts), len(not_indexed)),
        np.diff(page.numbers, prepend=0).astype("<i8").tobytes(),
        np.diff(page.ticks, prepend=0).astype("<i8").tobytes(),
        page.times.astype("<f8").tobytes(),
        page.clocks.astype("<f8").tobytes(),
        np.diff(page.texts.offsets).astype("<u4").tobytes(),
        not_indexed,
        labels,
        texts,
    )
    return _compress(b"".join(parts))


def unpack_page(blob: bytes, format: int) -> StatePage:
    """Decode a page from a file of this format. Raises StateError if the blob is not a page."""
    data = _decompress(blob)
    try:
        n, keys, label_bytes, text_bytes, left_bytes = _HEAD.unpack_from(data)
        clock_bytes = 0 if format == 1 else 8 * n
        sizes = [_HEAD.size, 8 * n, 8 * n, 8 * n, clock_bytes, 4 * n, left_bytes, label_bytes, text_bytes]
        ends = np.cumsum(sizes).tolist()
        parts = [data[start:end] for start, end in pairwise(ends)]
        times = np.frombuffer(parts[2], "<f8").astype(np.float64)
        lengths = np.frombuffer(parts[4], "<u4").astype(np.int64)
        not_indexed = np.unpackbits(np.frombuffer(parts[5], np.uint8), count=n * keys).reshape(n, keys)
        ids, seen, sources, *rest = _load(parts[6])
        labels = Labels(ids, seen, sources)
        stories = {number: StoryMember(*member) for number, *member in (rest[0] if rest else [])}
        named = {len(column) for column in (labels.ids, labels.times, labels.sources)}
        page = StatePage(
            np.cumsum(np.frombuffer(parts[0], "<i8")),
            np.cumsum(np.frombuffer(parts[1], "<i8")),
            times,
            times.copy() if format == 1 else np.frombuffer(parts[3], "<f8").astype(np.float64),
            Batch(np.frombuffer(bytearray(parts[7]), np.uint8), _offsets(lengths)),
            labels,
            not_indexed.astype(bool),
            stories,
        )
    except (ValueError, TypeError, struct.error) as error:
        raise StateError(f"a page cannot be read: {error}") from None
    if len(data) != ends[-1] or named != {n} or lengths.sum() != text_bytes or n == 0:
        raise StateError("a page is not as long as it says")
    return page


def choose_refreshes(refreshes: Refreshes, wanted: NDArray[Any]) -> Refreshes:
    """The wanted ones, by a mask or by places."""
    return Refreshes(*(column[wanted] for column in refreshes))


def join_refreshes(parts: Sequence[Refreshes]) -> Refreshes:
    """Refreshes one after the other; of none, none."""
    return Refreshes(*_joined(parts, _REFRESH))


def pack_refreshes(refreshes: Refreshes) -> bytes:
    """The blob of refreshes: a zstd frame of the columns as little-endian 8-byte numbers, end to end."""
    return _pack_columns(refreshes, _REFRESH)


def unpack_refreshes(blob: bytes, format: int) -> Refreshes:
    """The refreshes of a blob in a file of this format. Raises StateError where it holds none."""
    if format == 1:
        numbers, times, ticks = _unpack_columns(blob, _REFRESH[:2] + _REFRESH[3:])
        return Refreshes(numbers, times, times.copy(), ticks)
    return Refreshes(*_unpack_columns(blob, _REFRESH))


def choose_dropped(entries: DroppedEntries, wanted: NDArray[Any]) -> DroppedEntries:
    """The wanted entries, by a mask or by places."""
    return DroppedEntries(*(column[wanted] for column in entries))


def join_dropped(parts: Sequence[DroppedEntries]) -> DroppedEntries:
    """Entries of dropped texts one after the other; of none, none."""
    return DroppedEntries(*_joined(parts, _DROPPED))


def pack_dropped(entries: DroppedEntries) -> bytes:
    """The blob of entries of dropped texts, made like that of refreshes."""
    return _pack_columns(entries, _DROPPED)


def unpack_dropped(blob: bytes) -> DroppedEntries:
    """The entries of a blob. Raises StateError where it holds none."""
    return DroppedEntries(*_unpack_columns(blob, _DROPPED))


def _joined(parts: Sequence[Columns], types: Sequence[str]) -> list[NDArray[Any]]:
    nothing = [np.zeros(0, type_) for type_ in types]
    return [np.concatenate(columns) for columns in zip(*parts, nothing, strict=True)]


def _pack_columns(columns: Columns, types: Sequence[str]) -> bytes:
    return _compress(b"".join(column.astype(type_).tobytes() for column, type_ in zip(columns, types, strict=True)))


def _unpack_columns(blob: bytes, types: Sequence[str]) -> list[NDArray[Any]]:
    data = _decompress(blob)
    n, rest = divmod(len(data), 8 * len(types))
    if rest:
        raise StateError("a list is not as long as it says")
    return [
        np.frombuffer(data, type_, n, 8 * n * place).astype(np.dtype(type_).newbyteorder("="))
        for place, type_ in enumerate(types)
    ]


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def _wide(page: StatePage, keys: int) -> NDArray[np.bool_]:
    return page.not_indexed if page.not_indexed.shape[1] else np.zeros((len(page.numbers), keys), np.bool_)


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a lone surrogate
        return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def _load(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:  # a lone surrogate
        return json.loads(data.decode(errors="surrogatepass"))


@cache
def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _compress(data: bytes) -> bytes:
    names = _zstd().CompressionParameter
    options = {getattr(names, name): value for name, value in _EFFORT.items()}
    return _zstd().compress(data, options=options)  # type: ignore[no-any-return]  # untyped


def _decompress(blob: bytes) -> bytes:
    try:
        return _zstd().decompress(blob)  # type: ignore[no-any-return]  # untyped
    except _zstd().ZstdError as error:
        raise StateError(f"a page cannot be read: {error}") from None


def last_of_each(refreshes: Refreshes) -> Refreshes:
    """The last refresh of each number, with its latest time, ascending by number."""
    numbers, inverse = np.unique(refreshes.numbers, return_inverse=True)
    times = np.full(len(numbers), -np.inf)
    np.maximum.at(times, inverse, refreshes.times)
    last = np.zeros(len(numbers), np.int64)
    last[inverse] = np.arange(len(inverse))  # refreshes are in order
    return Refreshes(numbers, times, refreshes.clocks[last], refreshes.ticks[last])
