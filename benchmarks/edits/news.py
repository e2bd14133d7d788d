"""Edits after which a paragraph is news: something was added, or one fact changed."""

import re
from random import Random

from benchmarks.edits.exchanges import exchange, exchanges
from benchmarks.edits.vocabulary import (
    CONTENT,
    MONTHS,
    NUMBER_WORDS,
    ORDINALS,
    Edit,
    Vocabulary,
    content_words,
    run,
    sentences,
)

_AUXILIARIES = [
    "is", "are", "was", "were", "will", "would", "has", "had", "could", "should", "may", "might", "must", "did", "does",
]  # fmt: skip
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
MONEY = re.compile(rf"(?<=[$£€]){_NUMBER}|(?<![\w.,]){_NUMBER}(?= (?:(?:m|b|tr)illion )?(?:dollars|pounds|euros)\b)")
PERCENTAGE = re.compile(rf"(?<![\w.,$£€]){_NUMBER}(?= ?%|(?: per ?cent|pc)\b)")
ORDINAL = re.compile(rf"(?<![\w.,])\d+(?=(?:st|nd|rd|th)\b)|\b(?:{'|'.join(ORDINALS)})\b", re.IGNORECASE)
DATE = re.compile(
    rf"(?<![\w.,])\d\d?(?= (?:{'|'.join(MONTHS)})\b)|(?<=\b)(?:{'|'.join(MONTHS)})(?= \d\d?\b)", re.IGNORECASE
)
_OTHER_KINDS = "|".join(["%", "per ?cent", "pc", "million", "billion", "trillion", "dollars", *MONTHS])
PLAIN_NUMBER = re.compile(
    rf"(?!\A\d+\. )(?<![pP]age )(?<!\bp\. )(?<!\bpp\. )(?<![\w.,$£€:/-]){_NUMBER}(?=[ .;!?](?! ?(?:{_OTHER_KINDS})))"
)
_SAME = 4  # letters that two names share if one is a form of the other, such as Australia and Australian
_NOT = re.compile(r" not\b", re.IGNORECASE)
_LAST_OF_NUMBER = [r"\d", *(rf"\b{word}" for word in NUMBER_WORDS)]
_AFTER_NUMBER = "(?:" + "|".join(rf"(?<={last}{gap})" for last in _LAST_OF_NUMBER for gap in ("", " ", "-")) + ")"
# A hyphen is a minus only if the number is a measure: before a plain number it may be a dash, or part of a page number.
_BEFORE_SIGN = r"(?<![\w.,)+-])(?<!\d )"
_AFTER_SIGN = rf"(?=\d)(?:(?<![+-])|(?={_NUMBER} ?(?:%|°|per ?cent\b|pct\b|degrees\b|points\b)))"
# After these, "have been" and "will" are part of another verb, or nouns.
_BEFORE_VERB = r"(?<![\w'’-])" + "".join(
    f"(?<!{word} )"
    for word in "would could should might must may will to not the a good political free his her their our".split()
)
_AUXILIARY = re.compile(rf"\b(?:{'|'.join(_AUXILIARIES)})\b(?! not\b)", re.IGNORECASE)


def add_sentence(text: str, known: Vocabulary, draw: Random) -> str | None:
    """A sentence of twelve words or more is added at the beginning, at the end, or between two."""
    if not known.sentences:
        return None
    parts = sentences(text)
    parts.insert(draw.randint(0, len(parts)), draw.choice(known.sentences))
    return " ".join(parts)


def add_long_clause(text: str, known: Vocabulary, draw: Random) -> str | None:
    """A clause of eleven plain words is added at an end or after a comma."""
    if not known.sentences:
        return None
    clause = run(known, draw, 11)
    first, comma, rest = text.partition(", ")
    inside = [f"{first}, {clause}, {rest}"] if comma else []
    return draw.choice([f"{text.rstrip('.')}, {clause}.", f"{clause}, {text}", *inside])


