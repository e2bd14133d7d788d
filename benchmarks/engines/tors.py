"""tors: MinHash signatures, LSH over all of them, and exact Jaccard for the candidates."""

import sys

from benchmarks.engines.common import options

NOTE = (
    "makes its own shingles, of lower-cased words; one pass over the whole corpus, 32 bands of 4 of 128 (it has no "
    "threshold for LSH); candidates are checked by its exact Jaccard, the first one wins"
)
PACKAGES = ("tors",)


def main() -> None:
    """Write each line that is like no earlier line that was kept."""
    import orjson
    import tors

    rule = options()
    lines = sys.stdin.buffer.readlines()
    texts = [orjson.loads(line)["text"] for line in lines]
    signatures = [tors.minhash_signature(text, num_perm=128, shingle_size=rule.words) for text in texts]
    candidates: dict[int, list[int]] = {}
    for earlier, later in tors.lsh_candidates(signatures, bands=32, rows=4)["pairs"]:
        candidates.setdefault(later, []).append(earlier)
    dropped: set[int] = set()
    for k, line in enumerate(lines):
        for earlier in candidates.get(k, ()):
            if (
                earlier not in dropped
                and tors.shingle_jaccard(texts[earlier], texts[k], width=rule.words) >= rule.threshold
            ):
                dropped.add(k)
                break
        else:
            sys.stdout.buffer.write(line)


if __name__ == "__main__":
    main()
