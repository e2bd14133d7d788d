"""Settings: every value is checked, and every error in a file is reported."""

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from dedup import DedupError, Settings
from dedup.errors import SettingsError
from dedup.settings import option_name, read_toml

BAD: dict[str, list[Any]] = {
    "threshold": [0, -0.1, 1.0001, math.nan, math.inf, "0.5", None, True, [0.5]],
    "coverage": [0, -1, 1.5, math.nan, "x", None, False],
    "recall": [0, 1, 1.0, -0.5, math.nan, "x", None, True],
    "shingle": [
        "word",
        "word:",
        "word:0",
        "word:65",
        "word:-1",
        "line:2",
        "char:x",
        "char:2.0",
        "word:２",
        "",
        None,
        2,
        "word: 2",
        "word:" + "9" * 5000,
        "WORD:2",
    ],
    "num_perm": [0, -1, 4097, 1.0, "128", None, True],
    "min_words": [-1, 2**30 + 1, 1.5, "6", None, True],
    "strict": [0, 1, "yes", None],
    "updates": ["", "emit", None, True, 1],
    "max_new_words": [-1, 2**30 + 1, 1.5, "10", None, True],
    "seed": [-1, 2**32, 0.5, "1", None, True],
    "bucket_limit": [0, 4097, 64.0, "64", None, True],
    "max_bytes": [0, 2**30 + 1, 1e6, "4M", None, True],
    "window": [0, -1, math.nan, math.inf, "", "7", "-7d", "7 d", "d", "7y", "1e5d", True, [7]],
    "max_paragraphs": [0, -1, 2**30 + 1, 1.5, "10", True],
    "refresh": [0, 1, "yes", None],
}
GOOD: dict[str, list[Any]] = {
    "threshold": [1, 1.0, 1e-9, 0.123],
    "coverage": [1, 1.0, 1e-9, 0.123],
    "recall": [0.5, 1e-9, 0.999999],
    "shingle": ["word:1", "char:64", "char:7"],
    "num_perm": [1, 4096, 77],
    "min_words": [0, 100],
    "strict": [True, False],
    "updates": ["keep", "drop"],
    "max_new_words": [0, 100],
    "seed": [0, 2**32 - 1],
    "bucket_limit": [1, 4096],
    "max_bytes": [1, 2**30],
    "window": [0.5, 3600, None],
    "max_paragraphs": [1, 2**30, None],
    "refresh": [True, False],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad_values(name: str, value: Any) -> None:
    """A value out of range raises a SettingsError with one line that names the field."""
    with pytest.raises(SettingsError, match=f"^{name} must be [^\n]*$") as caught:
        Settings(**{name: value})
    assert isinstance(caught.value, DedupError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_good_values(name: str, value: Any) -> None:
    """A value at either end of the range is accepted."""
    assert asdict(Settings(**{name: value}))[name] == value


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604800), ("2w", 1209600), ("1d12h", 129600), ("0.5h", 1800)],
)
def test_durations(said: str, seconds: float) -> None:
    """A window can be given as a duration, and is stored in seconds."""
    assert Settings(window=said).window == seconds
    assert Settings(window=said) == Settings(window=seconds)


def test_every_field_is_tested() -> None:
    """The tables above contain every setting."""
    assert asdict(Settings()).keys() == BAD.keys() == GOOD.keys()


@pytest.mark.parametrize("name", BAD)
def test_fingerprint(name: str) -> None:
    """The fingerprint changes with every field that can change a decision, and only with those."""
    default = Settings()
    for value in GOOD[name]:
        changed = replace(default, **{name: value})
        same = name == "max_bytes" or value == getattr(default, name)
        assert (changed.fingerprint() == default.fingerprint()) == same
    assert len({replace(default, **{name: value}).fingerprint() for value in GOOD[name]}) == (
        1 if name == "max_bytes" else len({repr(value) for value in GOOD[name]})
    )


def test_fingerprint_is_stable() -> None:
    """The fingerprint has 16 hex digits, and is the same in every process for the same settings."""
    settings = Settings(
        threshold=0.25,
        coverage=0.75,
        shingle="char:5",
        num_perm=64,
        recall=0.5,
        min_words=3,
        updates="drop",
        max_new_words=5,
        seed=9,
        bucket_limit=2,
        max_bytes=100,
    )
    assert settings.fingerprint() == "170838dc16d79d92"


def test_shingle_parts() -> None:
    """`shingle_parts` splits `shingle` into its unit and its size."""
    assert Settings(shingle="char:12").shingle_parts() == ("char", 12)


def test_read_toml(tmp_path: Path) -> None:
    """A TOML file sets the fields it names, with dashes or underscores."""
    path = tmp_path / "dedup.toml"
    path.write_text('threshold = 0.7\nnum-perm = 64\nmin_words = 2 # few\nshingle = "char:5"\n')
    named = read_toml(path)
    assert named == {"threshold": 0.7, "num_perm": 64, "min_words": 2, "shingle": "char:5"}
    assert Settings(**named).num_perm == 64


@pytest.mark.parametrize("separator", ["-", "_"])
def test_toml_takes_every_setting(tmp_path: Path, separator: str) -> None:
    """Each field can be set by the name of its option and by its own name, with dashes or underscores."""
    path = tmp_path / "dedup.toml"
    for name, values in GOOD.items():
        value = values[0]
        shown = f"'{value}'" if isinstance(value, str) else str(value).lower()
        for key in (option_name(name), name):
            path.write_text(f"{key.replace('-', separator).replace('_', separator)} = {shown}\n")
            assert read_toml(path) == {name: value}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"treshold = 0.7\nseeds = 1\n",
            r"no such setting: treshold \(did you mean threshold\?\), seeds \(did you mean seed\?\)",
        ),
        (b"max-storred = 7\n", r"no such setting: max-storred \(did you mean max-stored\?\)"),
        (b"zzz = 7\n", "no such setting: zzz; the settings are coverage, max-bytes, max-new-words, max-per-bucket, "),
        (b"max-stored = 7\nmax_paragraphs = 7\n", "max-stored is set twice"),
        (b"max-per-bucket = 0\n", "dedup.toml: max-per-bucket must be a whole number from 1 to 4096, not 0"),
        (b"num_perm = '64'\n", "dedup.toml: num-perm must be a whole number from 1 to 4096, not '64'"),
        (b"threshold = \n", "dedup.toml"),
        (b"threshold 0.7", "dedup.toml"),
        (b'shingle = "\xff"\n', "dedup.toml"),
        (b"[filter]\nthreshold = 0.7\n", "no such setting: filter"),
    ],
)
def test_bad_toml(tmp_path: Path, content: bytes, said: str) -> None:
    """A file that cannot be parsed, or that names an unknown setting, raises a SettingsError with the reason."""
    path = tmp_path / "dedup.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        read_toml(path)


def test_unreadable_toml(tmp_path: Path) -> None:
    """A missing file and a directory raise a SettingsError with the path."""
    with pytest.raises(SettingsError, match="missing"):
        read_toml(tmp_path / "missing.toml")
    with pytest.raises(SettingsError, match=tmp_path.name):
        read_toml(tmp_path)
