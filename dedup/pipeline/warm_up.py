"""Compiles all kernels at once, so that later commands start without compiling."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from dedup._kernels.jit import kernel
from dedup.analysis.pairwise import canonical_pairs, overlap
from dedup.errors import DedupError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.types import Paragraph
from dedup.model.utf8 import encode
from dedup.settings import Settings

#: A paragraph, two rewordings of it, and an unrelated one.
_TEXTS = (
    "The ferry to the northern islands was cancelled again on Tuesday because of the storm, the harbour office said.",
    "The ferry to the northern islands was cancelled again on Monday because of the storm, the harbour office said.",
    "The boat to the northern islands was cancelled again on Tuesday because of the storm, the harbour office said.",
    "Farmers in the valleys have asked the ministry for seed after the second frost in a week.",
)
#: Unrelated texts, enough to make the index grow.
_FILLING = tuple(" ".join(f"{letter}{k}" for letter in "abcdefgh") for k in range(600))


@kernel
def _everything() -> int:
    """Do nothing. This kernel is compiled last: if it is in the cache, all others are."""
    return 0


def compile_all(notify: Callable[[str], None]) -> None:
    """Compile all kernels that are not in the cache.

    If the cache is complete, this only checks one small file. Without a place for a cache, each kernel is compiled when
    it is first needed.

    Args:
        notify: Called with a message before anything is compiled.
    """
    stats = _everything.stats  # type: ignore[attr-defined]  # of numba
    folder = stats.cache_path
    if folder is None:
        notify(
            "compiling kernels at each start, because no cache can be written; set NUMBA_CACHE_DIR to a writable folder"
        )
        return
    if any(Path(folder).glob(f"*{_everything.__name__}*.nbi")):
        _everything()
        if _everything.stats.cache_hits:  # type: ignore[attr-defined]  # compiled for this processor
            return
    notify("compiling kernels; this takes a while, and happens once")
    with suppress(OSError, DedupError):  # no room for the state: kernels are compiled when they are needed
        _run_everything()
        _everything()


def _run_everything() -> None:
    """Run paragraphs through all code paths with kernels: with and without forgetting, new and resumed."""
    with TemporaryDirectory() as folder:
        for name, settings in (("all", Settings()), ("few", Settings(window="1m", max_paragraphs=2, refresh=True))):
            for start in (0, 600):  # the second run loads what the first one stored
                texts = (*_TEXTS, *_TEXTS, *_FILLING)
                feed = [Paragraph(text, time=str(start + 60 * k)) for k, text in enumerate(texts)]
                with NoveltyFilter(settings, state=Path(folder) / name) as novelty:
                    for _ in novelty.judge(feed, batch_size=200):
                        pass
    overlap(canonical_pairs([(encode(_TEXTS[0]), encode(_TEXTS[1]))]), "word", 2)
