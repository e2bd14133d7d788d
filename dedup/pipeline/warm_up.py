"""Compiles every kernel at once, so that nobody waits for a compilation again."""

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

#: A paragraph, the same with other words, and another one.
_TEXTS = (
    "The ferry to the northern islands was cancelled again on Tuesday because of the storm, the harbour office said.",
    "The ferry to the northern islands was cancelled again on Monday because of the storm, the harbour office said.",
    "The boat to the northern islands was cancelled again on Tuesday because of the storm, the harbour office said.",
    "Farmers in the valleys have asked the ministry for seed after the second frost in a week.",
)
#: Texts that have nothing in common, and fill an index so that it has to grow.
_FILLING = tuple(" ".join(f"{letter}{k}" for letter in "abcdefgh") for k in range(600))


@kernel
def _everything() -> int:
    """Nothing. It is compiled last: where it is in the cache, all other kernels are."""
    return 0


def compile_all(notify: Callable[[str], None]) -> None:
    """Compile all kernels that are not in the cache.

    A complete cache costs a look at one small file. Where there is no place for a cache, each kernel is compiled when
    it is needed.

    Args:
        notify: Called with a line for people before anything is compiled.
    """
    stats = _everything.stats  # type: ignore[attr-defined]  # of numba
    folder = stats.cache_path
    if folder is None:
        notify("compiling kernels at each start, as no cache can be written: let NUMBA_CACHE_DIR name a folder for it")
        return
    if any(Path(folder).glob(f"*{_everything.__name__}*.nbi")):
        _everything()
        if _everything.stats.cache_hits:  # type: ignore[attr-defined]  # it was made for this processor
            return
    notify("compiling kernels; this takes a while, and happens once")
    with suppress(OSError, DedupError):  # no place for the state; its kernels are then compiled when they are needed
        _run_everything()
        _everything()


def _run_everything() -> None:
    """Send a few paragraphs along every way through the kernels: with and without a state, and with forgetting."""
    with TemporaryDirectory() as folder:
        for name, settings in (("all", Settings()), ("few", Settings(window="1m", max_paragraphs=2, refresh=True))):
            for start in (0, 600):  # the second run restores what the first one stored, and forgets it
                texts = (*_TEXTS, *_TEXTS, *_FILLING)
                feed = [Paragraph(text, time=str(start + 60 * k)) for k, text in enumerate(texts)]
                with NoveltyFilter(settings, state=Path(folder) / name) as novelty:
                    for _ in novelty.judge(feed, batch_size=200):
                        pass
    overlap(canonical_pairs([(encode(_TEXTS[0]), encode(_TEXTS[1]))]), "word", 2)
