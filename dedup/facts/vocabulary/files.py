"""Reads the text files in this folder, each of which names its source."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import TypeVar

from dedup.model.normal_form import nfkc

Meaning = TypeVar("Meaning")
#: {first word of a phrase: {all its words: its meaning}}.
Phrases = Mapping[str, Mapping[tuple[str, ...], Meaning]]

#: Arabic vowel signs and tatweel, and Hebrew points, which are often left out; and invisible characters.
_OPTIONAL_MARKS = (
    *range(0x064B, 0x0656),
    0x0670,
    0x0640,
    *range(0x0591, 0x05BE),
    0x05BF,
    0x05C1,
    0x05C2,
    0x05C4,
    0x05C5,
    0x05C7,
    *(0x00AD, 0x200C, 0x200D, 0x2060, 0xFEFF),  # invisible
)
#: Turkish dotted and dotless i are one letter, because their capitals look alike; Greek capitals have no accents.
_ONE_LETTER = str.maketrans("İıΆΈΉΊΌΎΏάέήίόύώΐΰ’ʼ−–⩽⩾≦≧", "iiΑΕΗΙΟΥΩαεηιουωϊϋ''--≤≥≤≥")
_FOLDS = {**_ONE_LETTER, **dict.fromkeys(_OPTIONAL_MARKS)}


def fold(word: str) -> str:
    """A word without what makes no difference between two spellings: case, presentation forms, optional marks."""
    if not word.isascii():
        word = nfkc(word).translate(_FOLDS)
    return word.casefold()


def lines_of(name: str) -> list[str]:
    """The lines of a file without comments."""
    text = files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def values(words: str) -> Iterator[tuple[str, int]]:
    """Each word with its value, which =N before it sets."""
    value = 0
    for word in words.split():
        if word.startswith("="):
            value = int(word[1:])
        else:
            yield word, value


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase, which "_" joins; in a script without spaces every character is a word."""
    parts = fold(phrase).split("_")
    is_han = len(parts) == 1 and "\u3000" < phrase < "\uac00"
    return tuple(parts[0] if is_han else parts)


def read_phrases(meanings: Iterable[tuple[str, Meaning]]) -> Phrases[Meaning]:
    """A table of phrases. Of two equal phrases, the last counts."""
    phrases: dict[str, dict[tuple[str, ...], Meaning]] = {}
    for phrase, meaning in meanings:
        key = words_of(phrase)
        phrases.setdefault(key[0], {})[key] = meaning
    return phrases
