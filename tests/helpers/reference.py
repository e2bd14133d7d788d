"""A slow and obvious reference implementation, for the tests to compare with."""

import math
import re
import unicodedata
from collections import Counter
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from dedup import Settings, facts
from dedup.filter.batch import MATCHES
from dedup.filter.stories import MOST_MEMBERS
from dedup.store.retention import RECENT

APOSTROPHES = "'`´ʼ‘’‚‛′＇"
POINTS = ".٫"
SIGNS = frozenset("#%+-<>^±٪‰‱–−≈≠≤≥≦≧⩽⩾▲▼△▽⬆⬇↑↓↗↘🔺🔻📈📉✅✔☑❌✖✗✘👍👎")
DASHES = "-–−"
# Prefixes of the names of Han, Hiragana and Katakana letters.
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
# Prefixes for the other scripts without spaces. Their digits are not separate tokens.
UNSPACED_NAMES = ("THAI ", "LAO ", "MYANMAR ", "KHMER ")


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


@cache
def _is_optional(character: str) -> bool:
    """Whether a character is a vowel sign or tatweel of Arabic, or a point of Hebrew."""
    code, name = ord(character), unicodedata.name(character, "")
    is_hebrew = 0x0591 <= code <= 0x05C7 and unicodedata.category(character) == "Mn"
    return is_hebrew or name == "ARABIC TATWEEL" or 0x064B <= code <= 0x0652 or code == 0x0670


def _is_invalid_byte(character: str) -> bool:
    return 0xDC80 <= ord(character) <= 0xDCFF


@cache
def _is_single(character: str) -> bool:
    category, name = unicodedata.category(character)[0], unicodedata.name(character, "")
    return (category in "LN" and name.startswith(CJK_NAMES)) or (category == "L" and name.startswith(UNSPACED_NAMES))


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


def _normalised(data: bytes) -> str:
    text = data.decode(errors="surrogateescape")
    text = "".join("'" if character in APOSTROPHES else character for character in text)
    text = re.sub(r"(?<=\d)(?=[⁰¹²³⁴⁵⁶⁷⁸⁹])", "^", text)
    text = _nfkc(_nfkc(text).casefold()).replace("i\u0307", "i").replace("ı", "i")
    for accented, plain in zip("άέήίόύώΐΰ", "αεηιουωϊϋ", strict=True):
        text = text.replace(accented, plain)
    return "".join(character for character in text if not _is_optional(character))


def _is_sign(character: str) -> bool:
    return character in SIGNS or unicodedata.category(character or " ") == "Sc"


def _number_at(text: str) -> str:
    """The first digit of the number at the start of a text, after an optional sign and decimal point."""
    if text[:1] == "$" or (text[:1] > "\x7f" and text[0] not in DASHES and _is_sign(text[0])):
        text = text[1:]
    text = text.removeprefix(".")
    return text[0] if text and _is_digit(text[0]) else ""


def _meaning(text: str, at: int) -> str | None:
    """The digit next to the sign at a place, "" if there is none; None if the sign has no meaning there."""
    sign, before, after = text[at], text[:at], text[at + 1 :]
    last, follows_word = before[-1:], bool(after) and _is_letter(after[0])
    digit = last if last and _is_digit(last) else ""
    if sign in DASHES or sign == "+":
        if last and _is_letter(last):
            is_rating = re.search(r"(?:^| )[a-fo]{1,3}$", before) is not None
            return digit if not follows_word and (sign == "+" or is_rating) else None
        if sign == "+" and last == "+":
            return ""
        joins = last != "" and (last in ".,:;%)]/+-" or (last == " " and before[-2:-1] and _is_digit(before[-2])))
        return None if joins else _number_at(after) or None
    if sign == "^":
        return digit if digit and after and _is_digit(after[0]) else None
    if sign == "#":
        return "" if last and _is_letter(last) and not digit and not follows_word else None
    if sign in "<>":
        is_apart = last == " " and len(before) > 1 and after[:1] == " "
        return None if last == "-" else _number_at(after[1:] if is_apart else after) or None
    return digit or _number_at(after.lstrip(" "))


