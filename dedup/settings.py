"""Settings holds every setting that changes a decision, with its default and its check.

This module also reads settings from TOML files, and maps fields to the names of their options.
"""

import hashlib
import json
import math
import tomllib
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypedDict

from dedup.errors import SettingsError
from dedup.model.times import duration

#: The settings that limit how long a paragraph is stored. They do not change which paragraphs match.
FORGETTING = ("window", "max_paragraphs", "refresh")
#: The fields of Settings whose options have other names.
_OPTION_NAMES = {"bucket_limit": "max-per-bucket", "max_paragraphs": "max-stored"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the filter: when a paragraph repeats an earlier one, and how long paragraphs are stored.

    Args:
        threshold: A paragraph matches an earlier one if their Jaccard similarity is at least this, in (0, 1].
        coverage: A paragraph also matches an earlier one that has at least this share, in (0, 1], of its shingles.
        shingle: The n-grams to compare: `word:N` or `char:N`.
        num_perm: The number of MinHash permutations, at least 1. The LSH bands and rows must fit into them.
        recall: The probability, in (0, 1), with which LSH proposes a pair exactly at the threshold, and a paragraph
            together with one three times as long that contains it.
        min_words: A paragraph with fewer tokens matches only an equal canonical text.
        updates: `keep` emits a match that changes facts or adds news, as an update. `drop` treats it as a repeat.
        strict: Whether a repeat that is not certain is emitted as `reworded`. A repeat is certain if it has no new
            content word, modal verb, quantifier or pronoun, and no changed tense.
        max_new_words: More than this many new words in a row count as news.
        seed: The seed of the permutations and of the index, from 0 to 2**32 - 1. Keep it secret if feeds may be
            hostile.
        bucket_limit: The largest number of stored paragraphs per LSH bucket. Later ones are left out of the bucket, so
            that a template with ten thousand variants takes a bounded time.
        max_bytes: The length of the longest paragraph or record in bytes. Longer ones are rejected.
        window: The time after which a paragraph is forgotten, in seconds or as a duration such as `7d`, `12h` or
            `1d12h`. None means never.
        max_paragraphs: The largest number of stored paragraphs. The oldest are evicted first. None means no limit.
        refresh: Whether a repeat refreshes the paragraph that it repeats.

    Raises:
        SettingsError: A value is out of range.
    """

    threshold: float = 0.33
    coverage: float = 0.8
    shingle: str = "word:2"
    num_perm: int = 56
    recall: float = 0.96
    min_words: int = 6
    updates: str = "keep"
    strict: bool = False
    max_new_words: int = 8
    seed: int = 1
    bucket_limit: int = 4
    max_bytes: int = 4 << 20
    window: float | str | None = None
    max_paragraphs: int | None = None
    refresh: bool = False

    def __post_init__(self) -> None:
        for name in ("threshold", "coverage", "recall"):
            value = getattr(self, name)
            if not _is_number(value) or not 0 < value <= 1 or (name == "recall" and value == 1):
                top = "below 1" if name == "recall" else "at most 1"
                raise SettingsError(f"{name} must be above 0 and {top}, not {value!r}")
        for name, low, high in (
            ("num_perm", 1, 4096),
            ("min_words", 0, 1 << 30),
            ("max_new_words", 0, 1 << 30),
            ("seed", 0, (1 << 32) - 1),
            ("bucket_limit", 1, 4096),
            ("max_bytes", 1, 1 << 30),
            ("max_paragraphs", 1, 1 << 30),
        ):
            value = getattr(self, name)
            if name == "max_paragraphs" and value is None:
                continue
            if type(value) is not int or not low <= value <= high:
                raise SettingsError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
        if self.updates not in ("keep", "drop"):
            raise SettingsError(f"updates must be keep or drop, not {self.updates!r}")
        for name in ("strict", "refresh"):
            if type(getattr(self, name)) is not bool:
                raise SettingsError(f"{name} must be true or false, not {getattr(self, name)!r}")
        if self.strict and self.updates == "drop":
            raise SettingsError("strict must be false if updates is drop: it emits more than updates")
        self.shingle_parts()
        object.__setattr__(self, "window", self.seconds)

    @property
    def seconds(self) -> float | None:
        """The window in seconds, or None if there is no window."""
        if self.window is None:
            return None
        try:
            seconds = duration(self.window) if isinstance(self.window, str) else self.window
        except ValueError:
            seconds = math.nan
        if not _is_number(seconds) or not 0 < seconds < math.inf:
            raise SettingsError(f"window must be a duration above 0, such as 7d, 12h or 90s, not {self.window!r}")
        return float(seconds)

    @property
    def forgets(self) -> bool:
        """Whether paragraphs are ever forgotten."""
        return self.window is not None or self.max_paragraphs is not None

    def shingle_parts(self) -> tuple[str, int]:
        """Split `shingle` into its unit and its size. `word:2` gives ("word", 2)."""
        unit, _, size = str(self.shingle).partition(":")
        is_number = size.isascii() and size.isdigit() and len(size) <= 2
        if unit not in ("word", "char") or not is_number or not 1 <= int(size) <= 64:
            raise SettingsError(f"shingle must be word:N or char:N with N from 1 to 64, not {self.shingle!r}")
        return unit, int(size)

    def fingerprint(self) -> str:
        """A hash of the settings, 16 hex digits. It differs if two settings can decide differently."""
        # Unset limits and `strict` are left out, so that state files of versions without them still fit.
        unset = {name for name in (*FORGETTING, "strict") if not getattr(self, name)}
        rule = {name: value for name, value in asdict(self).items() if name != "max_bytes" and name not in unset}
        return hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:16]


class SettingsFields(TypedDict, total=False):
    """The fields of Settings as keywords. Their meanings and defaults are those of Settings."""

    threshold: float
    coverage: float
    shingle: str
    num_perm: int
    recall: float
    min_words: int
    updates: str
    strict: bool
    max_new_words: int
    seed: int
    bucket_limit: int
    max_bytes: int
    window: float | str | None
    max_paragraphs: int | None
    refresh: bool


def settings_from(settings: Settings | None, fields: SettingsFields) -> Settings:
    """Settings, given as such or by their fields.

    Raises:
        TypeError: `settings` is something else.
        SettingsError: Both are given, or a field is unknown or out of range.
    """
    if settings is None:
        try:
            return Settings(**fields)
        except TypeError as error:
            raise SettingsError(str(error)) from None
    if not isinstance(settings, Settings):
        raise TypeError(f"settings must be a Settings, not {settings!r}: name the field, as in threshold=0.6")
    if fields:
        raise SettingsError("give either a Settings or its fields, not both")
    return settings


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def option_name(field: str) -> str:
    """The name of a field of Settings as an option (without leading dashes) and in a TOML file."""
    return _OPTION_NAMES.get(field, field.replace("_", "-"))


def read_toml(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file, where each has the name of its option.

    A name may have `_` instead of `-`. Field names of Settings work too, because some options once had them.

    Returns:
        The value of each field that the file sets.

    Raises:
        SettingsError: The file cannot be read or parsed, contains an unknown name, sets a field twice, or sets a value
            that is out of range.
    """
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path}: this is not valid TOML: {error}") from None
    names = {option_name(field.name): field.name for field in fields(Settings)}
    old_names = {field.replace("_", "-"): field for field in _OPTION_NAMES}
    found: dict[str, Any] = {}
    unknown: list[str] = []
    for key, value in table.items():
        name = key.replace("_", "-")
        field = names.get(name) or old_names.get(name)
        if field is None:
            unknown.append(_with_nearest(key, list(names)))
        elif field in found:
            raise SettingsError(f"{path}: {option_name(field)} is set twice; remove one of the two lines")
        else:
            found[field] = value
    if unknown:
        raise SettingsError(
            f"{path}: no such setting: {', '.join(unknown)}; the settings are {', '.join(sorted(names))}"
        )
    try:
        Settings(**found)
    except SettingsError as error:
        raise SettingsError(f"{path}: {with_option_name(str(error))}") from None
    return found


def with_option_name(message: str, prefix: str = "") -> str:
    """Replace the field name at the start of a SettingsError message by the option name, after `prefix`."""
    field, space, rest = message.partition(" ")
    is_field = any(field == known.name for known in fields(Settings))
    return f"{prefix}{option_name(field)}{space}{rest}" if is_field else message


def _with_nearest(name: str, known: list[str]) -> str:
    nearest = get_close_matches(name.replace("_", "-"), known, 1)
    return f"{name} (did you mean {nearest[0]}?)" if nearest else name
