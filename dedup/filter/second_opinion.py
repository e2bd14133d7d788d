"""Asks a second opinion about repeats that are not certain: a model, a person, or any other function."""

from collections.abc import Callable, Iterable, Sequence
from threading import Thread
from typing import Any, NamedTuple

import numpy as np

#: Seconds that an opinion on a batch may take.
TIMEOUT = 60.0


class Pair(NamedTuple):
    """A text that probably repeats an earlier one.

    Attributes:
        old: The earlier text.
        new: The new one.
        new_words: The content words, as written, that only the new text has.
    """

    old: str
    new: str
    new_words: tuple[str, ...]


#: Returns for each pair whether the new text is a repeat, and can be dropped.
Ask = Callable[[Sequence[Pair]], Sequence[bool]]


class SecondOpinion:
    """Answers whether an uncertain repeat is one. Pairs whose answer is missing count as none, so they are emitted.

    Args:
        ask: The function to ask, for a batch of pairs at a time.
        timeout: Seconds that an answer may take.
        warn: Reports a failure, in one line.
    """

    def __init__(self, ask: Ask, timeout: float, warn: Callable[[str], None]) -> None:
        self._ask = ask
        self._timeout = timeout
        self._warn = warn
        self._answers: dict[Pair, bool] = {}

    def prepare(self, pairs: Iterable[Pair]) -> None:
        """Ask about many pairs at once. Answers to earlier ones are forgotten."""
        wanted = dict.fromkeys(pairs)
        self._answers = {pair: answer for pair, answer in self._answers.items() if pair in wanted}
        self._find([pair for pair in wanted if pair not in self._answers])

    def is_repeat(self, pair: Pair) -> bool:
        """Whether the new text of a pair is a repeat."""
        if pair not in self._answers:
            self._find([pair])
        return self._answers[pair]

    def _find(self, pairs: list[Pair]) -> None:
        answers = self._asked(pairs) if pairs else []
        for place, pair in enumerate(pairs):
            answer = answers[place] if answers else False
            self._answers[pair] = isinstance(answer, bool | np.bool_) and bool(answer)

    def _asked(self, pairs: list[Pair]) -> Sequence[Any]:
        """The answers of the function; none if it fails or is too slow."""
        found: list[Sequence[Any]] = []
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                found.append(list(self._ask(pairs)))
            except Exception as error:  # whatever it is, the pairs are emitted
                failed.append(error)

        # A daemon, so that a function that never returns does not hold up the end of the program.
        thread = Thread(target=ask, daemon=True)
        thread.start()
        thread.join(self._timeout)
        if failed:
            self._warn(f"the second opinion failed, so {len(pairs)} uncertain repeats are emitted: {failed[0]!r}")
            return []
        if not found:
            self._warn(
                f"the second opinion took over {self._timeout:g} s, so {len(pairs)} uncertain repeats are emitted"
            )
            return []
        (answers,) = found
        if len(answers) != len(pairs) or not all(isinstance(answer, bool | np.bool_) for answer in answers):
            self._warn(f"the second opinion must be one bool for each of {len(pairs)} pairs, not {answers!r:.80}")
        # Of too many or too few answers, nobody knows which belongs to which pair.
        return answers if len(answers) == len(pairs) else []
