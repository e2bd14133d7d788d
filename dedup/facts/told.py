"""What tables say of ASCII words, as kernels look it up when they meet a new one."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from dedup.facts.tables import tables

AFTER_DIGITS = frozenset(["m", "mn", "mln", "bn", "tn"])
PAGES = frozenset(["page", "p", "pp", "pg", "seite", "página", "pág", "pagina", "blz", "стр", "страница"])
JOINING = frozenset(["and", "or", "und", "oder", "et", "ou", "y", "e", "o", "en", "of", "и", "или", "و", "या"])
COMPASS = frozenset(
    """north south east west northern southern eastern western northeast northwest southeast southwest northeastern
    northwestern southeastern southwestern central nord sud est ouest norte sur sul este leste oeste ovest noord zuid
    oost""".split()
)
PRONOUNS = frozenset(
    """i he she we they my his her our their its il elle ils elles son sa ses leur leurs él ella ellos su sus lui lei
    loro suo sua ele ela seu seus hij zij zijn haar он она они его её ее их""".split()
)
SPEECH = frozenset(
    """said says say told tells added adds announced according sagte sagt erklärte laut dit déclaré affirmé selon dijo
    según afirmó detto dichiarato secondo disse afirmou segundo zei zegt volgens aldus сказал сказала заявил заявила
    сообщил сообщила словам""".split()
)
# What is said of a word: whether it is common, whether more is to be said; from IN_CLASSES on, where its classes are.
IS_COMMON, IS_MORE, IN_CLASSES = 1, 2, 4
# Fowler, Noll and Vo's hash, FNV-1a, of 64 bits.
FNV_PRIME, FNV_SEED = 0x100000001B3, 0xCBF29CE484222325


@cache
def odd() -> frozenset[str]:
    """The words of which more is to be said than that they are common, in a class, or begin a territory's name."""
    return tables().small | JOINING | AFTER_DIGITS | PAGES | COMPASS | PRONOUNS | SPEECH | frozenset(["am", "pm"])


@cache
def classes() -> tuple[Mapping[str, int], Sequence[int]]:
    """(the place of each word, from 1 on, the lists there): how many classes it is in, then each and its member."""
    places: dict[str, int] = {}
    lists: list[int] = []
    for word, members in tables().classes.items():
        places[word] = 1 + len(lists)
        lists += [len(members), *chain.from_iterable(members.items())]
    return places, lists


@cache
def words() -> NDArray[np.int64]:
    """The ASCII words in tables: (t, 2) int64, their hashes, rising, and what IS_COMMON and so on name.

    A hash of 63 bits is taken for its word.
    """
    said = dict.fromkeys(tables().common, IS_COMMON)
    for word in odd().union(tables().territories):
        said[word] = said.get(word, 0) | IS_MORE
    for word, place in classes()[0].items():
        said[word] = said.get(word, 0) | IN_CLASSES * place
    ascii_ = [word for word in said if word.isascii()]
    rows = np.stack([_hashed(ascii_), np.array([said[word] for word in ascii_])], axis=1)
    return rows[np.argsort(rows[:, 0])]


def _hashed(words: Sequence[str]) -> NDArray[np.int64]:
    """The hash of each of many words, at once: a letter of all of them in turn."""
    letters = np.array(words, np.bytes_).view(np.uint8).reshape(len(words), -1)
    hashes = np.full(len(words), FNV_SEED, np.uint64)
    for column in letters.T:
        hashes = np.where(column > 0, (hashes ^ column) * np.uint64(FNV_PRIME), hashes)
    return ((hashes ^ hashes >> np.uint64(32)) & np.uint64(0x7FFFFFFFFFFFFFFF)).astype(np.int64)


def running(data: bytes) -> int:
    """FNV-1a of bytes, 64 bits."""
    hash_ = FNV_SEED
    for byte in data:
        hash_ = (hash_ ^ byte) * FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return hash_


def hashed(data: bytes) -> int:
    """The hash of a piece, as `lookup` has it: 63 bits."""
    hash_ = running(data)
    return (hash_ ^ hash_ >> 32) & 0x7FFFFFFFFFFFFFFF
