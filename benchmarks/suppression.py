"""Tries to hide a report: publishes a paragraph that lists every possible fact, and then the report with the true one.

    python -m benchmarks.suppression [--attempts 10000] [--seed 1]

Each attempt makes a report with one fact (a number, a name, a negation, a sign, a word and its opposite, a weekday or a
unit), and an earlier paragraph of an adversary. The earlier paragraph has another fact in the place of the true one, or
a list that contains the true one, or names the true one elsewhere. An attempt succeeds if the report is dropped. The
table counts attempts and successes by the kind of the fact and by the attack.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from dedup import NoveltyFilter

#: A report for each kind of fact, with a place for the fact, and the facts that can stand there.
REPORTS: dict[str, list[tuple[str, list[str]]]] = {
    "number": [
        (
            "At least {} people were killed when a passenger ferry sank off the northern coast, the coast guard said.",
            [str(number) for number in range(21, 62)],
        ),
        (
            "Rescue teams have found {} survivors under the ruins of the school after an earthquake in the valley.",
            "seven eight nine eleven twelve thirteen fourteen fifteen sixteen twenty thirty forty".split(),
        ),
        (
            "The company will close {} branches next year because customers have moved to the internet, it announced.",
            [str(number) for number in range(100, 180, 7)],
        ),
        (
            "Turnout in the regional election was {} per cent, the electoral commission said after the polls closed.",
            [f"{number}.{number % 10}" for number in range(41, 75)],
        ),
        (
            "The government will spend ${} million on a new hospital for the eastern districts, ministers agreed.",
            [str(number) for number in range(20, 90, 3)],
        ),
    ],
    "name": [
        (
            "Police arrested {} at the airport in connection with the theft of paintings from the national museum.",
            "Smith Jones Brown Taylor Wilson Evans Thomas Roberts Walker Wright Robinson Thompson".split(),
        ),
        (
            "The fire that destroyed the old market in {} was started on purpose, investigators said in their report.",
            "Paris Berlin Madrid Rome Vienna Prague Warsaw Lisbon Dublin Athens Oslo Helsinki".split(),
        ),
        (
            "The board has chosen {} as the next head of the central bank, two people close to the talks said.",
            ["Anna Weber", "John Miller", "Maria Rossi", "Peter Novak", "Laura Martin", "David Cohen", "Sofia Garcia"],
        ),
    ],
    "opposite": [
        ("Shares in the largest carmaker {} after it published its figures for the third quarter.", ["rose", "fell"]),
        ("The striker {} the final of the open tournament in front of a full stadium last night.", ["won", "lost"]),
        ("The upper house {} the bill on pensions after a debate of nine hours.", ["approved", "rejected"]),
        ("The ministry said that unemployment would {} in the coming year in all regions.", ["increase", "decrease"]),
    ],
    "negation": [
        ("The minister {} resign over the affair of the lost files, a spokesman told reporters.", ["will", "will not"]),
        ("The two countries {} reached an agreement on fishing in the strait.", ["have", "have not"]),
        ("The reactor {} safe enough to be switched on again, the inspectors wrote.", ["is", "is not"]),
    ],
    "sign": [
        ("The index of the exchange moved {}% in early trading after the news from the bank.", ["+5", "-5"]),
        ("Temperatures of {} degrees are expected in the mountains at the end of the week.", ["-12", "+12"]),
    ],
    "weekday": [
        (
            "The leaders of both parties will meet on {} to talk about a coalition, their offices said.",
            "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
        ),
    ],
    "unit": [
        ("The oil slick is 14 {} long and drifts towards the coast, the navy said.", ["miles", "kilometres", "metres"]),
        ("The bank was fined {}30 million for its role in the affair of the forged bonds.", ["$", "£", "€"]),
    ],
}
_MANY_NAMES = 6
_SEPARATORS = [" ", ", ", " or ", " and ", "/", " / ", "; ", " – ", "-", " | ", " (", " ... ", ", or ", "? ", ": "]


class Attempt(NamedTuple):
    """An earlier paragraph and the report that it may hide.

    Attributes:
        kind: The kind of the fact.
        attack: The name of the attack.
        earlier: The paragraph of the adversary.
        report: The report.
    """

    kind: str
    attack: str
    earlier: str
    report: str


def attempts(seed: int) -> Iterator[Attempt]:
    """Attempts without end, from a seed."""
    draw = Random(seed)  # noqa: S311  # no secret
    while True:
        kind = draw.choice(list(REPORTS))
        report, facts = draw.choice(REPORTS[kind])
        true = draw.choice(facts)
        others = [fact for fact in facts if fact != true]
        # A text that names a few people together says something of each of them.
        least = _MANY_NAMES if kind == "name" else 1
        some = draw.sample(others, draw.randint(least, min(len(others), 12)))
        every = [*some, true]
        draw.shuffle(every)
        attack = draw.choice(list(_ATTACKS))
        earlier = _ATTACKS[attack](report, every, some, true, draw)
        if kind != "name" or attack not in _WITH_TWO or not _names_two_together(earlier, true, some[0]):
            yield Attempt(kind, attack, earlier, report.format(true))


def _names_two_together(text: str, one: str, other: str) -> bool:
    """Whether a text has a word of one name beside a word of another."""
    words = f" {' '.join(re.findall(r'[A-Za-z]+', text.replace(' and ', ' ')))} "
    return any(
        f" {first} {second} " in words or f" {second} {first} " in words
        for first in one.split()
        for second in other.split()
    )


def _list(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """All facts in the place of one."""
    return report.format(draw.choice(_SEPARATORS).join(every))


def _mixed_list(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """All facts in the place of one, with a different separator after each."""
    return report.format("".join(fact + draw.choice(_SEPARATORS) for fact in every[:-1]) + every[-1])


def _with_next_word(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """All facts, each with the word that follows it."""
    before, after = report.split("{}")
    word, rest = _first_word(after)
    return before + draw.choice([", ", " ", " or "]).join(fact + word for fact in every) + rest


def _with_last_word(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """All facts, each after the word that precedes it."""
    before, after = report.split("{}")
    start, space, word = before.rstrip().rpartition(" ")
    gap = before[len(before.rstrip()) :]
    return start + space + draw.choice([", ", " ", " or "]).join(word + gap + fact for fact in every) + after


def _elsewhere(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """Another fact in the place, and the true one somewhere else."""
    return _put(report.format(some[0]), [true], draw)


def _list_elsewhere(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """Another fact in the place, and all of them somewhere else."""
    return _put(report.format(some[0]), every, draw)


def _nothing_in_place(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """Nothing in the place, and all facts somewhere else."""
    return _put(report.replace("{} ", "").replace(" {}", "").replace("{}", ""), every, draw)


def _phrase_elsewhere(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """Another fact in the place, and the true one with its neighbours somewhere else."""
    before, after = report.split("{}")
    phrase = [*before.split(" ")[-2:], true + _first_word(after)[0]]
    return _put(report.format(some[0]), [" ".join(phrase).strip()], draw)


def _twice_in_place(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """The true fact before or after another one."""
    facts = [some[0], true]
    draw.shuffle(facts)
    return report.format(draw.choice(_SEPARATORS).join(facts))


def _every_sentence(report: str, every: list[str], some: list[str], true: str, draw: Random) -> str:
    """The whole report with each of the facts."""
    return " ".join(map(report.format, every))


_ATTACKS = {
    "list": _list,
    "mixed list": _mixed_list,
    "with the next word": _with_next_word,
    "with the last word": _with_last_word,
    "elsewhere": _elsewhere,
    "list elsewhere": _list_elsewhere,
    "nothing in place": _nothing_in_place,
    "phrase elsewhere": _phrase_elsewhere,
    "two in place": _twice_in_place,
    "every sentence": _every_sentence,
}


_WITH_TWO = ("elsewhere", "two in place")  # attacks with two facts


def _first_word(text: str) -> tuple[str, str]:
    """The first word of a text, with the white space before it, and the rest."""
    word = text.lstrip().split(" ")[0].rstrip(",.")
    size = len(text) - len(text.lstrip()) + len(word)
    return text[:size], text[size:]


def _put(text: str, facts: list[str], draw: Random) -> str:
    """A text with facts at its start, at its end, or somewhere inside."""
    listed = draw.choice([" ", ", ", " or ", ". "]).join(facts)
    words = text.split(" ")
    at = draw.randrange(1, len(words))
    return draw.choice(
        [
            f"{listed}. {text}",
            f"{listed} {text}",
            f"{text} {listed}",
            f"{text} {listed}.",
            f"{text} ({listed})",
            f"{text}\n{listed}",
            " ".join([*words[:at], listed, *words[at:]]),
            " ".join([*words[:at], f"({listed})", *words[at:]]),
        ]
    )


def is_hidden(attempt: Attempt) -> bool:
    """Whether the report is dropped after the paragraph of the adversary."""
    earlier, report = NoveltyFilter().judge([attempt.earlier, attempt.report])
    return earlier.novel and not report.novel


def main() -> None:
    """Make attempts and print how many succeed."""
    parser = argparse.ArgumentParser(description="Tries to hide reports behind earlier paragraphs that list facts.")
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print the first N successful attempts")
    options = parser.parse_args()
    tried: Counter[tuple[str, str]] = Counter()
    hidden: Counter[tuple[str, str]] = Counter()
    for _, attempt in zip(range(options.attempts), attempts(options.seed), strict=False):
        key = attempt.kind, attempt.attack
        tried[key] += 1
        if is_hidden(attempt):
            hidden[key] += 1
            if hidden.total() <= options.show:
                print(f"{key}\n  {attempt.earlier}\n  {attempt.report}")
    print(f"| attack | {' | '.join(REPORTS)} |\n| --- |{' ---: |' * len(REPORTS)}")
    for attack in _ATTACKS:
        cells = (f"{hidden[kind, attack]} / {tried[kind, attack]}" for kind in REPORTS)
        print(f"| {attack} | {' | '.join(cells)} |")
    print(f"\n{hidden.total()} of {tried.total()} attempts succeeded")


if __name__ == "__main__":
    main()
