"""Runs of difference -> whether the new is another statement, on strings and lists."""

from collections.abc import Sequence

from dedup.facts.meanings import is_numeric, negates
from dedup.facts.tables import Language
from facts_reference.alignment import Run
from facts_reference.changes import without_slips
from facts_reference.words import Words, language


def is_other(a: Words, b: Words, runs: Sequence[Run], known: Sequence[bool]) -> bool:
    """Whether a clause took another's place, a fifth of all words is new inside, or much is new in a line."""
    code, small = language(b)
    word = 2 if code == "zh" else 1
    count = len(b.keys)
    clauses: list[tuple[int, int]] = []
    fresh, inside, exchanged = 0, 0, 0
    lost, come = False, False
    before = 0
    for run in runs:
        new = [place for place in range(run.begin, run.end) if not known[place]]
        old, new = without_slips(a, b, list(range(run.first, run.last)), new)
        gone = [a.keys[place] for place in old if _is_content(a.keys[place], small, code)]
        said = [b.keys[place] for place in new if _is_content(b.keys[place], small, code)]
        said = [key for key in said if key not in a.held]
        between = b.keys[before : run.begin]
        if clauses and len(between) <= 2 and not any(_is_content(key, small, code) for key in between):
            clauses[-1] = clauses[-1][0] + len(gone), clauses[-1][1] + len(said)
        else:
            clauses.append((len(gone), len(said)))
        before = run.end
        fresh += len(new)
        exchanged += min(len(gone), len(said))
        come |= bool(said)
        lost |= any(key not in b.held for key in gone)
        if old and new:
            inside += min(len(old), len(new)) if run.begin == 0 or run.end == count else len(new)
    if any(min(clause) >= 2 * word and max(clause) >= 3 * word for clause in clauses):
        return True
    if 5 * inside > count or (exchanged > 0 and count < 12 * word):
        return True
    return count < 24 * word and (3 * fresh > count or (5 * fresh >= count and come and lost))


def _is_content(key: str, small: Language, code: str) -> bool:
    seen_to = key in small.function or key in small.titles or key in small.weekdays
    return key.replace("'", "").isalpha() and not (seen_to or is_numeric(key, small) or negates(key, code, small))
