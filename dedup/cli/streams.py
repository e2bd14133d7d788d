"""The standard streams of a command: always open, UTF-8, and without characters that steer a terminal."""

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from dedup.model.visible import visible

CLEAR = "\r\x1b[K"


class _Visible(io.TextIOWrapper):
    """A text stream that writes control characters as escapes, apart from line ends and tabs."""

    def write(self, text: str, /) -> int:
        super().write(visible(text, keep="\n\t"))
        return len(text)


def prepare_streams() -> None:
    """Open standard streams that are closed, and let the others show control characters as escapes.

    A file that is opened later would otherwise get the number of a closed stream, and messages would go into it. A
    closed stderr swallows its text; a closed stdin or stdout fails when it is used.
    """
    for number, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):  # the lowest free number is this one
                os.set_inheritable(os.open(os.devnull, mode), True)
    sys.stdout, sys.stderr = _stream(1), _stream(2)


def _stream(number: int) -> TextIO:
    """A stream in UTF-8, whatever the locale, like all outputs."""
    return _Visible(open(number, "wb", closefd=False), "utf-8", "replace", line_buffering=number == 2)


def control(sequence: str) -> None:
    """Write a control sequence to stderr, which must be a terminal."""
    with suppress(OSError):
        sys.stderr.flush()
        os.write(2, sequence.encode())
