"""A text -> the words that facts are compared on, and the language they are in."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from dedup.facts.tables import Language, tables

# Combining marks are no \w in `re`, but belong to the letter before them.
_MARKS = "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u0652\u0670\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e"
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han and kana: each is a word by itself
_WORD = re.compile(
    rf"\d+(?:[.,:٫٬]\d+)*(?:[^\W\d_{_SINGLE}]+)?"  # a number and what is written to it: 2.30pm, 5m, 22nd
    rf"|[{_SINGLE}]"
    rf"|(?:[^\W\d_]\.){{2,}}"  # U.S.
    rf"|[^\W_{_SINGLE}]+(?:[{_MARKS}]+[^\W_{_SINGLE}]*)*"
    rf"(?:['’ʼ](?=[^\W\d_])[^\W_{_SINGLE}]+)*"
    r"|[$£€¥₹%]"
)
_ENDS = re.compile(r"[.!?。！？।؟]+[\"'”’»)\]]*(?=\s|$)|[。！？।]|\n")
SINGLE = re.compile(f"[{_SINGLE}]")


class Words(NamedTuple):
    """A text as words.

    text: as it was given. written: its words as they stand in it. keys: the same, casefolded, without dots inside
    and without 's; what compares equal there is the same word.
    """

    text: str
    written: list[str]
    keys: list[str]


def words(text: str) -> Words:
    """The words of a text, a Han or kana character each, currency and per cent signs among them."""
    written = _WORD.findall(text)
    if text.isascii() and "'" not in text:
        folded = text.lower()
        keys = _WORD.findall(folded)
        if "." in folded:
            keys = [_key(key) if "." in key else key for key in keys]
        return Words(text, written, keys)
    return Words(text, written, [_key(word) for word in written])


def _key(word: str) -> str:
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word).replace("’", "'").replace("ʼ", "'")
    word = word.casefold()
    if "." in word and not word[0].isdigit():
        word = word.replace(".", "")
    if "'" in word and word.endswith("'s"):
        word = word[:-2]
    return word


def spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each word of a text, in characters."""
    return [found.span() for found in _WORD.finditer(text)]


def sentence_ends(text: str) -> list[int]:
    """The offsets behind each end of a sentence, and behind the text."""
    ends = []
    for found in _ENDS.finditer(text):
        before = text[max(0, found.start() - 4) : found.start()].split()[-1:]
        # "Mr." and "J." end no sentence.
        if not (before and len(before[0]) < 3 and before[0].isalpha() and text[found.start()] == "."):
            ends.append(found.end())
    return ends if ends and ends[-1] >= len(text.rstrip()) else [*ends, len(text)]


def language(keys: Sequence[str]) -> tuple[str, Language]:
    """The language most of whose function words are here, by code; English where none is.

    Scripts of one language of ours go by their letters: Han and kana are one table, `zh`.
    """
    languages = tables().languages
    sample = " ".join(keys[:40])
    for code, first, last in (("zh", "\u3040", "\u9fff"), ("ko", "\uac00", "\ud7a3")):
        if any(first <= letter <= last for letter in sample):
            return code, languages[code]
    here = set(keys)
    code = max(
        languages, key=lambda code: len(here & languages[code].function) + len(here & languages[code].numbers.keys())
    )
    return (code, languages[code]) if here & languages[code].function else ("en", languages["en"])
