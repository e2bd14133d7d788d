"""The reason for a decision, in words and numbers."""

from dedup.analysis.pairwise import compare
from dedup.facts import Text, TextPair, novel_spans
from dedup.facts import compare as compare_facts
from dedup.model.times import written
from dedup.model.types import KINDS, Decision, Match, Paragraph
from dedup.model.utf8 import encode
from dedup.settings import Settings
from dedup.sketch.lsh import candidate_probability, layout_for

_WORDS = 6  # runs of new words to list


def pair(old: Paragraph, new: Paragraph, settings: Settings) -> tuple[Decision, str]:
    """The decision on `new` in a feed where only `old` came before it, and its reason.

    The decision always has both measures and names `old` as its match, even if the texts do not match.
    """
    kinds, overlaps = compare([(encode(old.text), encode(new.text))], settings)
    difference = compare_facts(old.text, new.text, settings.max_new_words)
    decision = Decision(
        new,
        KINDS[kinds[0]],
        float(overlaps.jaccard[0]),
        float(overlaps.coverage[0]),
        Match(str(old.id), old.text, written(old.time), old.source),
        difference.changed,
        difference.added,
        None if KINDS[kinds[0]] in ("novel", "update") else difference.certain,
        difference.new_words,
        novel_spans(TextPair(Text(old.text), Text(new.text))),
    )
    fewest = int(overlaps.words[0].min())
    why = reason(decision, settings)
    if decision.kind == "novel" and fewest == 0:
        why = "a text without a word or number is never compared"
    elif decision.kind == "novel" and fewest < settings.min_words:
        why = f"{fewest} words are below min_words {settings.min_words}, where only an equal text matches"
    return decision, why


def reason(decision: Decision, settings: Settings) -> str:
    """The rule that applied, with its numbers."""
    if decision.kind == "exact":
        return "the canonical texts are equal"
    if decision.jaccard is None or decision.coverage is None:
        return "nothing earlier matches"
    near, contained = decision.jaccard >= settings.threshold, decision.coverage >= settings.coverage
    text = f"Jaccard {decision.jaccard:.2f} {_sign(near)} threshold {settings.threshold:g}"
    if not near:
        text += f", coverage {decision.coverage:.2f} {_sign(contained)} {settings.coverage:g}"
    if decision.kind == "update":
        return f"{text}, but {news(decision)}"
    return text if decision.certain is not False else f"{text}, not certain{_listed(decision)}"


def news(decision: Decision) -> str:
    """Why a paragraph was emitted: the facts that changed, and the news that was added; or the words that are new."""
    if decision.kind == "reworded":
        return f"not certain{_listed(decision)}"
    changed = ", ".join(f"{old or 'nothing'} → {new or 'nothing'}" for old, new in decision.changed)
    reasons = [f"facts changed: {changed}"] if changed else []
    return " and ".join([*reasons, *([f"news was added{_listed(decision)}"] if decision.added else [])])


def _listed(decision: Decision) -> str:
    """The new words of a decision, after a colon."""
    words = [decision.paragraph.text[start:end] for start, end in decision.new_words]
    return f": {', '.join(words[:_WORDS])}{', …' if len(words) > _WORDS else ''}" if words else ""


def lsh_chance(decision: Decision, settings: Settings) -> str:
    """The probability that LSH proposes the two paragraphs of a decision, as a sentence."""
    bands, rows, _ = layout_for(settings)
    chance = candidate_probability(decision.jaccard or 0.0, bands, rows)
    return f"LSH with {bands} bands of {rows} rows proposes such a pair with probability {chance:.4f}"


def _sign(reached: bool) -> str:
    return "≥" if reached else "<"
