"""The rule of the program once more, slow and obvious, for the tests to compare with."""

import unicodedata
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from dedup import Settings, facts
from dedup.decide import MATCHES

APOSTROPHES = "'`´ʼ‘’‚‛′＇"
POINTS = ".٫"
# How the names of Han, Hiragana and Katakana letters begin.
CJK_NAMES = (
    "CJK UNIFIED IDEOGRAPH",
    "CJK COMPATIBILITY IDEOGRAPH",
    "CJK RADICAL",
    "KANGXI",
    "HIRAGANA",
    "KATAKANA",
    "HENTAIGANA",
    "IDEOGRAPHIC ITERATION",
    "IDEOGRAPHIC CLOSING",
    "IDEOGRAPHIC NUMBER",
    "HANGZHOU",
    "VERTICAL KANA",
    "VERTICAL IDEOGRAPHIC",
    "OLD CHINESE",
    "MASU",
)


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@cache
def _is_invisible(character: str) -> bool:
    if character == "\u200b":
        return False
    name = unicodedata.name(character, "")
    return (
        unicodedata.category(character) == "Cf"
        or name.startswith(("VARIATION SELECTOR", "MONGOLIAN FREE VARIATION", "MONGOLIAN VOWEL SEPARATOR"))
        or character == "\u034f"
    )


def _is_invalid_byte(character: str) -> bool:
    return 0xDC80 <= ord(character) <= 0xDCFF


@cache
def _is_single(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN" and unicodedata.name(character, "").startswith(CJK_NAMES)


@cache
def _is_digit(character: str) -> bool:
    return unicodedata.category(character)[0] == "N" and not _is_single(character)


@cache
def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


@cache
def _is_word(character: str) -> bool:
    if character in APOSTROPHES or _is_single(character):
        return False
    return unicodedata.category(character)[0] in "LMN" or _is_invalid_byte(character)


def slow_tokens(data: bytes) -> list[str]:
    """The tokens of a text, with a lone surrogate for each byte that is not UTF-8."""
    text = data.decode(errors="surrogateescape")
    text = "".join("'" if character in APOSTROPHES else character for character in text)
    text = _nfkc(_nfkc(text).casefold())
    text = "".join(character for character in text if not _is_invisible(character))
    tokens = []
    current = ""
    single = False
    for at, character in enumerate(text):
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        inside = current and not single
        if _is_single(character) or (_is_word(character) and not (single and _is_mark(character))):
            if not inside or _is_single(character):
                tokens.append(current)
                current = ""
            single = _is_single(character)
            current += character
        elif _is_mark(character):
            current += character
        elif inside and character in APOSTROPHES and after and _is_word(before) and _is_word(after):
            current += "'"
        elif inside and character in POINTS and after and _is_digit(before) and _is_digit(after):
            current += "."
        else:
            tokens.append(current)
            current = ""
            single = False
    return [token for token in [*tokens, current] if token]


def slow_canonical(data: bytes) -> bytes:
    """The canonical text of a text."""
    return " ".join(slow_tokens(data)).encode(errors="surrogateescape")


def slow_shingles(canonical: bytes, unit: str, size: int) -> list[bytes]:
    """The distinct n-grams of a canonical text, in order of first occurrence."""
    text = canonical.decode(errors="surrogateescape")
    units = text.split(" ") if unit == "word" else list(text)
    if not text:
        return []
    between = " " if unit == "word" else ""
    grams = [between.join(units[at : at + size]) for at in range(max(1, len(units) - size + 1))]
    return [gram.encode(errors="surrogateescape") for gram in dict.fromkeys(grams)]


def slow_jaccard(mine: set[bytes], theirs: set[bytes]) -> float:
    """|S & T| / |S | T|."""
    return float(Fraction(len(mine & theirs), len(mine | theirs)))


def slow_coverage(mine: set[bytes], theirs: set[bytes]) -> float:
    """|S & T| / |S|."""
    return float(Fraction(len(mine & theirs), len(mine)))


class Verdict(NamedTuple):
    """What is decided of a text: `match` is the place in the feed of what it repeats."""

    kind: str
    match: int | None = None
    jaccard: float = 0.0
    coverage: float = 0.0


class BruteForce:
    """The greedy rule with dicts and sets: each text against the kept ones that share a key with it.

    `keys` of a text are those that the program gives: for the whole text, then one a band.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.kept: list[tuple[int, bytes, set[bytes]]] = []
        self.texts: dict[int, bytes] = {}
        self.buckets: dict[int, list[int]] = {}

    def judge(self, place: int, data: bytes, keys: list[int]) -> Verdict:
        """The verdict on the text at `place` of the feed, which is kept if it is novel."""
        settings = self.settings
        canonical = slow_canonical(data)
        if not canonical:
            return Verdict("novel")
        size = len(slow_tokens(data))
        shingles = set(slow_shingles(canonical, *settings.shingle_parts()))
        looked_up = keys if size >= settings.min_words else keys[:1]
        found: list[Verdict] = []
        for row in sorted({row for key in looked_up for row in self.buckets.get(key, [])}):
            seen, other, theirs = self.kept[row]
            if other == canonical:
                return Verdict("exact", seen, 1.0, 1.0)
            jaccard = slow_jaccard(shingles, theirs)
            coverage = slow_coverage(shingles, theirs)
            if size < settings.min_words:
                continue
            if jaccard >= settings.threshold:
                found.append(Verdict("near", seen, jaccard, coverage))
            elif coverage >= settings.coverage:
                found.append(Verdict("contained", seen, jaccard, coverage))
        found.sort(key=lambda verdict: (-verdict.jaccard, -verdict.coverage, verdict.match))
        verdict = Verdict("novel")
        if found:
            repeats = [match for match in found[:MATCHES] if not self._is_news(match.match, data)]
            if repeats or settings.updates == "drop":
                return (repeats or found)[0]
            verdict = found[0]._replace(kind="update")
        for key in looked_up:
            bucket = self.buckets.setdefault(key, [])
            if len(bucket) < settings.bucket_limit:
                bucket.append(len(self.kept))
        self.kept.append((place, canonical, shingles))
        self.texts[place] = data
        return verdict

    def _is_news(self, place: int | None, data: bytes) -> bool:
        """Whether the text says otherwise or more than the one at a place; what that is has tests of its own."""
        old, new = (text.decode(errors="surrogateescape") for text in (self.texts[place or 0], data))
        difference = facts.compare(old, new, self.settings.max_new_words)
        return bool(difference.changed) or difference.added
