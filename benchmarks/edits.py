"""Edits that editors make to a paragraph: small pure functions, each with the decision that a filter should make.

An edit takes a text, the vocabulary of its corpus and a random generator, and returns another text, or None if it does
not apply. Edits whose results should be dropped change no number, no negation and no name.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from dedup.facts.word_forms import is_marked

_COMMON = 2000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NUMBER_WORDS = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty", "thirty",
    "hundred", "thousand", "million",
]  # fmt: skip
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_NEGATIONS = ("no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot")
_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_AUXILIARIES = [
    "is", "are", "was", "were", "will", "would", "has", "had", "could", "should", "may", "might", "must", "did", "does",
]  # fmt: skip
_FACT = re.compile(rf"\d|n['’]t\b|\b(?:{'|'.join([*_NUMBER_WORDS, *_ORDINALS, *_NEGATIONS, 'one'])})\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’')]*\s+")
_SAID = re.compile(r"\b(?:said|says|told|added|announced|reported)\b")
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_MONEY = re.compile(rf"(?<=[$£€]){_NUMBER}|(?<![\w.,]){_NUMBER}(?= (?:(?:m|b|tr)illion )?(?:dollars|pounds|euros)\b)")
_PERCENTAGE = re.compile(rf"(?<![\w.,$£€]){_NUMBER}(?= ?%|(?: per ?cent|pc)\b)")
_ORDINAL = re.compile(rf"(?<![\w.,])\d+(?=(?:st|nd|rd|th)\b)|\b(?:{'|'.join(_ORDINALS)})\b", re.IGNORECASE)
_DATE = re.compile(
    rf"(?<![\w.,])\d\d?(?= (?:{'|'.join(_MONTHS)})\b)|(?<=\b)(?:{'|'.join(_MONTHS)})(?= \d\d?\b)", re.IGNORECASE
)
_OTHER_KINDS = "|".join(["%", "per ?cent", "pc", "million", "billion", "trillion", "dollars", *_MONTHS])
_PLAIN_NUMBER = re.compile(rf"(?<![\w.,$£€:/-]){_NUMBER}(?=[ .;!?](?! ?(?:{_OTHER_KINDS})))")
_NOT = re.compile(r" not\b", re.IGNORECASE)
_AUXILIARY = re.compile(rf"\b(?:{'|'.join(_AUXILIARIES)})\b(?! not\b)", re.IGNORECASE)


class Vocabulary(NamedTuple):
    """Frequent words of a corpus: common words that are no names, names, and plain sentences to take clauses from."""

    common: tuple[str, ...]
    names: tuple[str, ...]
    sentences: tuple[str, ...]


def vocabulary(texts: Sequence[str]) -> Vocabulary:
    """The vocabulary of a corpus. Names are recognised by their capitals within sentences."""
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for text in texts:
        for sentence in sentences(text):
            words = sentence.split()
            inner = [word for word in words[1:] if word.isalpha()]
            if any(map(str.isupper, sentence)):
                large.update(word.lower() for word in inner if word.istitle())
            if any(map(str.isupper, sentence)) or not any(map(str.isupper, text)):
                small.update(word for word in inner if word == word.lower())
    common = [word for word, count in small.most_common(2 * _COMMON) if not is_fact(word) and large[word] < count / 9]
    names = [
        word.title() for word, count in large.most_common(2 * _COMMON) if small[word] < count / 19 and len(word) > 3
        and word.title() not in _MONTHS and not word.endswith("day")
    ]  # fmt: skip
    plain = [
        sentence for text in texts for sentence in sentences(text) if 12 <= len(sentence.split()) <= 25
        and not is_fact(sentence)
    ]  # fmt: skip
    return Vocabulary(tuple(common[:_COMMON]), tuple(names[:_COMMON]), tuple(dict.fromkeys(plain)))


def is_fact(text: str) -> bool:
    """Whether a text contains a number or a negation, by the English list here or the vocabulary of the package."""
    return bool(_FACT.search(text)) or any(map(is_marked, re.findall(r"\w+", text.casefold())))


def sentences(text: str) -> list[str]:
    """The sentences of a text, approximately. A full stop after fewer than four words does not end a sentence."""
    parts: list[str] = []
    for part in _SENTENCE_END.split(text):
        if parts and len(parts[-1].split()) < 4:
            parts[-1] += " " + part
        else:
            parts.append(part)
    return parts


# Form: the same words in another form.


def change_case(text: str, known: Vocabulary, draw: Random) -> str | None:
    """All in capitals, all in small letters, or each word capitalised."""
    return _other(text, draw.choice([text.upper(), text.lower(), " ".join(map(str.capitalize, text.split(" ")))]))


def change_quotes(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Other quotation marks, dashes and apostrophes, and quotation marks around the whole text."""
    opening, closing = draw.choice([("“", "”"), ("„", "“"), ("«", "»"), ('"', '"')])
    text = re.sub(r"[“”„\"«»]", lambda _: draw.choice([opening, closing]), text)
    return opening + re.sub(r" [-–—] ", draw.choice([" – ", " — "]), text.replace("'", "’")) + closing


