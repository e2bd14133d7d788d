"""Plain text: a paragraph a line, or paragraphs between blank lines."""

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import decode
from dedup.formats.records import BOM, Records, Rejected, Source, Stream
from dedup.model import Labels


class TextRecords(Records):
    """Each record is one paragraph."""

    def __init__(self, name: str, first: int, raws: Sequence[bytes], blank_lines: bool) -> None:
        self.separator = b"\n\n" if blank_lines else b"\n"
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
    """Lines, unless `split` is `blank`."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.blank_lines = source.split == "blank"

    def parse(self, raws: Sequence[bytes], first: int) -> Iterator[Records | Rejected]:
        yield TextRecords(self.source.name, first, raws, self.blank_lines)
