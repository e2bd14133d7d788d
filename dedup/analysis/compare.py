"""Compares two paragraphs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

from dedup.analysis.explain import pair
from dedup.model.convert import as_paragraph
from dedup.model.types import Decision, Paragraph
from dedup.settings import Settings, SettingsFields, settings_from
from dedup.store.clock import AUTOMATIC


def compare(
    old: str | Paragraph | Mapping[str, Any],
    new: str | Paragraph | Mapping[str, Any],
    settings: Settings | None = None,
    **fields: Unpack[SettingsFields],
) -> Decision:
    """The decision on a paragraph in a feed where only one other came before it.

    It always names `old` as its match and has both measures, even if the texts are too different to match. Then its
    kind is `novel`. The index is not used, so no match is overlooked.

    Args:
        old: The earlier paragraph, as an item of `NoveltyFilter.judge`.
        new: The paragraph to decide.
        settings: The settings; by default `Settings()`.
        **fields: Fields of `Settings`, instead of `settings`.

    Raises:
        SettingsError: The settings are invalid.
        InputError: One of the two is not a paragraph.
    """
    chosen = settings_from(settings, fields)
    earlier, later = as_paragraph(old), as_paragraph(new)
    if earlier.id is None:
        earlier = replace(earlier, id=f"{AUTOMATIC}1")
    decision, _ = pair(earlier, later, chosen)
    return decision
