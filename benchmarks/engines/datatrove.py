"""datatrove: its four MinHash steps, one after the other in one process."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.engines.common import options, shingles

NOTE = (
    "words from a tokeniser in Python (its own for English is many times slower); 32 buckets of 5 hashes, "
    "which is 0.5 by its formula; sha1, as its xxhash fails with xxhash 4; replaces every number by 0; clusters by "
    "union-find on shared buckets, without verification; uses files on disk"
)
PACKAGES = ("datatrove",)
_BUCKETS, _HASHES = 32, 5


def main() -> None:
    """Write standard input to a file, and run the steps on it."""
    import orjson
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Words(WordTokenizer):
        """The same words as for the other engines."""

        def word_tokenize(self, text: str) -> list[str]:
            return shingles(text, 1)

        def sent_tokenize(self, text: str) -> list[str]:
            return [text]

        def span_tokenize(self, text: str) -> list[tuple[int, int]]:
            return [(0, len(text))]

    def write(documents: Any, rank: int = 0, world_size: int = 1) -> None:
        for document in documents:
            sys.stdout.buffer.write(orjson.dumps({"id": document.id, "text": document.text}) + b"\n")

    rule = options()
    config = MinhashConfig(
        n_grams=rule.words,
        num_buckets=_BUCKETS,
        hashes_per_bucket=_HASHES,
        hash_config=HashConfig(hash_fc="sha1"),
    )
    with TemporaryDirectory() as place:
        Path(place, "input").mkdir()
        with Path(place, "input", "input.jsonl").open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        reader = JsonlReader(f"{place}/input")
        signatures, buckets, remove = f"{place}/signatures", f"{place}/buckets", f"{place}/remove"
        steps = (
            (1, [reader, MinhashDedupSignature(signatures, config, language=Words())]),
            (_BUCKETS, [MinhashDedupBuckets(signatures, buckets, config=config)]),
            (1, [MinhashDedupCluster(buckets, remove, config=config)]),
            (1, [reader, MinhashDedupFilter(remove), write]),
        )
        for k, (tasks, pipeline) in enumerate(steps):
            LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=f"{place}/logs{k}").run()


if __name__ == "__main__":
    main()
