"""Which words of a repeat are new, and which repeats are certain."""

import pytest

from dedup.facts import Text, TextPair, compare, is_certain, new_words

OLD = (
    "The ministers of both countries met in the old town on the coast and agreed to send ships with grain to the port."
)


def words(old: str, new: str) -> list[str]:
    """The new words of a text, as written."""
    return [new[start:end] for start, end in new_words(TextPair(Text(old), Text(new)))]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("agreed to send", "promised to send", ["promised"]),
        ("with grain", "with grain and timber", ["timber"]),
        ("to the port", "to the flooded harbour", ["flooded harbour"]),
        ("ships with grain", "ships of the northern fleet with grain and timber", ["northern fleet", "timber"]),
    ],
)
def test_a_content_word_that_the_old_text_lacks_is_new(old: str, new: str, found: list[str]) -> None:
    """Replaced and inserted content words are new, together where they stand together."""
    assert words(OLD, OLD.replace(old, new)) == found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("agreed to send", "agreed to sned"),  # a typo
        ("agreed to send", "were agreeing to send"),  # another form
        ("agreed to send", "came to an agreement to send"),  # derived from it
        ("on the coast", "of that coast"),  # small words
        ("The ministers", "Both of these ministers"),
        ("to the port.", "to the port, officials said."),  # an attribution
        ("The ministers", "According to the mayor, the ministers"),
        ("The ministers", "Photo: The ministers"),  # a label
        ("The ministers", "Good morning. The ministers"),  # a courtesy
        ("The ministers", "The prime ministers"),  # a title
    ],
)
def test_some_words_are_not_new(old: str, new: str) -> None:
    """Typos, other forms, small words, attributions, labels, courtesies and titles are not new."""
    assert words(OLD, OLD.replace(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The World Health Organization sent ships to the port", "The WHO sent ships to the port"),
        ("The WHO sent ships to the port", "The World Health Organization sent ships to the port"),
        ("The walk was 5 km long and led to the port", "The walk was 5 kilometres long and led to the port"),
    ],
)
def test_a_name_or_unit_written_another_way_is_not_new(old: str, new: str) -> None:
    """An abbreviation of a name in the old text, its full form, and a unit are not new."""
    assert words(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "certain"),
    [
        ("", "", True),
        ("to the port.", "to the port, officials said.", True),
        ("of both countries ", "", True),
        ("agreed to send", "agreed to sned", True),
        ("agreed to send", "promised to send", False),
        ("agreed to send", "may have agreed to send", False),  # a modal verb
        ("with grain", "with some grain", False),  # a quantifier
        ("send ships", "send them ships", False),  # a pronoun
        ("agreed to send", "are agreeing to send", False),  # another tense
        ("on the coast", "on the port", False),  # a word that the old text has elsewhere replaces another
        ("The ministers", "The prime ministers", False),  # another office
    ],
)
def test_a_repeat_is_certain_if_nothing_is_new(old: str, new: str, certain: bool) -> None:
    """A repeat with a new content word, modal, quantifier or pronoun, a changed tense or a new title is not certain."""
    found = compare(OLD, OLD.replace(old, new) if old else OLD, 8)
    assert not found.is_update
    assert found.certain == certain
    assert is_certain(TextPair(Text(OLD), Text(OLD.replace(old, new) if old else OLD))) == certain


@pytest.mark.parametrize(
    ("old", "new", "is_news"),
    [
        ("with grain", "with grain, timber and medicine", False),
        ("with grain", "with grain, timber, tents and medicine", True),
        ("agreed to send ships with grain", "promised to carry timber with boats", True),
        ("The ministers", "The cheerful ministers", False),
        ("met in the old town", "gathered in the ancient town", False),  # in exchange for others
        ("to the port.", "to the port, the shipping office of the northern region said.", False),  # attributed
    ],
)
def test_three_content_words_put_in_are_news(old: str, new: str, is_news: bool) -> None:
    """Three content words that replace no others are news, unless they say who speaks."""
    assert compare(OLD, OLD.replace(old, new), 8).added == is_news
