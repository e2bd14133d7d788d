"""Two paragraphs -> what fact changed, and what is news."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.facts import Difference, compare, novel_spans, repeats
from dedup.facts.words import Words

BASE = (
    "The ministers met in Geneva on 25 February and agreed to send three ships with 1,000 tonnes of grain to the port."
)
WORDS = st.lists(st.sampled_from([*BASE.split(), "not", "Kyiv", "7", "rose", "été", "Ünal"]), max_size=30)

CHANGED = [
    ("It rose by 2.3 per cent.", "It rose by 2.5 per cent.", ("2.3", "2.5")),
    ("Police said three people died there.", "Police said four people died there.", ("three", "four")),
    ("It cost $5m to build.", "It cost $6m to build.", ("5m", "6m")),
    ("They meet on 25 February in Geneva.", "They meet on 25 March in Geneva.", ("February", "March")),
    ("The flight MH370 was lost at sea.", "The flight MH371 was lost at sea.", ("MH370", "MH371")),
    ("They will meet at 2.30pm in Geneva.", "They will meet at 3.30pm in Geneva.", ("2.30pm", "3.30pm")),
    ("They have agreed to the plan.", "They have not agreed to the plan.", ("", "not")),
    ("They have not agreed to the plan.", "They have agreed to the plan.", ("not", "")),
    ("On Friday the president of Iran spoke.", "On Friday the president of Iraq spoke.", ("Iran", "Iraq")),
    ("a wine from Austria was served here", "a wine from Australia was served here", ("Austria", "Australia")),
    ("the italian premier spoke to the press", "the german premier spoke to the press", ("italian", "german")),
    ("Then the envoy Lavrov spoke to them.", "Then the envoy Peskov spoke to them.", ("Lavrov", "Peskov")),
    ("and then lavrov spoke to the press", "and then peskov spoke to the press", ("lavrov", "peskov")),
    ("It was directed by his brother in town.", "It was produced by his brother in town.", ("directed", "produced")),
    ("The price of bread rose in the city.", "The price of bread fell in the city.", ("rose", "fell")),
    ("They will meet on Monday in town.", "They will meet on Friday in town.", ("Monday", "Friday")),
    ("Die Stadt hat sieben Schulen und ein Bad.", "Die Stadt hat acht Schulen und ein Bad.", ("sieben", "acht")),
    ("Die Stadt ist nicht reich.", "Die Stadt ist reich.", ("nicht", "")),
    ("Il y a sept morts dans la ville.", "Il y a huit morts dans la ville.", ("sept", "huit")),
    ("Hay siete muertos en la ciudad.", "Hay ocho muertos en la ciudad.", ("siete", "ocho")),
    ("Ci sono sette case nella via.", "Ci sono otto case nella via.", ("sette", "otto")),
    ("São sete casas na rua da cidade.", "São oito casas na rua da cidade.", ("sete", "oito")),
    ("Er zijn zeven huizen in de stad.", "Er zijn acht huizen in de stad.", ("zeven", "acht")),
    ("В городе было семь школ.", "В городе было восемь школ.", ("семь", "восемь")),
    ("كان في المدينة سبعة بيوت", "كان في المدينة ثمانية بيوت", ("سبعة", "ثمانية")),
    ("शहर में सात घर हैं", "शहर में आठ घर हैं", ("सात", "आठ")),
    ("市里有七所学校", "市里有八所学校", ("七", "八")),
    ("市内に3校あります", "市内に4校あります", ("3", "4")),
    ("도시에 학교 일곱 곳이 있다", "도시에 학교 여덟 곳이 있다", ("일곱", "여덟")),
    ("فيها ٣ بيوت في المدينة", "فيها ٤ بيوت في المدينة", ("٣", "٤")),
    (
        "Address to the National Landcare Awards, Canberra",
        "Address to the Youth Suicide Seminar, Canberra",
        ("National Landcare Awards", "Youth Suicide Seminar"),
    ),
    ("Then the Prime Minister spoke to them.", "Then the Foreign Minister spoke to them.", ("Prime", "Foreign")),
    ("and then james spoke to the press", "and then rudd spoke to the press", ("james", "rudd")),
    (
        "The funds were given to the fire departments of Zanesville, of the small town near it, and to others.",
        "The funds were given to Bloomingdale.",
        ("Zanesville", "Bloomingdale"),
    ),
    (
        "Arsenal beat Chelsea 3-2 at home.",
        "Chelsea beat Arsenal 3-2 at home.",
        ("Arsenal beat Chelsea", "Chelsea beat Arsenal"),
    ),
]

SAME = [
    ("He has 7 cats and 1,000 fish.", "He has seven cats and 1000 fish."),
    ("It rose by 5 per cent in a year.", "It rose by 5% in a year."),
    ("They begin at 2.30pm today.", "They begin at 14:30 today."),
    ("It has cost 2.3 million pounds.", "It has cost 2,300,000 pounds."),
    ("Two hundred people came there.", "200 people came there."),
    ("They will meet today to talk.", "They will meet on Thursday to talk."),
    ("The envoy will leave on Friday.", "The envoy will leave on Friday, Russia's foreign minister said."),
    (
        "The envoys will meet in Istanbul today.",
        "The envoys will meet in Istanbul on Thursday, Russia's foreign minister Sergey Lavrov said yesterday.",
    ),
    ("Then Sir Keir spoke to the press.", "Then the prime minister spoke to the press."),
    ("The UK prime minister spoke to the press.", "Sir Keir spoke to the press."),
    ("We met Volodymyr Zelensky in Kyiv.", "We met Volodymyr Zelenskiy in Kyiv."),
    ("They met in the US on Friday.", "They met in the United States on Friday."),
    ("Three people from Kyiv were hurt there.", "People were hurt there."),
    ("They met envoys of Russia and Poland there.", "They met envoys of Poland and Russia there."),
    ("It isn't known who came.", "It is not known who came."),
    ("A deal on co-operation was made.", "A deal on cooperation was made."),
    ("A senator from Texas (R-Texas) was there.", "A senator from Texas (R-TX) was there."),
    ("They asked the Internal Revenue Service to pay.", "They asked the IRS to pay."),
    ("They say that the Senate will be proud of it.", "They say that I'll be proud of it."),
    ("They talked about the large house.", "They talked about the lovely house."),
]


@pytest.mark.parametrize(("old", "new", "pair"), CHANGED)
def test_a_changed_fact_is_named(old: str, new: str, pair: tuple[str, str]) -> None:
    """A changed number, negation, name or contrast is given as it was written, in each language."""
    assert compare(old, new, 10).changed == (pair,)


@pytest.mark.parametrize(("old", "new"), SAME)
def test_what_is_only_written_otherwise_is_no_change(old: str, new: str) -> None:
    """Another way to write, a title, a slip of the pen, an attribution or a loss changes no fact."""
    difference = compare(old, new, 10)
    assert not difference.changed
    assert not difference.added


def test_news_is_a_sentence_or_more_than_a_clause() -> None:
    """A whole sentence and a clause of eleven words are news; six words, or three by themselves, are not."""
    assert compare(BASE, BASE + " He was found dead.", 10).added
    assert compare(BASE, "Sailors hoped so. " + BASE, 10) == ((), False)
    assert not compare(BASE, BASE[:-1] + " or so he had thought.", 10).added
    clause = "whose owner had long been known to the people living nearby"
    assert compare(BASE, BASE + " Nobody knew whose ship had carried it before.", 10).added
    assert compare(BASE, BASE.replace("ships", "ships " + clause), 10).added
    assert not compare(BASE, BASE.replace("ships", "ships " + clause), 11).added
    assert not compare(BASE, BASE.replace("ships", "ships " + " ".join(clause.split()[:6])), 10).added


def test_moved_sentences_are_not_new() -> None:
    """Sentences in another order are all known."""
    other = "Nobody knew whose ship had carried it there before."
    assert compare(f"{BASE} {other}", f"{other} {BASE}", 10) == ((), False)


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


@given(st.text())
def test_words_are_cut_alike_piece_by_piece(text: str) -> None:
    """A text has a key, a written form and a span for each word."""
    words = Words(text)
    assert len(words.keys) == len(words.written) == len(words.spans)
    assert words.written == [text[start:end] for start, end in words.spans]


@given(st.one_of(WORDS.map(" ".join), st.text()), st.one_of(WORDS.map(" ".join), st.text()))
def test_repeats(old: str, new: str) -> None:
    """A text repeats another where no difference is found."""
    assert repeats(old, new, 10) == (compare(old, new, 10) == Difference())
