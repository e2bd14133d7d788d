"""Scores settings on labelled pairs from a file or from objects."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from typing import Any, Unpack

from dedup.analysis.evaluate import Scores, score
from dedup.analysis.labelled_pairs import Pairs
from dedup.errors import InputError
from dedup.formats.base import RejectedInput
from dedup.formats.reading import input_name, open_input
from dedup.settings import Settings, SettingsFields, settings_from


def evaluate(
    pairs: "str | PathLike[str] | Iterable[Mapping[str, Any]]",
    settings: Settings | None = None,
    *,
    by: str | None = None,
    rejected: Callable[[RejectedInput], None] | None = None,
    **fields: Unpack[SettingsFields],
) -> dict[str, Scores]:
    """Score settings on labelled pairs, as `dedup eval` does.

    Args:
        pairs: The path of a file, which may be compressed, or records: `{a, b, label}`, where the label is 1 for a
            repeat, 0 for different texts and None for a pair that nobody judged; `{old, new, fact_changed}`; or
            `{cluster, text}`.
        settings: The settings; by default `Settings()`.
        by: The dotted path of the field by which results are reported; by default `kind`, else `source`.
        rejected: Called with each record of a file that cannot be read. Without it, the first one raises InputError.
        **fields: Fields of `Settings`, instead of `settings`.

    Returns:
        The scores of each kind of pair, and of all under `all pairs`.

    Raises:
        SettingsError: The settings are invalid.
        InputError: The file cannot be read, a record is no labelled record, or there are none.
    """
    chosen = settings_from(settings, fields)
    collected = Pairs(by)
    if isinstance(pairs, str | PathLike):
        path = fspath(pairs)
        with open_input(path) as file:
            for record in collected.read(file, input_name(path), chosen.max_bytes):
                if rejected is None:
                    raise InputError(str(record))
                rejected(record)
    else:
        for ordinal, value in enumerate(pairs, 1):
            try:
                collected.add(dict(value) if isinstance(value, Mapping) else value)
            except ValueError as error:
                raise InputError(f"record {ordinal}: {error}") from None
    labelled = collected.collect(chosen.seed)
    if not labelled.texts:
        raise InputError("there are no labelled pairs")
    return score(labelled, chosen)
