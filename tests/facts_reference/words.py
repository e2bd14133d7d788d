"""A text -> the words that facts are compared on, and the language they are in."""

import re
from functools import cached_property

from dedup.facts.tables import Language, tables
from dedup.facts.words import SINGLES, WORD, key

_ENDS = re.compile(r"[.!?。！？।؟]+[\"'”’»)\]]*(?=\s|$)|[。！？।]|\n")
SINGLE = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in SINGLES) + "]")
_SCRIPTS = {"zh": SINGLE, "ko": re.compile("[\uac00-\ud7a3]")}
_SAMPLE = 24  # words that tell the language
_MIXED = 0.5  # a text with a greater share of capitals is a headline or shouted: they say nothing in it


class Words:
    """A text as words; what is seldom asked for is worked out when it is.

    text: as it was given. keys: its words, casefolded, without dots inside and without 's; what compares equal there is
    the same word. Han and kana characters, currency and per cent signs are words each.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        found = list(WORD.finditer(text))
        self.written = [match[0] for match in found]
        self.spans = [match.span() for match in found]
        self.keys = [key(word) for word in self.written]

    @cached_property
    def held(self) -> frozenset[str]:
        """The keys, for looking up."""
        return frozenset(self.keys)

    @cached_property
    def threes(self) -> frozenset[tuple[str, ...]]:
        """Every three keys in a row."""
        return frozenset(zip(self.keys, self.keys[1:], self.keys[2:], strict=False))

    @cached_property
    def lower(self) -> bool:
        """Whether the text has no capitals."""
        return all(word == word.lower() for word in self.written)

    @cached_property
    def cased(self) -> bool:
        """Whether capitals tell names in the text: it has some, and small words too."""
        firsts = [piece[0] for piece in self.text.split() if WORD.match(piece)]
        capitals = sum(map(str.isupper, firsts))
        return 0 < capitals <= _MIXED * (capitals + sum(map(str.islower, firsts)))


def sentence_ends(words: Words) -> list[int]:
    """The offsets behind each end of a sentence, and behind the text."""
    text = words.text
    brief = {end for word, (_, end) in zip(words.written, words.spans, strict=True) if len(word) < 3 and word.isalpha()}
    # "Mr." and "J." end no sentence.
    ends = [found.end() for found in _ENDS.finditer(text) if found[0][0] != "." or found.start() not in brief]
    return [*ends, len(text)]


def language(words: Words) -> tuple[str, Language]:
    """The language most of whose function words and numbers are here, by code; English where none is.

    Scripts of one language of ours go by their letters: Han and kana are one table, `zh`.
    """
    languages, spoken = tables().languages, tables().spoken
    if not words.text.isascii():
        for code, letters in _SCRIPTS.items():
            if letters.search(words.text):
                return code, languages[code]
    counts = dict.fromkeys(languages, 0)
    for word in words.keys[:_SAMPLE]:
        for code in spoken.get(word, ()):
            counts[code] += 1
    code = max(counts, key=counts.__getitem__)
    return (code, languages[code]) if counts[code] else ("en", languages["en"])
