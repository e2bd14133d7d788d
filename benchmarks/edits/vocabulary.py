"""The vocabulary of a corpus that edits take words from, and what they must not touch: numbers, negations and names."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from dedup.facts.vocabulary import vocabulary as tables
from dedup.facts.word_forms import is_content, is_marked

LETTERS = "abcdefghijklmnopqrstuvwxyz"
_COMMON = 2000
CONTENT = 3  # content words of a clause that is news
_LONGEST_CLAUSE = 8  # words of such a clause, which is shorter than one that is news by its length
NUMBER_WORDS = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty", "thirty",
    "hundred", "thousand", "million",
]  # fmt: skip
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_NEGATIONS = ("no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot")
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
_FACT = re.compile(rf"\d|n['’]t\b|\b(?:{'|'.join([*NUMBER_WORDS, *ORDINALS, *_NEGATIONS, 'one'])})\b", re.IGNORECASE)
_SPEECH = re.compile(r"\b(?:said|says|say|told|tells|added|adds|announced|according)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”’')])|(?<=[.!?][\"”’')]{2}))\s+")
_ABBREVIATION = re.compile(
    r"\b(?:[A-Za-z]|Mrs?|Ms|Dr|Sens?|Reps?|Gov|Gen|Hon|St|Jr|No|Inc|Corp|Co|Ltd|vs|[A-Z]\.[A-Z])\.$"
)


class Vocabulary(NamedTuple):
    """Frequent words and parts of a corpus.

    Attributes:
        common: Common words that are no names.
        names: Frequent names.
        sentences: Plain sentences: they contain no number and no negation.
        clauses: Parts of plain sentences between commas, of common words alone, three or more of them content words.
    """

    common: tuple[str, ...]
    names: tuple[str, ...]
    sentences: tuple[str, ...]
    clauses: tuple[str, ...] = ()


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
        and word.title() not in MONTHS and not word.endswith("day") and word not in tables().languages["en"].titles
    ]  # fmt: skip
    plain = [
        sentence for text in texts for sentence in sentences(text) if 12 <= len(sentence.split()) <= 25
        and not is_fact(sentence)
    ]  # fmt: skip
    clauses = dict.fromkeys(clause for sentence in plain for clause in _clauses(sentence, frozenset(common)))
    return Vocabulary(tuple(common[:_COMMON]), tuple(names[:_COMMON]), tuple(dict.fromkeys(plain)), tuple(clauses))


def _clauses(sentence: str, common: frozenset[str]) -> Iterator[str]:
    function = tables().languages["en"].function
    for part in re.split(r"[,;:]", sentence.rstrip(".!?")):
        clause = part.strip()
        words = clause.split()
        if not words or len(words) > _LONGEST_CLAUSE or words[-1] in function or _SPEECH.search(clause):
            continue
        if len(content_words(clause)) >= CONTENT and all(word in common or word in function for word in words):
            yield clause


def content_words(text: str) -> set[str]:
    """The words of an English text that grammar does not explain, in small letters."""
    english = tables().languages["en"]
    return {word for word in re.findall(r"[^\W\d_]+", text.casefold()) if len(word) > 1 and is_content(word, english)}


def is_fact(text: str) -> bool:
    """Whether a text contains a number or a negation, by the English list here or the vocabulary of the package."""
    return bool(_FACT.search(text)) or any(map(is_marked, re.findall(r"\w+", text.casefold())))


def sentences(text: str) -> list[str]:
    """The sentences of a text, approximately.

    A full stop does not end a sentence after fewer than four words, after an abbreviation, or before a small letter if
    the text has capitals.
    """
    has_capitals = not text.islower()
    parts: list[str] = []
    for part in _SENTENCE_END.split(text):
        last = parts[-1] if parts else ""
        if last and (len(last.split()) < 4 or _ABBREVIATION.search(last) or (has_capitals and part[:1].islower())):
            parts[-1] += " " + part
        else:
            parts.append(part)
    return parts


def other(text: str, edited: str) -> str | None:
    """The edited text, None if it is the same."""
    return edited if edited != text else None


def run(known: Vocabulary, draw: Random, size: int) -> str:
    """`size` consecutive words of a plain sentence, without punctuation that ends a clause."""
    words = draw.choice(known.sentences).split()
    at = draw.randint(0, len(words) - size)
    return " ".join(words[at : at + size]).strip(" ,.;:!?")


#: Takes a text, the vocabulary of its corpus and a random generator. Returns another text, None if it does not apply.
Edit = Callable[[str, Vocabulary, Random], str | None]
