"""JSON arrays of very many values are bounded."""

import pytest

from dedup.formats.base import RejectedInput
from dedup.formats.jsonfeed import values

_MOST = 1_000_000


@pytest.mark.parametrize(("begin", "value", "end"), [(b"[", b"1,", b"1]"), (b"", b"{}", b"")])
def test_values_beyond_a_million_are_rejected_together(begin: bytes, value: bytes, end: bytes) -> None:
    """Each value takes some hundred bytes, so 64 MiB of short ones would take gigabytes."""
    (first, read, _), (ordinal, rest, _) = values("x", begin + value * (_MOST + 5) + end)
    assert isinstance(read, list)
    assert (first, len(read), ordinal) == (1, _MOST, _MOST + 1)
    assert isinstance(rest, RejectedInput)
    assert rest.raw == value * 5 + end
    assert rest.reason == "more than 1,000,000 values follow each other; use JSON Lines"


def test_a_million_values_are_read() -> None:
    """The bound itself is allowed."""
    [(_, read, in_array)] = values("x", b"[" + b"1," * (_MOST - 1) + b"1]")
    assert isinstance(read, list)
    assert (len(read), in_array) == (_MOST, True)
