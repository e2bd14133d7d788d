"""Runs of difference -> whether the new is another statement, on strings and lists."""

from collections.abc import Sequence

from dedup.facts.meanings import is_numeric, negates
from dedup.facts.tables import Language
from facts_reference.alignment import Run
from facts_reference.changes import without_slips
from facts_reference.words import Words, language


def is_other(a: Words, b: Words, runs: Sequence[Run], known: Sequence[bool]) -> bool:
    """Whether a clause took another's place, a fifth of all words is new inside, or a word was exchanged in a line."""
    code, small = language(b)
    word = 2 if code == "zh" else 1
    inside, exchanged = 0, 0
    for run in runs:
        new = [place for place in range(run.begin, run.end) if not known[place]]
        if run.first == run.last:
            continue
        old, new = without_slips(a, b, list(range(run.first, run.last)), new)
        gone = [place for place in old if _is_content(a.keys[place], small, code)]
        said = [place for place in new if _is_content(b.keys[place], small, code) and b.keys[place] not in a.held]
        if min(len(gone), len(said)) >= 2 * word and max(len(gone), len(said)) >= 3 * word:
            return True
        at_end = run.begin == 0 or run.end == len(b.keys)
        inside += min(len(old), len(new)) if at_end else len(new)
        exchanged += min(len(gone), len(said))
    return 5 * inside > len(b.keys) or (exchanged > 0 and len(b.keys) < 12 * word)


def _is_content(key: str, small: Language, code: str) -> bool:
    seen_to = key in small.function or key in small.titles or key in small.weekdays
    return key.isalpha() and not (seen_to or is_numeric(key, small) or negates(key, code, small))
