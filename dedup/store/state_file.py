"""The state file: what a filter remembers, as one SQLite file.

Its `application_id` is that of dedup and its `user_version` the format, so that other files are told apart before
anything is done with them. Tables:

    header(name, value)            settings: all of them as JSON, and their fingerprint, of the last writer
                                   mark: where the memory stands, as JSON (`Mark`)
    page(first, last, paragraphs, data)
                                   kept paragraphs, at least a page a commit: the numbers of the first and the last,
                                   how many, and the blob of `pages.pack_page`
    sighting(first, sightings, data)
                                   refreshes: the first tick, their number, and the blob of `pages.pack_sightings`
    dropped(first, entries, data)  entries of dropped texts: their number, and the blob of `pages.pack_dropped`

A commit is one transaction. What was forgotten leaves with its page, and pages of which little is left, or which were
small from the beginning, are joined, a few in a commit. A paragraph with a tick before `Mark.first_tick` is forgotten,
even where its page is still there. A file of format 1, which had no clocks and no dropped texts, is brought to the
format of today when it is opened to be written.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StateError
from dedup.formats.output_files import followed, take_place
from dedup.settings import Settings
from dedup.store.dropped_texts import DroppedEntries
from dedup.store.file_lock import Lock
from dedup.store.state_codec import (
    Page,
    Sightings,
    choose,
    choose_dropped,
    choose_sightings,
    join,
    join_dropped,
    join_sightings,
    last_of_each,
    pack_dropped,
    pack_page,
    pack_sightings,
    unpack_dropped,
    unpack_page,
    unpack_sightings,
)
from dedup.store.state_schema import (
    DAMAGED,
    DROPPED_TABLE,
    FORMAT,
    Mark,
    connect,
    create,
    differences,
    dump_settings,
    inspect,
    read_mark,
    read_settings,
    told,
)

Unpacked = TypeVar("Unpacked")
_LOG = 256  # database pages after which the log is written to the file
_SPARE = 4096  # paragraphs or sightings that may stand in the file for nothing
_JOINED = 2048  # paragraphs that pages are joined to at most, and of which one is enough
_AT_ONCE = 64  # pages that are looked at in one commit
_SMALL = 256  # paragraphs in a page on average, with fewer of which pages are joined


class State:
    """An open state file.

    Args:
        path: The file; a symbolic link is followed.
        settings: What to write it with. Without, it is only read, or, `to_write`, written with those that it has.
        sync: Whether each commit outlasts also a failure of power.
        wait: Seconds to wait for another writer.

    Raises:
        StateError: The file cannot be used, was written with other settings, or has another writer; nothing is
            changed then.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings | None = None,
        *,
        to_write: bool = False,
        sync: bool = False,
        wait: float = 0,
    ) -> None:
        self.path = path = followed(path)  # as SQLite does, which names its log after the target
        writes = to_write or settings is not None
        self._lock = Lock(path, wait) if writes else None
        try:
            if settings is not None and not path.exists():
                create(path, settings)
            self._format = inspect(path)
            with told(path):
                self._base = connect(path, "rw" if writes else "ro")
                header = dict(self._base.execute("SELECT name, value FROM header").fetchall())
                self._pages = np.array(
                    self._base.execute("SELECT first, last, paragraphs FROM page ORDER BY first").fetchall(), np.int64
                ).reshape(-1, 3)
                self._sightings = self._total("SELECT total(sightings) FROM sighting")
                self._dropped = self._total("SELECT total(entries) FROM dropped") if self._format > 1 else 0
            self.settings = read_settings(path, header)
            self.mark = read_mark(path, header)
            if writes:
                self._write_with(settings or self.settings, sync)
        except BaseException:
            self.close()
            raise
        status = path.stat()
        self._place = (status.st_dev, status.st_ino)
        self._hand = 0

    def _write_with(self, settings: Settings, sync: bool) -> None:
        if said := differences(self.settings, settings):
            raise StateError(f"{self.path}: was written with {said}; `dedup state rebuild` makes it anew for others")
        with told(self.path):
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute(f"PRAGMA wal_autocheckpoint = {_LOG}")
            self._base.execute(f"PRAGMA synchronous = {'FULL' if sync else 'NORMAL'}")
            self._base.execute("BEGIN IMMEDIATE")  # says now if nothing can be written
            self._base.execute("UPDATE header SET value = ? WHERE name = 'settings'", (dump_settings(settings),))
            if self._format < FORMAT:
                self._upgrade()
            self._base.execute("COMMIT")
        self.settings = settings

    def _upgrade(self) -> None:
        """Rewrite a file of format 1 in the format of today."""
        rows = self._pages.tolist()
        for row in rows:
            blob = pack_page(self._unpacked(row, self._blob(row[0])))
            self._base.execute("UPDATE page SET data = ? WHERE first = ?", (blob, row[0]))
        sightings = self.sightings()
        self._base.execute("DELETE FROM sighting")
        self._sightings = 0
        if len(sightings.numbers):
            self._insert_sightings(choose_sightings(sightings, np.argsort(sightings.ticks)))
        self._base.execute(DROPPED_TABLE)
        self._base.execute(f"PRAGMA user_version = {FORMAT}")
        self._format = FORMAT

    def _total(self, query: str) -> int:
        return int(self._base.execute(query).fetchone()[0])

    @property
    def paragraphs(self) -> int:
        """How many stand in the file, also such as are forgotten."""
        return int(self._pages[:, 2].sum())

    @property
    def forgot(self) -> bool:
        """Whether anything that was ever kept is remembered no more."""
        return self.paragraphs != self.mark.number or self.mark.first_tick > 0

    def pages(self) -> Iterator[Page]:
        """What is remembered, in the order in which it was kept, page by page."""
        return filter(None, (make() for make in self.makers()))

    def makers(self) -> Iterator[Callable[[], Page | None]]:
        """For each page of the file what makes, in any thread, the page that `pages` gives; None for none."""
        renewed = self.sightings()
        for row in self._pages.tolist():
            yield partial(self._remembered, row, self._blob(row[0]), renewed)

    def _remembered(self, row: list[int], blob: object, renewed: Sightings) -> Page | None:
        page = self._unpacked(row, blob)
        ticks, times, clocks = page.ticks.copy(), page.times.copy(), page.clocks.copy()
        if len(renewed.numbers):
            places = np.minimum(np.searchsorted(renewed.numbers, page.numbers), len(renewed.numbers) - 1)
            hit = renewed.numbers[places] == page.numbers
            ticks[hit], times[hit] = renewed.ticks[places[hit]], np.maximum(times, renewed.times[places])[hit]
            clocks[hit] = renewed.clocks[places[hit]]
        wanted = ticks >= self.mark.first_tick
        return choose(page._replace(ticks=ticks, times=times, clocks=clocks), wanted) if wanted.any() else None

    def every_page(self) -> Iterator[Page]:
        """The pages as they stand in the file. Raises StateError at the first that cannot be read."""
        return (self._unpacked(row, self._blob(row[0])) for row in self._pages.tolist())

    def _blob(self, first: int) -> object:
        with told(self.path):
            return self._base.execute("SELECT data FROM page WHERE first = ?", (first,)).fetchone()[0]

    def _unpacked(self, row: list[int], blob: object) -> Page:
        try:
            page = unpack_page(blob, self._format)  # type: ignore[arg-type]  # what it is, is seen then
        except (StateError, TypeError) as error:
            raise StateError(f"{self.path}: page {row[0]}: {error}; {DAMAGED}") from None
        if [page.numbers[0], page.numbers[-1], len(page.numbers)] != row:
            raise StateError(f"{self.path}: page {row[0]} holds other paragraphs than it says; {DAMAGED}")
        return page

    def sightings(self) -> Sightings:
        """The last refresh of each refreshed paragraph, ascending by number."""
        blobs = self._blobs("SELECT data FROM sighting ORDER BY first")
        return last_of_each(join_sightings([self._read(unpack_sightings, blob, self._format) for blob in blobs]))

    def dropped(self) -> DroppedEntries:
        """The dropped texts, in the order in which they were read."""
        blobs = self._blobs("SELECT data FROM dropped ORDER BY first") if self._format > 1 else []
        return join_dropped([self._read(unpack_dropped, blob) for blob in blobs])

    def _blobs(self, query: str) -> list[bytes]:
        with told(self.path):
            return [data for (data,) in self._base.execute(query)]

    def _read(self, unpack: Callable[..., Unpacked], *arguments: object) -> Unpacked:
        try:
            return unpack(*arguments)
        except (StateError, TypeError) as error:
            raise StateError(f"{self.path}: {error}; {DAMAGED}") from None

    def commit(
        self,
        pages: Sequence[Page],
        sightings: Sightings,
        dropped: DroppedEntries,
        mark: Mark,
        standing: NDArray[np.int64] | None = None,
        entries: DroppedEntries | None = None,
    ) -> None:
        """Write what came in since the last commit; all of it, or, where StateError is raised, nothing.

        `standing` are the numbers of what is remembered, ascending, so that some of the rest leaves the file; `entries`
        are all the dropped texts that are remembered, which replace those in the file.
        """
        self._look()
        before = self._pages, self._sightings, self._dropped
        with told(self.path):
            self._base.execute("SAVEPOINT batch")  # a transaction, or a part of that of `hold`
            try:
                self._pages = np.concatenate([self._pages, *map(self._insert, pages)])
                if len(sightings.numbers):
                    self._insert_sightings(sightings)
                self._insert_dropped(dropped, entries)
                self._tidy(standing)
                self._base.execute("UPDATE header SET value = ? WHERE name = 'mark'", (json.dumps(mark._asdict()),))
                self._base.execute("RELEASE batch")
            except BaseException:
                self._pages, self._sightings, self._dropped = before
                with suppress(sqlite3.Error):
                    self._base.execute("ROLLBACK TO batch")
                    self._base.execute("RELEASE batch")
                raise
        self.mark = mark

    def hold(self) -> None:
        """Hold back all commits from now on: they take effect together, by `release`, or never."""
        with told(self.path):
            self._base.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        """Let the commits take effect that were held back, all or none. Raises StateError where they cannot."""
        with told(self.path):
            self._base.execute("COMMIT")

    def _look(self) -> None:
        """Raise StateError where the file is no longer what its name stands for: what is written would be lost."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}; it was there before") from None
        if (status.st_dev, status.st_ino) != self._place:
            raise StateError(f"{self.path}: somebody has put another file in its place")

    def _insert(self, page: Page) -> NDArray[np.int64]:
        row = (int(page.numbers[0]), int(page.numbers[-1]), len(page.numbers))
        self._base.execute("INSERT INTO page VALUES (?, ?, ?, ?)", (*row, pack_page(page)))
        return np.array([row], np.int64)

    def _insert_sightings(self, sightings: Sightings) -> None:
        row = (int(sightings.ticks[0]), len(sightings.ticks), pack_sightings(sightings))
        self._base.execute("INSERT INTO sighting VALUES (?, ?, ?)", row)
        self._sightings += len(sightings.ticks)

    def _insert_dropped(self, dropped: DroppedEntries, entries: DroppedEntries | None) -> None:
        if entries is not None:
            self._base.execute("DELETE FROM dropped")
            self._dropped = 0
            dropped = choose_dropped(entries, np.argsort(entries.ticks, kind="stable"))
        if len(dropped.keys):
            row = (len(dropped.keys), pack_dropped(dropped))
            self._base.execute("INSERT INTO dropped (entries, data) VALUES (?, ?)", row)
            self._dropped += len(dropped.keys)

    def has_many_dropped(self, remembered: int) -> bool:
        """Whether so many of the dropped texts in the file are forgotten, or stand there twice, that they should go."""
        return self._dropped > 2 * remembered + _SPARE

    def is_crowded(self, remembered: int) -> bool:
        """Whether so much of the file stands for nothing that a commit should be told what is remembered."""
        return self._has_many_pages(remembered) or self._has_many_sightings(remembered)

    def _has_many_pages(self, remembered: int) -> bool:
        return self.paragraphs > 2 * remembered + _SPARE or len(self._pages) > remembered // _SMALL + _AT_ONCE

    def _has_many_sightings(self, remembered: int) -> bool:
        return self._sightings > 2 * remembered + _SPARE

    def _tidy(self, standing: NDArray[np.int64] | None) -> None:
        """Rid the file of some of what is forgotten, where that is much."""
        if standing is None:
            return
        if self._has_many_sightings(len(standing)):
            self._renew(standing)
        if self._has_many_pages(len(standing)):
            self._tidy_pages(standing)

    def _tidy_pages(self, numbers: NDArray[np.int64]) -> None:
        """Take out the pages of which nothing is left, and join the next few of which little is."""
        left = np.searchsorted(numbers, self._pages[:, 1], "right") - np.searchsorted(numbers, self._pages[:, 0])
        self._delete(self._pages[left == 0])
        self._pages, left = self._pages[left > 0], left[left > 0]
        for _ in range(len(left)):
            first = self._hand % len(left)
            run = max(1, int(np.searchsorted(np.cumsum(left[first : first + _AT_ONCE]), _JOINED, "right")))
            self._hand = first + 1
            if run > 1 or 2 * left[first] < self._pages[first, 2]:
                chosen = self._pages[first : first + run]
                found = [self._unpacked(row, self._blob(row[0])) for row in chosen.tolist()]
                self._delete(chosen)
                joined = self._insert(join([choose(page, np.isin(page.numbers, numbers)) for page in found]))
                self._pages = np.concatenate([self._pages[:first], joined, self._pages[first + run :]])
                return

    def _delete(self, pages: NDArray[np.int64]) -> None:
        self._base.executemany("DELETE FROM page WHERE first = ?", ((first,) for first in pages[:, 0].tolist()))

    def _renew(self, numbers: NDArray[np.int64]) -> None:
        found = self.sightings()
        order = np.argsort(found.ticks)
        current = order[np.isin(found.numbers[order], numbers)]
        self._base.execute("DELETE FROM sighting")
        self._sightings = 0
        if len(current):
            self._insert_sightings(choose_sightings(found, current))

    def check(self) -> None:
        """Raise StateError where SQLite finds the file damaged, a page cannot be read, or counts do not agree."""
        with told(self.path):
            said = self._base.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if said != "ok":
            raise StateError(f"{self.path}: {' '.join(said.split())}; {DAMAGED}")
        numbers = [page.numbers for page in self.every_page()]
        every = np.concatenate(numbers) if numbers else np.zeros(0, np.int64)
        if (np.diff(every) <= 0).any() or (len(every) and every[-1] >= self.mark.number):
            raise StateError(f"{self.path}: its paragraphs are not in order; {DAMAGED}")
        self.sightings()
        self.dropped()

    def become(self, other: Path) -> None:
        """Put another state, which nobody writes, in the place of this one, and close it."""
        with told(self.path):
            # What was committed but stands in the log would be taken for changes of the other one.
            if self._base.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                raise StateError(f"{self.path}: somebody reads it; try again later")
            self._base.close()
        try:
            take_place(other, self.path)
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}") from None
        self.close()

    def close(self) -> None:
        """Let others write. What was not committed is not in the file."""
        with suppress(AttributeError, sqlite3.Error):
            self._base.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
