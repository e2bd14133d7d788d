"""Progress of a run: one line on a terminal, rewritten in place."""

import os
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from dedup.model.types import plural

if TYPE_CHECKING:
    from dedup.formats.input_files import Numbered

_DELAY = 1.0  # seconds before the first line
_INTERVAL = 0.2  # seconds between two lines
CLEAR = "\r\x1b[K"


class Progress:
    """Shows the progress of a run over several inputs if stderr is a terminal.

    Nothing is shown in the first second. The cursor stays visible, since an interrupt ends the process at once.

    Args:
        wanted: Whether to show it; None means only if stdout is not a terminal.
        paths: All inputs.
    """

    def __init__(self, wanted: bool | None, paths: Sequence[str]) -> None:
        on = sys.stderr.isatty() and (not sys.stdout.isatty() if wanted is None else wanted)
        self._began = time.monotonic()
        self._next = self._began + _DELAY if on else float("inf")
        self._shown = False
        self._total = sum(map(_size, paths)) if on and all(map(_size, paths)) else None
        self._file: Numbered | None = None
        self._size = 0
        self._before = 0  # bytes of the files before this one

    def __call__(self, file: "Numbered", read: int, dropped: int | None = None) -> None:
        """Show that `read` paragraphs were read, the last of them from `file`, and `dropped` of them dropped."""
        from dedup.formats.input_files import extent

        if file is not self._file:
            self._enter(file)
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL
        self._shown = True
        taken = now - self._began
        parts = [f"{read:,} {plural(read, 'paragraph')}", f"{read / taken:,.0f}/s"]
        if dropped is not None:
            parts.append(f"{dropped / max(1, read):.1%} dropped")
        if self._total is not None and (done := self._before + extent(file)[0]):
            left = taken * (max(self._total, done) - done) / done
            parts.append(f"{min(1, done / self._total):.0%}, {int(left) // 60}:{int(left) % 60:02} left")
        self._write(CLEAR + "  ".join(parts))

    def _enter(self, file: "Numbered") -> None:
        from dedup.formats.input_files import extent

        self._before += self._size
        self._file = file
        _, self._size = extent(file)

    @property
    def taken(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def close(self) -> None:
        """Remove the line."""
        if self._shown:
            self._write(CLEAR)

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _size(path: str) -> int:
    """The size of a regular file in bytes, 0 if it is unknown."""
    with suppress(OSError):
        status = os.fstat(0) if path == "-" else os.stat(path)
        return status.st_size if stat.S_ISREG(status.st_mode) else 0
    return 0
