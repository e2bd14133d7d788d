"""Asks a command for second opinions, in JSON Lines: one line per pair, and one line back, in order."""

from collections import Counter
from collections.abc import Callable, Sequence

from dedup.filter.second_opinion import Pair
from dedup.formats.json_values import dump, load
from dedup.pipeline.line_process import LineProcess, LineProcessError

_MOST_PAIRS = 64  # in one request
_MOST_FAILURES = 3  # in a row, after which the command is not asked again
_PAUSE = 0.5  # seconds in which the first answer would follow a greeting
_NAMES = {True: "repeat", False: "new", None: "none"}


class OpinionCommand:
    """Asks a command whether uncertain repeats are repeats. It is an `Ask`; a missing answer counts as no.

    The command starts at the first pair. If a request fails, all its pairs are without an answer, because nobody knows
    which answer belongs to which pair. The command is then ended, and starts again at the next request.

    Attributes:
        answers: The number of pairs by answer: `repeat`, `new`, or `none`.

    Args:
        command: The program and its arguments.
        timeout: Seconds that one request, of up to 64 pairs, may take.
        report: Reports a failure in one line. Each kind of failure is reported once.
    """

    def __init__(self, command: Sequence[str], timeout: float, report: Callable[[str], None]) -> None:
        self.answers: Counter[str] = Counter()
        self._command = command
        self._timeout = timeout
        self._report = report
        self._reported: set[str] = set()
        self._process: LineProcess | None = None
        self._failures = 0  # in a row
        self._failures_before = 0  # the last request, which seemed to succeed
        self._stopped = False

    def __call__(self, pairs: Sequence[Pair]) -> list[bool]:
        """Whether the new text of each pair is a repeat."""
        answers: list[bool | None] = []
        for start in range(0, len(pairs), _MOST_PAIRS):
            answers += self._request(pairs[start : start + _MOST_PAIRS])
        self.answers.update(_NAMES[answer] for answer in answers)
        return [answer is True for answer in answers]

    def stop(self) -> None:
        """End the command, and never ask again. A signal handler may call this during a request."""
        self._stopped = True
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """Close the standard input of the command, and wait briefly for its end. Then end it."""
        if not self._stopped:
            self._check_silence()
        self._stopped = True
        self._end(kill=False)

    def _request(self, pairs: Sequence[Pair]) -> Sequence[bool | None]:
        if not self._stopped:
            self._check_silence()
        if self._stopped or self._failures >= _MOST_FAILURES:
            return [None] * len(pairs)
        lines = [dump({"old": pair.old, "new": pair.new, "new_words": list(pair.new_words)}) + b"\n" for pair in pairs]
        try:
            answers = self._exchange(lines)
        except (LineProcessError, OSError) as error:
            self._end(kill=True)
            if not self._stopped:
                self._fail(error, self._failures)
            return [None] * len(pairs)
        self._failures_before, self._failures = self._failures, 0
        return answers

    def _exchange(self, lines: Sequence[bytes]) -> list[bool | None]:
        """Send lines to the command, and read its answers."""
        process = self._running()
        is_fresh = not process.has_answered
        try:
            raw = process.ask(lines, self._timeout)
        except LineProcessError as error:
            if error.kind != "over" or self._stopped:
                raise
            self._end(kill=True)
            return self._exchange(lines)
        answers = [_answer(line) for line in raw]
        if None in answers:
            if is_fresh:
                process.check_silence(_PAUSE)
            self._report_once(
                "nonsense", f"answered {raw[answers.index(None)][:40]!r}, which is neither true nor false"
            )
        return answers

    def _running(self) -> LineProcess:
        if self._process is None:
            self._process = LineProcess(self._command)
            if self._stopped:  # by a signal, while it started
                self._process.terminate()
        return self._process

    def _check_silence(self) -> None:
        """End the command if it wrote more than it was asked for."""
        try:
            if self._process is not None:
                self._process.check_silence()
        except LineProcessError as error:
            self._end(kill=True)
            self._fail(error, self._failures_before)

    def _end(self, *, kill: bool) -> None:
        process, self._process = self._process, None
        if process is not None:
            (process.kill if kill else process.close)()

    def _fail(self, error: LineProcessError | OSError, failures_before: int) -> None:
        self._failures = failures_before + 1
        if isinstance(error, LineProcessError):
            self._report_once(error.kind, str(error))
        else:
            self._report_once("start", f"cannot be started: {error.strerror or error}")
        if self._failures == _MOST_FAILURES:
            self._report_once("given up", f"failed {_MOST_FAILURES} times in a row and is not asked again")

    def _report_once(self, kind: str, text: str) -> None:
        if kind not in self._reported:
            self._reported.add(kind)
            self._report(f"the second opinion {text}; without an answer, an uncertain repeat is emitted")


def _answer(line: bytes) -> bool | None:
    """The answer in a line: true, false, or an object with one of these as `repeat`. None for anything else."""
    try:
        value = load(line)
    except ValueError:
        return None
    if isinstance(value, dict):
        value = value.get("repeat")
    return value if isinstance(value, bool) else None
