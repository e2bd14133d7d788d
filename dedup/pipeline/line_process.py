"""A process that answers each line on its standard input by one line on its standard output, in order."""

import os
import selectors
import signal
from collections.abc import Sequence
from contextlib import suppress
from subprocess import PIPE, Popen, TimeoutExpired
from time import monotonic
from typing import IO

_LONGEST_LINE = 1 << 16  # bytes of an answer
_READ = 1 << 16  # bytes that are read at a time
_LONGEST_WAIT = 3600.0  # seconds of one call of `select`, which refuses very long ones
_GRACE = 2.0  # seconds that a process gets to end by itself


class LineProcessError(Exception):
    """The process has ended, or it must be ended, because the order of its answers is lost.

    Args:
        kind: The kind of failure: `ended`, or `over` if it may have ended before the request; `slow`, `many`, `long`.
        text: What the process did, as the end of a sentence.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class LineProcess:
    """Starts a process, in a process group of its own, and exchanges lines with it.

    Neither side can block the other: both pipes are served at the same time, until a time limit.

    Attributes:
        has_answered: Whether it answered anything.

    Args:
        command: The program and its arguments.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # A session of its own is a group of its own, so that the children of the command can be ended with it.
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, bufsize=0, start_new_session=True)  # noqa: S603
        assert self._process.stdin is not None  # noqa: S101  # for mypy
        assert self._process.stdout is not None  # noqa: S101
        self._stdin: IO[bytes] = self._process.stdin
        self._stdout: IO[bytes] = self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        self._received = bytearray()
        self._ended = False
        self.has_answered = False

    def check_silence(self, seconds: float = 0) -> None:
        """Check between two calls of `ask`, for a time, that the process writes nothing.

        Raises:
            LineProcessError: It wrote something.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            selector.select(seconds)
        self._receive()
        if self._received:
            raise _too_many()

    def ask(self, lines: Sequence[bytes], seconds: float) -> list[bytes]:
        """Send lines, and wait for one answer to each.

        Args:
            lines: The lines, with line ends.
            seconds: The time limit.

        Returns:
            The answers, without line ends.

        Raises:
            LineProcessError: There is not exactly one answer per line within the time limit.
        """
        deadline = monotonic() + seconds
        unsent = memoryview(b"".join(lines))
        answers: list[bytes] = []
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            selector.register(self._stdin, selectors.EVENT_WRITE)
            while True:
                *complete, rest = self._received.split(b"\n")
                answers += map(bytes, complete)
                self._received = rest
                if len(answers) > len(lines) or (len(answers) == len(lines) and (rest or unsent)):
                    raise _too_many()
                if len(answers) == len(lines):
                    self.has_answered = True
                    return answers
                if len(rest) > _LONGEST_LINE:
                    raise LineProcessError("long", f"wrote more than {_LONGEST_LINE >> 10} KiB without a line end")
                if self._ended:
                    kind = "over" if self.has_answered and not answers else "ended"
                    raise LineProcessError(kind, f"{self._how_it_ended()} after {len(answers)} of {_of(lines)}")
                left = deadline - monotonic()
                if left <= 0:
                    raise LineProcessError("slow", f"gave {len(answers)} of {_of(lines)} within {seconds:g} s")
                for key, _ in selector.select(min(left, _LONGEST_WAIT)):
                    if key.fileobj is self._stdout:
                        self._receive()
                    elif not (unsent := self._send(unsent)):
                        selector.unregister(self._stdin)

    def _send(self, data: memoryview) -> memoryview:
        """Send as much as fits into the pipe. Returns the rest, which is empty if nobody reads any more."""
        try:
            return data[os.write(self._stdin.fileno(), data) :]
        except BlockingIOError:
            return data
        except BrokenPipeError:
            return data[:0]

    def _receive(self) -> None:
        """Receive what is in the pipe, at most `_READ` bytes."""
        with suppress(BlockingIOError):
            received = os.read(self._stdout.fileno(), _READ)
            self._received += received
            self._ended = not received

    def _how_it_ended(self) -> str:
        with suppress(TimeoutExpired):
            status = self._process.wait(_GRACE)
            return f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
        return "closed its output"

    def close(self) -> None:
        """Close the standard input of the process, which should end it. If it does not end, end its group."""
        with suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(_GRACE)
        except TimeoutExpired:
            self.terminate()
        self._stdout.close()

    def kill(self) -> None:
        """Kill the process and its group."""
        self._signal_group(signal.SIGKILL)
        self.close()

    def terminate(self) -> None:
        """End the process and its group, if need be by force. A signal handler may call this during `ask`."""
        self._signal_group(signal.SIGTERM)
        with suppress(TimeoutExpired):
            self._process.wait(_GRACE)
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _too_many() -> LineProcessError:
    return LineProcessError("many", "wrote more lines than it was asked for")


def _of(lines: Sequence[bytes]) -> str:
    return f"{len(lines)} {'answer' if len(lines) == 1 else 'answers'}"
