"""The words that the rules use, read once from the text files in this folder. Each file names its source."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from dedup.facts.vocabulary.exclusive import COMPASS, Classes, is_stage, read_exclusive, stands_alone
from dedup.facts.vocabulary.files import Phrases, fold, lines_of, read_phrases, values

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "ar", "hi", "ko", "zh")

#: Words for a page that precede its number.
PAGE_WORDS = frozenset(["page", "p", "pp", "pg", "seite", "página", "pág", "pagina", "blz", "стр", "страница"])
#: Abbreviations of million, billion and trillion. They are numbers only after digits.
SCALE_ABBREVIATIONS = frozenset(["m", "mn", "mln", "bn", "bln", "tn"])
#: Words that join two things in either order.
CONJUNCTIONS = frozenset(["and", "or", "und", "oder", "et", "ou", "y", "e", "o", "en", "of", "и", "или", "و", "या"])
PRONOUNS = frozenset(
    """i he she we they my his her our their its il elle ils elles son sa ses leur leurs él ella ellos su sus lui lei
    loro suo sua ele ela seu seus hij zij zijn haar он она они его её ее их""".split()
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
        negation_stems: Beginnings of words that negate a statement.
        titles: Words before a name that are not part of it.
        ranks: Words before a title that make it a different office.
        numbers: {word: value} of cardinals.
        ordinals: {word: value} of ordinals.
        months: {word: 1 to 12}.
        exclusive: Phrases that exclude each other, with their classes.
        units: Units of numbers.
        grammar: Other small words that state nothing, and those of the next two kinds.
        qualifiers: Modal verbs, quantifiers and pronouns.
        courtesies: Words of greetings, thanks and forms of address.
        thanks: Words of thanks.
        speech: Verbs, prepositions and nouns that attribute a statement.
    """

    code: str
    function: frozenset[str]
    negation: frozenset[str]
    negation_stems: tuple[str, ...]
    titles: frozenset[str]
    ranks: frozenset[str]
    weekdays: frozenset[str]
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]
    months: Mapping[str, int]
    exclusive: Phrases[Classes]
    units: Phrases[Unit]
    grammar: frozenset[str]
    qualifiers: frozenset[str]
    courtesies: frozenset[str]
    thanks: frozenset[str]
    speech: frozenset[str]

    @cached_property
    def exclusive_words(self) -> frozenset[str]:
        """Every word of the phrases that exclude each other, except function words that only days and periods have."""
        words = (word for phrases in self.exclusive.values() for phrase in phrases for word in phrase)
        alone = (
            phrase[0]
            for phrases in self.exclusive.values()
            for phrase, classes in phrases.items()
            if len(phrase) == 1 or is_stage(classes)
        )
        return (frozenset(words) - self.function) | frozenset(alone)

    @cached_property
    def exclusive_content(self) -> frozenset[str]:
        """Those of `exclusive_words` that may be a change if the other text has none of them there."""
        alone = (
            word
            for phrases in self.exclusive.values()
            for phrase, classes in phrases.items()
            if stands_alone(classes)
            for word in phrase
        )
        return (self.exclusive_words - self.function) | frozenset(alone)

    @cached_property
    def day_words(self) -> frozenset[str]:
        """Every word of the phrases for days and periods, except function words."""
        words = (
            word
            for phrases in self.exclusive.values()
            for phrase, classes in phrases.items()
            if COMPASS not in classes and not is_stage(classes)
            for word in phrase
        )
        return frozenset(words) - self.function

    @cached_property
    def compass_points(self) -> Mapping[str, int]:
        """{word: number of the point}. Words that are also function words (este, est) are left out."""
        return {
            phrase[0]: classes[COMPASS]
            for phrases in self.exclusive.values()
            for phrase, classes in phrases.items()
            if len(phrase) == 1 and COMPASS in classes and phrase[0] not in self.function
        }

    @cached_property
    def unit_words(self) -> frozenset[str]:
        """Every word of the units except function words."""
        words = (word for phrases in self.units.values() for phrase in phrases for word in phrase)
        return frozenset(words) - self.function

    @cached_property
    def longest_unit(self) -> int:
        """The largest number of words of a unit, or Han characters."""
        return max(len(phrase) for phrases in self.units.values() for phrase in phrases)

    @cached_property
    def numeric(self) -> frozenset[str]:
        """Numbers, ordinals and months."""
        return frozenset([*self.numbers, *self.ordinals, *self.months])

    @cached_property
    def closed(self) -> frozenset[str]:
        """Words that grammar or a rule of their own covers: all but ranks."""
        return self.function | self.grammar | self.negation | self.titles | self.weekdays | self.numeric


