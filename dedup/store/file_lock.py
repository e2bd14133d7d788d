"""A lock file, so that a state has one writer at a time. The system releases it when its holder ends in any way."""

import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

from dedup.errors import StateError
from dedup.formats.output_files import followed
from dedup.model.types import plural

_END = "-lock"  # of the name
_LONGEST = 20  # bytes of a lock file
_PAUSE = 0.1  # seconds between two attempts
#: The locks of this process: (process, device, file). A forked process holds none of them.
_held: set[tuple[int, int, int]] = set()


def side_files(path: Path) -> list[Path]:
    """The files that belong to a state: its lock and the logs of SQLite. They stand beside the target of a link."""
    path = followed(path)
    return [path.parent / f"{path.name}{end}" for end in (_END, "-wal", "-shm", "-journal")]


def check_regular(path: Path) -> None:
    """Check that a state and its side files are regular files, as far as they exist.

    Anything else would block, or be written to in place of something that somebody else owns.

    Raises:
        StateError: One of them is a pipe, a device, a socket or a directory, or a side file is a link.
    """
    for file in (path, *side_files(path)):
        try:
            mode = file.lstat().st_mode
        except OSError:  # it does not exist, or nobody can open it either
            continue
        if not stat.S_ISREG(mode):
            raise StateError(f"{file}: is no regular file; name another state, or move it away")


class FileLock:
    """A lock that is held from its creation until `release`.

    Args:
        path: The file that it protects.
        wait: The seconds to wait for another holder.

    Raises:
        StateError: Another process still holds it, or the lock file is something else. The message names it.
    """

    def __init__(self, path: Path, wait: float = 0) -> None:
        self._path = path.with_name(path.name + _END)
        end = time.monotonic() + wait
        while not self._try():
            left = end - time.monotonic()
            if left <= 0:
                gave_up = f"; gave up after {wait:g} {plural(wait, 'second')}" if wait else ""
                raise StateError(f"{path}: {self._holder}{gave_up}")
            time.sleep(min(_PAUSE, left))
        content = os.read(self._file, _LONGEST + 1)
        if (content.strip() and not content.strip().isdigit()) or len(content) > _LONGEST:
            os.close(self._file)
            raise StateError(f"{self._path}: is no lock file of dedup; move it away")
        os.lseek(self._file, 0, os.SEEK_SET)
        os.ftruncate(self._file, 0)
        os.write(self._file, b"%d\n" % os.getpid())
        self._key = _key(self._file)
        _held.add(self._key)

    def _try(self) -> bool:
        """Take the lock if it is free, or else note its holder."""
        while True:
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
            except OSError as error:
                raise StateError(f"{self._path}: {error.strerror}") from None
            if not _take(self._file):
                self._holder = _holder(self._file)
                os.close(self._file)
                return False
            # The last holder may have removed the file after it was opened.
            with suppress(OSError):
                if os.path.samestat(os.fstat(self._file), os.stat(self._path)):
                    return True
            os.close(self._file)

    def release(self) -> None:
        """Release the lock. In a forked process it stays with the parent."""
        if self._key[0] == os.getpid():
            _held.discard(self._key)
            with suppress(OSError):
                self._path.unlink()
        os.close(self._file)


def _key(file: int) -> tuple[int, int, int]:
    status = os.fstat(file)
    return os.getpid(), status.st_dev, status.st_ino


def _holder(file: int) -> str:
    """The holder of a lock, and what to do about it."""
    if _key(file) in _held:
        return "held by another NoveltyFilter of this process: close it first"
    process = os.read(file, _LONGEST).decode(errors="replace").strip() or "another one"
    return f"process {process} is writing it; wait for it with --wait, or stop it"


def _take(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, 1 << 20, os.SEEK_SET)  # after the process id
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