def slow_signs(data: bytes) -> Counter[tuple[str, str]]:
    """The meaningful signs of a text, each with the digit next to it, and their counts."""
    text = _normalised(data)
    found: Counter[tuple[str, str]] = Counter()
    for at, character in enumerate(text):
        if _is_sign(character) and (digit := _meaning(text, at)) is not None:
            found["-" if character in DASHES else character, digit] += 1
    return found


def slow_tokens(data: bytes) -> list[str]:
    """The tokens of a text, with a lone surrogate for each byte that is not UTF-8."""
    text = _normalised(data)
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


def _is_letter(character: str) -> bool:
    return _is_word(character) or _is_single(character)


def slow_words(data: bytes) -> int:
    """The number of words of a text: its tokens, or one if most of them are single letters."""
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


def slow_jaccard(one: set[bytes], other: set[bytes]) -> float:
    """|S & T| / |S | T|."""
    return float(Fraction(len(one & other), len(one | other)))


def slow_coverage(one: set[bytes], other: set[bytes]) -> float:
    """|S & T| / |S|."""
    return float(Fraction(len(one & other), len(one)))


class ReferenceDecision(NamedTuple):
    """The decision about a text. `match` is the place in the feed of the text that it repeats."""

    kind: str
    match: int | None = None
    jaccard: float = 0.0
    coverage: float = 0.0


class Seen(NamedTuple):
    """When a text was read.

    Attributes:
        clock: The clock.
        tick: The number of paragraphs read before.
        time: The later of the time of the record and the clock.
    """

    clock: float
    tick: int
    time: float = 0


Text = tuple[bytes, frozenset[tuple[tuple[str, str], int]]]


def _text(data: bytes) -> Text:
    """The parts of a text that are equal in equal texts: the canonical text, and the signs."""
    return slow_canonical(data), frozenset(slow_signs(data).items())


