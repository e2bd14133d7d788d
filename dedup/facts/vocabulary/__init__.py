"""The words that the rules use, read once from the text files in this folder. Each file names its source."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple, TypeVar

Meaning = TypeVar("Meaning")
#: {first word of a phrase: {all its words: its meaning}}.
Phrases = Mapping[str, Mapping[tuple[str, ...], Meaning]]

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "ar", "hi", "ko", "zh")

#: Words for a page that precede its number.
PAGE_WORDS = frozenset(["page", "p", "pp", "pg", "seite", "página", "pág", "pagina", "blz", "стр", "страница"])
#: Abbreviations of million, billion and trillion. They are numbers only after digits.
SCALE_ABBREVIATIONS = frozenset(["m", "mn", "mln", "bn", "tn"])
#: Words that join two things in either order.
CONJUNCTIONS = frozenset(["and", "or", "und", "oder", "et", "ou", "y", "e", "o", "en", "of", "и", "или", "و", "या"])
COMPASS_POINTS = frozenset(
    """north south east west northern southern eastern western northeast northwest southeast southwest northeastern
    northwestern southeastern southwestern central nord sud est ouest norte sur sul este leste oeste ovest noord zuid
    oost""".split()
)
PRONOUNS = frozenset(
    """i he she we they my his her our their its il elle ils elles son sa ses leur leurs él ella ellos su sus lui lei
    loro suo sua ele ela seu seus hij zij zijn haar он она они его её ее их""".split()
)
#: Verbs and prepositions that attribute a statement.
SPEECH_WORDS = frozenset(
    """said says say told tells added adds announced according sagte sagt erklärte laut dit déclaré affirmé selon dijo
    según afirmó detto dichiarato secondo disse afirmou segundo zei zegt volgens aldus сказал сказала заявил заявила
    сообщил сообщила словам""".split()
)


class Unit(NamedTuple):
    """A unit of numbers.

    Attributes:
        name: Its name. ":" separates a unit from a kind of it, such as "dollar:us".
        may_precede: Whether it may also be written before its number.
    """

    name: str
    may_precede: bool


@dataclass(frozen=True, eq=False)
class Language:
    """The small words of one language, casefolded. Compared and hashed by identity.

    Attributes:
        code: One of `LANGUAGES`.
        function: Articles, prepositions, auxiliaries and so on, which state no fact.
        negation: Words that negate a statement.
        titles: Words before a name that are not part of it.
        ranks: Words before a title that make it a different office.
        numbers: {word: value} of cardinals.
        ordinals: {word: value} of ordinals.
        months: {word: 1 to 12}.
        days: Phrases for relative days and periods ("today", "next week"), each with (its kind, its value).
        units: Units of numbers.
    """

    code: str
    function: frozenset[str]
    negation: frozenset[str]
    titles: frozenset[str]
    ranks: frozenset[str]
    weekdays: frozenset[str]
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]
    months: Mapping[str, int]
    days: Phrases[tuple[str, int]]
    units: Phrases[Unit]

    @cached_property
    def day_words(self) -> frozenset[str]:
        """Every word of the phrases for days except function words."""
        words = (word for phrases in self.days.values() for phrase in phrases for word in phrase)
        return frozenset(words) - self.function

    @cached_property
    def unit_words(self) -> frozenset[str]:
        """Every word of the units except function words."""
        words = (word for phrases in self.units.values() for phrase in phrases for word in phrase)
        return frozenset(words) - self.function

    @cached_property
    def numeric(self) -> frozenset[str]:
        """Numbers, ordinals and months."""
        return frozenset([*self.numbers, *self.ordinals, *self.months])

    @cached_property
    def closed(self) -> frozenset[str]:
        """Words that grammar or a rule of their own covers: all but ranks."""
        return self.function | self.negation | self.titles | self.weekdays | self.numeric


class Vocabulary(NamedTuple):
    """All tables.

    Attributes:
        languages: The languages by code.
        language_votes: {function word or cardinal: a number with one byte for each of `LANGUAGES`}. The byte is the
            weight of the word for that language.
        marked: The numbers, negations, ranks, months and weekdays of all languages.
        common: Common English words.
        territories: {first word of a name: {all its words: number of the territory}}.
        contrasts: {word: {class: member}}. Different members of one class exclude each other.
    """

    languages: Mapping[str, Language]
    language_votes: Mapping[str, int]
    marked: frozenset[str]
    common: frozenset[str]
    territories: Phrases[int]
    contrasts: Mapping[str, Mapping[int, int]]


@cache
def vocabulary() -> Vocabulary:
    """All tables. The first call reads the files, which takes a few milliseconds."""
    languages = _languages()
    votes: Counter[str] = Counter()
    marked: set[str] = set()
    for place, language in enumerate(languages.values()):
        for word in [*language.function, *language.numbers]:
            votes[word] += 1 << 8 * place
        marked.update(language.numbers, language.ordinals, language.negation, language.ranks)
        marked.update(language.months, language.weekdays)
    common = frozenset(word for line in _lines("common") for word in line.split())
    return Vocabulary(languages, dict(votes), frozenset(marked), common, _territories(), _contrasts())


def _territories() -> Phrases[int]:
    return _phrases((name, number) for number, line in enumerate(_lines("territories")) for name in line.split())


def _phrases(meanings: Iterable[tuple[str, Meaning]]) -> Phrases[Meaning]:
    """A table of phrases. Their words are joined by "_"; in a script without spaces every character is a word."""
    phrases: dict[str, dict[tuple[str, ...], Meaning]] = {}
    for name, meaning in meanings:
        parts = unicodedata.normalize("NFKC", name.casefold()).split("_")
        is_han = len(parts) == 1 and "\u3000" < name < "\uac00"
        key = tuple(parts[0] if is_han else parts)
        phrases.setdefault(key[0], {})[key] = meaning
    return phrases


def _units(code: str) -> Phrases[Unit]:
    """The units of a language, with those of every language."""
    lines = [line.split(" ") for line in _lines("units")]
    return _phrases(
        (form.removeprefix("<"), Unit(name, form.startswith("<")))
        for of, name, *forms in lines
        if of in ("*", code)
        for form in forms
    )


def _days(lists: Mapping[str, list[str]], weekdays: frozenset[str]) -> Phrases[tuple[str, int]]:
    """The phrases for days and periods. "%" in a phrase stands for any weekday."""
    return _phrases(
        (phrase.replace("%", weekday), (period, value))
        for line in lists.get("days", ())
        for period, words in [line.split(" ", 1)]
        for phrase, value in _values(words)
        for weekday in (weekdays if "%" in phrase else [""])
    )


def _contrasts() -> dict[str, dict[int, int]]:
    classes: dict[str, dict[int, int]] = {}
    for number, line in enumerate(_lines("contrasts")):
        for member, words in enumerate(line.split()):
            for word in words.split("="):
                classes.setdefault(word, {})[number] = member
    return classes


def _languages() -> dict[str, Language]:
    kinds: dict[str, dict[str, list[str]]] = {}
    for line in _lines("languages"):
        code, kind, words = line.split(" ", 2)
        kinds.setdefault(code, {}).setdefault(kind, []).append(words)
    languages = {}
    for code in LANGUAGES:
        lists = kinds[code]
        function, negation, titles, ranks, weekdays = (
            frozenset(" ".join(lists.get(kind, ())).split())
            for kind in ("function", "negation", "titles", "ranks", "weekdays")
        )
        months = {
            word: number
            for words in lists.get("months", ())
            for number, word in enumerate(words.split(), 1)
            if word != "_"
        }
        numbers, ordinals = (dict(_values(" ".join(lists.get(kind, ())))) for kind in ("numbers", "ordinals"))
        days = _days(lists, weekdays)
        languages[code] = Language(
            code, function, negation, titles, ranks, weekdays, numbers, ordinals, months, days, _units(code)
        )
    return languages


def _values(words: str) -> Iterator[tuple[str, int]]:
    value = 0
    for word in words.split():
        if word.startswith("="):
            value = int(word[1:])
        else:
            yield word, value


def frame_lines() -> list[list[str]]:
    """The lines of the table of frames, each as (language, kind, pattern); see there."""
    return [line.split(" ", 2) for line in _lines("frame")]


def _lines(name: str) -> list[str]:
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
