"""Canonical text: the form in which paragraphs are compared.

The canonical text is NFKC of the case-folded NFKC, cut into tokens that are joined by one space. A token is a run of
letters, marks and digits. An apostrophe between two of them and a point between two digits are part of it. In scripts
without spaces (Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese) every character is a token, with its marks. All
other characters are separators, so quotation marks, dashes, bullets and white space never make two texts differ; see
`signs` for the signs that do. Invisible format characters (soft hyphen, joiners, direction marks, variation selectors)
are removed without cutting a word. Each byte that is not UTF-8 counts as a letter, so that text in an unknown encoding
is still compared.

One kernel handles all characters whose canonical form does not depend on their neighbours, which is nearly all of them.
A text with any other character is first normalised by `unicodedata`.
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
    CharClasses,
    normalise,
)
from dedup.sketch.plain_ascii import plain


class Batch(NamedTuple):
    """n concatenated texts: text i is `data[offsets[i] : offsets[i + 1]]`, uint8; offsets: (n + 1,) int64."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]


def pack(texts: Sequence[bytes]) -> Batch:
    """Concatenate texts."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return Batch(np.frombuffer(bytearray().join(texts), np.uint8), offsets)


def prenormalize(texts: Batch, char_classes: CharClasses) -> tuple[Batch, NDArray[np.bool_]]:
    """Normalise the texts that the kernel cannot handle. Returns all texts, and which were normalised: (n,) bool."""
    state = np.zeros(len(texts.offsets) - 1, np.int64)
    while (unknown := scan(texts.data, texts.offsets, char_classes.char_table.kinds, state)) >= 0:
        char_classes.learn(unknown // BLOCK)
    complex_ = state == 1
    if complex_.any():
        texts = _normalise(texts, np.flatnonzero(complex_), char_classes)
    return texts, complex_


def _normalise(texts: Batch, chosen: NDArray[np.int64], char_classes: CharClasses) -> Batch:
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
            if not char_classes.char_table.kinds[block * BLOCK]:
                char_classes.learn(block)
        end = stop
    parts.append(whole[end:])
    offsets = np.zeros(len(texts.offsets), np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return Batch(np.frombuffer(bytearray().join(parts), np.uint8), offsets)


@inline
def decode_character(data, at, end):
    """(code point, length) of the UTF-8 character at `at`, uint64; (-1, 1) for a byte that is not UTF-8."""
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
    """Set `state`, (n,) int64, to 1 for each text with a complex character.

    Returns the first code point that is not classified yet, or -1 after the last text.
    """
    for i in range(len(state)):
        at = np.uint64(offsets[i])
        end = np.uint64(offsets[i + 1])
        while at < end:
            # Skip ASCII eight bytes at a time.
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
def canonicalise_one(data, start, end, normalised, char_table, out, begin):
    """Write the canonical text of `data[start:end]` to `out` from `begin` on.

    Returns (its end, its number of tokens), int64. `out` needs room for twice the input plus one byte.
    """
    to = np.uint64(begin)
    tokens = np.uint64(0)
    inside = np.uint64(0)  # 1 while the output ends in a word, 0 if it ends in a space or is empty
    single = False  # whether the output ends in a single-character token and its space
    digit = False  # the last character was a digit
    pending = 0  # an apostrophe or point that stays if the next character allows it
    at = np.uint64(start)
    stop = np.uint64(end)
    while at < stop:
        if pending == 0:
            # ASCII letters, digits and separators are the most frequent case.
            before = at
            at, to, tokens, inside = plain(data, at, stop, char_table.plain, out, to, tokens, inside)
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
            kind = char_table.kinds[code] >> 4
        else:
            kind = char_table.kinds[code] & 15
            code = np.int64(char_table.folds[code])
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
    """Write a code point as UTF-8, or for -1 the invalid byte. Returns the end."""
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


def canonicalise(
    texts: Batch, normalised: NDArray[np.bool_], char_classes: CharClasses
) -> tuple[Batch, NDArray[np.int64]]:
    """The canonical texts of prenormalised texts, and their numbers of tokens, (n,) int64."""
    data, offsets = texts
    out = np.empty(2 * int(offsets[-1] - offsets[0]) + 1, np.uint8)
    ends, tokens = np.zeros_like(offsets), np.empty(len(offsets) - 1, np.int64)
    _canonicalise(data, offsets, normalised, char_classes.char_table, out, ends, tokens)
    return Batch(out[: ends[-1]], ends), tokens


@kernel
def _canonicalise(data, offsets, normalised, char_table, out, ends, tokens):
    for i in range(len(tokens)):
        ends[i + 1], tokens[i] = canonicalise_one(
            data, offsets[i], offsets[i + 1], normalised[i], char_table, out, ends[i]
        )


def count_words(tokens: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of words of n texts, (n,) int64, from their numbers of tokens and their offsets.

    A token is a word, except that a text spelled out letter by letter, such as a heading or a bad scan, has at most one
    word: any two such texts are similar.
    """
    return np.where(3 * tokens > np.diff(offsets), np.minimum(tokens, 1), tokens)


def canonical(text: str) -> str:
    """The canonical text of one text, for inspection."""
    char_classes = CharClasses()
    texts, normalised = prenormalize(pack([encode(text)]), char_classes)
    (data, _), _ = canonicalise(texts, normalised, char_classes)
    return decode(data.tobytes())
