"""Text -> canonical text: the form in which paragraphs are compared.

The canonical text is NFKC of the case-folded NFKC, cut into tokens that are joined by one space. A
token is a run of letters, marks and digits, in which an apostrophe between two of them and a point
between two digits stay; every character of a script without spaces (Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese)
is a token of its own, with its marks. Nothing else is left, so quotation marks, dashes, bullets and white space never
make two texts differ; `signs` has the signs that do.
Invisible format characters (soft hyphen, joiners, direction marks, variation selectors) vanish
without cutting a word. Bytes that are not UTF-8 count as letters, each by itself, so that text in
an unknown encoding is still compared (only an invisible character between two of them lets them join).

One kernel does all of it for characters whose canonical form does not depend on their neighbours,
which are nearly all; the rare text with another character is normalised by `unicodedata` first.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import EIGHT, ONE, load64
from dedup._kernels.jit import inline, kernel, part
from dedup.model.utf8 import decode, encode
from dedup.sketch.char_classes import (
    APOSTROPHE,
    BLOCK,
    COMPLEX,
    DIGIT,
    IGNORED,
    LETTER,
    MARK,
    POINT,
    SINGLE,
    UNKNOWN,
    Alphabet,
    normalise,
)
from dedup.sketch.plain_ascii import plain


class Batch(NamedTuple):
    """Texts laid end to end: text i is `data[offsets[i] : offsets[i + 1]]`, uint8; offsets: (n + 1,) int64."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]


def pack(texts: Sequence[bytes]) -> Batch:
    """Lay texts end to end."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return Batch(np.frombuffer(bytearray().join(texts), np.uint8), offsets)


def prepare(texts: Batch, alphabet: Alphabet) -> tuple[Batch, NDArray[np.bool_]]:
    """Texts that the kernel can finish alone, and which of them were normalised on the way: (n,) bool."""
    state = np.zeros(len(texts.offsets) - 1, np.int64)
    while (unknown := scan(texts.data, texts.offsets, alphabet.letters.kinds, state)) >= 0:
        alphabet.learn(unknown // BLOCK)
    complex_ = state == 1
    if complex_.any():
        texts = _normalise(texts, np.flatnonzero(complex_), alphabet)
    return texts, complex_


def _normalise(texts: Batch, chosen: NDArray[np.int64], alphabet: Alphabet) -> Batch:
    parts: list[bytes] = []
    lengths = np.diff(texts.offsets)
    whole = texts.data.tobytes()
    end = 0
    for i in chosen:
        start, stop = int(texts.offsets[i]), int(texts.offsets[i + 1])
        text = encode(normalise(decode(whole[start:stop])))
        parts += (whole[end:start], text)
        lengths[i] = len(text)
        for block in {ord(character) // BLOCK for character in set(decode(text))}:
            if not alphabet.letters.kinds[block * BLOCK]:
                alphabet.learn(block)
        end = stop
    parts.append(whole[end:])
    offsets = np.zeros(len(texts.offsets), np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return Batch(np.frombuffer(bytearray().join(parts), np.uint8), offsets)


@inline
def decode_character(data, at, end):
    """(code point, length) of the UTF-8 character at `at`, uint64; (-1, 1) for a byte that belongs to none."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, 1
    if first < 0xC2 or first > 0xF4:
        return -1, 1
    length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if at + np.uint64(length) > end:
        return -1, 1
    code = first & (0x7F >> length)
    for k in range(1, length):
        byte = np.int64(data[at + np.uint64(k)])
        if byte & 0xC0 != 0x80:
            return -1, 1
        code = code << 6 | (byte & 0x3F)
    if length == 3 and (code < 0x800 or 0xD800 <= code < 0xE000):
        return -1, 1
    if length == 4 and (code < 0x10000 or code > 0x10FFFF):
        return -1, 1
    return code, length


@kernel
def scan(data, offsets, kinds, state):
    """Mark in `state` ((n,) int64) each text with a complex character by 1.

    Gives the first code point that `kinds` does not know yet, or -1 when every text was seen.
    """
    for i in range(len(state)):
        at = np.uint64(offsets[i])
        end = np.uint64(offsets[i + 1])
        while at < end:
            # ASCII is passed over eight bytes at a time.
            if at + EIGHT <= end and load64(data, at) & np.uint64(0x8080808080808080) == 0:
                at += EIGHT
                continue
            if data[at] < 0x80:
                at += ONE
                continue
            code, length = decode_character(data, at, end)
            at += np.uint64(length)
            if code >= 0:
                kind = kinds[code] & 15
                if kind == UNKNOWN:
                    return code
                if kind == COMPLEX:
                    state[i] = 1
    return -1


