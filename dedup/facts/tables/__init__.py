"""The tables behind the comparison of facts, read once from the text files beside this; each names its source."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

#: The codes of the languages, in the order of their bits where kernels know them.
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "ar", "hi", "ko", "zh")


class Language(NamedTuple):
    """The small words of one language, casefolded.

    numbers: word to value. ordinals: likewise. months: word to 1..12.
    """

    function: frozenset[str]
    negation: frozenset[str]
    titles: frozenset[str]
    ranks: frozenset[str]
    weekdays: frozenset[str]
    numbers: Mapping[str, int]
    ordinals: Mapping[str, int]
    months: Mapping[str, int]


class Tables(NamedTuple):
    """Every table.

    languages: by code. spoken: a function word or cardinal to the codes of its languages. marked: what is a number,
    negation, rank, month or weekday in any of them. small: that, and what is a function word or title. common: common
    English words. territories: the first word of a name, to {its words: the line of the territory}. classes: a word
    to its {class: member}; two members of one class exclude each other.
    """

    languages: Mapping[str, Language]
    spoken: Mapping[str, Sequence[str]]
    marked: frozenset[str]
    small: frozenset[str]
    common: frozenset[str]
    territories: Mapping[str, Mapping[tuple[str, ...], int]]
    classes: Mapping[str, Mapping[int, int]]


@cache
def tables() -> Tables:
    """All tables; read at the first call, some milliseconds."""
    territories: dict[str, dict[tuple[str, ...], int]] = {}
    for number, line in enumerate(_lines("territories")):
        for name in line.split():
            parts = name.split("_")
            han = len(parts) == 1 and name > "\u3000" and name < "\uac00"
            key = tuple(name if han else parts)
            territories.setdefault(key[0], {})[key] = number
    classes: dict[str, dict[int, int]] = {}
    for number, line in enumerate(_lines("contrasts")):
        for member, words in enumerate(line.split()):
            for word in words.split("="):
                classes.setdefault(word, {})[number] = member
    common = frozenset(word for line in _lines("common") for word in line.split())
    languages = _languages()
    spoken: dict[str, list[str]] = {}
    marked: set[str] = set()
    for code, language in languages.items():
        for word in [*language.function, *language.numbers]:
            spoken.setdefault(word, []).append(code)
        marked.update(language.numbers, language.ordinals, language.negation, language.ranks)
        marked.update(language.months, language.weekdays)
    small = marked.union(spoken, *(language.titles for language in languages.values()))
    return Tables(languages, spoken, frozenset(marked), frozenset(small), common, territories, classes)


def _languages() -> dict[str, Language]:
    kinds: dict[str, dict[str, list[str]]] = {}
    for line in _lines("languages"):
        code, kind, words = line.split(" ", 2)
        kinds.setdefault(code, {}).setdefault(kind, []).append(words)
    languages = {}
    for code in LANGUAGES:
        said = kinds[code]
        function, negation, titles, ranks, weekdays = (
            frozenset(" ".join(said.get(kind, ())).split())
            for kind in ("function", "negation", "titles", "ranks", "weekdays")
        )
        months = {
            word: number
            for words in said.get("months", ())
            for number, word in enumerate(words.split(), 1)
            if word != "_"
        }
        numbers, ordinals = (dict(_values(" ".join(said.get(kind, ())))) for kind in ("numbers", "ordinals"))
        languages[code] = Language(function, negation, titles, ranks, weekdays, numbers, ordinals, months)
    return languages


def _values(words: str) -> Iterator[tuple[str, int]]:
    value = 0
    for word in words.split():
        if word.startswith("="):
            value = int(word[1:])
        else:
            yield word, value


def _lines(name: str) -> list[str]:
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
