"""Properties of the difference between any two texts, and of their alignment."""

from collections.abc import Sequence
from itertools import combinations, cycle, groupby

from hypothesis import given
from hypothesis import strategies as st

from dedup.facts import Text, TextPair, compare, differing_spans, is_repeat, novel_spans
from dedup.facts.added_text import has_long_insertion
from dedup.facts.alignment import Run, align
from dedup.facts.tokens import key_of
from dedup.facts.vocabulary import LANGUAGES, vocabulary

SENTENCE = "The ministers met in Geneva on 25 February and agreed to send three ships with 1,000 tonnes of grain there."
TRICKY = """page ( @ Moore Moore's Brighton Brihgton
    the a of not never no isn't ran Ran RAN Rome Roma Iran Iraq US U.S. U.S USA NSW new south wales New South Wales
    united arab emirates Vic Victoria Minister Prime Foreign minister mr Mr. J. 7 seven 7th 12 000 1,000 1.000 2.3 2:30
    2.30pm 2.30 pm am 12 am 5m 5 million hundred two thousand twenty five dozen G8 MH370 ٣ 三 七 二十 May may March
    march Monday Friday rose fell rise film book films Zelensky Zelenskiy Zelenkiy cooperate co-operate co operate
    don't do n't can't cannot one One . ! ? 。 ! ।x ." " ' ’ ” ) , ; – — : … nicht und der die das sieben et le les pas
    日本 中国 人 한국 도시 было не на и в لا में नहीं naïve İ ǅ ﬁ ² ½ £5m €7 % $ x_y a.b.c U.中. s's ʼs
    cost$ 5m2x 12$""".split()
PASSAGES = st.lists(st.sampled_from([*TRICKY, *SENTENCE.split(), "Kyiv", "été", "Ünal"]), max_size=24)
ANY_TEXT = st.one_of(PASSAGES.map(" ".join), st.text(), st.text(st.characters()))


def pair_of(old: str, new: str) -> TextPair:
    """Two texts side by side."""
    return TextPair(Text(old), Text(new))


@given(ANY_TEXT)
def test_keys_are_those_of_the_words(text: str) -> None:
    """The fast path for ASCII texts gives the same keys as the pattern."""
    assert Text(text).keys == [key_of(word) for word in Text(text).words]


@given(ANY_TEXT)
def test_a_text_never_differs_from_itself(text: str) -> None:
    """Identical texts have no difference, and neither do texts that differ only in quotation marks."""
    assert compare(text, text, 0).is_update is False
    assert compare(text, f"„{text}“", 0).is_update is False
    assert novel_spans(pair_of(text, text)) == ()


@given(
    st.lists(st.sampled_from([*SENTENCE.split(), "not", "Kyiv", "7", "rose", "été", "Ünal"]), max_size=30),
    st.sampled_from([str.upper, str.lower, str.title]),
)
def test_case_changes_no_fact(words: list[str], case: object) -> None:
    """A change of case changes no fact."""
    assert callable(case)
    assert compare(" ".join(words), case(" ".join(words)), 0).is_update is False


@given(PASSAGES, ANY_TEXT, ANY_TEXT, PASSAGES, st.integers(0, 12))
def test_a_repeat_is_a_text_without_a_difference(
    before: list[str], old: str, new: str, after: list[str], most: int
) -> None:
    """`is_repeat`, which stops at the first difference, agrees with `compare`, which finds all."""
    old, new = (" ".join([*before, inside, *after]) for inside in (old, new))
    assert is_repeat(pair_of(old, new), most) == (compare(old, new, most).is_update is False)


@given(PASSAGES, PASSAGES, PASSAGES, PASSAGES, st.integers(0, 12))
def test_changes_are_written_in_the_texts(
    before: list[str], old: list[str], new: list[str], after: list[str], most: int
) -> None:
    """Each changed fact consists of words of the old text and of the new text, and is given once."""
    first, second = (" ".join(before + inside + after) for inside in (old, new))
    changed = compare(first, second, most).changed
    assert len(set(changed)) == len(changed)
    for theirs, mine in changed:
        assert theirs or mine
        assert set(theirs.split()) <= set(Text(first).words)
        assert set(mine.split()) <= set(Text(second).words)


@given(ANY_TEXT, ANY_TEXT)
def test_novel_spans_are_words_of_the_new_text(old: str, new: str) -> None:
    """Novel spans are in order in the new text. Each starts and ends at a word, inside a run that differs."""
    found = novel_spans(pair_of(old, new))
    starts, ends = {start for start, _ in Text(new).spans}, {end for _, end in Text(new).spans}
    edges = [edge for span in found for edge in span]
    assert edges == sorted(edges)
    assert all(start in starts and end in ends and start < end for start, end in found)
    _, differing = differing_spans(pair_of(old, new))
    for start, end in found:
        assert any(first <= start and end <= last for first, last in differing)


@given(PASSAGES, PASSAGES, PASSAGES)
def test_words_equal_at_both_ends_are_not_novel(before: list[str], inside: list[str], after: list[str]) -> None:
    """Only the inserted words are novel."""
    new = " ".join(before + inside + after)
    found = novel_spans(pair_of(" ".join(before + after), new))
    assert sum(len(Text(new[start:end]).words) for start, end in found) <= len(Text(" ".join(inside)).words)


