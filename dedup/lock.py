"""One writer at a time: a lock beside a file, which the system lifts when its holder ends, however that ends."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from dedup.errors import StateError


class Lock:
    """Held from the moment it is made until it is released. `path` names the file that it is for.

    Raises StateError, with the process that holds it, where that is somebody else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}-lock")
        while True:
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            except OSError as error:
                raise StateError(f"{self._path}: {error.strerror}") from None
            if not _take(self._file):
                holder = os.read(self._file, 20).decode(errors="replace").strip() or "another one"
                os.close(self._file)
                raise StateError(f"{path}: process {holder} is writing it; wait for its end, or stop it")
            # Who held it before may have taken it away since it was opened.
            with suppress(OSError):
                if os.path.samestat(os.fstat(self._file), os.stat(self._path)):
                    break
            os.close(self._file)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.ftruncate(self._file, 0)
        os.write(self._file, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Let others write."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._file)


def _take(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, 1 << 20, os.SEEK_SET)  # behind what is read
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
