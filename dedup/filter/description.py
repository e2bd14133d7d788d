"""Describes a decision as an object, with its match and its reasons."""

from dataclasses import replace
from typing import TYPE_CHECKING

from dedup.facts import Text, TextPair, difference, is_certain, new_words, novel_spans
from dedup.filter.batch import BatchDecisions
from dedup.model.types import KINDS, Decision, Match, Paragraph

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
    pair = TextPair(Text(match.text), Text(paragraph.text))
    if kind == "update" or not engine.rule.detect_updates:
        found = difference(pair, engine.settings.max_new_words)
        certain = None if kind == "update" else found.certain
        decision = replace(decision, changed=found.changed, added=found.added, certain=certain)
    else:
        decision = replace(decision, certain=is_certain(pair))
    return replace(decision, new_words=new_words(pair), novel_spans=novel_spans(pair))