def change_spaces(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Other white space between words."""
    return "".join(part + draw.choice([" ", "  ", "\t", "\u00a0", "\u2009"]) for part in text.split())


def change_unicode(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Decomposed letters, ligatures, full-width letters, invisible soft hyphens."""
    words = unicodedata.normalize("NFD", text).replace("fi", "ﬁ").split(" ")
    for place in draw.sample(range(len(words)), max(1, len(words) // 4)):
        word = words[place]
        middle = len(word) // 2
        wide = "".join(chr(ord(letter) + 0xFEE0) if letter in _LETTERS else letter for letter in word)
        soft = word[:middle] + "\u00ad" + word[middle:] if word.isalpha() and len(word) > 3 else wide
        words[place] = draw.choice([wide, soft])
    return _other(text, " ".join(words))


# Rewording.


def replace_words(count: int) -> "Edit":
    """An edit that replaces `count` common words by others."""

    def replace(text: str, known: Vocabulary, draw: Random) -> str | None:
        words = text.split()
        common = set(known.common)
        places = [place for place, word in enumerate(words) if word in common]
        if len(places) < count or len(known.common) < 2:
            return None
        for place in draw.sample(places, count):
            words[place] = draw.choice([word for word in draw.sample(known.common, 2) if word != words[place]])
        return " ".join(words)

    return replace


def add_clause(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One to six plain words are added at either end."""
    if not known.sentences:
        return None
    clause = _run(known, draw, draw.randint(1, 6))
    return draw.choice([f"{text} {clause}", f"{clause} {text}"])


def cut_clause(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One to six plain words are cut at either end."""
    words = text.split()
    size = draw.randint(1, 6)
    kept, cut = draw.choice([(words[size:], words[:size]), (words[:-size], words[-size:])])
    return None if is_fact(" ".join(cut)) else " ".join(kept)


def mistype(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Two to four typos in different words: letters swapped, one missing, or one extra."""
    words = text.split()
    long = [place for place, word in enumerate(words) if word.isalpha() and len(word) > 3 and not is_fact(word)]
    count = draw.randint(2, 4)
    if len(long) < count:
        return None
    for place in draw.sample(long, count):
        word = words[place]
        at = draw.choice([k for k in range(len(word) - 1) if word[k] != word[k + 1]])
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        words[place] = draw.choice([swapped, word[:at] + word[at + 1 :], word[:at] + draw.choice(_LETTERS) + word[at:]])
    return _other(text, " ".join(words))


def swap_clauses(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Two neighbouring clauses of three words or more, between commas, are swapped."""
    parts = re.split(r", ", text)
    places = [k for k in range(len(parts) - 1) if min(len(part.split()) for part in parts[k : k + 2]) >= 3]
    if not places:
        return None
    at = draw.choice(places)
    parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return ", ".join(parts)


def swap_sentences(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Two neighbouring sentences are swapped."""
    parts = sentences(text)
    if len(parts) < 2:
        return None
    at = draw.randrange(len(parts) - 1)
    parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return _other(text, " ".join(parts))


def cut_sentence(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One plain sentence is removed. At least as many words remain."""
    parts = sentences(text)
    whole = len(text.split())
    places = [k for k, part in enumerate(parts) if 2 * len(part.split()) <= whole and not is_fact(part)]
    if not places:
        return None
    parts.pop(draw.choice(places))
    return " ".join(parts)


def move_attribution(text: str, known: Vocabulary, draw: Random) -> str | None:
    """The attribution moves from the end of a sentence to its beginning, or in the other direction."""
    parts = sentences(text)
    for at, part in enumerate(parts):
        body, comma, end = part.rstrip(".").rpartition(", ")
        if comma and _SAID.search(end) and 2 <= len(end.split()) <= 7 and len(body.split()) >= 6:
            parts[at] = f"{end[:1].upper()}{end[1:]}: {body}."
            return _other(text, " ".join(parts))
        begin = re.match(r"((?:\S+ ){1,5}said),?:? (?:that )?((?:\S+ ){5,}.*)", part)
        if begin and "," not in begin[1]:
            parts[at] = f"{begin[2].rstrip('.')}, {begin[1]}."
            return _other(text, " ".join(parts))
    return None


# News: to be emitted.


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
    clause = _run(known, draw, 11)
    first, comma, rest = text.partition(", ")
    inside = [f"{first}, {clause}, {rest}"] if comma else []
    return draw.choice([f"{text.rstrip('.')}, {clause}.", f"{clause}, {text}", *inside])


def change_number(pattern: re.Pattern[str]) -> "Edit":
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
    new = draw.choice([name for name in draw.sample(known.names, 2) if name != old])
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


def _other(text: str, edited: str) -> str | None:
    return edited if edited != text else None


def _run(known: Vocabulary, draw: Random, size: int) -> str:
    """`size` consecutive words of a plain sentence, without punctuation that ends a clause."""
    words = draw.choice(known.sentences).split()
    at = draw.randint(0, len(words) - size)
    return " ".join(words[at : at + size]).strip(" ,.;:!?")


def _another(number: str, draw: Random) -> str:
    """Another number of the same kind and about the same size, or another ordinal or month."""
    for names in (_ORDINALS, _MONTHS):
        if number.lower() in map(str.lower, names):
            other = draw.choice([name for name in names if name.lower() != number.lower()])
            return other.lower() if number.islower() else other.capitalize()
    at = draw.choice([k for k, digit in enumerate(number) if digit.isdigit()])
    digits = [digit for digit in ("123456789" if at == 0 else "0123456789") if digit != number[at]]
    return number[:at] + draw.choice(digits) + number[at + 1 :]


Edit = Callable[[str, Vocabulary, Random], str | None]

#: Edits after which a paragraph contains nothing new.
DROPPED: dict[str, Edit] = {
    "case": change_case,
    "quotes": change_quotes,
    "spaces": change_spaces,
    "unicode": change_unicode,
    "1 word": replace_words(1),
    "2 words": replace_words(2),
    "3 words": replace_words(3),
    "clause added": add_clause,
    "clause cut": cut_clause,
    "typos": mistype,
    "clauses swapped": swap_clauses,
    "sentences swapped": swap_sentences,
    "sentence cut": cut_sentence,
    "attribution moved": move_attribution,
}
#: Edits after which a paragraph is news.
EMITTED: dict[str, Edit] = {
    "sentence added": add_sentence,
    "long clause added": add_long_clause,
    "number": change_number(_PLAIN_NUMBER),
    "money": change_number(_MONEY),
    "percentage": change_number(_PERCENTAGE),
    "ordinal": change_number(_ORDINAL),
    "date": change_number(_DATE),
    "name": change_name,
    "negation": change_negation,
}
