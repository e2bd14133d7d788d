"""Whether the second of two paragraphs adds news."""

import pytest

from dedup.facts import Text, TextPair, compare
from dedup.facts.added_text import has_long_insertion

BASE = (
    "The ministers met in Geneva on 25 February and agreed to send three ships with 1,000 tonnes of grain to the port."
)

TAIL = "It was said in town that day, and also in the villages on the other side of the river."


def is_long(old: str, new: str, most: int) -> bool:
    """Whether more than `most` words in a row are new."""
    return has_long_insertion(TextPair(Text(old), Text(new)), most)


def test_news_is_a_sentence_or_more_than_a_clause() -> None:
    """A whole sentence and a clause of eleven words are news; six words, or three alone, are not."""
    assert compare(BASE, BASE + " He was found dead.", 10).added
    assert compare(BASE, "Sailors hoped so. " + BASE, 10)[:2] == ((), False)
    assert not compare(BASE, BASE[:-1] + " or so he had thought.", 10).added
    clause = "whose owner had long been known to the people living nearby"
    assert compare(BASE, BASE + " Nobody knew whose ship had carried it before.", 10).added
    assert is_long(BASE, BASE.replace("ships", "ships " + clause), 10)
    assert not is_long(BASE, BASE.replace("ships", "ships " + clause), 11)
    assert not is_long(BASE, BASE.replace("ships", "ships " + " ".join(clause.split()[:6])), 10)


def test_single_old_words_do_not_split_new_text() -> None:
    """Three old words inside an inserted clause do not split it; four do, because they are a phrase of the old text."""
    old = "Sailors want to mend the old port. " + TAIL
    new = (
        "Sailors whose owners in towns far off like to mend the {} boats that all others use want to mend the old port."
    )
    new = f"{new} {TAIL}"
    assert is_long(old, new.format(""), 8)
    assert not is_long(old, new.format("old"), 8)


LONG = (
    "Trains and ferries will run late in the town this week while crews mend the lines that were broken by the storm."
)
LINE = "Interview with Alex Penn, Morning Edition, Sky News"
FRAME = "The senator from the northern district issued the following statement this afternoon on "


@pytest.mark.parametrize(
    ("old", "new", "other"),
    [
        (FRAME + "economic growth and job creation", FRAME + "the deadly attacks on two ferries", True),
        (FRAME + "economic growth and job creation", FRAME + "job creation and economic growth", False),
        (FRAME + "economic growth and job creation", FRAME + "economic growth and jobs created", False),
        (FRAME + "economic growth and job creation", FRAME + "ecomomic growht and job creatoin", False),
        (FRAME + "growth", FRAME + "growth, a spokesman for the party said", False),
        (FRAME + "growth", FRAME + "crime", False),
        ("Ministers spoke of growth at the dinner in town", "Ministers spoke of crime at the dinner in town", True),
        ("Ministers spoke of growth at the dinner in town", "Ministers spoke at the dinner in town", False),
        (
            "the big dog saw a red fox by day and a grey cat by night",
            "the old dog met a shy fox by car and a wet cat by bus",
            True,
        ),
        (
            "the big dog saw a red fox by day and a grey cat by night",
            "the old dog saw a red fox by car and a grey cat by night",
            False,
        ),
        (
            "港口将继续关闭因为北岛遭受暴风雨袭击市民不得外出",
            "港口将继续关闭因为两艘渡轮发生严重碰撞市民不得外出",
            True,
        ),
        ("港口将继续关闭因为北岛遭受暴风雨袭击市民不得外出", "港口将继续关闭因为南岛遭受暴风雨袭击市民不得外出", False),
        # A fifth of the words is new, inside the text, even if they are not content words.
        (
            "the one dog saw the red fox by the day and the grey cat by night, and there it was",
            "our one dog saw your red fox by his day and both grey cat by night, and so it was",
            True,
        ),
        (
            "the one dog saw the red fox by the day and the grey cat by night, and there it was",
            "our one dog saw your red fox by his day and both grey cat by night, and there it was",
            False,
        ),
        # Function words between two runs do not separate a clause.
        (FRAME + "growth of the jobs in industry", FRAME + "ferries of the dead in June", True),
        (FRAME + "growth, jobs or northern industry", FRAME + "ferries, jobs or two storms", False),
        (
            FRAME + "growth that was of the industry. " + BASE,
            FRAME + "ferries that was of the storms or floods. " + BASE,
            False,
        ),
        # In a line, a fifth of new words is another statement if something was deleted for it, and a third in any case.
        (LINE, "Interview with Alex Penn, Sky News, about the market", True),
        (LINE, "Interview with Alex Penn, Morning Edition, Sky News, today", False),
        (LINE, "An interview with Alex Penn, Sky News", False),
        (LINE, "Interview with Alex Penn on the railways and ports, Morning Edition, Sky News", True),
        (LINE, "Interview with Alex Penn on railways, Morning Edition, Sky News", False),
        (LONG, LONG.replace("this week", "and the port") + " of last night", False),
    ],
)
def test_another_statement_in_the_same_frame_is_news(old: str, new: str, other: bool) -> None:
    """A replaced clause, many replaced words, and much new text in a line are news.

    Order, typos and additions are not.
    """
    assert compare(old, new, 8).added == other


def test_moved_sentences_are_not_new() -> None:
    """Sentences in another order are not new."""
    other = "Nobody knew whose ship had carried it there before."
    assert compare(f"{BASE} {other}", f"{other} {BASE}", 10)[:2] == ((), False)
