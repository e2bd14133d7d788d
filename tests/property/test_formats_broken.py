"""Samples of every format, damaged in many ways: everything lost is reported."""

import io
from contextlib import suppress
from random import Random

import numpy as np
import pytest
from helpers.mutations import WHOLE, broken, content
from hypothesis import given
from hypothesis import strategies as st

from dedup import DedupError
from dedup.formats.base import RejectedInput, Source
from dedup.formats.html import Blocks
from dedup.formats.reading import records


@pytest.mark.parametrize("name", WHOLE)
@given(st.randoms(use_true_random=False), st.sampled_from([4 << 20, 300]))
def test_nothing_is_lost(name: str, draw: Random, max_bytes: int) -> None:
    """Every byte of a damaged input comes out or is rejected, or the whole input is refused in one line."""
    data = broken(WHOLE[name], draw)
    out = b""
    page = False
    with suppress(DedupError):
        for batch in records(io.BytesIO(data), Source("feed", max_bytes=max_bytes)):
            if isinstance(batch, RejectedInput):
                assert "\n" not in str(batch)
                out += batch.raw
            else:
                page = page or isinstance(batch, Blocks)
                some = np.arange(len(batch.texts)) % 2 == 0
                batch.select(some)
                assert len(batch.labels()) == len(batch.texts)
                assert all(batch.fields(k)["text"] is not None for k in range(len(batch.texts)))
                out += batch.header + b"".join(batch.select(np.ones_like(some)))
        # A page is written from its tree, so its bytes may differ if something was removed.
        assert page or not content(data) - content(out)
