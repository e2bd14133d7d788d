"""Edits that keep every word and change its form."""

import re
import unicodedata
from random import Random

from benchmarks.edits.vocabulary import LETTERS, Vocabulary, other


def change_case(text: str, known: Vocabulary, draw: Random) -> str | None:
    """All in capitals, all in small letters, or each word capitalised."""
    return other(text, draw.choice([text.upper(), text.lower(), " ".join(map(str.capitalize, text.split(" ")))]))


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
        wide = "".join(chr(ord(letter) + 0xFEE0) if letter in LETTERS else letter for letter in word)
        soft = word[:middle] + "\u00ad" + word[middle:] if word.isalpha() and len(word) > 3 else wide
        words[place] = draw.choice([wide, soft])
    return other(text, " ".join(words))
