"""A lock file, so that a state has one writer at a time. The system releases it when its holder ends in any way."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from dedup.errors import StateError
from dedup.model.types import plural

_PAUSE = 0.1  # seconds between two attempts
#: The locks of this process: (process, device, file). A forked process holds none of them.
_held: set[tuple[int, int, int]] = set()


class FileLock:
    """A lock that is held from its creation until `release`.

    Args:
        path: The file that it protects.
        wait: The seconds to wait for another holder.

    Raises:
        StateError: Another process still holds it. The message names it.
    """

    def __init__(self, path: Path, wait: float = 0) -> None:
        self._path = path.with_name(f"{path.name}-lock")
        end = time.monotonic() + wait
        while not self._try():
            left = end - time.monotonic()
            if left <= 0:
                gave_up = f"; gave up after {wait:g} {plural(wait, 'second')}" if wait else ""
                raise StateError(f"{path}: {self._holder}{gave_up}")
            time.sleep(min(_PAUSE, left))
        os.lseek(self._file, 0, os.SEEK_SET)
        os.ftruncate(self._file, 0)
        os.write(self._file, b"%d\n" % os.getpid())
        self._key = _key(self._file)
        _held.add(self._key)

    def _try(self) -> bool:
        """Take the lock if it is free, or else note its holder."""
        while True:
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
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
    process = os.read(file, 20).decode(errors="replace").strip() or "another one"
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