class BruteForce:
    """The greedy rule with dicts and sets. Compares each text with the stored texts that share a key with it.

    The keys of a text come from the program: one for the whole text, then one per band. The window never expires the
    last `recent` paragraphs.
    """

    def __init__(self, settings: Settings, recent: int = RECENT) -> None:
        self.settings = settings
        self.recent = recent
        self.stored: list[tuple[int, Text, set[bytes]]] = []
        self.records: list[str | None] = []
        self.texts: dict[int, bytes] = {}
        self.buckets: dict[Any, list[int]] = {}
        self.read = 0
        self.given: set[float] = set()  # the times of all records
        self.lowest = Seen(math.inf, 0)  # the lowest clock, and the number of paragraphs read when it fell to that
        self.order: list[int] = []  # rows, in the order of eviction
        self.seen: dict[int, Seen] = {}  # of the rows that are not evicted
        self.dropped: dict[tuple[Text, str | None], tuple[int, Seen]] = {}  # by text, and by text and record
        self.stories: dict[int, tuple[int, int]] = {}  # of each row, the first row of its story, and its version

    @property
    def clock(self) -> float:
        """The third-latest time, or the earliest if there are fewer than three."""
        return sorted(self.given, reverse=True)[:3][-1]

    @property
    def window(self) -> float:
        """Seconds; infinite if there is no window."""
        return math.inf if self.settings.window is None else float(self.settings.window)

    def _is_past(self, seen: Seen) -> bool:
        # The clock can fall while fewer than three times are known. Earlier readings then count as made at the lowest.
        clock = self.lowest.clock if seen.tick < self.lowest.tick else seen.clock
        return clock < self.clock - self.window and seen.tick + self.recent < self.read

    def _pass_time(self) -> None:
        """Evict the rows that are too old."""
        while self.order:
            if not self._is_past(self.seen[self.order[0]]):
                return
            del self.seen[self.order.pop(0)]

    def _repeated(self, text: Text, record: str | None = None) -> int | None:
        """The row that a dropped text, or a dropped record with this text, repeated, if that row is not evicted."""
        row, seen = self.dropped.get((text, record), (None, None))
        most = self.settings.max_paragraphs or math.inf
        if seen is None or row not in self.seen:
            return None
        if self.settings.forgets and (self._is_past(seen) or self.read - seen.tick > max(most, self.recent)):
            return None
        return row

    def judge(
        self, place: int, data: bytes, keys: list[int], time: float | None = 0, record: str | None = None
    ) -> ReferenceDecision:
        """The decision about the text at `place` of the feed. The text is stored if it is novel."""
        timeless = time is None
        if time is None:
            time = self.clock
        else:
            self.given.add(time)
        if self.clock < self.lowest.clock:
            self.lowest = Seen(self.clock, self.read)
        self._pass_time()
        here = Seen(self.clock, self.read, max(time, self.clock))
        decision = self._judge(place, data, keys, time, here, record, timeless)
        if decision.kind in ("exact", "near", "contained"):
            canonical = _text(data)
            row = next(row for row, (seen, _, _) in enumerate(self.stored) if seen == decision.match)
            if decision.kind != "exact":
                self.dropped[canonical, None] = row, here
            if self.settings.forgets:
                same = self._is_same(canonical, record, row)
                if record is not None and self.records[row] != record:
                    self.dropped[canonical, record] = row, here
                if same or self.settings.refresh:
                    self.seen[row] = here._replace(time=max(here.time, self.seen[row].time))
                    self.order.remove(row)
                    self.order.append(row)
        while self.settings.max_paragraphs is not None and len(self.order) > self.settings.max_paragraphs:
            del self.seen[self.order.pop(0)]
        self.read += 1
        return decision

    def _is_same(self, text: Text, record: str | None, row: int) -> bool:
        """Whether a record had this text before: when `row` was stored, or when it was dropped."""
        return record is not None and (self.records[row] == record or self._repeated(text, record) is not None)

    def _judge(
        self,
        place: int,
        data: bytes,
        keys: list[Any],
        time: float,
        here: Seen,
        record: str | None,
        timeless: bool,
    ) -> ReferenceDecision:
        settings = self.settings
        canonical = _text(data)
        if not canonical[0] and record is None:
            return ReferenceDecision("novel")
        if not canonical[0]:  # only the same text of the same record is equal
            keys = [(data, record)]
        size = slow_words(data)
        shingles = set(slow_shingles(canonical[0], *settings.shingle_parts()))
        looked_up = keys if size >= max(settings.min_words, 1) else keys[:1]
        for key in looked_up:  # evicted rows make room in their buckets
            self.buckets[key] = [row for row in self.buckets.get(key, []) if row in self.seen]
        visible = {row for row, seen in self.seen.items() if seen.time >= time - self.window}
        for row in self.buckets[keys[0]]:
            again = row in visible or (timeless and self._is_same(canonical, record, row))
            if again and self.stored[row][1] == canonical:
                return ReferenceDecision("exact", self.stored[row][0], 1.0, 1.0)
        found = []
        if size >= max(settings.min_words, 1):
            near = {row for key in keys[1:] for row in self.buckets[key]} & visible
            found = [match for row in sorted(near) if (match := self._match(shingles, row))]
        before = self._repeated(canonical)
        again = before in visible or (timeless and before is not None and self._is_same(canonical, record, before))
        decision = None
        if size >= max(settings.min_words, 1) and before is not None and again:
            match = self._match(shingles, before)
            decision = self._decide([match], data) if match else None
            decision = None if decision and decision.kind == "update" else decision
        found.sort(key=lambda decision: (-decision.jaccard, -decision.coverage, decision.match))
        if decision is None and found:
            decision = self._decide(found[:MATCHES], data)
        if decision is not None and decision.kind == "update":
            decision = self._compare_versions(found[:MATCHES], shingles, visible, data)
        decision = decision or ReferenceDecision("novel")
        if decision.kind not in ("novel", "update", "reworded"):
            return decision
        self._add_to_story(decision)
        for key in looked_up:
            bucket = self.buckets[key]
            if key == keys[0]:  # of two equal texts, the later one is found
                for row in bucket:
                    if self.stored[row][1] == canonical and self.records[row] not in (None, record):
                        self.dropped[canonical, self.records[row]] = len(self.stored), here
                bucket[:] = [row for row in bucket if self.stored[row][1] != canonical]
                bucket.append(len(self.stored))
            elif len(bucket) < settings.bucket_limit:
                bucket.append(len(self.stored))
        self.order.append(len(self.stored))
        self.seen[len(self.stored)] = here
        self.stored.append((place, canonical, shingles))
        self.records.append(record)
        self.texts[place] = data
        return decision

    def _decide(self, found: list[ReferenceDecision], data: bytes) -> ReferenceDecision:
        """The decision about a text with these matches, best first."""
        if self.settings.updates == "drop":
            return found[0]
        differences = [self._difference(match.match, data) for match in found]
        for wanted in (True, False):
            for match, difference in zip(found, differences, strict=True):
                if not difference.is_update and difference.certain in (True, wanted):
                    is_dropped = difference.certain or not self.settings.strict
                    return match if is_dropped else match._replace(kind="reworded")
        return found[0]._replace(kind="update")

    def _compare_versions(
        self, found: list[ReferenceDecision], shingles: set[bytes], visible: set[int], data: bytes
    ) -> ReferenceDecision:
        """The decision about a text whose matches are all updates: compare it with the newest versions too."""
        rows = {place: row for row, (place, _, _) in enumerate(self.stored)}
        matched = {rows[match.match] for match in found if match.match is not None}
        first, _ = self.stories[rows[found[0].match or 0]]
        members = [row for row in self.seen if self.stories[row][0] == first]
        newest = set(sorted(members)[-MOST_MEMBERS:]) & visible - matched
        ranked = [match for row in newest | matched if (match := self._match(shingles, row))]
        ranked.sort(key=lambda decision: (-decision.jaccard, -decision.coverage, -(decision.match or 0)))
        ranked = ranked[:MATCHES]
        others = [
            match for match in ranked
            if match.match is not None and rows[match.match] in newest and match.jaccard >= found[0].jaccard
        ]  # fmt: skip
        decision = self._decide(others, data) if others else None
        return decision if decision and decision.kind != "update" else ranked[0]._replace(kind="update")

    def story(self, place: int | None) -> tuple[str | None, int | None]:
        """The story of the stored text from a place, by the id that the filter assigns, and its version."""
        row = next((row for row, (stored, _, _) in enumerate(self.stored) if stored == place), None)
        if row is None:
            return None, None
        first, version = self.stories[row]
        return f"paragraph:{self.stored[first][0] + 1}", version

    def _add_to_story(self, decision: ReferenceDecision) -> None:
        """Add the text that is stored next to the story of its match."""
        row = len(self.stored)
        self.stories[row] = row, 1
        if decision.match is not None:
            match = next(row for row, (place, _, _) in enumerate(self.stored) if place == decision.match)
            first, version = self.stories[match]
            if decision.kind == "update":
                live = [of for other, (start, of) in self.stories.items() if start == first and other in self.seen]
                version = max([version, *live]) + 1
            self.stories[row] = first, version

    def _match(self, shingles: set[bytes], row: int) -> ReferenceDecision | None:
        """The match of a shingle set with a stored row, None if it is not similar enough."""
        seen, _, other = self.stored[row]
        jaccard = slow_jaccard(shingles, other)
        coverage = slow_coverage(shingles, other)
        if jaccard >= self.settings.threshold:
            return ReferenceDecision("near", seen, jaccard, coverage)
        return ReferenceDecision("contained", seen, jaccard, coverage) if coverage >= self.settings.coverage else None

    def _difference(self, place: int | None, data: bytes) -> facts.Difference:
        """The difference of a text from the one at a place. Other tests cover the rules."""
        old, new = (text.decode(errors="surrogateescape") for text in (self.texts[place or 0], data))
        return facts.compare(old, new, self.settings.max_new_words)
