"""Single words: the splitting of texts, and the meaning of numbers, stems, contrasts and typos."""

import pytest

from dedup.facts import Text
from dedup.facts.numbers import KnownNumbers, Number, read_numbers
from dedup.facts.territories import territories
from dedup.facts.vocabulary import vocabulary
from dedup.facts.word_forms import exclude, is_common, is_content, is_misspelling, is_short_for, stems


@pytest.mark.parametrize(
    ("text", "words", "keys"),
    [
        ("The U.S. envoy's car", ["The", "U.S.", "envoy's", "car"], ["the", "us", "envoy", "car"]),
        ("It isn’t 2.30pm, 22nd", ["It", "isn’t", "2.30pm", "22nd"], ["it", "isn't", "2.30pm", "22nd"]),
        (
            "5m2x cost$ 12$. a.b.c,d",
            ["5m", "2x", "cost", "$", "12", "$", "a.b.", "c", "d"],
            "5m 2x cost $ 12 $ ab c d".split(),
        ),
        ("$5m (1,000.50%)", ["$", "5m", "1,000.50", "%"], ["$", "5m", "1,000.50", "%"]),
        ("日本の3校", ["日", "本", "の", "3", "校"], ["日", "本", "の", "3", "校"]),
        ("Straße ﬁne İl", ["Straße", "ﬁne", "İl"], ["strasse", "fine", "il"]),
        ("co-operate x_y a@b", ["co", "operate", "x", "y", "a", "b"], ["co", "operate", "x", "y", "a", "b"]),
        ("नहीं में", ["नहीं", "में"], ["नहीं", "में"]),
        ("… — “” \ud800", [], []),
    ],
)
def test_a_text_is_split_into_words(text: str, words: list[str], keys: list[str]) -> None:
    """Words are split as written, and compared without case, inner dots and 's."""
    found = Text(text)
    assert (found.words, found.keys) == (words, keys)
    assert [text[start:end] for start, end in found.spans] == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It rained. Mr. Moore left! Why? Because", ["It rained.", " Mr. Moore left!", " Why?", " Because"]),
        ("He said “nothing.” Then J. Penn (who?) went.", ["He said “nothing.”", " Then J. Penn (who?)", " went.", ""]),
        ("下雨了。他走了", ["下雨了。", "他走了"]),
        ("a\nb 2.5 c", ["a\n", "b 2.5 c"]),
    ],
)
def test_sentences_end_after_their_signs(text: str, sentences: list[str]) -> None:
    """A sentence ends after a sign and white space, or with a line. An initial or a short abbreviation ends none."""
    ends = Text(text).sentence_ends
    assert [text[start:end] for start, end in zip([0, *ends], ends, strict=False)] == sentences


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The port is closed", "en"),
        ("Kyiv", "en"),
        ("Der Hafen ist nicht offen", "de"),
        ("Le port est dans la ville", "fr"),
        ("El puerto de la ciudad", "es"),
        ("Порт не на реке и в городе", "ru"),
        ("港口已关闭", "zh"),
        ("도시에 학교", "ko"),
    ],
)
def test_the_language_of_a_text(text: str, code: str) -> None:
    """The script or the function words determine the language. Without either, it is English."""
    assert Text(text).language.code == code


