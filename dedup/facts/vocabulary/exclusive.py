"""The phrases of each language that exclude each other: days, points of the compass, and stages of an affair."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from dedup.facts.vocabulary.files import Phrases, lines_of, read_phrases, values

#: {class: member}. Two phrases exclude each other if they share a class, and are different members of all they share.
Classes = Mapping[str, int]
#: Begins the name of a class whose phrases are a change even where nothing was put in their place.
ALONE = "!"
COMPASS = "compass"


def read_exclusive(code: str, lists: Mapping[str, Sequence[str]], weekdays: frozenset[str]) -> Phrases[Classes]:
    """The phrases of a language with their classes.

    Args:
        code: The language.
        lists: Its lines of `languages.txt`, by kind.
        weekdays: Its words for weekdays.
    """
    known: dict[str, dict[str, int]] = {}
    for phrase, name, member in [*_days(lists, weekdays), *_compass(lists), *_stages(code)]:
        classes = known.setdefault(phrase, {})
        if name:
            classes[name] = member
    return read_phrases(known.items())


def _days(lists: Mapping[str, Sequence[str]], weekdays: frozenset[str]) -> Iterator[tuple[str, str, int]]:
    """The phrases for days and periods. "%" in a phrase stands for any weekday."""
    for line in lists.get("days", ()):
        period, words = line.split(" ", 1)
        for phrase, value in values(words):
            for weekday in weekdays if "%" in phrase else [""]:
                yield phrase.replace("%", weekday), period, value


def _compass(lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, int]]:
    for line in lists.get(COMPASS, ()):
        for phrase, point in values(line):
            yield phrase, COMPASS, point


def _stages(code: str) -> Iterator[tuple[str, str, int]]:
    forms = ["-"]
    for name, (of, *members) in enumerate(_stage_lines()):
        if of != code:
            continue
        if members[0] == "~":
            forms = members[1:]
        elif members[0] == ALONE:
            end = members.index("/") if "/" in members else len(members)
            yield from ((phrase, f"{ALONE}{name}", 1) for phrase in members[1:end])
            yield from ((phrase, "", 0) for phrase in members[end + 1 :])
        else:
            for member, phrases in enumerate(members):
                for phrase in phrases.split("="):
                    stem = phrase.removesuffix("~")
                    for form in forms if stem != phrase else ["-"]:
                        yield form.replace("-", stem), str(name), member


def is_stage(classes: Classes) -> bool:
    """Whether classes are those of `exclusive.txt`, and not days or points of the compass."""
    return any(name[-1].isdecimal() for name in classes)


def stands_alone(classes: Classes) -> bool:
    """Whether a phrase is a change even where nothing was put in its place."""
    return any(name[0] == ALONE for name in classes)


@cache
def _stage_lines() -> list[list[str]]:
    return [line.split() for line in lines_of("exclusive")]