class Vocabulary(NamedTuple):
    """All tables.

    Attributes:
        languages: The languages by code.
        language_votes: {function word or cardinal: a number with one byte for each of `LANGUAGES`}. The byte is the
            weight of the word for that language.
        marked: The numbers, negations, ranks, months and weekdays of all languages.
        common: Common English words.
        territories: {first word of a name: {all its words: number of the territory}}.
        contrasts: {English word: {class: member}}. Different members of one class exclude each other.
        spellings: {word: number of the name that it is a spelling of}.
    """

    languages: Mapping[str, Language]
    language_votes: Mapping[str, int]
    marked: frozenset[str]
    common: frozenset[str]
    territories: Phrases[int]
    contrasts: Mapping[str, Mapping[int, int]]
    spellings: Mapping[str, int]


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
    common = frozenset(word for line in lines_of("common") for word in line.split())
    return Vocabulary(languages, dict(votes), frozenset(marked), common, _territories(), _contrasts(), _spellings())


def _territories() -> Phrases[int]:
    return read_phrases((name, number) for number, line in enumerate(lines_of("territories")) for name in line.split())


def _spellings() -> dict[str, int]:
    return {fold(name): number for number, line in enumerate(lines_of("spellings")) for name in line.split()}


def _units(code: str) -> Phrases[Unit]:
    """The units of a language, with those of every language."""
    lines = [line.split(" ") for line in lines_of("units")]
    return read_phrases(
        (form.removeprefix("<"), Unit(name, form.startswith("<")))
        for of, name, *forms in lines
        if of in ("*", code)
        for form in forms
    )


def _contrasts() -> dict[str, dict[int, int]]:
    classes: dict[str, dict[int, int]] = {}
    for number, line in enumerate(lines_of("contrasts")):
        for member, words in enumerate(line.split()):
            for word in words.split("="):
                classes.setdefault(word, {})[number] = member
    return classes


def _languages() -> dict[str, Language]:
    kinds: dict[str, dict[str, list[str]]] = {}
    for line in [*lines_of("languages"), *lines_of("grammar")]:
        code, kind, words = line.split(" ", 2)
        kinds.setdefault(code, {}).setdefault(kind, []).append(words)
    return {code: _language(code, kinds[code]) for code in LANGUAGES}


def _language(code: str, lists: Mapping[str, list[str]]) -> Language:
    """A language from its lists: the lines of each kind."""

    def words(kind: str) -> list[str]:
        return " ".join(lists.get(kind, ())).split()

    months = {
        word: number for line in lists.get("months", ()) for number, word in enumerate(line.split(), 1) if word != "_"
    }
    numbers, ordinals = (dict(values(" ".join(lists.get(kind, ())))) for kind in ("numbers", "ordinals"))
    weekdays = frozenset(words("weekdays"))
    return Language(
        code=code,
        function=frozenset(words("function")),
        negation=frozenset(words("negation")),
        negation_stems=tuple(words("negation-stem")),
        titles=frozenset(words("titles")),
        ranks=frozenset(words("ranks")),
        weekdays=weekdays,
        numbers=numbers,
        ordinals=ordinals,
        months=months,
        exclusive=read_exclusive(code, lists, weekdays),
        units=_units(code),
        grammar=frozenset(words("grammar") + words("qualifiers") + words("courtesies") + words("thanks")),
        qualifiers=frozenset(words("qualifiers")),
        courtesies=frozenset(words("courtesies") + words("thanks")),
        thanks=frozenset(words("thanks")),
        speech=frozenset(words("speech")),
    )


def frame_lines() -> list[list[str]]:
    """The lines of the table of frames, each as (language, kind, pattern); see there."""
    return [line.split(" ", 2) for line in lines_of("frame")]
