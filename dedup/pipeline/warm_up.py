"""Compiles all kernels at once, so that later commands start without compiling."""

from collections.abc import Callable
from pathlib import Path

from dedup._kernels.jit import kernel, refused
from dedup.analysis.pairwise import canonical_pairs, overlap
from dedup.filter.warm_up import TEXTS, warm_up
from dedup.model.utf8 import encode


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
    for place in refused():
        notify(f"no kernels are cached in {place}, because another user can write there")
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
    if warm_up():
        overlap(canonical_pairs([(encode(TEXTS[0]), encode(TEXTS[1]))]), "word", 2)
        _everything()
