"""The CPU time of `dedup filter` by stage, with the stages run one after the other in one process.

Each stage of each batch is measured. The first lines are run before that, so that no kernel is compiled or loaded
within a stage.
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.corpus import copy_lines
from benchmarks.table import grid
from dedup.filter.batch import NOVEL, SketchedBatch
from dedup.filter.engine import longest
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.formats.base import RejectedInput, Source
from dedup.formats.byte_reader import Piece, lines
from dedup.formats.jsonl import JsonLines
from dedup.formats.reading import open_input
from dedup.settings import Settings
from dedup.sketch.lsh import band_keys
from dedup.sketch.minhash import permutations, sign
from dedup.sketch.normalize import Batch, canonicalise, count_words, pack, prenormalize
from dedup.sketch.shingles import UNITS, shingle
from dedup.sketch.signs import signs

_STAGES = ("read", "parse", "canonical", "shingle", "sign", "keys", "match", "write")
_WARM_LINES = 3000


class Profile:
    """Runs the stages of `NoveltyFilter.sketch_batch` and of the command one by one.

    Attributes:
        seconds: CPU time by stage.
        paragraphs: The number of paragraphs.
        kept: The number of novel ones.
    """

    def __init__(self, settings: Settings) -> None:
        self.seconds: Counter[str] = Counter()
        self.paragraphs = 0
        self.kept = 0
        self._novelty = NoveltyFilter(settings)
        self._settings = settings
        self._permutations = permutations(settings.num_perm, settings.seed)
        unit, self._size = settings.shingle_parts()
        self._unit = UNITS[unit]

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = process_time()
        yield
        self.seconds[name] += process_time() - began

    def run(self, path: Path) -> None:
        """Filter a JSON Lines file, and discard the output."""
        source = Source(str(path), max_bytes=self._settings.max_bytes, labelled=False)
        reader = JsonLines(source)
        with open_input(str(path)) as file, open(os.devnull, "wb") as sink:
            batches = iter(lines(file, source.max_bytes))
            while True:
                with self._stage("read"):
                    batch = next(batches, None)
                if batch is None:
                    return
                if isinstance(batch, Piece):
                    continue
                with self._stage("parse"):
                    parsed = list(reader.parse(batch, self.paragraphs + 1))
                for part in parsed:
                    if isinstance(part, RejectedInput):
                        continue
                    sketched = self._sketch_batch(part.texts)
                    with self._stage("match"):
                        kinds = self._novelty.match_batch(sketched).kinds
                    with self._stage("write"):
                        novel = kinds == NOVEL
                        sink.write(b"".join(part.select(novel)))
                        sink.flush()
                    self.paragraphs += len(novel)
                    self.kept += int(novel.sum())

    def _sketch_batch(self, texts: list[bytes]) -> SketchedBatch:
        layout, char_classes = self._novelty.layout, self._novelty._engine._char_classes
        with self._stage("canonical"):
            raw = pack(texts)
            known, normalised = prenormalize(raw, char_classes)
            (data, offsets), tokens = canonicalise(known, normalised, char_classes)
        with self._stage("shingle"):
            sets = shingle(data, offsets, tokens, self._unit, self._size)
        with self._stage("sign"):
            signatures = sign(sets.hashes, sets.offsets, self._permutations)
        with self._stage("keys"):
            sign_hashes = signs(known, normalised, char_classes)
            keys = band_keys(data, offsets, signatures, layout.bands, layout.rows, self._settings.seed)
            keys[:, 0] ^= sign_hashes
        return SketchedBatch(
            raw, known, normalised, Batch(data, offsets), count_words(tokens, offsets), sign_hashes, sets, keys,
            max(longest(raw.offsets), longest(known.offsets)), longest(sets.offsets),
        )  # fmt: skip


def main() -> None:
    """Print the table, and write JSON if requested."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines, also .xz")
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--cpu", type=int, help="the core to run on")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    if given.cpu is not None:
        os.sched_setaffinity(0, {given.cpu})
    settings = Settings()
    with TemporaryDirectory() as place:
        Profile(settings).run(copy_lines(given.corpus, min(_WARM_LINES, given.lines), Path(place)).path)
        profile = Profile(settings)
        profile.run(copy_lines(given.corpus, given.lines, Path(place)).path)
    total = profile.seconds.total()
    each = {stage: 1e6 * profile.seconds[stage] / max(1, profile.paragraphs) for stage in _STAGES}
    rows = [[stage, f"{each[stage]:.2f}", f"{profile.seconds[stage] / total:.1%}"] for stage in _STAGES]
    rows.append(["all", f"{sum(each.values()):.2f}", "100.0%"])
    print(f"{profile.paragraphs:,} paragraphs, {profile.kept:,} kept\n")
    print("\n".join(grid(("stage", "us per paragraph", "share"), rows)))
    if given.out:
        figures = {"paragraphs": profile.paragraphs, "kept": profile.kept, "microseconds": each}
        given.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
