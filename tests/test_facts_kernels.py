"""Any two paragraphs -> what holds of their difference, and what the slow and plain reference says of it."""

import facts_reference as reference
from facts_reference.words import Words
from hypothesis import given
from hypothesis import strategies as st
from test_facts import BASE

from dedup.facts import Facts, compare, novel_spans
from dedup.facts.tables import LANGUAGES, tables

WORDS = st.lists(st.sampled_from([*BASE.split(), "not", "Kyiv", "7", "rose", "été", "Ünal"]), max_size=30)


@given(st.text())
def test_a_text_never_differs_from_itself(text: str) -> None:
    """Identical texts have no difference, nor have those that differ in case or quotation marks."""
    assert compare(text, text, 0) == ((), False)
    assert compare(text, f"„{text}“", 0) == ((), False)


@given(WORDS, st.sampled_from([str.upper, str.lower, str.title]))
def test_case_changes_no_fact(words: list[str], case: object) -> None:
    """A text in another case says the same."""
    assert callable(case)
    assert compare(" ".join(words), case(" ".join(words)), 0) == ((), False)


@given(st.one_of(WORDS.map(" ".join), st.text()), st.one_of(WORDS.map(" ".join), st.text()))
def test_spans_are_words_of_the_new_text(old: str, new: str) -> None:
    """Spans lie in the new text in order, each from a word's start to a word's end."""
    found = novel_spans(old, new)
    starts, ends = {start for start, _ in Words(new).spans}, {end for _, end in Words(new).spans}
    edges = [edge for span in found for edge in span]
    assert edges == sorted(edges)
    assert all(start in starts and end in ends and start < end for start, end in found)


@given(WORDS, WORDS, WORDS)
def test_what_is_equal_at_both_ends_is_not_novel(before: list[str], inside: list[str], after: list[str]) -> None:
    """An insertion is all that can be novel."""
    texts = " ".join(before + inside + after)
    found = novel_spans(" ".join(before + after), texts)
    assert sum(len(texts[start:end].split()) for start, end in found) <= len(inside)


NEAR_MISSES = st.sampled_from(
    """page ( @ Moore Moore's Brighton Brihgton
    the a of not never no isn't ran Ran RAN Rome Roma Iran Iraq US U.S. U.S USA NSW new south wales New South Wales
    united arab emirates Vic Victoria Minister Prime Foreign minister mr Mr. J. 7 seven 7th 12 000 1,000 1.000 2.3 2:30
    2.30pm 2.30 pm am 12 am 5m 5 million hundred two thousand twenty five dozen G8 MH370 ٣ 三 七 二十 May may March
    march Monday Friday rose fell rise film book films Zelensky Zelenskiy Zelenkiy cooperate co-operate co operate
    don't do n't can't cannot one One . ! ? 。 ! ।x ." " ' ’ ” ) , ; – — : … nicht und der die das sieben et le les pas
    日本 中国 人 한국 도시 было не на и في لا में नहीं naïve İ ǅ ﬁ ² ½ £5m €7 % $ x_y a.b.c U.中. s's ʼs""".split()
)
PASSAGES = st.lists(NEAR_MISSES, max_size=24)
FACTS = Facts()  # learns as it goes, as in a filter


def assert_as_reference(old: str, new: str, most: int) -> None:
    """The kernels say of two texts what the reference says."""
    told = FACTS.weigh(old, new, most)
    assert told.difference == reference.compare(old, new, most)
    assert told.novel == reference.novel_spans(old, new)


@given(PASSAGES, PASSAGES, PASSAGES, PASSAGES, st.sampled_from(["", " ", "\n", " \u00a0"]), st.integers(0, 12))
def test_the_kernels_say_what_the_reference_says(
    before: list[str], old: list[str], new: list[str], after: list[str], between: str, most: int
) -> None:
    """Of texts that are equal at both ends, in words chosen for the rules, kernels and reference say the same."""
    first, second = (f"{between} ".join(before + inside + after) for inside in (old, new))
    assert_as_reference(first, second, most)
    assert_as_reference(between.join(old), between.join(new), most)


@given(st.text(), st.text(), st.integers(0, 5))
def test_any_text_is_weighed_as_by_the_reference(old: str, new: str, most: int) -> None:
    """Of any characters, also lone surrogates and what no word is made of, kernels and reference say the same."""
    assert_as_reference(old, new, most)


@given(st.permutations(BASE.split()), st.permutations(BASE.split()))
def test_words_in_another_order_are_aligned_as_by_the_reference(old: list[str], new: list[str]) -> None:
    """Of several longest common subsequences, kernels and reference take the same."""
    assert_as_reference(" ".join(old), " ".join(new), 3)


def test_long_texts_are_aligned_as_by_the_reference() -> None:
    """An alignment of more than 64 words, and of a word met often, is that of the reference."""
    words = [f"w{k * k % 97}" for k in range(400)]
    assert_as_reference(" ".join(words), " ".join(words[7:200] + ["new"] * 9 + words[:190]), 3)


def test_what_is_too_long_to_align_is_news() -> None:
    """Texts that differ in tens of thousands of words are said to differ, at a bounded cost."""
    old, new = (" ".join(f"{first}{k}" for k in range(20_000)) for first in "ab")
    assert compare(old, new, 1 << 29) == ((), True)
    assert compare(old, old + " at last", 10) == ((), False)


def test_a_lexicon_forgets_and_learns_again() -> None:
    """What was said of two texts is said again after the words were forgotten, and in larger rooms."""
    facts = Facts()
    texts = ("Police said three people died in Kyiv.", "Police said four people died in Lviv.")
    told = facts.weigh(*texts, 10)
    facts.lexicon.clear()
    assert facts.weigh(*texts, 10) == told
    facts.prepare(1 << 16)
    assert facts.weigh(*texts, 10) == told


def test_every_language_has_its_bit() -> None:
    """The tables hold the languages that kernels know, in their order."""
    assert tuple(tables().languages) == LANGUAGES