@part
def canonicalise_one(data, start, end, normalised, letters, out, begin):
    """Write the canonical text of `data[start:end]` to `out` from `begin` on; (its end, its tokens), int64.

    `out` needs room for twice the input and one byte more.
    """
    to = np.uint64(begin)
    tokens = np.uint64(0)
    inside = np.uint64(0)  # 1 while the output ends in a word; else it ends in a space, or is empty
    single = False  # the output ends in a character that is a token of its own, and its space
    digit = False  # the last character was a digit
    pending = 0  # an apostrophe or point that stays if the next character allows it
    at = np.uint64(start)
    stop = np.uint64(end)
    while at < stop:
        if pending == 0:
            # Most of most texts: ASCII letters, digits and what separates them.
            before = at
            at, to, tokens, inside = plain(data, at, stop, letters.plain, out, to, tokens, inside)
            if at > before:
                single = False
                digit = inside != 0 and 48 <= out[to - ONE] < 58
            if at == stop:
                break
        code, length = decode_character(data, at, stop)
        invalid = code < 0
        if invalid:
            kind = LETTER
        elif normalised:
            kind = letters.kinds[code] >> 4
        else:
            kind = letters.kinds[code] & 15
            code = np.int64(letters.folds[code])
        if kind in (LETTER, DIGIT, MARK):
            joined = kind == MARK and single
            if pending != 0:
                joins = pending == 39 or kind == DIGIT
                out[to] = pending if joins else 32
                to += ONE
                tokens += np.uint64(not joins)
                pending = 0
            elif joined:
                to -= ONE  # before the space
            else:
                tokens += np.uint64(inside == 0)
            to = _encode(code, data[at], out, to)
            if joined:
                out[to] = 32
                to += ONE
            else:
                single = False
                inside = ONE
            digit = kind == DIGIT
        elif kind == SINGLE:
            if inside != 0:
                out[to] = 32
                to += ONE
            to = _encode(code, data[at], out, to)
            out[to] = 32
            to += ONE
            tokens += ONE
            single = True
            inside = np.uint64(0)
            pending = 0
        elif kind == IGNORED:
            pass
        elif inside != 0 and pending == 0 and (kind == APOSTROPHE or (kind == POINT and digit)):
            pending = 39 if kind == APOSTROPHE else 46
        else:
            out[to] = 32
            to += inside
            inside = np.uint64(0)
            single = False
            pending = 0
        at += np.uint64(length)
    if inside == 0 and to > np.uint64(begin):
        to -= ONE
    return np.int64(to), np.int64(tokens)


@inline
def _encode(code, byte, out, to):
    """Write the UTF-8 of a code point, or for -1 the byte that is none; its end."""
    if code < 0:
        out[to] = byte
    elif code < 0x80:
        out[to] = code
    else:
        if code < 0x800:
            out[to] = 0xC0 | code >> 6
        else:
            if code < 0x10000:
                out[to] = 0xE0 | code >> 12
            else:
                out[to] = 0xF0 | code >> 18
                to += ONE
                out[to] = 0x80 | (code >> 12 & 0x3F)
            to += ONE
            out[to] = 0x80 | (code >> 6 & 0x3F)
        to += ONE
        out[to] = 0x80 | (code & 0x3F)
    return to + ONE


def canonicalise(texts: Batch, normalised: NDArray[np.bool_], alphabet: Alphabet) -> tuple[Batch, NDArray[np.int64]]:
    """Canonical texts of prepared texts, and the tokens of each, (n,) int64."""
    data, offsets = texts
    out = np.empty(2 * int(offsets[-1] - offsets[0]) + 1, np.uint8)
    ends, tokens = np.zeros_like(offsets), np.empty(len(offsets) - 1, np.int64)
    _canonicalise(data, offsets, normalised, alphabet.letters, out, ends, tokens)
    return Batch(out[: ends[-1]], ends), tokens


@kernel
def _canonicalise(data, offsets, normalised, letters, out, ends, tokens):
    for i in range(len(tokens)):
        ends[i + 1], tokens[i] = canonicalise_one(
            data, offsets[i], offsets[i + 1], normalised[i], letters, out, ends[i]
        )


def words(tokens: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many words texts have, for whom that matters: (n,) int64, of their tokens and their offsets.

    As many as tokens, but one where text is spelled out letter by letter, as headings and bad scans are: any two such
    texts are alike.
    """
    return np.where(3 * tokens > np.diff(offsets), np.minimum(tokens, 1), tokens)


def canonical(text: str) -> str:
    """The canonical text of one text, for looking at by hand."""
    alphabet = Alphabet()
    texts, normalised = prepare(pack([encode(text)]), alphabet)
    (data, _), _ = canonicalise(texts, normalised, alphabet)
    return decode(data.tobytes())
