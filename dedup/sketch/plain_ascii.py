"""The fast path of normalisation: ASCII letters, digits and separators."""

import numpy as np

from dedup._kernels.bits import EIGHT, ONE, TWO, load64, ones, store64
from dedup._kernels.jit import inline
from dedup.sketch.char_classes import CLOSER

_EACH = np.uint64(0x0101010101010101)  # times a byte: eight of it
_HIGH = _EACH << np.uint64(7)
_SPACES = _EACH * np.uint64(0x20)


@inline
def plain(data, at, stop, table, out, to, tokens, inside):
    """Write the canonical text of `data[at:stop]` to `out` from `to` on, up to the first other character.

    `table` is `CharTable.plain`. Returns the new `at`, `to` and `tokens`, and whether the output ends inside a token
    (1 or 0); all uint64.
    """
    while at < stop:
        limit = stop
        if at + EIGHT <= stop:
            # Eight letters, digits and single spaces are lower-cased at once.
            eight = load64(data, at)
            letters = _from(eight | _SPACES, np.uint64(0x61)) & ~_from(eight | _SPACES, np.uint64(0x7B))
            words = letters | (_from(eight, np.uint64(0x30)) & ~_from(eight, np.uint64(0x3A)))
            spaces = ~_from(eight ^ _SPACES, np.uint64(1))
            double = spaces & (spaces << EIGHT | (ONE - inside) << np.uint64(7))
            if (eight | ~(words | spaces) | double) & _HIGH == 0:
                store64(out, to, eight | (letters & _HIGH) >> TWO)
                words &= _HIGH
                tokens += ones(words & ~(words << EIGHT | inside << np.uint64(7)))
                inside = words >> np.uint64(63)
                at += EIGHT
                to += EIGHT
                continue
            limit = at + EIGHT
        while at < limit:
            byte = table[data[at]]
            if byte == CLOSER:
                return at, to, tokens, inside
            word = np.uint64(byte != 0)
            out[to] = max(byte, np.uint8(32))
            to += word | inside
            tokens += word & ~inside
            inside = word
            at += ONE
    return at, to, tokens, inside


@inline
def _from(eight, least):
    """Set the highest bit of each of eight ASCII bytes that is at least `least`. The other bits are undefined."""
    return eight + _EACH * (np.uint64(0x80) - least)
