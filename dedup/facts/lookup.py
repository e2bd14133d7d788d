"""A piece of text -> its number in the lexicon: it is looked up, and entered where it is a plain word.

A plain word is made of ASCII letters, and no table says more of it than whether it is common and in which classes it
is. Kernels enter it by themselves, as nearly all words that a feed has ever anew are plain, and so are the capitals of
a word that is known. All other pieces are for Python to learn.
"""

import numpy as np

from dedup.bits import prefetch
from dedup.facts.lexicon import (
    ALPHA,
    ASCII,
    BRIEF,
    BYTES,
    CAPITAL,
    CLASSES,
    CODE,
    COMMON,
    DIGITS,
    END,
    FIRST,
    FLAGS,
    HASH,
    KEY,
    LENGTH,
    LETTERED,
    LETTERS,
    LOWER,
    MARKS,
    NAMES,
    PART,
    PARTS,
    SHOUTED,
    SIZE,
    SUFFIX,
    TERRITORY,
    UPPER,
    USED_BYTES,
    USED_KEYS,
    USED_MORE,
    USED_PIECES,
    USED_WORDS,
    WORTH,
)
from dedup.facts.told import FNV_PRIME, FNV_SEED, IN_CLASSES, IS_COMMON, IS_MORE
from dedup.jit import part
from dedup.views import address

SEED = np.int64(FNV_SEED - (1 << 64))
_PRIME = np.int64(FNV_PRIME)
_D, _E, _G, _H, _I, _L, _N, _O, _R, _S, _U, _X, _Y, _Z = b"deghilnorsuxyz"


@part
def hashed(hash_, byte):  # type: ignore[no-untyped-def]  # typed by numba
    """A running hash with one more byte, from `SEED` on."""
    return (hash_ ^ np.int64(byte)) * _PRIME


@part
def finished(hash_):  # type: ignore[no-untyped-def]  # typed by numba
    """The hash of a piece, of a running one behind its last byte."""
    return (hash_ ^ (hash_ >> 32 & 0xFFFFFFFF)) & np.int64(0x7FFFFFFFFFFFFFFF)


@part
def expect(hash_, columns):  # type: ignore[no-untyped-def]  # typed by numba
    """Ask for where a piece of this hash is looked up first."""
    prefetch(address(columns.slots) + np.uint64(8 * (hash_ & (len(columns.slots) - 1))))


@part
def look_up(data, start, end, hash_, columns):  # type: ignore[no-untyped-def]  # typed by numba
    """The number of the piece `data[start:end]`, 0 where it is not known."""
    mask = len(columns.slots) - 1
    place = hash_ & mask
    while columns.slots[place] != 0:
        number = columns.slots[place]
        if columns.pieces[number, HASH] == hash_ and columns.pieces[number, SIZE] == end - start:
            begin = columns.pieces[number, BYTES]
            k = start
            while k < end and data[k] == columns.bytes[begin + k - start]:
                k += 1
            if k == end:
                return number
        place = (place + 1) & mask
    return np.int64(0)


@part
def enter(data, start, end, hash_, columns):  # type: ignore[no-untyped-def]  # typed by numba
    """Enter a piece that is not known: its number, 0 where it, or more room for it, is for Python."""
    size = end - start
    if size > LETTERS or not _has_room(columns, size):
        return np.int64(0)
    begin = columns.used[USED_BYTES]  # its small letters go behind those of all pieces, to be found or to stay
    small = SEED
    capitals = 0
    for k in range(size):
        letter = data[start + k] | 32
        if letter < 97 or letter > 122:
            return np.int64(0)
        columns.bytes[begin + k] = letter
        capitals += letter != data[start + k]
        small = hashed(small, letter)
    small = finished(small)
    number = look_up(columns.bytes, begin, begin + size, small, columns)
    if number == 0:
        said = _by_stems(columns, begin, size)
        if said & IS_MORE != 0:
            return number
        number = _add(columns, columns.bytes, begin, size, small, _key(columns, begin, size, said), LOWER)
    if capitals == 0:
        return number
    flags = CAPITAL | (SHOUTED if capitals == size else 0) | (UPPER if data[start] < 97 else LOWER)
    return _add(columns, data, start, size, hash_, columns.words[columns.pieces[number, PART], KEY], flags)


@part
def _said(columns, begin, size, last):  # type: ignore[no-untyped-def]  # typed by numba
    """What `told` has of letters at a place of `bytes`, and one more where `last` is not 0; 0 for none."""
    hash_ = SEED
    for k in range(begin, begin + size):
        hash_ = hashed(hash_, columns.bytes[k])
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


@part
def _has_room(columns, size):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a word of this size can be entered, with and without capitals."""
    used = columns.used
    return (
        2 * (used[USED_PIECES] + 2) <= len(columns.slots)
        and used[USED_PIECES] + 2 <= len(columns.pieces)
        and used[USED_BYTES] + 2 * size <= len(columns.bytes)
        and used[USED_WORDS] + 2 <= len(columns.words)
        and used[USED_KEYS] < len(columns.keys)
        and used[USED_MORE] + size <= len(columns.more)
    )


@part
def _key(columns, begin, size, said):  # type: ignore[no-untyped-def]  # typed by numba
    """Make a row of the key that is written at a place of `bytes`; its number."""
    used, keys = columns.used, columns.keys
    number = used[USED_KEYS]
    for column in (TERRITORY, NAMES, WORTH, DIGITS, SUFFIX, CODE):
        keys[number, column] = -1
    keys[number, MARKS] = ASCII | LETTERED | (COMMON if said & IS_COMMON != 0 else 0)
    keys[number, CLASSES] = said // IN_CLASSES if said >= IN_CLASSES else -1
    keys[number, LENGTH] = size
    keys[number, FIRST] = used[USED_MORE]
    for k in range(size):
        columns.more[used[USED_MORE] + k] = columns.bytes[begin + k]
    used[USED_KEYS] += 1
    used[USED_MORE] += size
    return number


@part
def _add(columns, data, start, size, hash_, key, flags):  # type: ignore[no-untyped-def]  # typed by numba
    """Put a piece of one word behind the others; its number."""
    used, pieces, words = columns.used, columns.pieces, columns.words
    number, begin, word = used[USED_PIECES], used[USED_BYTES], used[USED_WORDS]
    pieces[number, HASH] = hash_
    pieces[number, BYTES] = begin
    pieces[number, SIZE] = size
    pieces[number, PART] = word
    pieces[number, PARTS] = 1
    words[word, KEY] = key
    words[word, FLAGS] = flags | ALPHA | (BRIEF if size < 3 else 0)
    words[word, END] = size
    for k in range(size):
        columns.bytes[begin + k] = data[start + k]
    used[USED_PIECES] += 1
    used[USED_BYTES] += size
    used[USED_WORDS] += 1
    mask = len(columns.slots) - 1
    place = hash_ & mask
    while columns.slots[place] != 0:
        place = (place + 1) & mask
    columns.slots[place] = number
    return number
