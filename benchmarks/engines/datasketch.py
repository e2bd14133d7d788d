"""datasketch: MinHash.bulk, then query and insert in its MinHashLSH."""

import sys

from benchmarks.engines.common import batches, options, shingles

NOTE = (
    "shingles made in Python; 128 permutations, affine32 with xxh32, bands and rows by its own optimum; "
    "a shared band decides, without verification"
)
PACKAGES = ("datasketch", "xxhash")


def main() -> None:
    """Write each line whose text has no candidate among the lines that were written."""
    import orjson
    from datasketch import MinHash, MinHashLSH
    from xxhash import xxh32_intdigest

    rule = options()
    index = MinHashLSH(threshold=rule.threshold, num_perm=128)
    kept = 0
    for lines in batches():
        sets = [[part.encode() for part in shingles(orjson.loads(line)["text"], rule.words)] for line in lines]
        signatures = MinHash.bulk(sets, num_perm=128, seed=1, scheme="affine32", hashfunc=xxh32_intdigest)
        for line, signature in zip(lines, signatures, strict=True):
            if not index.query(signature):
                index.insert(kept, signature, check_duplication=False)
                kept += 1
                sys.stdout.buffer.write(line)


if __name__ == "__main__":
    main()
