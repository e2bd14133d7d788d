"""A corpus with lightly reworded repeats planted in it, each record saying by its id what it is.

Ids are `original:N` and `copy:KIND:N`, N the line of the original, from 0.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from benchmarks.corpus import texts

_SHORTEST, _LONGEST = 12, 80  # words of a paragraph that gets a copy
_COMMON = 2000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SPACES = ("", " ", "\t", "\u00a0")  # beside the one between two words


class Vocabulary(NamedTuple):
    """What rewordings draw from: the commonest words, and the words of every paragraph that may get a copy."""

    common: list[str]
    paragraphs: list[list[str]]


def replace_words(words: list[str], vocabulary: Vocabulary, draw: Random) -> list[str]:
    """One to three words replaced by common ones that are others."""
    words = words.copy()
    for place in draw.sample(range(len(words)), draw.randint(1, 3)):
        words[place] = draw.choice([word for word in draw.sample(vocabulary.common, 2) if word != words[place]])
    return words


def change_clause(words: list[str], vocabulary: Vocabulary, draw: Random) -> list[str]:
    """A clause of two to six words added or cut at either end."""
    size = draw.randint(2, 6)
    clause = draw.choice(vocabulary.paragraphs)[:size]
    return draw.choice([words + clause, clause + words, words[size:], words[:-size]])


def mistype(words: list[str], vocabulary: Vocabulary, draw: Random) -> list[str]:
    """Two to four typos, each in another word: letters swapped, one lost, or one too many."""
    words = words.copy()
    long = [place for place, word in enumerate(words) if len(word) > 2]
    for place in draw.sample(long, min(len(long), draw.randint(2, 4))):
        word = words[place]
        at = draw.randrange(len(word) - 1)
        words[place] = draw.choice(
            [
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + draw.choice(_LETTERS) + word[at:],
            ]
        )
    return words


def change_form(words: list[str], vocabulary: Vocabulary, draw: Random) -> list[str]:
    """Another case, curly quotation marks around it and inside, other white space."""
    case = draw.choice([str.upper, str.lower, str.title])
    words = [case(word).replace("'", "’").replace('"', "”") for word in words]
    return ["“" + words[0], *(draw.choice(_SPACES) + word for word in words[1:-1]), words[-1] + "”"]


KINDS: dict[str, Callable[[list[str], Vocabulary, Random], list[str]]] = {
    "form": change_form,
    "words": replace_words,
    "clause": change_clause,
    "typos": mistype,
}


def plant(originals: Sequence[str], seed: int, share: float = 0.05) -> list[tuple[str, str]]:
    """(id, text) of every original, in order, with a copy of a share of them somewhere later."""
    draw = Random(seed)  # noqa: S311
    split = [text.split() for text in originals]
    chosen = [place for place, words in enumerate(split) if _SHORTEST <= len(words) <= _LONGEST]
    counts = Counter(word for words in split for word in words)
    vocabulary = Vocabulary([word for word, _ in counts.most_common(_COMMON)], [split[place] for place in chosen])
    placed = [(float(place), f"original:{place}", text) for place, text in enumerate(originals)]
    kinds = list(KINDS)
    for ordinal, place in enumerate(draw.sample(chosen, round(share * len(chosen)))):
        kind = kinds[ordinal % len(kinds)]
        text = " ".join(KINDS[kind](split[place], vocabulary, draw))
        placed.append((draw.uniform(place, len(originals)), f"copy:{kind}:{place}", text))
    return [(name, text) for _, name, text in sorted(placed, key=lambda item: item[0])]


def main() -> None:
    """Write a planted corpus."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planting", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.05, help="of the paragraphs of 12 to 80 words")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    with given.out.open("wb") as file:
        for name, text in plant(texts(given.corpus, given.lines), given.seed, given.share):
            file.write(orjson.dumps({"id": name, "text": text}) + b"\n")


if __name__ == "__main__":
    main()
