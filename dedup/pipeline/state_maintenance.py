"""Maintenance of state files: compact, rebuild for other settings, merge, export."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from xxhash import xxh3_128_digest

from dedup.errors import StateError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.filter.restore import loaded, sketched_pages, texts
from dedup.formats.json_values import dump
from dedup.formats.output_files import followed, take_place
from dedup.model.types import Labels
from dedup.model.utf8 import decode
from dedup.settings import FORGETTING, Settings
from dedup.sketch.normalize import pack
from dedup.store.clock import SUPPORT
from dedup.store.dropped_texts import DroppedEntries
from dedup.store.file_lock import FileLock
from dedup.store.state_codec import StatePage, StoryMember, join, join_dropped, join_refreshes
from dedup.store.state_file import State
from dedup.store.state_schema import Checkpoint, differences, put_new, remove_log

_PAGE = 4096  # paragraphs


def compact(path: Path, wait: float = 0) -> None:
    """Rewrite a state without what it has forgotten, in one step: the file is always either the old or the new one.

    Args:
        path: The state; a symbolic link stays, and its target is replaced.
        wait: How many seconds to wait for another writer.

    Raises:
        StateError: The state cannot be used.
    """
    with closing(State(path, to_write=True, wait=wait)) as state:
        _replace(state, state.settings, state.pages())


def restore(path: Path, copy: Path, wait: float = 0) -> None:
    """Put a copy in the place of a state, and remove the log of the old one, which SQLite would apply to the copy.

    Args:
        path: The state, which may be damaged or missing; a symbolic link stays, and its target is replaced.
        copy: Another state, which is not changed.
        wait: How many seconds to wait for another writer.

    Raises:
        StateError: The copy is damaged, or the state is being written. It is not changed.
    """
    path = followed(path)
    if path.exists() and copy.exists() and path.samefile(copy):
        raise StateError(f"{copy}: is the state itself, not a copy")
    lock = FileLock(path, wait)
    unfinished = _beside(path)
    try:
        with closing(State(copy)) as state:
            state.check()
            state.copy_to(unfinished)
        remove_log(path)
        take_place(unfinished, path)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)
        lock.release()


def rebuild(path: Path, changes: Mapping[str, Any], wait: float = 0) -> None:
    """Rewrite a state for other settings. It still remembers the same paragraphs.

    Args:
        path: The state; a symbolic link stays, and its target is replaced.
        changes: The settings that change, by their names.
        wait: How many seconds to wait for another writer.

    Raises:
        SettingsError: The new settings are invalid.
        StateError: The state cannot be used.
    """
    with closing(State(path, to_write=True, wait=wait)) as state:
        settings = replace(state.settings, **changes)
        _replace(state, settings, indexed_pages(settings, state.pages()))


def merge(paths: Sequence[Path], target: Path) -> None:
    """Write what several states with the same settings remember to a new state.

    Paragraphs are ordered by their times, and by the order of `paths` where times are equal. Of texts that are
    canonically equal, one is left, with the label of the earliest and the times of the latest.

    Args:
        paths: The states.
        target: The new state. It must not exist.

    Raises:
        StateError: The target exists, a state cannot be used, or their settings differ.
    """
    if target.exists():
        raise StateError(f"{target}: the file exists; name a new one")
    states = []
    try:
        for path in paths:
            states.append(State(path))
            if different := differences(states[0].settings, states[-1].settings):
                raise StateError(
                    f"{path}: its settings differ from those of {paths[0]}, which has {different}; rebuild one of them"
                )
        settings = states[0].settings
        pages = [page for state in states for page in state.pages()]
        marks = [state.checkpoint for state in states]
    finally:
        for state in states:
            state.close()
    merged = list(indexed_pages(settings, _joined(settings, pages)))
    count = sum(len(page.numbers) for page in merged)
    nows = [checkpoint.now for checkpoint in marks if checkpoint.now is not None]
    latest = {entry[0]: entry for checkpoint in marks for entry in checkpoint.latest}
    kept = [latest[time] for time in sorted(latest, reverse=True)[:SUPPORT]]
    checkpoint = Checkpoint(sum(checkpoint.read for checkpoint in marks), count, 0, max(nows, default=None), kept)
    write_new(target, settings, merged, join_dropped([]), checkpoint)


def write_new(
    target: Path, settings: Settings, pages: Iterable[StatePage], dropped: DroppedEntries, checkpoint: Checkpoint
) -> None:
    """Write a new state in one step. Raises StateError if it cannot be written."""
    target = followed(target)
    unfinished = _beside(target)
    try:
        _write(unfinished, settings, pages, dropped, checkpoint)
        put_new(unfinished, target)
    except OSError as error:
        raise StateError(f"{target}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def export(path: Path) -> Iterator[bytes]:
    """The paragraphs of a state as JSON Lines, in the order in which they were stored. They can be filtered again.

    `remembered_since` is the time, in seconds since 1970, from which the age of the paragraph counts.

    Raises:
        StateError: The state cannot be used.
    """
    with closing(State(path)) as state:
        for page in state.pages():
            for text, label, time in zip(texts(page), page.labels, page.times.tolist(), strict=True):
                named = {name: value for name, value in label._asdict().items() if value is not None}
                yield dump({**named, "text": decode(text), "remembered_since": time}) + b"\n"


def _joined(settings: Settings, pages: Sequence[StatePage]) -> Iterator[StatePage]:
    """The pages of several states as one page."""
    if not pages:
        return
    novelty = NoveltyFilter(settings)
    digests: list[bytes] = []
    for _, batch in sketched_pages(loaded(pages), novelty.sketch_batch):
        data, offsets = batch.canonical.data, batch.canonical.offsets.tolist()
        signs = batch.signs.tolist()
        digests += [
            xxh3_128_digest(data[a:b].tobytes(), seed=meant)
            for (a, b), meant in zip(pairwise(offsets), signs, strict=True)
        ]
    every = join(pages)
    first: dict[bytes, int] = {}
    last: dict[bytes, int] = {}
    for place in np.argsort(every.times, kind="stable").tolist():
        first.setdefault(digests[place], place)
        last.pop(digests[place], None)  # so that the entry moves to the end
        last[digests[place]] = place
    all_texts = texts(every)
    origins = [first[digest] for digest in last]
    numbers = np.arange(len(last))
    yield StatePage(
        numbers,
        numbers,
        every.times[list(last.values())],
        every.clocks[list(last.values())],
        pack([all_texts[origin] for origin in origins]),
        Labels.of(every.labels[origin] for origin in origins),
        np.zeros((len(last), 0), np.bool_),
        _joined_stories(pages, origins, every.labels.ids),
    )


def _joined_stories(pages: Sequence[StatePage], origins: Sequence[int], ids: Sequence[str]) -> dict[int, StoryMember]:
    """The members of stories, with their new numbers. A story is known by the id of its first paragraph.

    Args:
        pages: The pages of all states.
        origins: The place of each paragraph that is left, among those of all pages.
        ids: The ids of all paragraphs.
    """
    members: dict[int, StoryMember] = {}
    start = 0
    for page in pages:
        for place, number in enumerate(page.numbers.tolist(), start):
            if number in page.stories:
                members[place] = page.stories[number]
        start += len(page.numbers)
    firsts: dict[str, int] = {}
    for number, origin in enumerate(origins):
        member = members.get(origin)
        firsts.setdefault(member.id if member else ids[origin], number)
    return {
        number: members[origin]._replace(first=firsts[members[origin].id])
        for number, origin in enumerate(origins)
        if origin in members
    }


def indexed_pages(settings: Settings, pages: Iterator[StatePage]) -> Iterator[StatePage]:
    """Pages with the index entries that their paragraphs have under these settings."""
    forever = replace(settings, **dict.fromkeys(FORGETTING[:2]))  # type: ignore[arg-type]  # by name
    return NoveltyFilter(forever).store_pages(loaded(pages))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.new")


def _replace(state: State, settings: Settings, pages: Iterable[StatePage]) -> None:
    unfinished = _beside(state.path)
    try:
        # A different seed gives texts different keys.
        dropped = state.dropped() if settings.seed == state.settings.seed else join_dropped([])
        _write(unfinished, settings, pages, dropped, state.checkpoint, state.position)
        state.become(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(
    path: Path,
    settings: Settings,
    pages: Iterable[StatePage],
    dropped: DroppedEntries,
    checkpoint: Checkpoint,
    position: str | None = None,
) -> None:
    nothing = join_refreshes([]), join_dropped([])
    with closing(State(path, settings, sync=True)) as state:
        waiting: list[StatePage] = []
        for page in pages:
            waiting.append(page)
            if sum(len(one.numbers) for one in waiting) >= _PAGE:
                state.commit([join(waiting)], *nothing, checkpoint)
                waiting = []
        state.commit([join(waiting)] if waiting else [], nothing[0], dropped, checkpoint, position=position)
