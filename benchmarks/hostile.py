"""Measures what hostile texts cost, compared with ordinary text.

    python -m benchmarks.hostile [--size 100000]

Each attack makes two paragraphs that match, or one page, of about `--size` bytes and of four times as much. The table
gives the processor time per byte, as a multiple of that of ordinary paragraphs in the same run, and how much the time
per byte grows from the first size to the second. The least of three runs counts.
"""

import argparse
import time
from collections.abc import Callable
from random import Random

import numpy as np
from numpy.typing import NDArray

from dedup import NoveltyFilter
from dedup.facts import compare
from dedup.formats.html_limits import refusal

_GROWTH = 4
_RUNS = 3
_MAX_NEW_WORDS = 12
_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", np.uint8)
# Multipliers of xxHash, 32 bits.
_P3, _P4, _P5 = 3266489917, 668265263, 374761393
_WORDS = "the of and a ferry port storm council house school road bridge market vote law bank price water fire".split()


def ordinary(size: int) -> list[str]:
    """Paragraphs of about 300 bytes of random words, and a copy of each with one word changed."""
    draw = Random(1)  # noqa: S311  # no secret
    texts: list[str] = []
    while sum(map(len, texts)) < size:
        words = [draw.choice(_WORDS) + draw.choice(["", "s", "ed", str(draw.randrange(50))]) for _ in range(45)]
        texts += [" ".join(words) + ".", " ".join([*words[:20], "other", *words[21:]]) + "."]
    return texts


def _near(words: list[str], join: str = " ") -> list[str]:
    """Two paragraphs, of which the second lacks a word in the middle."""
    half = len(words) // 2
    return [join.join(words), join.join(words[:half] + words[half + 1 :])]


def _rotate(value: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    low = value & np.uint64(0xFFFFFFFF)
    return (low << np.uint64(bits) | low >> np.uint64(32 - bits)) & np.uint64(0xFFFFFFFF)


def _step(hash_: NDArray[np.uint64], word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = _rotate((hash_ + word * np.uint64(_P3)) & np.uint64(0xFFFFFFFF), 17)
    return mixed * np.uint64(_P4) & np.uint64(0xFFFFFFFF)


def colliding_pairs(count: int) -> list[str]:
    """Pairs of words, 12 bytes each, that all have the same xxh32. The third step of the hash is solved backwards."""
    found: list[str] = []
    draw = np.random.default_rng(1)
    inverse3, inverse4 = (pow(prime, -1, 1 << 32) for prime in (_P3, _P4))
    state = np.uint64(0x12345678 * inverse4 & 0xFFFFFFFF)  # any value
    target = _rotate(np.array([state]), 32 - 17)[0]
    allowed = np.zeros(256, np.bool_)
    allowed[_LETTERS] = True
    while len(found) < count:
        text = draw.choice(_LETTERS, (1 << 20, 12))
        text[:, 4] = 32
        words = text.view("<u4").astype(np.uint64)
        hash_ = _step(_step(np.full(len(text), (_P5 + 12) & 0xFFFFFFFF, np.uint64), words[:, 0]), words[:, 1])
        last = ((target - hash_) & np.uint64(0xFFFFFFFF)) * np.uint64(inverse3) & np.uint64(0xFFFFFFFF)
        text[:, 8:] = last.astype("<u4").view(np.uint8).reshape(-1, 4)
        good = text[allowed[text[:, 8:]].all(axis=1)]
        found += [row.tobytes().decode() for row in good]
    return found[:count]


def _numbers(size: int) -> list[str]:
    count = size // 16
    head = "the list of all results of the draw in order is as follows "
    return [head + " ".join(str(start + 3 * at) for at in range(count)) for start in (10**6, 10**6 + 1)]


def _moved(size: int) -> list[str]:
    """Words in another order, so that nearly every second word is a run of its own."""
    words = [f"name{at:05}" for at in range(size // 20)]
    swapped = [word for pair in zip(words[1::2], words[::2], strict=False) for word in pair]
    return [" ".join(words), " ".join(swapped)]


#: What each attack makes of a size in bytes.
ATTACKS: dict[str, Callable[[int], list[str]]] = {
    "pairs of words with equal xxh32": lambda size: _near(colliding_pairs(size // 26)),
    "alternating combining marks": lambda size: ["a" + "\u0301\u0323" * (size // 4)],
    "lists of other numbers": _numbers,
    "the same number again and again": lambda size: _near(["5"] * (size // 4)),
    "numbers with units": lambda size: _near([f"{at % 89} km" for at in range(size // 12)]),
    "words in another order": _moved,
    "signs": lambda size: _near(["▲", "▼"] * (size // 16)),
    "sentences of one word": lambda size: _near([f"Word{at}." for at in range(size // 20)]),
    "words that begin alike": lambda size: _near([f"prefix{at}" for at in range(size // 26)]),
    "scores": lambda size: _near([f"{at % 100}-{at // 100}" for at in range(size // 14)]),
    "phrases that exclude each other": lambda size: _near(["today", "tomorrow", "may", "will"] * (size // 52)),
    "names": lambda size: _near([f"Xa{at}b Yo" for at in range(size // 24)], " or "),
    "negations": lambda size: _near(["will", "not"] * (size // 16)),
}
PAGES: dict[str, Callable[[int], str]] = {
    "options of one list": lambda size: "<select>" + "<option>a" * (size // 9),
    "attributes of an element": lambda size: "<p " + " ".join(f"a{at}=1" for at in range(size // 9)) + ">",
    "deep elements": lambda size: "<div>" * (size // 5),
}


def seconds_per_byte(texts: list[str], run: Callable[[list[str]], object]) -> float:
    """The least processor time of a few runs, per byte."""
    times = []
    for _ in range(_RUNS):
        start = time.process_time()
        run(texts)
        times.append(time.process_time() - start)
    return min(times) / sum(len(text.encode()) for text in texts)


def _judge(texts: list[str]) -> None:
    """Judge paragraphs, and compare the facts of each pair completely."""
    for _ in NoveltyFilter().judge(texts):
        pass
    for old, new in zip(texts[::2], texts[1::2], strict=False):
        compare(old, new, _MAX_NEW_WORDS)


def _refuse(pages: list[str]) -> None:
    for page in pages:
        if refusal(page) is None:
            raise SystemExit("a hostile page was not refused")


def main() -> None:
    """Measure each attack in two sizes and print a table."""
    parser = argparse.ArgumentParser(description="Measures what hostile texts cost, compared with ordinary text.")
    parser.add_argument("--size", type=int, default=100_000, help="bytes of the smaller input")
    size = parser.parse_args().size
    _judge(ordinary(1000))  # compile
    normal = seconds_per_byte(ordinary(_GROWTH * size), _judge)
    print("| attack | times the cost of ordinary text | growth of the cost a byte |\n| --- | ---: | ---: |")
    runs = [(name, make, _judge) for name, make in ATTACKS.items()]
    runs += [(name, lambda size, page=page: [page(size)], _refuse) for name, page in PAGES.items()]
    for name, make, run in runs:
        small, large = (seconds_per_byte(make(times * size), run) for times in (1, _GROWTH))
        print(f"| {name} | {large / normal:.1f} | {large / small:.1f} |", flush=True)


if __name__ == "__main__":
    main()
