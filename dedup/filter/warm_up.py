"""Runs paragraphs through all code paths with kernels, so that later ones need not wait for the compiler."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from dedup.errors import DedupError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.model.types import Paragraph
from dedup.settings import Settings

#: A paragraph, two rewordings of it, and an unrelated one.
TEXTS = (
    "The ferry to the northern islands was cancelled again on Tuesday because of the storm, the harbour office said.",
    "The ferry to the northern islands was cancelled again on Monday because of the storm, the harbour office said.",
    "The boat to the northern islands was cancelled again on Tuesday because of the storm, the harbour office said.",
    "Farmers in the valleys have asked the ministry for seed after the second frost in a week.",
)
#: Unrelated texts, enough to make the index grow.
_FILLING = tuple(" ".join(f"{letter}{k}" for letter in "abcdefgh") for k in range(600))


def warm_up() -> bool:
    """Load all kernels of the filter, and compile those that are not in the cache.

    Returns:
        Whether all of them are ready. Without room for a state file, some are compiled when they are needed.
    """
    with suppress(OSError, DedupError), TemporaryDirectory() as folder:
        for name, settings in (("all", Settings()), ("few", Settings(window="1m", max_paragraphs=2, refresh=True))):
            for start in (0, 600):  # the second run loads what the first one stored
                texts = (*TEXTS, *TEXTS, *_FILLING)
                feed = [Paragraph(text, time=str(start + 60 * k)) for k, text in enumerate(texts)]
                with NoveltyFilter(settings, state=Path(folder) / name) as novelty:
                    for _ in novelty.judge(feed, batch_size=200):
                        pass
                    novelty.decide_many(feed[:1], remember=False)
        return True
    return False
