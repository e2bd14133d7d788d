"""Plain text, with one paragraph per line, or with blank lines between paragraphs."""

from collections.abc import Iterator, Sequence
from itertools import chain, compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.formats.base import BOM, Records, RejectedInput, Source, Stream
from dedup.formats.byte_reader import Lines, Piece, blocks
from dedup.formats.wrapped_lines import EXAMINED_LINES, is_wrapped
from dedup.model.types import Labels
from dedup.model.utf8 import decode


class TextRecords(Records):
    """Each record is one paragraph."""

    def __init__(self, name: str, first: int, raws: Sequence[bytes], split: str) -> None:
        self.split = split
        self.separator = b"\n\n" if split == "blank" else b"\n"
        self._name = name
        self._first = first
        self._raws = raws
        self.texts = [raw.strip(b"\r\n") for raw in raws]
        if first == 1 and self.texts[0].startswith(BOM):
            self.texts[0] = self.texts[0][len(BOM) :]

    def labels(self) -> Labels:
        n = len(self.texts)
        ids = [f"{self._name}:{ordinal}" for ordinal in range(self._first, self._first + n)]
        return Labels(ids, [None] * n, [self._name] * n)

    def fields(self, paragraph: int) -> dict[str, Any]:
        return {"id": f"{self._name}:{self._first + paragraph}", "text": decode(self.texts[paragraph])}

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        return list(compress(self._raws, wanted.tolist()))


class Text(Stream):
    """Reads lines, or blocks between blank lines.

    If `split` is `auto`, the first batch of lines decides. Each line is a paragraph, unless the lines are hard-wrapped.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._split = source.split

    def split_records(self, batches: Iterator[Lines]) -> Iterator[Lines]:
        if self._split == "auto":
            first = next(batches, [])
            wrapped = not isinstance(first, Piece) and is_wrapped([decode(line) for line in first[:EXAMINED_LINES]])
            self._split = "blank" if wrapped else "line"
            batches = chain([first] if first else [], batches)
        return blocks(batches, self.source.max_bytes) if self._split == "blank" else batches

    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | RejectedInput]:
        yield TextRecords(self.source.name, first, raws, self._split)
