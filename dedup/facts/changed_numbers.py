"""The rule on numbers: counts, scores, clock times, dates and codes whose value changed."""

from dedup.facts.alignment import Run
from dedup.facts.numbers import Number, read_numbers, without_equal
from dedup.facts.text_pair import Change, TextPair
from dedup.facts.vocabulary import PAGE_WORDS, SCALE_ABBREVIATIONS
from dedup.facts.word_forms import has_digit, is_numeric, roman

_BEFORE_P = ("s", "and")  # S&P 500 is no page
_VERBS = frozenset(["may", "march"])  # months only with a capital letter


def changed_numbers(pair: TextPair, run: Run) -> list[Change]:
    """The numbers of a run whose value changed, or that the old text has nowhere."""
    _, new = pair.replaced(run)
    if not any(is_numeric(pair.new.keys[place], pair.language) for place in new):
        return []
    after = read_numbers(pair.new.keys, run.new_start, run.new_end, pair.language)
    before = read_numbers(pair.old.keys, run.old_start, run.old_end, pair.language)
    before, after = without_equal(before, after)
    placed = set(new)
    after = [number for number in after if not _counts_pages(pair, number) and not placed.isdisjoint(number.places)]
    changed: list[Change] = [(other.places, number.places) for other, number in zip(before, after, strict=False)]
    alone = [number for number in after[len(before) :] if not _is_weak(pair, number)]
    if alone:
        numerals = {roman(pair.old.words[place]) for place in run.old_places}
        alone = [number for number in alone if number.value not in numerals]
        changed += [((), number.places) for number in alone if not _is_said(pair, number)]
    return changed


def _is_said(pair: TextPair, number: Number) -> bool:
    """Whether the old text has a number elsewhere, and the number did not come from there alone."""
    return number in pair.kept_numbers or any(map(pair.is_said, number.places))


def _counts_pages(pair: TextPair, number: Number) -> bool:
    at = number.places.start
    return _follows_page_word(pair, at) or _is_one_of_many(pair, at) or _is_one_of_many(pair, at - 2)


def _follows_page_word(pair: TextPair, place: int) -> bool:
    keys = pair.new.keys
    return place > 0 and keys[place - 1] in PAGE_WORDS and (place == 1 or keys[place - 2] not in _BEFORE_P)


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
    """Whether a word is a number only next to another: "one", a single Han numeral, May and March in small letters."""
    key = pair.new.keys[number.places.start]
    if len(number.places) > 1 or has_digit(key):
        return False
    return (
        pair.language.numbers.get(key) == 1
        or pair.language.code == "zh"
        or key in SCALE_ABBREVIATIONS
        or pair.new.words[number.places.start] in _VERBS
    )
