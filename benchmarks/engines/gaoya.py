"""gaoya: its index of strings, which reads raw text."""

import sys

from benchmarks.engines.common import batches, options

NOTE = (
    "makes its own shingles, of lower-cased words between white space, punctuation included; about 128 hashes, "
    "bands and rows by its own S-curve; candidates are checked by their sketches"
)
PACKAGES = ("gaoya",)


def main() -> None:
    """Write each line whose text has no match in the index, and insert it."""
    import orjson
    from gaoya.minhash import MinHashStringIndex

    rule = options()
    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=rule.threshold,
        num_bands=None,
        band_size=None,
        num_hashes=128,
        analyzer="word",
        lowercase=True,
        ngram_range=(rule.words, rule.words),
        id_container="smallvec",
    )
    kept = 0
    for lines in batches():
        for line in lines:
            text = orjson.loads(line)["text"]
            if not index.query(text):
                index.insert_document(kept, text)
                kept += 1
                sys.stdout.buffer.write(line)


if __name__ == "__main__":
    main()
