"""Every knob that changes a decision: its default, its check, its fingerprint."""

import hashlib
import json
import math
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dedup.errors import SettingsError
from dedup.model.times import duration

#: The settings that say how long something is remembered, and not what counts as a repeat.
FORGETTING = ("window", "max_paragraphs", "refresh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The rule by which two paragraphs are compared.

    threshold: Jaccard at or above which a paragraph repeats an earlier one, in (0, 1].
    coverage: share of a paragraph's shingles that one earlier paragraph must hold to contain it, in (0, 1].
    shingle: `word:N` or `char:N`, the n-grams that are compared.
    num_perm: MinHash permutations, at least 1; bands and rows are laid out inside them.
    recall: probability with which LSH must propose a pair that is exactly at the threshold, or a paragraph that one
        three times as long contains, in (0, 1).
    min_words: below this many tokens only an equal canonical text matches.
    updates: `keep` emits a match whose facts changed, or that adds news; `drop` takes it for a repeat.
    max_new_words: more consecutive words than this that the match lacks are news.
    seed: of the permutations and of the index, 0 to 2**32 - 1; keep it secret where feeds are hostile.
    bucket_limit: how many kept paragraphs one band key may name; later ones are not added to that
        bucket, so that a template with ten thousand variants costs a bounded time.
    max_bytes: the longest paragraph or record that is read; longer ones are rejected.
    window: seconds for which a paragraph is remembered, or a duration such as `7d`, `12h` or `1d12h`; None for ever.
    max_paragraphs: how many are remembered at most; where one more is kept, the one kept longest ago is forgotten.
    refresh: whether a repeat renews what it repeats, as if that had been kept with it.

    Raises SettingsError where a value is out of range.
    """

    threshold: float = 0.33
    coverage: float = 0.8
    shingle: str = "word:2"
    num_perm: int = 56
    recall: float = 0.96
    min_words: int = 6
    updates: str = "keep"
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
        if type(self.refresh) is not bool:
            raise SettingsError(f"refresh must be true or false, not {self.refresh!r}")
        self.shingle_parts()
        object.__setattr__(self, "window", self.seconds)

    @property
    def seconds(self) -> float | None:
        """The window in seconds."""
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
        """Whether anything is ever forgotten."""
        return self.window is not None or self.max_paragraphs is not None

    def shingle_parts(self) -> tuple[str, int]:
        """`shingle` as (unit, n): ("word", 2) for `word:2`."""
        unit, _, size = str(self.shingle).partition(":")
        whole = size.isascii() and size.isdigit() and len(size) <= 2
        if unit not in ("word", "char") or not whole or not 1 <= int(size) <= 64:
            raise SettingsError(f"shingle must be word:N or char:N with N from 1 to 64, not {self.shingle!r}")
        return unit, int(size)

    def fingerprint(self) -> str:
        """16 hex digits that differ whenever two settings can decide differently."""
        kept = {name for name in FORGETTING if not getattr(self, name)}  # for ever, as before there was a choice
        rule = {name: value for name, value in asdict(self).items() if name != "max_bytes" and name not in kept}
        return hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:16]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_toml(path: Path) -> dict[str, Any]:
    """The settings named in a TOML file, with `-` and `_` alike in their names.

    Raises SettingsError for a file that cannot be read or parsed, and for an unknown name.
    """
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from None
    named = {key.replace("-", "_"): value for key, value in table.items()}
    known = {field.name for field in fields(Settings)}
    if unknown := sorted(named.keys() - known):
        raise SettingsError(f"{path}: no such setting: {', '.join(unknown)} (there are {', '.join(sorted(known))})")
    return named
