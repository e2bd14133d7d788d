"""Plants lightly reworded repeats in a corpus, with ids that mark them.

Ids are `original:N` and `copy:KIND:N`, where N is the line of the original, from 0.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from random import Random

import orjson

from benchmarks.corpus import texts
from benchmarks.edits import DROPPED, EITHER, Edit, vocabulary

_SHORTEST, _LONGEST = 12, 80  # words of a paragraph that gets a copy

#: Each kind of copy is made by one of these edits.
KINDS: dict[str, tuple[Edit, ...]] = {
    "form": tuple(DROPPED[name] for name in ("case", "quotes", "spaces")),
    "words": tuple(EITHER[name] for name in ("1 word", "2 words", "3 words")),
    "clause": (EITHER["clause added"], DROPPED["clause cut"]),
    "typos": (DROPPED["typos"],),
}


def plant(originals: Sequence[str], seed: int, share: float = 0.05) -> list[tuple[str, str]]:
    """(id, text) of every original, in order, with copies of a share of them at later places."""
    draw = Random(seed)  # noqa: S311  # a draw, and no secret
    chosen = [place for place, text in enumerate(originals) if _SHORTEST <= len(text.split()) <= _LONGEST]
    known = vocabulary(originals)
    placed = [(float(place), f"original:{place}", text) for place, text in enumerate(originals)]
    kinds = list(KINDS)
    for ordinal, place in enumerate(draw.sample(chosen, round(share * len(chosen)))):
        kind = kinds[ordinal % len(kinds)]
        text = draw.choice(KINDS[kind])(originals[place], known, draw)
        if text is not None:
            placed.append((draw.uniform(place, len(originals)), f"copy:{kind}:{place}", text))
    return [(name, text) for _, name, text in sorted(placed, key=lambda item: item[0])]


def main() -> None:
    """Write a planted corpus."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planting", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--share", type=float, default=0.05, help="the share of the paragraphs of 12 to 80 words that get a copy"
    )
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    with given.out.open("wb") as file:
        for name, text in plant(texts(given.corpus, given.lines), given.seed, given.share):
            file.write(orjson.dumps({"id": name, "text": text}) + b"\n")


if __name__ == "__main__":
    main()