@pytest.mark.parametrize(
    ("text", "has_names"),
    [
        ("They met in Geneva", True),
        ("they met in geneva", False),
        ("THEY MET IN GENEVA", False),
        ("They Met In geneva", False),
        ("Ⓐ they met", False),
        ("7 $ …", False),
    ],
)
def test_capitals_show_names_if_they_are_few(text: str, has_names: bool) -> None:
    """Capitals show names if a text has some, and at least as many words without one."""
    assert Text(text).has_capitalised_names == has_names


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("seven cats and 7 dogs", [("plain", 7), ("plain", 7)]),
        ("2.3 million, 2,300,000 and 2.3m", [("plain", 2.3e6), ("plain", 2.3e6), ("plain", 2.3e6)]),
        ("12 000 tonnes", [("plain", 12000)]),
        ("two hundred and fifty", [("plain", 200), ("plain", 50)]),
        ("twenty five thousand", [("plain", 25000)]),
        ("the thirty-ninth, the 39th", [("plain", 39), ("plain", 39)]),
        ("at 2.30pm, 2:30 pm, 14:30", [("14:30", 0), ("14:30", 0), ("14:30", 0)]),
        ("12 am and 12pm", [("0:00", 0), ("12:00", 0)]),
        ("25 February", [("plain", 25), ("month", 2)]),
        ("MH370 of the G8", [("code mh370", 0), ("code g8", 0)]),
        ("5kg and -5, +5, 18+", [("plain", 5), ("plain", -5), ("plain+", 5), ("plain+", 18)]),
        ("٣ cats", [("plain", 3)]),
        ("no number", []),
    ],
)
def test_numbers_are_read_as_values(text: str, numbers: list[tuple[str, float]]) -> None:
    """A number has one value in any spelling."""
    words = Text(text)
    found = read_numbers(words.keys, 0, len(words.keys), words.language)
    assert [number.kind for number in found] == [kind for kind, _ in numbers]
    assert [number.value for number in found] == pytest.approx([value for _, value in numbers])


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("zelensky", "zelenskiy", True),
        ("brighton", "brihgton", True),
        ("receive", "recieve", True),
        ("moore", "more", True),
        ("port", "sort", True),
        ("cat", "dogs", False),
        ("port", "mast", False),
        ("a", "b", False),
        ("g7", "g8", False),
        ("harbour", "labour", False),
        ("x" * 70, "x" * 69 + "y", False),
    ],
)
def test_a_typo(one: str, other: str, is_one: bool) -> None:
    """One letter in four may differ, or two neighbours be swapped. Both ends, digits, and very long words may not."""
    assert is_misspelling(one, other) == is_misspelling(other, one) == is_one


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        ("rose", "fell", True),
        ("directed", "produced", True),
        ("passed", "rejected", True),
        ("film", "films", False),
        ("film", "house", False),
        ("port", "sea", False),
    ],
)
def test_words_that_exclude_each_other(one: str, other: str, excluded: bool) -> None:
    """Two members of one class exclude each other, in any English form. A word never excludes itself."""
    assert exclude(one, other) == exclude(other, one) == excluded
    assert not exclude(one, one)


@pytest.mark.parametrize(
    ("key", "is_meant"),
    [("harbour", True), ("mayor's", True), ("the", False), ("don't", False), ("seven", False), ("mh370", False)],
)
def test_content_words(key: str, is_meant: bool) -> None:
    """Names and other words with a meaning are content. Small words, negations and numbers are not."""
    assert is_content(key, vocabulary().languages["en"]) == is_meant


def test_known_numbers_are_found_by_kind_and_value() -> None:
    """A number is found if its kind and, to nine decimals, its value are equal."""
    known = KnownNumbers([Number("kg", 5.0, range(1)), Number("plain", 0.3, range(1))])
    assert Number("kg", 5.0, range(2, 3)) in known
    assert Number("plain", 0.1 + 0.2, range(1)) in known
    assert Number("code", 5.0, range(1)) not in known
    assert Number("plain", 0.31, range(1)) not in known
    assert Number("plain", 5.0, range(1)) not in known


def test_the_forms_of_a_word() -> None:
    """A form is traced back to its stem, and is as common as the stem."""
    assert "stop" in stems("stopped")
    assert "carry" in stems("carries")
    assert "like" in stems("liking")
    assert stems("bus") == ["bus"]
    assert is_common("walking")
    assert not is_common("zanesville")


@pytest.mark.parametrize(
    ("short", "name", "is_short"),
    [
        ("Vic", "Victoria", True),
        ("VIC", "Victoria", True),
        ("NSW", "New South Wales", True),
        ("QLD", "Queensland", True),
        ("qld", "Queensland", False),
        ("NT", "New South Wales", False),
        ("Victoria", "Vic", False),
    ],
)
def test_a_name_is_shortened(short: str, name: str, is_short: bool) -> None:
    """A name can be shortened to its beginning, or in capitals to some of its letters."""
    words = [[(word, word.lower()) for word in text.split()] for text in (short, name)]
    assert is_short_for(*words) == is_short


def test_the_longest_name_of_a_territory_is_found() -> None:
    """Names of one territory have one number, in all languages. A longer name does not count as the shorter one too."""
    keys = "from papua new guinea to the usa".split()
    found = territories(keys, 0, len(keys))
    assert [keys[name.start : name.stop] for name in found.values()] == [["papua", "new", "guinea"], ["usa"]]
    assert territories(keys, 3, 4).keys() == territories(["papua", "new", "guinea"], 0, 1).keys()
    assert territories(["guinea"], 0, 1).keys() != territories(["papua", "new", "guinea"], 0, 1).keys()
    assert territories(["deutschland"], 0, 1).keys() == territories(["germany"], 0, 1).keys()
