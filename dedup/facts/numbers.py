"""Numbers: counts, scores, clock times, dates and codes, as values, and which of them changed."""

from collections.abc import Sequence
from typing import NamedTuple

from dedup.facts.alignment import Run
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.vocabulary import PAGE_WORDS, SCALE_ABBREVIATIONS, Language
from dedup.facts.word_forms import digits, has_digit, is_marked, is_numeric

_VERBS = frozenset(["may", "march"])  # months only with a capital


class Number(NamedTuple):
    """A number in a text.

    kind: "plain", "month", or what else must be equal for two numbers to be equal. value: its value. places: its words.
    """

    kind: str
    value: float
    places: range

    def equals(self, other: "Number") -> bool:
        """Whether two numbers are the same, to nine decimals."""
        return self.kind == other.kind and (self.value == other.value or abs(self.value - other.value) < 1e-9)


def read_numbers(keys: Sequence[str], start: int, end: int, language: Language) -> list[Number]:
    """The numbers in words `start` to `end` (excluded), each with its scale ("2.3 million") or half of the day."""
    found = []
    at = start
    while at < end:
        begin = at
        if not is_marked(keys[at]):
            at += 1
            continue
        meaning, at = _read(keys, at, end, language)
        if meaning is not None:
            found.append(Number(*meaning, range(begin, at)))
    return found


def _read(keys: Sequence[str], at: int, end: int, language: Language) -> tuple[tuple[str, float] | None, int]:
    """(kind and value of the number that begins at a word, the place after it); None for no number."""
    key = keys[at]
    if meaning := digits(key):
        at += 1
        following = keys[at] if at < end else ""
        if following in ("am", "pm") and any(meaning.halves):
            return (meaning.halves[following == "pm"], 0.0), at + 1
        if meaning.clock:
            return (meaning.clock, 0.0), at
        if meaning.is_group_start and len(following) == 3 and following.isdecimal():
            return _compound(1000 * meaning.value + float(following), keys, at + 1, end, language)
        if meaning.suffix:
            scale = language.numbers.get(meaning.suffix, 0)
            return (("plain", meaning.value * scale) if scale >= 1000 else (meaning.suffix, meaning.value)), at
        return _compound(meaning.value, keys, at, end, language)
    if key in language.months:
        return ("month", language.months[key]), at + 1
    if key in language.ordinals:
        return ("plain", language.ordinals[key]), at + 1
    if has_digit(key):
        return ("code " + key, 0.0), at + 1  # a code: G8, MH370
    if key in language.numbers:
        return _compound(None, keys, at, end, language)
    return None, at + 1


def _compound(
    value: float | None, keys: Sequence[str], at: int, end: int, language: Language
) -> tuple[tuple[str, float], int]:
    """The value of number words from `at` on: a lesser one adds, a greater one multiplies."""
    total = 0.0
    current = value
    ceiling = 0.0 if value is not None else float("inf")  # only a scale may follow digits
    while at < end and (key := keys[at]) in language.numbers:
        worth = float(language.numbers[key])
        if worth >= 100 and (current is None or worth > current):
            if worth >= 1000:
                total += (current or 1) * worth
                current = None
            else:
                current = (current or 1) * worth
            ceiling = worth
        elif worth < ceiling and (current is None or worth < 10 <= current % 100 or (worth < 100 <= current)):
            current = (current or 0) + worth
            ceiling = 10 if worth >= 20 else 0 if worth < 100 else 100
        else:
            break
        at += 1
    if at < end and (current or 0) > 0 and language.ordinals.get(keys[at], ceiling) < ceiling:
        return ("plain", total + (current or 0) + language.ordinals[keys[at]]), at + 1  # thirty-ninth
    return ("plain", total + (current or 0)), at


def changed_numbers(pair: TextPair, run: Run) -> list[Change]:
    """The numbers of a run that have another value now, or that the old text has nowhere."""
    _, new = pair.replaced(run)
    if not any(is_numeric(pair.new.keys[place], pair.language) for place in new):
        return []
    mine = read_numbers(pair.new.keys, run.new_start, run.new_end, pair.language)
    theirs = read_numbers(pair.old.keys, run.old_start, run.old_end, pair.language)
    for number in mine.copy():
        equal = next((other for other in theirs if number.equals(other)), None)
        if equal is not None:
            mine.remove(number)
            theirs.remove(equal)
    mine = [
        number for number in mine if not _counts_pages(pair, number) and any(place in new for place in number.places)
    ]
    changed: list[Change] = [(other.places, number.places) for other, number in zip(theirs, mine, strict=False)]
    alone = [number for number in mine[len(theirs) :] if not _is_weak(pair, number)]
    if alone:
        known = read_numbers(pair.old.keys, 0, len(pair.old.keys), pair.language)
        changed += [((), number.places) for number in alone if not any(map(number.equals, known))]
    return changed


def _counts_pages(pair: TextPair, number: Number) -> bool:
    at = number.places.start
    return _follows_page_word(pair, at) or _is_one_of_many(pair, at) or _is_one_of_many(pair, at - 2)


def _follows_page_word(pair: TextPair, place: int) -> bool:
    return place > 0 and pair.new.keys[place - 1] in PAGE_WORDS


def _is_one_of_many(pair: TextPair, place: int) -> bool:
    """Whether "3 of 6" begins at a place, in brackets or after a word for a page."""
    new, language = pair.new, pair.language
    keys = new.keys[max(0, place) : place + 3]
    if place < 0 or len(keys) < 3 or keys[1] not in language.function or is_numeric(keys[1], language):
        return False
    if not (is_numeric(keys[0], language) and is_numeric(keys[2], language)):
        return False
    start, end = new.spans[place][0], new.spans[place + 2][1]
    return _follows_page_word(pair, place) or (new.text[start - 1 : start], new.text[end : end + 1]) == ("(", ")")


def _is_weak(pair: TextPair, number: Number) -> bool:
    """Whether a word is a number only beside another: "one", a lone Han numeral, May and March in small letters."""
    key = pair.new.keys[number.places.start]
    if len(number.places) > 1 or key[0].isdigit():
        return False
    return (
        pair.language.numbers.get(key) == 1
        or pair.language.code == "zh"
        or key in SCALE_ABBREVIATIONS
        or pair.new.words[number.places.start] in _VERBS
    )
