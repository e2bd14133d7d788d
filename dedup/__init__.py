"""Finds near-duplicate paragraphs in news feeds, explains each decision, and drops the repeats."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup.analysis.cluster import cluster
    from dedup.analysis.compare import compare
    from dedup.analysis.evaluation import evaluate
    from dedup.errors import ClosedError, DedupError, InputError, OutputError, SettingsError, SparkError, StateError
    from dedup.filter.novelty_filter import NoveltyFilter
    from dedup.formats.reading import read
    from dedup.model.types import Decision, Match, Paragraph
    from dedup.settings import Settings

__version__ = "0.2.0"

__all__ = [
    "ClosedError",
    "Decision",
    "DedupError",
    "InputError",
    "Match",
    "NoveltyFilter",
    "OutputError",
    "Paragraph",
    "Settings",
    "SettingsError",
    "SparkError",
    "StateError",
    "cluster",
    "compare",
    "evaluate",
    "read",
]

_MODULES = {
    "ClosedError": "errors",
    "Decision": "model.types",
    "DedupError": "errors",
    "InputError": "errors",
    "Match": "model.types",
    "NoveltyFilter": "filter.novelty_filter",
    "OutputError": "errors",
    "Paragraph": "model.types",
    "Settings": "settings",
    "SettingsError": "errors",
    "SparkError": "errors",
    "StateError": "errors",
    "cluster": "analysis.cluster",
    "compare": "analysis.compare",
    "evaluate": "analysis.evaluation",
    "read": "formats.reading",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `dedup --help` does not wait for numba."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
