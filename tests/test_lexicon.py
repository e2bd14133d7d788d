"""What is known of words, by kernels and by Python."""

from collections.abc import Iterable, Sequence
from itertools import islice, product

from hypothesis import given
from hypothesis import strategies as st

from dedup.facts import Facts
from dedup.facts import lexicon as at
from dedup.facts.lexicon import Lexicon
from dedup.facts.tables import tables

ENDINGS = ("", "s", "es", "d", "ed", "ing", "er", "ly", "ied", "ies", "x")
PIECES = st.from_regex(
    r"[A-Za-z]{1,3}|[A-Za-z0-9'.]{1,9}|[a-zé]{60,70}|[A-Za-z]{1,4}[0-9]{0,2}['’][sS]|[0-9]{1,4}([.,:][0-9]{1,4}){0,4}",
    fullmatch=True,
)


def forms(words: Iterable[str]) -> list[str]:
    """Words with and without their last letter, or with it twice, and what each may become by an ending."""
    stems = [stem for word in words for stem in (word, word[:-1], word + word[-1])]
    return list(dict.fromkeys(stem + ending for stem in stems for ending in ENDINGS if stem + ending))


def read_by_kernels(pieces: Sequence[str]) -> Lexicon:
    """A lexicon after texts of these pieces were read, few at a time, so that there is nearly always room for them."""
    facts = Facts()
    for first in range(0, len(pieces), 32):
        text = " ".join(pieces[first : first + 32])
        facts.weigh(text, text, 0)
    return facts.lexicon


def taught(lexicon: Lexicon) -> Lexicon:
    """A lexicon that learned the pieces of another one from Python alone."""
    other = Lexicon()
    columns = lexicon.columns
    for number in range(1, columns.used[at.USED_PIECES]):
        hash_, begin, size = columns.pieces[number, : at.PART].tolist()
        other.learn([(columns.bytes[begin : begin + size].tobytes(), hash_)])
    return other


def described(lexicon: Lexicon) -> dict[bytes, list[tuple[object, ...]]]:
    """What is known of each piece, wherever it lies."""
    columns = lexicon.columns
    found = {}
    for _, begin, size, part, parts in columns.pieces[1 : columns.used[at.USED_PIECES]].tolist():
        said: list[tuple[object, ...]] = []
        for key, *written in columns.words[part : part + parts].tolist():
            row = columns.keys[key].tolist()
            letters = columns.more[row[at.FIRST] :][: min(row[at.LENGTH], at.LETTERS)].tolist()
            classes = row[at.CLASSES]
            members = columns.more[classes + 1 :][: 2 * columns.more[classes]].tolist() if classes >= 0 else []
            lists = [row[column] < 0 for column in (at.NAMES, at.WORTH, at.DIGITS, at.SUFFIX)]
            times, worth = row[at.DIGITS], float(columns.values[row[at.WORTH]])
            number = (columns.more[times:][:3].tolist(), worth) if times >= 0 else ()
            said.append(
                (*written, row[: at.LENGTH + 1], letters, row[at.TERRITORY], members, lists, number, row[at.CODE])
            )
        found[columns.bytes[begin : begin + size].tobytes()] = said
    return found


def test_kernels_know_the_forms_of_words_as_python_does() -> None:
    """Of words in tables, with all endings, kernels know what `meanings` says: how common, and in which classes."""
    known = tables()
    words = [word for word in [*sorted(known.classes)[::4], *sorted(known.common)[::30]] if word.isascii()]
    lexicon = read_by_kernels(forms(words))
    assert described(lexicon) == described(taught(lexicon))


@given(st.lists(PIECES, max_size=30), st.sampled_from([str.upper, str.title]))
def test_any_pieces_are_known_as_by_python(pieces: list[str], capitals: object) -> None:
    """Of any pieces, with and without capitals, in whatever order, kernels know what Python says."""
    assert callable(capitals)
    lexicon = read_by_kernels([*map(capitals, pieces), *pieces])
    assert described(lexicon) == described(taught(lexicon))


def test_a_lexicon_grows() -> None:
    """More words than are remembered from batch to batch are all entered, once."""
    words = ["Q" + "".join(letters) for letters in islice(product("bcdefghijk", repeat=5), 68_000)]
    facts = Facts()
    for first, last in [*((first, first + 500) for first in range(0, 64_000, 500)), (64_000, 68_000)]:
        facts.weigh(" ".join(words[first:last]), "", 0)
    columns = facts.lexicon.columns
    count = columns.used[at.USED_PIECES] - 1
    assert count == 2 * len(words)  # each also in small letters
    assert 2 * count < len(columns.slots)
    entered = {columns.bytes[begin : begin + 6].tobytes() for begin in columns.pieces[1 : count + 1, at.BYTES].tolist()}
    assert entered == {word.encode() for word in [*words, *map(str.lower, words)]}
    told = facts.weigh(" ".join(words[-9:]), " ".join(words[-8:]), 0)  # which begins anew
    assert told.old == ((0, 6),)
    assert facts.lexicon.columns.used[at.USED_PIECES] == 1 + 18
