"""Edits that say the same with other words, in another order, or with less; and random words put in or exchanged."""

import re
from random import Random

from benchmarks.edits.exchanges import exchange, exchanges, lines
from benchmarks.edits.vocabulary import LETTERS, Edit, Vocabulary, is_fact, other, run, sentences
from dedup.facts.vocabulary import vocabulary as tables

_SAID = re.compile(r"\b(?:said|says?|told|added|announced|reported|according)\b", re.IGNORECASE)
_NO_SUBJECT = re.compile(
    r"^(?:is|are|was|were|has|have|had|to|of|in|on|be|been|the (?:same|first))\b|"
    r"n['’]t\b|\b(?:what|who|which|that|as|when|while|if|but|and|or|because|you|you've|i've|we've|have|not)\b",
    re.IGNORECASE,
)
_QUOTES = re.compile("[\"“”„«»‘]|''")


def replace_words(count: int) -> Edit:
    """An edit that replaces `count` common words by random ones."""

    def replace(text: str, known: Vocabulary, draw: Random) -> str | None:
        words = text.split()
        common = set(known.common)
        places = [place for place, word in enumerate(words) if word in common]
        if len(places) < count or len(known.common) < 2:
            return None
        for place in draw.sample(places, count):
            words[place] = draw.choice([word for word in draw.sample(known.common, 2) if word != words[place]])
        return " ".join(words)

    return replace


def replace_synonyms(count: int) -> Edit:
    """An edit that replaces `count` words in small letters by synonyms."""

    def replace(text: str, known: Vocabulary, draw: Random) -> str | None:
        return exchange(text, exchanges("synonyms.txt"), count, draw)

    return replace


def add_clause(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One to six plain words are added at either end."""
    if not known.sentences:
        return None
    clause = run(known, draw, draw.randint(1, 6))
    return draw.choice([f"{text} {clause}", f"{clause} {text}"])


def cut_clause(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One to six plain words are cut at either end."""
    words = text.split()
    size = draw.randint(1, 6)
    kept, cut = draw.choice([(words[size:], words[:size]), (words[:-size], words[-size:])])
    return None if is_fact(" ".join(cut)) else " ".join(kept)


def mistype(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Two to four typos in different words: letters swapped, one missing, or one extra."""
    words = text.split()
    long = [place for place, word in enumerate(words) if word.isalpha() and len(word) > 3 and not is_fact(word)]
    count = draw.randint(2, 4)
    if len(long) < count:
        return None
    for place in draw.sample(long, count):
        word = words[place]
        at = draw.choice([k for k in range(len(word) - 1) if word[k] != word[k + 1]])
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        words[place] = draw.choice([swapped, word[:at] + word[at + 1 :], word[:at] + draw.choice(LETTERS) + word[at:]])
    return other(text, " ".join(words))


def swap_clauses(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Two neighbouring clauses of three words or more, between commas of one sentence, are swapped."""
    parts = sentences(text)
    clauses = [part.rstrip(".").split(", ") for part in parts]
    places = [
        (place, at) for place, split in enumerate(clauses) for at in range(len(split) - 1)
        if min(len(clause.split()) for clause in split[at : at + 2]) >= 3
    ]  # fmt: skip
    if not places:
        return None
    place, at = draw.choice(places)
    split = clauses[place]
    split[at], split[at + 1] = split[at + 1], split[at]
    parts[place] = ", ".join(split) + parts[place][len(parts[place].rstrip(".")) :]
    return other(text, " ".join(parts))


def swap_sentences(text: str, known: Vocabulary, draw: Random) -> str | None:
    """Two neighbouring sentences are swapped."""
    parts = sentences(text)
    if len(parts) < 2:
        return None
    at = draw.randrange(len(parts) - 1)
    parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return other(text, " ".join(parts))


def cut_sentence(text: str, known: Vocabulary, draw: Random) -> str | None:
    """One plain sentence is removed. At least as many words remain."""
    parts = sentences(text)
    whole = len(text.split())
    places = [k for k, part in enumerate(parts) if 2 * len(part.split()) <= whole and not is_fact(part)]
    if not places:
        return None
    parts.pop(draw.choice(places))
    return " ".join(parts)


def move_attribution(text: str, known: Vocabulary, draw: Random) -> str | None:
    """The attribution moves from the end of a sentence to its beginning, or in the other direction."""
    parts = sentences(text)
    for at, part in enumerate(parts):
        body, comma, end = part.rstrip(".").rpartition(", ")
        if comma and _SAID.search(end) and 2 <= len(end.split()) <= 7 and len(body.split()) >= 6 and _is_subject(end):
            parts[at] = f"{end[:1].upper()}{end[1:]}: {body}."
            return other(text, " ".join(parts))
        begin = re.match(r"((?:[^\s,]+ ){1,5}said),?:? (?:that )?((?:\S+ ){5,}.*)", part)
        if begin and _is_subject(begin[1]):
            body = begin[2].rstrip(".")
            parts[at] = f"{body[:1].upper()}{body[1:]}, {_uncapitalised(begin[1], known)}."
            return other(text, " ".join(parts))
    return None


def _is_subject(attribution: str) -> bool:
    """Whether a part of a sentence may be "someone said", and not the rest of another clause or quotation."""
    return not _NO_SUBJECT.search(attribution) and not _QUOTES.search(attribution)


def add_attribution(text: str, known: Vocabulary, draw: Random) -> str | None:
    """A plain attribution is put at the beginning or the end of a sentence that has none, and no quotation."""
    parts = sentences(text)
    places = [
        place for place, part in enumerate(parts)
        if len(part.split()) >= 6 and re.search(r"\w\.$", part) and not re.search(r"[:;]", part)
        and (part[0].isupper() or text.islower()) and not _SAID.search(part) and not _QUOTES.search(part)
    ]  # fmt: skip
    if not places:
        return None
    at = draw.choice(places)
    part = parts[at]
    attribution = draw.choice(lines("attributions.txt"))
    if draw.random() < 0.5:
        parts[at] = f"{part.removesuffix('.')}, {_cased(attribution, text)}."
    else:
        joint = ", " if attribution.startswith("according") else draw.choice([" ", " that "])
        beginning = attribution[:1].upper() + attribution[1:] + joint
        parts[at] = _cased(beginning, text) + _uncapitalised(part, known)
    return " ".join(parts)


def _cased(phrase: str, text: str) -> str:
    """A phrase in capitals or small letters if the text has only such."""
    return phrase.upper() if text.isupper() else phrase.lower() if text.islower() else phrase


def _uncapitalised(sentence: str, known: Vocabulary) -> str:
    """A sentence whose first word begins with a small letter, if it is a common word."""
    first = re.split(r"\W", sentence, maxsplit=1)[0]
    is_common = first.lower() in known.common or first.lower() in tables().languages["en"].function
    return sentence[:1].lower() + sentence[1:] if is_common and first.istitle() and first != "I" else sentence
