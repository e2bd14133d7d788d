"""A piece that is not known -> its rows in the lexicon, where no table says more of it than kernels look up.

That is a word of ASCII letters which is common or not and in some classes, or a code such as G20, with and without
capitals or 's, and a number in figures: most of what a feed has ever anew. All other pieces are for Python to learn.
"""

import numpy as np

from dedup.facts.figures import add_number
from dedup.facts.lexicon import (
    ALPHA,
    ASCII,
    BRIEF,
    CAPITAL,
    CLASSES,
    CODE,
    COMMON,
    DIGIT,
    EVERY,
    KEY,
    LETTERED,
    LETTERS,
    LOWER,
    MARKED,
    NUMERIC,
    PART,
    SHOUTED,
    SMALL,
    UPPER,
    USED_BYTES,
)
from dedup.facts.lookup import SEED, add_key, add_piece, begun, finished, has_room, hashed, hashed_all, look_up
from dedup.facts.told import IN_CLASSES, IS_COMMON, IS_MORE
from dedup.jit import part

_CODE = begun(b"code ")
_D, _E, _G, _H, _I, _L, _N, _O, _R, _S, _U, _X, _Y, _Z = b"deghilnorsuxyz"


@part
def enter(data, start, end, hash_, columns):  # type: ignore[no-untyped-def]  # typed by numba
    """Enter a piece that is not known: its number, 0 where it, or more room for it, is for Python."""
    size = end - start
    if size > LETTERS or not has_room(columns, size):
        return np.int64(0)
    if data[start] < 58:
        return add_number(columns, data, start, end, hash_)
    stem = size - _possessive(data, start, size)
    begin = columns.used[USED_BYTES]  # its small letters go behind those of all pieces, to be found or to stay
    small = SEED
    capitals = 0
    digits = 0
    for k in range(stem):
        letter = data[start + k] | 32
        if 48 <= data[start + k] < 58:
            digits += 1
        elif letter < 97 or letter > 122:
            return np.int64(0)
        columns.bytes[begin + k] = letter
        capitals += letter != data[start + k]
        small = hashed(small, letter)
    small = finished(small)
    brief = BRIEF if stem < 3 and digits == 0 else 0
    number = look_up(columns.bytes, begin, begin + stem, small, columns)
    if number == 0:
        key = _add_code(columns, begin, stem) if digits > 0 else _add_word(columns, begin, stem)
        if key == 0:
            return number
        number = add_piece(columns, columns.bytes, begin, stem, small, key, LOWER | ALPHA | brief)
    if capitals == 0 and stem == size:
        return number
    flags = ALPHA | (UPPER if data[start] < 97 else LOWER)
    if stem == size:
        flags |= brief
    else:  # one more letter, the s
        stem += 1
        capitals += data[end - 1] != _S
    if capitals > 0:
        flags |= CAPITAL | (SHOUTED if capitals + digits == stem else 0)
    return add_piece(columns, data, start, size, hash_, columns.words[columns.pieces[number, PART], KEY], flags)


@part
def _possessive(data, start, size):  # type: ignore[no-untyped-def]  # typed by numba
    """How many bytes an 's at the end of `data[start : start + size]` has, with either apostrophe; 0 where none is."""
    end = start + size
    if size < 3 or data[end - 1] | 32 != _S:
        return 0
    if data[end - 2] == 39:
        return 2
    curly = size > 4 and data[end - 4] == 0xE2 and data[end - 3] == 0x80 and data[end - 2] == 0x99
    return 4 if curly else 0


@part
def _add_word(columns, begin, size):  # type: ignore[no-untyped-def]  # typed by numba
    """Make a row of the word at a place of `bytes`; its number, 0 where more is to be said of it."""
    said = _by_stems(columns, begin, size)
    if said & IS_MORE != 0:
        return np.int64(0)
    marks = ASCII | LETTERED | (COMMON if said & IS_COMMON != 0 else 0)
    number = add_key(columns, columns.bytes, begin, size, marks)
    if said >= IN_CLASSES:
        columns.keys[number, CLASSES] = said // IN_CLASSES
    return number


@part
def _add_code(columns, begin, size):  # type: ignore[no-untyped-def]  # typed by numba
    """Make a row of the letters and digits at a place of `bytes`; its number."""
    number = add_key(columns, columns.bytes, begin, size, MARKED | ASCII | DIGIT)
    columns.keys[number, CODE] = finished(hashed_all(_CODE, columns.bytes, begin, begin + size))
    columns.keys[number, NUMERIC] = columns.keys[number, SMALL] = EVERY
    return number


@part
def _said(columns, begin, size, last):  # type: ignore[no-untyped-def]  # typed by numba
    """What `told` has of letters at a place of `bytes`, and one more where `last` is not 0; 0 for none."""
    hash_ = hashed_all(SEED, columns.bytes, begin, begin + size)
    hash_ = finished(hashed(hash_, last) if last != 0 else hash_)
    told = columns.told
    low, high = 0, len(told) - 1
    while low < high:
        middle = (low + high) >> 1
        if told[middle, 0] < hash_:
            low = middle + 1
        else:
            high = middle
    return told[low, 1] if told[low, 0] == hash_ else np.int64(0)


@part
def _by_stems(columns, begin, size):  # type: ignore[no-untyped-def]  # typed by numba
    """What `told` has of a word, by its `stems`: commonness by any of them, classes by the first that is in some."""
    end = begin + size
    antepenult, penult, last = columns.bytes[end - 3], columns.bytes[end - 2], columns.bytes[end - 1]
    said = _said(columns, begin, size, 0) | _said(columns, begin, size, _S) & IS_COMMON
    if last == _S and penult not in (_S, _U, _I):
        said = _with(said, _said(columns, begin, size - 1, 0))
    stem = 0
    if last == _S:
        stem = size - 2 if penult == _E and antepenult in (_S, _H, _X, _Z, _O) else 0
    elif (penult == _E and last in (_D, _R)) or (penult == _L and last == _Y):
        stem = size - 2
    elif antepenult == _I and penult == _N and last == _G:
        stem = size - 3
    if stem >= 3:
        said = _with(said, _said(columns, begin, stem, 0))
        if last not in (_S, _Y):
            said = _with(said, _said(columns, begin, stem, _E))
        if last != _S and stem > 3 and columns.bytes[begin + stem - 1] == columns.bytes[begin + stem - 2]:
            said = _with(said, _said(columns, begin, stem - 1, 0))
    if size > 2 and antepenult == _I and penult == _E and last in (_S, _D):
        said = _with(said, _said(columns, begin, size - 3, _Y))
    return said


@part
def _with(said, more):  # type: ignore[no-untyped-def]  # typed by numba
    """What is said of a word, with what is said of one more of its stems."""
    return said | more & (IS_COMMON if said >= IN_CLASSES else ~IS_MORE)
