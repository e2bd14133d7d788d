"""Hypothesis strategies: texts over all of Unicode, and feeds with edited repeats."""

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from dedup import Paragraph, Settings

# Characters that are difficult to normalise: marks, jamo, format characters, digits and letters that fold to many.
TRICKY = (
    "'’‘`.٫,-–—„“”«»… \u00a0\u200b\u00ad\u200d\u200c\u2060\ufeff\ufe0f\u034f\u180e\u061c"
    "\u0301\u0308\u0345\u0327\u093c\u09be\u3099\u309a\u20dd\U0001d165"
    "\u1100\u1161\u11a8\uac00\ua960\ud7b0\U00016d67\U00016d68"
    "中文〇々ひらがなカタカナーｶﾞﾊﾟ豈㍿㋿"
    "ßẞİıſŉǰΐςΣﬁﬃÅÅKΩⅣ½²①⒈㎏"
    "กำ้ໂຮປິបិင်း๓၅0123456789٣४𝟗０１２"
    "aAbBzZÄäéÉØøñŁ"
    "\udc80\udcc3\udca9\udcff\ud800\udfff\x00\n\r\t"
)

any_character = st.one_of(
    st.sampled_from(TRICKY), st.integers(0, 0x10FFFF).map(chr), st.characters(max_codepoint=0x250)
)
any_text = st.text(any_character, max_size=40)
texts = st.one_of(
    any_text, st.text(st.sampled_from("ab c'.3"), max_size=30), st.text(st.sampled_from(TRICKY), max_size=20)
)
batches = st.lists(texts, max_size=8)

WORDS = [
    "storm",
    "harbour",
    "minister",
    "police",
    "flood",
    "vote",
    "court",
    "3",
    "12",
    "4.5",
    "the",
    "a",
    "of",
    "in",
    "said",
    "mayor's",
    "Sturm",
    "Hafen",
    "straße",
    "réfugiés",
    "правительство",
    "заявило",
    "выборы",
    "قال",
    "الوزير",
    "बाढ़",
    "मंत्री",
    "洪水",
    "東京",
    "カタカナ",
]


@st.composite
def streams(draw: st.DrawFn, most: int = 25) -> list[str]:
    """Paragraphs in feed order. Many are edited from an earlier one."""
    words = st.sampled_from(WORDS[: draw(st.sampled_from([4, 12, len(WORDS)]))])
    stream: list[str] = []
    for _ in range(draw(st.integers(1, most))):
        tokens = draw(st.lists(words, max_size=14))
        if stream and draw(st.integers(0, 3)) > 0:
            tokens = draw(st.sampled_from(stream)).split(" ")
            for _ in range(draw(st.integers(0, 3))):
                tokens = draw(edits(tokens, words))
        stream.append(" ".join(tokens))
    return stream


@st.composite
def edits(draw: st.DrawFn, tokens: list[str], words: st.SearchStrategy[str]) -> list[str]:
    """`tokens` after one edit."""
    at: int = draw(st.integers(0, len(tokens)))
    kind: str = draw(st.sampled_from(["substitute", "insert", "delete", "swap", "punctuate"]))
    if kind == "insert":
        return [*tokens[:at], draw(words), *tokens[at:]]
    if at == len(tokens):
        return tokens
    if kind == "substitute":
        return [*tokens[:at], draw(words), *tokens[at + 1 :]]
    if kind == "delete":
        return tokens[:at] + tokens[at + 1 :]
    if kind == "swap":
        return tokens[:at] + tokens[at + 1 : at + 2] + [tokens[at]] + tokens[at + 2 :]
    return [*tokens[:at], f"„{tokens[at].upper()}“ –", *tokens[at + 1 :]]


def lively(count: int, seed: int) -> list[Paragraph]:
    """A feed with times and ids: new paragraphs, repeats, rewordings, updates, and records that are read again."""
    draw = Random(seed)  # noqa: S311  # no secret
    words = "the ferry harbour storm council budget island bridge school tram airport clinic north quay crane".split()
    feed: list[Paragraph] = []
    for place in range(count):
        roll = draw.random()
        text = " ".join(draw.choice(words) for _ in range(draw.choice([4, 12, 14])))
        if feed and roll < 0.6:
            earlier = feed[draw.randrange(max(0, place - 15), place)]
            text = earlier.text
            if roll < 0.3:
                text += draw.choice([" again", " as expected", f" with {draw.randrange(99)} people", ""])
            elif roll < 0.4:
                feed.append(replace(earlier, time=str(1000 + place)))
                continue
        feed.append(Paragraph(text, f"record {place}", str(1000 + place)))
    return feed


# With these settings, buckets fill up and windows pass within a few paragraphs.
rules = st.builds(
    Settings,
    threshold=st.sampled_from([0.3, 0.5]),
    shingle=st.sampled_from(["word:1", "word:2"]),
    min_words=st.sampled_from([0, 4]),
    num_perm=st.sampled_from([30, 105]),
    recall=st.just(0.6),
    updates=st.sampled_from(["keep", "drop"]),
    bucket_limit=st.sampled_from([1, 2, 64]),
    window=st.sampled_from([None, 1, 5, 30]),
    max_paragraphs=st.sampled_from([None, 1, 2, 5, 20]),
    refresh=st.booleans(),
)
sizes = st.lists(st.integers(1, 9), min_size=1, max_size=5)


recents = st.sampled_from([0, 3, 20_000])


@st.composite
def timed_streams(draw: st.DrawFn) -> list[Paragraph]:
    """A feed with repeated records and mostly ascending times; some go back or far ahead."""
    now = 1000.0
    feed: list[Paragraph] = []
    for place, text in enumerate(draw(streams(most=60))):
        now += draw(st.sampled_from([0, 0, 0, 1, 2, 40, -3, -50]))
        if feed and draw(st.integers(0, 4)) == 0:
            again = draw(st.sampled_from(feed))
            feed.append(Paragraph(again.text, again.id, draw(st.sampled_from([again.time, str(now)]))))
        else:
            time = None if feed and draw(st.integers(0, 3)) == 0 else str(now)
            feed.append(Paragraph(text, draw(st.sampled_from(["a", "b#2", f"c{place}"])), time))
    return feed
