"""A terminal as an output: control characters are shown as escapes."""

import codecs
import io
from typing import BinaryIO, cast

from dedup.model.visible import visible


class _TerminalFile(io.RawIOBase):
    """Writes to a terminal; bytes that are not UTF-8 are shown as U+FFFD."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._return = ""  # the last character, if a line end may follow it

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._terminal.fileno()

    def write(self, data: object, /) -> int:
        view = memoryview(data).cast("B")  # type: ignore[arg-type]  # any buffer
        text = self._return + self._decoder.decode(view)
        self._return = "\r" if text.endswith("\r") else ""
        lines = text.removesuffix(self._return).replace("\r\n", "\n")
        self._terminal.write(visible(lines, keep="\n\t").encode())
        return len(view)

    def flush(self) -> None:
        if not self.closed:
            self._terminal.flush()

    def close(self) -> None:
        if not self.closed:
            rest = self._return + self._decoder.decode(b"", True)
            try:
                self._terminal.write(visible(rest).encode())
            finally:
                super().close()
                self._terminal.close()


def terminal_file(terminal: BinaryIO) -> BinaryIO:
    """A file that writes to an open terminal, with control characters as escapes, apart from line ends and tabs."""
    return cast(BinaryIO, _TerminalFile(terminal))
