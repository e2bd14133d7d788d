"""rensa: its streaming deduplicator with LSH."""

import sys
from itertools import compress

from benchmarks.engines.common import batches, options, shingles

NOTE = "shingles made in Python; 128 permutations, its default bands; candidates are checked by their sketches"
PACKAGES = ("rensa",)


def main() -> None:
    """Write each line that the deduplicator adds."""
    import orjson
    from rensa import RMinHashDeduplicator

    rule = options()
    deduplicator = RMinHashDeduplicator(threshold=rule.threshold, num_perm=128, use_lsh=True)
    read = 0
    for lines in batches():
        added = deduplicator.add_pairs(
            [(str(key), shingles(orjson.loads(line)["text"], rule.words)) for key, line in enumerate(lines, read)]
        )
        read += len(lines)
        sys.stdout.buffer.writelines(compress(lines, added))


if __name__ == "__main__":
    main()
