"""The state file: everything that a filter remembers, in one SQLite file.

Its `application_id` is that of dedup and its `user_version` is the format, so other files are refused before anything
is written. Tables:

    header(name, value)            settings: all settings of the last writer as JSON, with their fingerprint
                                   mark: the progress of the memory as JSON, see `Checkpoint`
                                   position: JSON that the caller committed with the memory, if any
    page(first, last, paragraphs, data)
                                   stored paragraphs, at least one page per commit: the numbers of the first and the
                                   last, their count, and the blob of `pack_page`
    sighting(first, sightings, data)
                                   refreshes: the first tick, their count, and the blob of `pack_refreshes`
    dropped(first, entries, data)  dropped texts: the count of entries, and the blob of `pack_dropped`

A commit is one transaction. Pages without live paragraphs are deleted, and small pages are joined, a few per commit. A
paragraph with a tick before `Checkpoint.first_tick` is forgotten, even if its page is still there. A file of format 1,
which has no clocks and no dropped texts, is upgraded when it is opened for writing.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dedup.errors import StateError
from dedup.formats.output_files import followed, take_place
from dedup.settings import Settings
from dedup.store.dropped_texts import DroppedEntries, with_text_bits
from dedup.store.file_lock import FileLock, check_regular
from dedup.store.state_codec import (
    Refreshes,
    StatePage,
    choose,
    choose_dropped,
    choose_refreshes,
    join,
    join_dropped,
    join_refreshes,
    last_of_each,
    pack_dropped,
    pack_page,
    pack_refreshes,
    unpack_dropped,
    unpack_page,
    unpack_refreshes,
)
from dedup.store.state_schema import (
    DAMAGED,
    DROPPED_TABLE,
    FORMAT,
    Checkpoint,
    connect,
    create,
    differences,
    dump_settings,
    inspect,
    read_checkpoint,
    read_position,
    read_settings,
    sqlite_errors,
)

Unpacked = TypeVar("Unpacked")
_LOG = 256  # database pages in the log after which it is written to the file
_SPARE = 4096  # paragraphs or sightings that may stand in the file for nothing
_JOINED = 2048  # largest number of paragraphs of a joined page
_AT_ONCE = 64  # pages that one commit examines
_SMALL = 256  # average number of paragraphs per page below which pages are joined


class State:
    """An open state file.

    Args:
        path: The file. A symbolic link is followed.
        settings: The settings to write it with. Without, it is only read, or, with `to_write`, keeps its settings.
        to_write: Whether to open it for writing with its own settings.
        sync: Whether each commit is synced to disk.
        wait: The seconds to wait for another writer.

    Raises:
        StateError: The file cannot be used, was written with other settings, or has another writer. It is not changed.
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
        self.path = path = followed(path)  # SQLite names its log after the target
        check_regular(path)
        writes = to_write or settings is not None
        self._lock = FileLock(path, wait) if writes else None
        try:
            if settings is not None and not path.exists():
                create(path, settings)
            self._format = inspect(path)
            with sqlite_errors(path):
                self._base = connect(path, "rw" if writes else "ro")
                header = dict(self._base.execute("SELECT name, value FROM header").fetchall())
                self._pages = np.array(
                    self._base.execute("SELECT first, last, paragraphs FROM page ORDER BY first").fetchall(), np.int64
                ).reshape(-1, 3)
                self._refreshes = self._total("SELECT total(sightings) FROM sighting")
                self._dropped = self._total("SELECT total(entries) FROM dropped") if self._format > 1 else 0
            self.settings = read_settings(path, header)
            self.checkpoint = read_checkpoint(path, header)
            self.position = read_position(path, header)
            if writes:
                self._write_with(settings or self.settings, sync)
        except BaseException:
            self.close()
            raise
        status = path.stat()
        self._place = (status.st_dev, status.st_ino)
        self._hand = 0

    def _write_with(self, settings: Settings, sync: bool) -> None:
        if different := differences(self.settings, settings):
            raise StateError(
                f"{self.path}: was written with {different}; `dedup state rebuild` rewrites it for other settings"
            )
        with sqlite_errors(self.path):
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute(f"PRAGMA wal_autocheckpoint = {_LOG}")
            self._base.execute(f"PRAGMA synchronous = {'FULL' if sync else 'NORMAL'}")
            self._base.execute("BEGIN IMMEDIATE")  # fails now if the file cannot be written
            self._base.execute("UPDATE header SET value = ? WHERE name = 'settings'", (dump_settings(settings),))
            if self._format < FORMAT:
                self._upgrade()
            self._base.execute("COMMIT")
        self.settings = settings

    def _upgrade(self) -> None:
        """Upgrade a file of an earlier format."""
        if self._format == 1:
            self._upgrade_from_1()
        self._insert_dropped(join_dropped([]), self.dropped())
        self._base.execute(f"PRAGMA user_version = {FORMAT}")
        self._format = FORMAT

    def _upgrade_from_1(self) -> None:
        rows = self._pages.tolist()
        for row in rows:
            blob = pack_page(self._unpacked(row, self._blob(row[0])))
            self._base.execute("UPDATE page SET data = ? WHERE first = ?", (blob, row[0]))
        refreshes = self.refreshes()
        self._base.execute("DELETE FROM sighting")
        self._refreshes = 0
        if len(refreshes.numbers):
            self._insert_refreshes(choose_refreshes(refreshes, np.argsort(refreshes.ticks)))
        self._base.execute(DROPPED_TABLE)

    def _total(self, query: str) -> int:
        return int(self._base.execute(query).fetchone()[0])

    @property
    def paragraphs(self) -> int:
        """The number of paragraphs in the file, including forgotten ones."""
        return int(self._pages[:, 2].sum())

    @property
    def forgot(self) -> bool:
        """Whether any paragraph that was ever stored is forgotten."""
        return self.paragraphs != self.checkpoint.number or self.checkpoint.first_tick > 0

    def pages(self) -> Iterator[StatePage]:
        """The remembered paragraphs, in the order in which they were stored, page by page."""
        return filter(None, (make() for make in self.page_loaders()))

    def page_loaders(self) -> Iterator[Callable[[], StatePage | None]]:
        """A loader for each page of the file, for any thread. It returns None if nothing of the page is remembered."""
        refreshed = self.refreshes()
        for row in self._pages.tolist():
            yield partial(self._remembered, row, self._blob(row[0]), refreshed)

    def _remembered(self, row: list[int], blob: object, refreshed: Refreshes) -> StatePage | None:
        page = self._unpacked(row, blob)
        ticks, times, clocks = page.ticks.copy(), page.times.copy(), page.clocks.copy()
        if len(refreshed.numbers):
            places = np.minimum(np.searchsorted(refreshed.numbers, page.numbers), len(refreshed.numbers) - 1)
            hit = refreshed.numbers[places] == page.numbers
            ticks[hit], times[hit] = refreshed.ticks[places[hit]], np.maximum(times, refreshed.times[places])[hit]
            clocks[hit] = refreshed.clocks[places[hit]]
        wanted = ticks >= self.checkpoint.first_tick
        return choose(page._replace(ticks=ticks, times=times, clocks=clocks), wanted) if wanted.any() else None

    def every_page(self) -> Iterator[StatePage]:
        """All pages of the file, including forgotten paragraphs. Raises StateError at the first that cannot be read."""
        return (self._unpacked(row, self._blob(row[0])) for row in self._pages.tolist())

    def _blob(self, first: int) -> object:
        with sqlite_errors(self.path):
            return self._base.execute("SELECT data FROM page WHERE first = ?", (first,)).fetchone()[0]

    def _unpacked(self, row: list[int], blob: object) -> StatePage:
        try:
            page = unpack_page(blob, self._format)  # type: ignore[arg-type]  # checked by unpacking
        except (StateError, TypeError) as error:
            raise StateError(f"{self.path}: page {row[0]}: {error}; {DAMAGED}") from None
        if [page.numbers[0], page.numbers[-1], len(page.numbers)] != row:
            raise StateError(f"{self.path}: page {row[0]} does not hold the paragraphs that its row says; {DAMAGED}")
        return page

    def refreshes(self) -> Refreshes:
        """The last refresh of each refreshed paragraph, by ascending number."""
        blobs = self._blobs("SELECT data FROM sighting ORDER BY first")
        return last_of_each(join_refreshes([self._read(unpack_refreshes, blob, self._format) for blob in blobs]))

    def dropped(self) -> DroppedEntries:
        """The dropped texts, in the order in which they were read."""
        blobs = self._blobs("SELECT data FROM dropped ORDER BY first") if self._format > 1 else []
        found = join_dropped([self._read(unpack_dropped, blob) for blob in blobs])
        return found if self._format > 3 else with_text_bits(found)

    def _blobs(self, query: str) -> list[bytes]:
        with sqlite_errors(self.path):
            return [data for (data,) in self._base.execute(query)]

    def _read(self, unpack: Callable[..., Unpacked], *arguments: object) -> Unpacked:
        try:
            return unpack(*arguments)
        except (StateError, TypeError) as error:
            raise StateError(f"{self.path}: {error}; {DAMAGED}") from None

    def commit(
        self,
        pages: Sequence[StatePage],
        refreshes: Refreshes,
        dropped: DroppedEntries,
        checkpoint: Checkpoint,
        live_numbers: NDArray[np.int64] | None = None,
        entries: DroppedEntries | None = None,
        position: str | None = None,
    ) -> None:
        """Write what came in since the last commit; all of it, or, if StateError is raised, nothing.

        Args:
            pages: The new stored paragraphs.
            refreshes: The new refreshes.
            dropped: The new dropped texts.
            checkpoint: The progress of the memory.
            live_numbers: The numbers of all remembered paragraphs, ascending, so that some of the rest leaves the file.
            entries: All remembered dropped texts, which replace those in the file.
            position: The new position as JSON; by default the old one stays.
        """
        self._check_place()
        before = self._pages, self._refreshes, self._dropped
        with sqlite_errors(self.path):
            self._base.execute("SAVEPOINT batch")  # a transaction, or a part of that of `hold`
            try:
                self._pages = np.concatenate([self._pages, *map(self._insert, pages)])
                if len(refreshes.numbers):
                    self._insert_refreshes(refreshes)
                self._insert_dropped(dropped, entries)
                self._tidy(live_numbers)
                self._base.execute(
                    "UPDATE header SET value = ? WHERE name = 'mark'", (json.dumps(checkpoint._asdict()),)
                )
                if position is not None:
                    self._base.execute("INSERT OR REPLACE INTO header VALUES ('position', ?)", (position,))
                self._base.execute("RELEASE batch")
            except BaseException:
                self._pages, self._refreshes, self._dropped = before
                with suppress(sqlite3.Error):
                    self._base.execute("ROLLBACK TO batch")
                    self._base.execute("RELEASE batch")
                raise
        self.checkpoint = checkpoint
        self.position = self.position if position is None else position

    def hold(self) -> None:
        """Hold back all commits from now on. They take effect together at `release`, or never."""
        with sqlite_errors(self.path):
            self._base.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        """Make the commits that were held back take effect, all or none. Raises StateError if they cannot."""
        with sqlite_errors(self.path):
            self._base.execute("COMMIT")

    def _check_place(self) -> None:
        """Raise StateError if the file was moved or replaced, because what is written would be lost."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}; the file was removed during the run") from None
        if (status.st_dev, status.st_ino) != self._place:
            raise StateError(f"{self.path}: another file was put in its place")

    def _insert(self, page: StatePage) -> NDArray[np.int64]:
        row = (int(page.numbers[0]), int(page.numbers[-1]), len(page.numbers))
        self._base.execute("INSERT INTO page VALUES (?, ?, ?, ?)", (*row, pack_page(page)))
        return np.array([row], np.int64)

    def _insert_refreshes(self, refreshes: Refreshes) -> None:
        row = (int(refreshes.ticks[0]), len(refreshes.ticks), pack_refreshes(refreshes))
        self._base.execute("INSERT INTO sighting VALUES (?, ?, ?)", row)
        self._refreshes += len(refreshes.ticks)

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
        """Whether many entries of dropped texts in the file are forgotten or duplicates."""
        return self._dropped > 2 * remembered + _SPARE

    def is_crowded(self, remembered: int) -> bool:
        """Whether much of the file is forgotten, so that the next commit needs the numbers of the live paragraphs."""
        return self._has_many_pages(remembered) or self._has_many_refreshes(remembered)

    def _has_many_pages(self, remembered: int) -> bool:
        return self.paragraphs > 2 * remembered + _SPARE or len(self._pages) > remembered // _SMALL + _AT_ONCE

    def _has_many_refreshes(self, remembered: int) -> bool:
        return self._refreshes > 2 * remembered + _SPARE

    def _tidy(self, live_numbers: NDArray[np.int64] | None) -> None:
        """Remove some forgotten paragraphs and refreshes, if there are many."""
        if live_numbers is None:
            return
        if self._has_many_refreshes(len(live_numbers)):
            self._renew(live_numbers)
        if self._has_many_pages(len(live_numbers)):
            self._tidy_pages(live_numbers)

    def _tidy_pages(self, numbers: NDArray[np.int64]) -> None:
        """Delete the pages without live paragraphs, and join the next few pages with few of them."""
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
        found = self.refreshes()
        order = np.argsort(found.ticks)
        current = order[np.isin(found.numbers[order], numbers)]
        self._base.execute("DELETE FROM sighting")
        self._refreshes = 0
        if len(current):
            self._insert_refreshes(choose_refreshes(found, current))

    def check(self) -> None:
        """Raise StateError if SQLite finds damage, a page cannot be read, or counts do not agree."""
        with sqlite_errors(self.path):
            report = self._base.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if report != "ok":
            raise StateError(f"{self.path}: {' '.join(report.split())}; {DAMAGED}")
        numbers = [page.numbers for page in self.every_page()]
        every = np.concatenate(numbers) if numbers else np.zeros(0, np.int64)
        if (np.diff(every) <= 0).any() or (len(every) and every[-1] >= self.checkpoint.number):
            raise StateError(f"{self.path}: its paragraphs are not in order; {DAMAGED}")
        self.refreshes()
        self.dropped()

    def copy_to(self, other: Path) -> None:
        """Write all that is committed to a new file, synced to disk."""
        with sqlite_errors(other), closing(sqlite3.connect(other, isolation_level=None)) as base:
            self._base.backup(base)

    def become(self, other: Path) -> None:
        """Replace this file by another state that nobody writes, and close it."""
        with sqlite_errors(self.path):
            # A log of this file would be applied to the other one.
            if self._base.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                raise StateError(f"{self.path}: another process is reading it; try again later")
            self._base.close()
        try:
            take_place(other, self.path)
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}") from None
        self.close()

    def close(self) -> None:
        """Close the file and release the lock. Changes that were not committed are lost."""
        with suppress(AttributeError, sqlite3.Error):
            self._base.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
