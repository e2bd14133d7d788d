"""Shows the progress of a run in one terminal line, which is rewritten in place."""

import os
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from dedup.cli.streams import CLEAR, control
from dedup.model.types import plural

if TYPE_CHECKING:
    from dedup.formats.input_files import Numbered

_DELAY = 1.0  # seconds before the first line
_INTERVAL = 0.2  # seconds between two lines


class Progress:
    """Shows the progress of a run over several inputs if stderr is a terminal.

    The first second shows nothing. The cursor stays visible, because an interrupt ends the process at once.

    Args:
        enabled: Whether to show the progress. None means only if stdout is not a terminal.
        paths: All inputs.
    """

    def __init__(self, enabled: bool | None, paths: Sequence[str]) -> None:
        is_on = sys.stderr.isatty() and (not sys.stdout.isatty() if enabled is None else enabled)
        self._start = time.monotonic()
        self._next = self._start + _DELAY if is_on else float("inf")
        self._shown = False
        self._total = sum(map(_size, paths)) if is_on and all(map(_size, paths)) else None
        self._file: Numbered | None = None
        self._size = 0
        self._before = 0  # bytes of the files before this one

    def __call__(self, file: "Numbered", read: int, dropped: int | None = None) -> None:
        """Update the line.

        Args:
            file: The input that is being read.
            read: The number of paragraphs read so far, from all inputs.
            dropped: The number of paragraphs dropped so far; None if the command drops none.
        """
        from dedup.formats.input_files import extent

        if file is not self._file:
            self._enter(file)
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL
        self._shown = True
        elapsed = now - self._start
        parts = [f"{read:,} {plural(read, 'paragraph')}", f"{read / elapsed:,.0f}/s"]
        if dropped is not None:
            parts.append(f"{dropped / max(1, read):.1%} dropped")
        if self._total is not None and (done := self._before + extent(file)[0]):
            left = elapsed * (max(self._total, done) - done) / done
            parts.append(f"{min(1, done / self._total):.0%}, {int(left) // 60}:{int(left) % 60:02} left")
        control(CLEAR + "  ".join(parts))

    def _enter(self, file: "Numbered") -> None:
        from dedup.formats.input_files import extent

        self._before += self._size
        self._file = file
        _, self._size = extent(file)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def close(self) -> None:
        """Remove the line."""
        if self._shown:
            control(CLEAR)


def _size(path: str) -> int:
    """The size of a regular file in bytes, or 0 if it is unknown."""
    with suppress(OSError):
        status = os.fstat(0) if path == "-" else os.stat(path)
        return status.st_size if stat.S_ISREG(status.st_mode) else 0
    return 0