def slow_runs(old: Sequence[str], new: Sequence[str]) -> list[Run]:
    """The runs between the words of the longest common subsequence that drops old words first, from the end."""
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, word in enumerate(old):
        for j, other in enumerate(new):
            best = max(longest[i][j + 1], longest[i + 1][j])
            longest[i + 1][j + 1] = longest[i][j] + 1 if word == other else best
    i, j = len(old), len(new)
    equal = [(i, j)]
    while i and j:
        if longest[i][j] == longest[i - 1][j]:
            i -= 1
        elif longest[i][j] == longest[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            equal.append((i, j))
    runs: list[Run] = []
    first = start = 0
    for i, j in reversed(equal):
        run = Run(first, i, start, j)
        first, start = i + 1, j + 1
        if run.old_size or run.new_size:
            last = runs[-1] if runs else None
            if (
                last
                and run.new_start - last.new_end == 1
                and last.old_size + last.new_size >= 6
                and (run.new_size or run.old_size) >= 6
            ):
                runs[-1] = Run(last.old_start, run.old_end, last.new_start, run.new_end)
            else:
                runs.append(run)
    return runs


@given(
    st.lists(st.sampled_from("abcd"), max_size=3),
    st.lists(st.sampled_from("efghijklmnopq"), max_size=40),
    st.lists(st.sampled_from("efghijklmnopq"), max_size=40),
    st.lists(st.sampled_from("abcd"), max_size=3),
)
def test_words_are_aligned_by_their_longest_common_subsequence(
    before: list[str], old: list[str], new: list[str], after: list[str]
) -> None:
    """Between equal ends, the runs are those of a slow table. Two long runs that touch are one."""
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    expected = [Run(*(place + len(before) for place in run)) for run in slow_runs(old, new)]
    assert align(before + old + after, before + new + after) == expected


WORDS_OF_BOTH = [f"known{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


def slow_long_insertion(is_new: Sequence[bool], most: int) -> bool:
    """Whether more than `most` words in a row have three new words in four, and never four old words in a row."""
    for start, end in combinations(range(len(is_new) + 1), 2):
        part = is_new[start:end]
        if part[0] and part[-1] and len(part) > most and sum(part) >= 0.75 * len(part):
            longest_island = max(len(list(group)) if not new else 0 for new, group in groupby(part))
            if longest_island <= 3:
                return True
    return False


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 5)), max_size=6), st.integers(0, 20))
def test_a_long_insertion_is_a_dense_run_of_new_words(parts: list[tuple[int, int]], most: int) -> None:
    """More than `max_new_words` words in a row are an insertion, even if a quarter of them is old."""
    is_new = [new for new_size, known_size in parts for new in [True] * new_size + [False] * known_size]
    known = [word for word, new in zip(cycle(WORDS_OF_BOTH), is_new, strict=False) if not new]
    words = iter(known)
    new = [f"new{place}" if new else next(words) for place, new in enumerate(is_new)]
    assert has_long_insertion(pair_of(" ".join(known), " ".join(new)), most) == slow_long_insertion(is_new, most)


def test_a_long_insertion_ends_at_four_known_words() -> None:
    """Words before four old words in a row do not count towards the words after them."""
    is_new = [True, True, False] * 8 + [False] * 3 + [True] * 20
    assert not slow_long_insertion(is_new, 20)
    known = [word for word, new in zip(cycle(WORDS_OF_BOTH), is_new, strict=False) if not new]
    words = iter(known)
    new = [f"new{place}" if new else next(words) for place, new in enumerate(is_new)]
    assert not has_long_insertion(pair_of(" ".join(known), " ".join(new)), 20)
    assert has_long_insertion(pair_of(" ".join(known), " ".join(new)), 19)


def test_two_long_runs_that_nearly_touch_are_one() -> None:
    """Two runs of six words with one equal word between them are one.

    Two equal words, or short runs, keep them apart.
    """
    old, new = [*"abcdef", "and", *"ghijkl"], [*"ABCDEF", "and", *"GHIJKL"]
    assert align(old, new) == [Run(0, 13, 0, 13)]
    assert align([*old[:6], "so", *old[6:]], [*new[:6], "so", *new[6:]]) == [Run(0, 6, 0, 6), Run(8, 14, 8, 14)]
    assert align(old[:9], new[:9]) == [Run(0, 6, 0, 6), Run(7, 9, 7, 9)]


def test_moved_words_are_not_novel() -> None:
    """A phrase of three words moved if the old text has it elsewhere, a shorter one if it was deleted there.

    A single word moved only together with a neighbour.
    """
    assert novel_spans(pair_of("seven boats left the port", "boats left the port seven")) == ((20, 25),)
    assert novel_spans(pair_of("they left the port at noon", "at noon they left the port")) == ()
    assert novel_spans(pair_of("boats left the port", "boats left the port boats")) == ((20, 25),)


def test_long_texts_are_aligned() -> None:
    """Words after the 64th, and frequent words, are aligned as in short texts."""
    old = [f"w{k * k % 97}" for k in range(400)]
    new = ["first", *old[7:200], *["new"] * 9, *old[:190]]
    assert align(old, new) == slow_runs(old, new)


def test_texts_that_are_too_long_to_align_are_news() -> None:
    """Texts that differ in tens of thousands of words are not aligned, and count as added. Equal ends do not count."""
    old, new = (" ".join(f"{first}{k}" for k in range(20_000)) for first in "ab")
    assert compare(old, new, 1 << 29)[:2] == ((), True)
    assert novel_spans(pair_of(old, new)) == ((0, len(new)),)
    assert differing_spans(pair_of(old, new)) == (((0, len(old)),), ((0, len(new)),))
    assert compare(old, old + " at last", 10).is_update is False


def test_every_language_is_known() -> None:
    """The vocabulary contains each language under its code."""
    languages = vocabulary().languages
    assert tuple(languages) == LANGUAGES
    assert all(language.code == code and language.numbers for code, language in languages.items())
