"""How far a run is: a line on a terminal, rewritten in place."""

import os
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from dedup.formats.input_files import Numbered, extent
from dedup.model.types import plural

_PATIENCE = 1.0  # seconds that a run may take without a word
_PAUSE = 0.2  # seconds from one line to the next
CLEAR = "\r\x1b[K"


class Progress:
    """Tells of a run over several inputs, where stderr is a terminal, and stdout is not or `wanted` is True.

    Nothing is said in the first second. It is no bar that hides the cursor, since an interrupt ends us at once.
    """

    def __init__(self, wanted: bool | None, paths: Sequence[str]) -> None:
        on = sys.stderr.isatty() and (not sys.stdout.isatty() if wanted is None else wanted)
        self._began = time.monotonic()
        self._next = self._began + _PATIENCE if on else float("inf")
        self._shown = False
        self._total = sum(map(_size, paths)) if on and all(map(_size, paths)) else None
        self._file: Numbered | None = None
        self._size = 0
        self._before = 0  # bytes of the files before this one

    def __call__(self, file: Numbered, read: int, dropped: int | None = None) -> None:
        """So many paragraphs were read, the last of them from this file."""
        if file is not self._file:
            self._enter(file)
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _PAUSE
        self._shown = True
        taken = now - self._began
        parts = [f"{read:,} {plural(read, 'paragraph')}", f"{read / taken:,.0f}/s"]
        if dropped is not None:
            parts.append(f"{dropped / max(1, read):.1%} dropped")
        if self._total is not None and (done := self._before + extent(file)[0]):
            left = taken * (max(self._total, done) - done) / done
            parts.append(f"{min(1, done / self._total):.0%}, {int(left) // 60}:{int(left) % 60:02} left")
        self._write(CLEAR + "  ".join(parts))

    def _enter(self, file: Numbered) -> None:
        self._before += self._size
        self._file = file
        _, self._size = extent(file)

    @property
    def taken(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write(CLEAR)

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _size(path: str) -> int:
    """The bytes of a regular file, 0 where that is not known."""
    with suppress(OSError):
        status = os.fstat(0) if path == "-" else os.stat(path)
        return status.st_size if stat.S_ISREG(status.st_mode) else 0
    return 0
