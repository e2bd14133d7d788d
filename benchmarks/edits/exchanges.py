"""Tables of words that edits exchange, read from the text files in this folder."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

_VOWEL = re.compile(r"(?!uni|us[aeu]|uti|eu|one\b)[aeiou]|hour|honest", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(an?) $", re.IGNORECASE)


class Exchanges(NamedTuple):
    """Words that can be replaced.

    Attributes:
        others: {word or phrase in small letters: what can replace it}.
        pattern: Finds the keys of `others` in a text.
    """

    others: Mapping[str, tuple[str, ...]]
    pattern: re.Pattern[str]


class Place(NamedTuple):
    """A part of a text, and what can replace it."""

    start: int
    end: int
    others: tuple[str, ...]


def lines(name: str) -> list[str]:
    """The lines of a text file in this folder, without comments."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def read(name: str, kind: str = "") -> dict[str, tuple[str, ...]]:
    """{word: what can replace it}, of the lines of a file that begin with a kind."""
    found: dict[str, tuple[str, ...]] = {}
    for line in lines(name):
        if not line.startswith(kind):
            continue
        left, one_way, right = line.removeprefix(kind).strip().partition(" -> ")
        words = [left, right] if one_way else left.split(" = ")
        for word in words[:1] if one_way else words:
            found[word] = (*found.get(word, ()), *(other.replace("_", " ") for other in words if other != word))
    return found


@cache
def exchanges(
    name: str, kind: str = "", before: str = r"(?<![\w'’-])", after: str = r"(?![\w'’-])", flags: int = 0
) -> Exchanges:
    """A table of a file.

    Args:
        name: The file.
        kind: The first word of its lines.
        before: A pattern that must match before a word.
        after: A pattern that must match after a word.
        flags: Of the pattern. Without them, only words in the letters of the file are found.
    """
    others = read(name, kind)
    longest_first = sorted(others, key=len, reverse=True)
    pattern = re.compile(f"{before}(?:{'|'.join(map(re.escape, longest_first))}){after}", flags)
    return Exchanges({word.lower(): new for word, new in others.items()}, pattern)


def places(text: str, table: Exchanges) -> list[Place]:
    """The words of a text that a table can replace. A word after "a" or "an" keeps the sound that the article needs."""
    found = []
    for match in table.pattern.finditer(text):
        others = table.others[match[0].lower()]
        if article := _ARTICLE.search(text, 0, match.start()):
            vowel = len(article[1]) == 2
            others = tuple(other for other in others if bool(_VOWEL.match(other)) == vowel)
        if others:
            found.append(Place(match.start(), match.end(), others))
    return found


def exchange(text: str, table: Exchanges, count: int, draw: Random) -> str | None:
    """Replace words at `count` places, in letters like those of the old ones. None if the text has fewer places."""
    found = places(text, table)
    if len(found) < count:
        return None
    for place in sorted(draw.sample(found, count), reverse=True):
        new = like(draw.choice(place.others), text[place.start : place.end])
        text = text[: place.start] + new + text[place.end :]
    return text


def like(word: str, model: str) -> str:
    """A word in capitals, capitalised, or as it is, like another one."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    if model.islower():
        return word.lower()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word