def add_content_clause(text: str, known: Vocabulary, draw: Random) -> str | None:
    """A clause of up to eight common words is added at the end of a sentence or after a comma inside it.

    Three or more of its content words are not in the text.
    """
    clauses = draw.sample(known.clauses, min(len(known.clauses), 10))
    old = content_words(text)
    new = next((clause for clause in clauses if len(content_words(clause) - old) >= CONTENT), None)
    if new is None:
        return None
    parts = sentences(text)
    at = draw.randrange(len(parts))
    body, mark = re.fullmatch(r"(.*?)([.!?…]*[\"”’')]*)", parts[at], re.DOTALL).groups()  # type: ignore[union-attr]
    commas = [comma.end() for comma in re.finditer(r",(?= [^\W\d])", body)]
    place = draw.choice([len(body), *commas])
    parts[at] = f"{body}, {new}{mark}" if place == len(body) else f"{body[:place]} {new},{body[place:]}{mark}"
    return " ".join(parts)


def change_number(pattern: re.Pattern[str]) -> Edit:
    """An edit that changes one of the numbers, ordinals or months that match a pattern."""

    def change(text: str, known: Vocabulary, draw: Random) -> str | None:
        found = list(pattern.finditer(text))
        if not found:
            return None
        one = draw.choice(found)
        return text[: one.start()] + _another(one[0], draw) + text[one.end() :]

    return change


def change_name(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One name, with a capital inside a sentence, is replaced everywhere."""
    names = set(known.names)
    inner = [word for sentence in sentences(text) for word in re.findall(r"(?<= )\w+\b", sentence) if word in names]
    if not inner:
        return None
    old = draw.choice(sorted(set(inner)))
    others = [name for name in draw.sample(known.names, min(len(known.names), 20)) if name[:_SAME] != old[:_SAME]]
    if not others:
        return None
    new = draw.choice(others)
    return re.sub(rf"\b{old}\b", new, text)


def change_negation(text: str, known: Vocabulary, draw: Random) -> str | None:
    """A `not` is removed, or inserted after an auxiliary verb."""
    if found := list(_NOT.finditer(text)):
        one = draw.choice(found)
        return text[: one.start()] + text[one.end() :]
    if found := list(_AUXILIARY.finditer(text)):
        one = draw.choice(found)
        return f"{text[: one.end()]} not{text[one.end() :]}"
    return None


def _another(number: str, draw: Random) -> str:
    """Another number of the same kind and about the same size, or another ordinal or month."""
    for names in (ORDINALS, MONTHS):
        if number.lower() in map(str.lower, names):
            other = draw.choice([name for name in names if name.lower() != number.lower()])
            return other.lower() if number.islower() else other.capitalize()
    at = draw.choice([k for k, digit in enumerate(number) if digit.isdigit()])
    digits = [digit for digit in ("123456789" if at == 0 else "0123456789") if digit != number[at]]
    return number[:at] + draw.choice(digits) + number[at + 1 :]


def change_unit(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One unit after a number is replaced by another one that can measure the same."""
    return exchange(text, exchanges("facts.txt", "unit", _AFTER_NUMBER, flags=re.IGNORECASE), 1, draw)


def change_sign(text: str, known: Vocabulary, draw: Random) -> str | None:
    """The currency, plus, minus, more or less before a number is replaced."""
    return exchange(text, exchanges("facts.txt", "sign", _BEFORE_SIGN, _AFTER_SIGN), 1, draw)


def change_weekday(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One weekday is replaced by another."""
    return exchange(text, exchanges("facts.txt", "weekday", flags=re.IGNORECASE), 1, draw)


def change_compass(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One point of the compass is replaced by another."""
    return exchange(text, exchanges("facts.txt", "compass", flags=re.IGNORECASE), 1, draw)


def change_stage(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One word for a stage of an affair is replaced by one for another stage."""
    return exchange(text, exchanges("facts.txt", "stage", _BEFORE_VERB, r"(?![\w'’-])(?! to\b)"), 1, draw)


def change_modal(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Something that happens for certain only may happen."""
    return exchange(text, exchanges("facts.txt", "modal", _BEFORE_VERB), 1, draw)
