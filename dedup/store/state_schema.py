"""The schema and the header of a state file: its format, its settings, and the progress of the memory."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np

from dedup.errors import SettingsError, StateError
from dedup.settings import FORGETTING, Settings
from dedup.store.log_check import damage

#: The advice for a damaged file.
DAMAGED = "the file is damaged: `dedup state restore` puts a copy in its place, or move it away to start over"
APPLICATION = 0x64647570  # "ddup"
FORMAT = 4
_FREE = (*FORGETTING, "max_bytes")  # may change from run to run
#: Format 2 adds this table to format 1. Format 3 adds stories to pages. Format 4 sets `TEXT_BIT` in its keys.
DROPPED_TABLE = """
CREATE TABLE dropped (first INTEGER PRIMARY KEY AUTOINCREMENT, entries INTEGER NOT NULL, data BLOB NOT NULL);
"""
_SCHEMA = f"""
PRAGMA page_size = 16384;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
CREATE TABLE header (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE page (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, paragraphs INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE sighting (first INTEGER PRIMARY KEY, sightings INTEGER NOT NULL, data BLOB NOT NULL);
{DROPPED_TABLE}
"""


LATE = float(np.finfo(np.float64).max)  # after every clock; JSON has no infinity


class Checkpoint(NamedTuple):
    """The progress of a memory.

    Attributes:
        read: The number of paragraphs judged.
        number: The number of paragraphs ever stored.
        first_tick: The tick of the paragraph that is evicted next.
        now: As in `Clock`.
        latest: As in `Clock`.
        lowest: As in `Clock`.
        blocks: The state of `Blocks`.
    """

    read: int = 0
    number: int = 0
    first_tick: int = 0
    now: float | None = None
    latest: Sequence[Any] = ()
    lowest: Sequence[Any] = (LATE, 0)
    blocks: Sequence[Any] = ()


def differences(before: Settings, now: Settings) -> str:
    """The settings that must not change and differ, as `threshold 0.5, not 0.6`; empty if there are none."""
    named = [field.name for field in fields(Settings) if field.name not in _FREE]
    pairs = [(name, getattr(before, name), getattr(now, name)) for name in named]
    return ", ".join(f"{name} {old}, not {new}" for name, old, new in pairs if old != new)


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Convert errors of SQLite to a StateError of one line."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StateError(f"{path}: {error}; what was committed before is safe") from None
    except (sqlite3.Error, TypeError, UnicodeDecodeError) as error:
        raise StateError(f"{path}: {error}; {DAMAGED}") from None


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in mode `rw` or `ro`, with explicit transactions."""
    if mode == "ro" and not path.with_name(f"{path.name}-wal").exists():
        mode += "&immutable=1"  # nobody writes; without this, SQLite would leave a log file behind
    name = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"
    # Commits come from another thread, one after the other.
    base = sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False)
    base.execute("PRAGMA busy_timeout = 10000")
    return base


def create(path: Path, settings: Settings) -> None:
    """Create an empty state in one step."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    try:
        with sqlite_errors(path):
            base = sqlite3.connect(unfinished, isolation_level=None)
            base.executescript(_SCHEMA)
            header = [("settings", dump_settings(settings)), ("mark", json.dumps(Checkpoint()._asdict()))]
            base.executemany("INSERT INTO header VALUES (?, ?)", header)
            base.close()
        put_new(unfinished, path)
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def put_new(unfinished: Path, path: Path) -> None:
    """Give a complete state its name, which must be free."""
    remove_log(path)
    unfinished.rename(path)


def remove_log(path: Path) -> None:
    """Remove the log of a file before another takes its place, because SQLite would apply it to that one."""
    for log in ("-wal", "-shm"):
        path.with_name(path.name + log).unlink(missing_ok=True)


def inspect(path: Path) -> int:
    """The format of a state file, read without changing it. Raises StateError if this version cannot read it."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise StateError(f"{path}: {error.strerror}") from None
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
        raise StateError(f"{path}: not a state file of dedup; name another file, or move it away to start over")
    page, pages, version, application = (
        int.from_bytes(head[start:end], "big") for start, end in ((16, 18), (28, 32), (60, 64), (68, 72))
    )
    if application != APPLICATION:
        raise StateError(f"{path}: an SQLite file of another program; name another file")
    if not 1 <= version <= FORMAT:
        raise StateError(f"{path}: has format {version}; this version of dedup reads formats 1 to {FORMAT}")
    if size < (1 << 16 if page == 1 else page) * pages and not path.with_name(f"{path.name}-wal").exists():
        raise StateError(f"{path}: is cut short; {DAMAGED}")
    if wrong := damage(path.with_name(f"{path.name}-wal")):
        raise StateError(f"{path}: {wrong} is damaged; {DAMAGED}")
    return version


def dump_settings(settings: Settings) -> str:
    """Settings as in the header."""
    return json.dumps(asdict(settings) | {"fingerprint": settings.fingerprint()})


def read_settings(path: Path, header: dict[str, str]) -> Settings:
    """The settings of a header. Raises StateError if they cannot be read."""
    try:
        named = json.loads(header["settings"])
        fingerprint = named.pop("fingerprint")
        settings = Settings(**named)
    except (KeyError, TypeError, ValueError, SettingsError) as error:
        raise StateError(f"{path}: its settings cannot be read ({error}); {DAMAGED}") from None
    if settings.fingerprint() != fingerprint:
        raise StateError(f"{path}: its settings are not those of its fingerprint; {DAMAGED}")
    return settings


def read_checkpoint(path: Path, header: dict[str, str]) -> Checkpoint:
    """The checkpoint of a header. Raises StateError if it cannot be read."""
    try:
        named = json.loads(header["mark"])
        if "own" in named:  # format 1
            del named["tick"]
            if named.pop("own") and named["now"] is not None:
                named["latest"] = [[named["now"]]]
        return Checkpoint(**named)
    except (KeyError, TypeError, ValueError) as error:
        raise StateError(f"{path}: its checkpoint cannot be read ({error}); {DAMAGED}") from None


def read_position(path: Path, header: dict[str, str]) -> str | None:
    """The position of a header as JSON, None without one. Raises StateError if it cannot be read."""
    position = header.get("position")
    try:
        if position is not None:
            json.loads(position)
    except (TypeError, ValueError) as error:
        raise StateError(f"{path}: its position cannot be read ({error}); {DAMAGED}") from None
    return position
