"""Describes a decision as an object, with its match and its reasons."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dedup.facts import Text, TextPair, difference, is_certain, new_words, novel_spans
from dedup.filter.batch import BatchDecisions
from dedup.model.types import KINDS, Decision, Match, Paragraph
from dedup.settings import Settings

if TYPE_CHECKING:
    from dedup.filter.engine import Engine


def describe(engine: "Engine", decisions: BatchDecisions, i: int, paragraph: Paragraph) -> Decision:
    """Decision i of a batch as an object."""
    row = int(decisions.matches[i])
    kind = KINDS[decisions.kinds[i]]
    story, version = engine.story(decisions, i)
    if row < 0 or decisions.again[i]:
        return Decision(paragraph, kind, story=story, version=version, again=bool(decisions.again[i]))
    label = engine.row_labels[row]
    match = Match(label.id, engine.store.text(row), label.time, label.source)
    decision = Decision(
        paragraph,
        kind,
        float(decisions.jaccard[i]),
        float(decisions.coverage[i]),
        match,
        story=story,
        version=version,
        block=int(decisions.blocks[i]) or None,
    )
    if kind == "exact":
        return replace(decision, certain=True)
    return replace(decision, **reasons(kind, match.text, paragraph.text, engine.settings))


def reasons(kind: str, old: str, new: str, settings: Settings) -> dict[str, Any]:
    """The fields of `Decision` that say what a paragraph changes and adds, for any kind but `exact` and `novel`.

    Args:
        kind: The kind of the decision.
        old: The text of the match.
        new: The text of the paragraph.
        settings: The settings.
    """
    pair = TextPair(Text(old), Text(new))
    found: dict[str, Any] = {"new_words": new_words(pair), "novel_spans": novel_spans(pair)}
    if kind == "update" or settings.updates == "drop":
        changes = difference(pair, settings.max_new_words)
        certain = None if kind == "update" else changes.certain
        return found | {"changed": changes.changed, "added": changes.added, "certain": certain}
    return found | {"changed": (), "added": False, "certain": is_certain(pair)}
