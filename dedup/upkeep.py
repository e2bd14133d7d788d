"""What can be done with state files beside filtering: compact, rebuild for other settings, merge, export."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from xxhash import xxh3_128_digest

from dedup.canonical import decode, pack
from dedup.errors import StateError
from dedup.formats.objects import dump
from dedup.header import Mark, differences
from dedup.model import Labels
from dedup.novelty import NoveltyFilter
from dedup.pages import Page, Sightings, join, join_sightings
from dedup.restore import prepared, ready, texts
from dedup.settings import FORGETTING, Settings
from dedup.state import State

_PAGE = 4096  # paragraphs


def compact(path: Path) -> None:
    """Write a state anew, without what is forgotten. Raises StateError; the file is the old one or the new one."""
    settings = _settings(path)
    with closing(State(path, settings)) as state:
        _replace(state, settings, state.pages())


def rebuild(path: Path, settings: Settings) -> None:
    """Write a state anew for other settings: all that it remembers is remembered by them too. Raises StateError."""
    with closing(State(path, _settings(path))) as state:
        _replace(state, settings, _placed(settings, state.pages()))


def merge(paths: Sequence[Path], target: Path) -> None:
    """Write what several states remember, made with the same settings, to a new one with those of the first.

    Paragraphs are in the order of their times, in those of `paths` where they are equal. Of texts that are canonically
    equal one is left, with the label of the first and the life of the last. Raises StateError.
    """
    if target.exists():
        raise StateError(f"{target}: is there already; name a new file")
    states = []
    try:
        for path in paths:
            states.append(State(path))
            if said := differences(states[0].settings, states[-1].settings):
                raise StateError(
                    f"{path}: was written with others than {paths[0]}, which has {said}; rebuild one of them"
                )
        settings = states[0].settings
        pages = [page for state in states for page in state.pages()]
        marks = [state.mark for state in states]
    finally:
        for state in states:
            state.close()
    merged = list(_placed(settings, _joined(settings, pages)))
    count = sum(len(page.numbers) for page in merged)
    nows = [mark.now for mark in marks if mark.now is not None]
    own = any(mark.own for mark in marks)
    mark = Mark(sum(mark.read for mark in marks), count, count, 0, max(nows, default=None), own)
    _write(target, settings, merged, mark)


def export(path: Path) -> Iterator[bytes]:
    """What a state remembers as JSON Lines, in the order in which it was kept: a record that can be filtered again.

    `remembered_since` is the time, in seconds since 1970, from which its age counts. Raises StateError.
    """
    with closing(State(path)) as state:
        for page in state.pages():
            for text, label, time in zip(texts(page), page.labels, page.times.tolist(), strict=True):
                named = {name: value for name, value in label._asdict().items() if value is not None}
                yield dump({**named, "text": decode(text), "remembered_since": time}) + b"\n"


def _settings(path: Path) -> Settings:
    with closing(State(path)) as state:
        return state.settings


def _joined(settings: Settings, pages: Sequence[Page]) -> Iterator[Page]:
    """Pages of several memories as one."""
    if not pages:
        return
    novelty = NoveltyFilter(settings)
    digests: list[bytes] = []
    for _, batch in prepared(ready(pages), novelty.prepare):
        data, offsets = batch.canonical.data, batch.canonical.offsets.tolist()
        digests += [xxh3_128_digest(data[a:b].tobytes()) for a, b in pairwise(offsets)]
    every = join(pages)
    first: dict[bytes, int] = {}
    last: dict[bytes, int] = {}
    for place in np.argsort(every.times, kind="stable").tolist():
        first.setdefault(digests[place], place)
        last.pop(digests[place], None)  # so that the last comes at the end
        last[digests[place]] = place
    said = texts(every)
    origins = [first[digest] for digest in last]
    numbers = np.arange(len(last))
    yield Page(
        numbers,
        numbers,
        every.times[list(last.values())],
        pack([said[origin] for origin in origins]),
        Labels.of(every.labels[origin] for origin in origins),
        np.zeros((len(last), 0), np.bool_),
    )


def _placed(settings: Settings, pages: Iterator[Page]) -> Iterator[Page]:
    """Pages with the places that their paragraphs have in an index of these settings."""
    forever = replace(settings, **dict.fromkeys(FORGETTING[:2]))  # type: ignore[arg-type]  # by name
    return NoveltyFilter(forever).remember(ready(pages))


def _replace(state: State, settings: Settings, pages: Iterable[Page]) -> None:
    unfinished = state.path.with_name(f".{state.path.name}.{os.getpid()}.new")
    try:
        _write(unfinished, settings, pages, state.mark)
        state.become(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(path: Path, settings: Settings, pages: Iterable[Page], mark: Mark) -> None:
    nothing: Sightings = join_sightings([])
    with closing(State(path, settings, sync=True)) as state:
        held: list[Page] = []
        for page in pages:
            held.append(page)
            if sum(len(one.numbers) for one in held) >= _PAGE:
                state.commit([join(held)], nothing, mark)
                held = []
        state.commit([join(held)] if held else [], nothing, mark)
