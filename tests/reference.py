"""The rule of the program once more, slow and obvious, for the tests to compare with."""

import math
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


def slow_words(data: bytes) -> int:
    """How many words a text counts as: its tokens, but one where they are letters by themselves."""
    tokens = slow_tokens(data)
    return min(1, len(tokens)) if 3 * len(tokens) > len(slow_canonical(data)) else len(tokens)


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
        self.now = -math.inf
        self.order: list[int] = []  # rows, as they are to be forgotten
        self.times: dict[int, float] = {}  # of the rows that are remembered

    def _forget(self) -> None:
        """Forget what is too old or too much."""
        window, most = self.settings.window, self.settings.max_paragraphs
        assert not isinstance(window, str)
        if window is not None:
            self.times = {row: time for row, time in self.times.items() if self.now - time <= window}
        while self.order and (self.order[0] not in self.times or (most is not None and len(self.order) > most)):
            self.times.pop(self.order.pop(0), None)

    def judge(self, place: int, data: bytes, keys: list[int], time: float = 0) -> Verdict:
        """The verdict on the text at `place` of the feed, which is kept if it is novel."""
        self.now = max(self.now, time)
        self._forget()
        verdict = self._judge(place, data, keys, time)
        if self.settings.refresh and verdict.kind in ("exact", "near", "contained"):
            row = next(row for row, (seen, _, _) in enumerate(self.kept) if seen == verdict.match)
            self.times[row] = max(self.times[row], time)
            self.order.remove(row)
            self.order.append(row)
        self._forget()
        return verdict

    def _judge(self, place: int, data: bytes, keys: list[int], time: float) -> Verdict:
        settings = self.settings
        canonical = slow_canonical(data)
        if not canonical:
            return Verdict("novel")
        size = slow_words(data)
        shingles = set(slow_shingles(canonical, *settings.shingle_parts()))
        looked_up = keys if size >= settings.min_words else keys[:1]
        for key in looked_up:  # what is forgotten makes room in its buckets
            self.buckets[key] = [row for row in self.buckets.get(key, []) if row in self.times]
        found: list[Verdict] = []
        for row in sorted({row for key in looked_up for row in self.buckets[key]}):
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
            if settings.updates == "drop":
                return found[0]
            repeats = [match for match in found[:MATCHES] if not self._is_news(match.match, data)]
            if repeats:
                return repeats[0]
            verdict = found[0]._replace(kind="update")
        for key in looked_up:
            if len(self.buckets[key]) < settings.bucket_limit:
                self.buckets[key].append(len(self.kept))
        self.order.append(len(self.kept))
        self.times[len(self.kept)] = time
        self.kept.append((place, canonical, shingles))
        self.texts[place] = data
        return verdict

    def _is_news(self, place: int | None, data: bytes) -> bool:
        """Whether the text says otherwise or more than the one at a place; what that is has tests of its own."""
        old, new = (text.decode(errors="surrogateescape") for text in (self.texts[place or 0], data))
        difference = facts.compare(old, new, self.settings.max_new_words)
        return bool(difference.changed) or difference.added
