"""A text -> the words that facts are compared on, as numbers of the lexicon, and where its sentences end."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.canonical import decode_character
from dedup.facts.entry import enter
from dedup.facts.lexicon import CAPITAL, END, FLAGS, KEY, LOWER, PART, PARTS, SPOKEN, START, TWICE, UPPER
from dedup.facts.lookup import SEED, expect, finished, hashed, look_up
from dedup.facts.tables import LANGUAGES
from dedup.facts.words import SINGLES
from dedup.jit import part

# Columns of a word of a text, beside those of the lexicon: what it is in the alignment.
STATE = 4
SAME, NOVEL, MOVED = range(3)
# Of a text. COUNT: its words. FROM, TO: its bytes in the data. STAMP: what is in `met` above the places. CASED: whether
# capitals tell names in it. SMALL_LETTERS: whether it has none. LANGUAGE: the number of its language. From VOICES on:
# words that speak for each language.
COUNT, FROM, TO, STAMP, CASED, SMALL_LETTERS, LANGUAGE, VOICES = range(8)
HEAD = VOICES + len(LANGUAGES)
# Of a piece of a text: where its bytes begin and end in the data, their hash, whether white space is before it.
BEGINS, ENDS, HASHED, OPENS = range(4)
EN, DE, KO, ZH = (LANGUAGES.index(code) for code in ("en", "de", "ko", "zh"))

_MIXED = 2  # where fewer words than one in so many begin small, it is a headline or shouted: capitals say nothing
_SAMPLE = 24  # words that tell the language
_NONE = 0  # what a character is to the cut: it ends a piece, stands in one, is trimmed from its ends, or is one
_INSIDE, _EDGE, _ALONE = range(1, 4)
_ROLES = np.array(
    [
        _INSIDE if chr(c).isalnum() else _EDGE if chr(c) in "',.:" else _ALONE if chr(c) in "$%" else _NONE
        for c in range(128)
    ]
)
(_A, _A_END), (_B, _B_END), (_C, _C_END), (_D, _D_END) = SINGLES


class Text(NamedTuple):
    """A text that was cut.

    data: uint8, it stands somewhere there. head: (HEAD,) int64, what the constants above name. words: (at least its
    words, 5) int64, each as in the lexicon, but places are in the data. met: int64, for each key of the lexicon the
    stamp of the last text that has it, and in the low half the word that it is first met at there.
    """

    data: NDArray[np.uint8]
    head: NDArray[np.int64]
    words: NDArray[np.int64]
    met: NDArray[np.int64]


@part
def _role(code):  # type: ignore[no-untyped-def]  # typed by numba
    """What a character beyond ASCII, or a byte that belongs to none, is to the cut."""
    if code in (0xA3, 0xA5, 0x20AC, 0x20B9):
        return _ALONE
    if code < 0xAA or code in (0xAB, 0xBB):
        return _NONE
    if 0x2000 <= code <= 0x202F:
        return _EDGE if code == 0x2019 else _NONE
    if is_single(code):
        return _ALONE
    return _NONE if is_space(code) else _INSIDE


@part
def is_single(code):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a code point is Han or kana."""
    return _A <= code <= _A_END or _B <= code <= _B_END or _C <= code <= _C_END or _D <= code <= _D_END


@part
def is_space(code):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether a code point is white space to `str.split`."""
    if code <= 0x20:
        return code == 0x20 or 9 <= code <= 13 or 28 <= code <= 31
    return code in (0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000) or 0x2000 <= code <= 0x200A


@part
def character(data, at, end):  # type: ignore[no-untyped-def]  # typed by numba
    """(code point, length) of the character at `at`, int64; -1 for a byte that belongs to none."""
    code, length = decode_character(data, np.uint64(at), np.uint64(end))
    return np.int64(code), np.int64(length)


@part
def _next(data, at, end):  # type: ignore[no-untyped-def]  # typed by numba
    """What `character` gives, without a call for ASCII."""
    if data[at] < 0x80:
        return np.int64(data[at]), np.int64(1)
    return character(data, at, end)


@part
def before(data, begin, at):  # type: ignore[no-untyped-def]  # typed by numba
    """(code point, length) of the character that ends at `at`, which is beyond `begin`; -1 for a byte of none."""
    start = at - 1
    while start > begin and at - start < 4 and data[start] & 0xC0 == 0x80:
        start -= 1
    code, length = character(data, start, at)
    if start + length == at:
        return code, length
    return np.int64(-1), np.int64(1)


@part
def byte_before(text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """The byte before a word, 0 where the text begins with it."""
    at = text.words[place, START] - 1
    return text.data[at] if at >= text.head[FROM] else np.uint8(0)


@part
def byte_behind(text, place):  # type: ignore[no-untyped-def]  # typed by numba
    """The byte behind a word, 0 where the text ends with it."""
    at = text.words[place, END]
    return text.data[at] if at < text.head[TO] else np.uint8(0)


@part
def _divides(data, at, end, letters):  # type: ignore[no-untyped-def]  # typed by numba
    """Whether no word goes on beyond a point, comma, colon or apostrophe, as far as ASCII tells.

    A point may stand between single letters, any of the three between digits, and an apostrophe may anywhere.
    """
    sign, before = data[at], data[at - 1]
    if sign == 39 or sign >= 0x80:
        return False
    if letters > 0:
        return sign != 46 or letters > 1
    behind = data[at + 1] if at + 1 < end else np.uint8(32)
    return 48 <= before < 58 and behind < 0x80 and not 48 <= behind < 58


@part
def _pieces(data, start, end, cuts, columns):  # type: ignore[no-untyped-def]  # typed by numba
    """Cut `data[start:end]` into rows of `cuts`: (how many, whether there is Han or kana, whether there is Hangul).

    Looking them up is left for later, as waiting for memory at each would add up; here it is only asked for.
    """
    count = 0
    han = False
    hangul = False
    opens = True  # what comes is the first of the text, or stands behind white space
    at = start
    while at < end:
        code, length = _next(data, at, end)
        role = _ROLES[code] if 0 <= code < 0x80 else _role(code)
        if role in (_NONE, _EDGE):
            opens = role == _NONE and is_space(code)
            at += length
            continue
        first = at
        last = at
        points = 0
        letters = 0  # in a row, of ASCII
        hash_ = SEED
        running = SEED
        while at < end:
            code, length = _next(data, at, end)
            role = _ROLES[code] if 0 <= code < 0x80 else _role(code)
            if role == _NONE or (role == _ALONE and at > first) or (role == _EDGE and _divides(data, at, end, letters)):
                break
            letters = letters + 1 if 97 <= code | 32 <= 122 else 0
            for k in range(at, at + length):
                running = hashed(running, data[k])
            at += length
            # A point stays at the end where there is one before it: U.S.
            if role != _EDGE or (code == 46 and points > 0):
                last = at
                hash_ = running
            points += code == 46
            han |= is_single(code)
            hangul |= 0xAC00 <= code <= 0xD7A3
            if role == _ALONE:
                break
        hash_ = finished(hash_)
        expect(hash_, columns)
        cuts[count, BEGINS] = first
        cuts[count, ENDS] = last
        cuts[count, HASHED] = hash_
        cuts[count, OPENS] = opens
        count += 1
        opens = False
    return count, han, hangul


@part
def read(text, start, end, source, columns, room, missing):  # type: ignore[no-untyped-def]  # typed by numba
    """Cut `data[start:end]` into words; how many rows of `room.unknown` are filled then, `missing` of them before.

    The text is of no use while there are any, but for learning them.
    """
    data, words, head, met, cuts, unknown = text.data, text.words, text.head, text.met, room.cuts, room.unknown
    room.stamps[0] += 1
    head[STAMP] = room.stamps[0]  # what was noted of the last text counts no more
    pieces, han, hangul = _pieces(data, start, end, cuts, columns)
    count = 0
    capitals = 0
    small = 0
    shouted = False
    for piece in range(pieces):
        first, last, hash_ = cuts[piece, BEGINS], cuts[piece, ENDS], cuts[piece, HASHED]
        number = look_up(data, first, last, hash_, columns)
        if number == 0:
            number = enter(data, first, last, hash_, columns)
        if number == 0:
            if missing < len(unknown):
                unknown[missing, 0] = source
                unknown[missing, 1] = first
                unknown[missing, 2] = last
                unknown[missing, 3] = hash_
            missing += 1
        elif missing == 0:
            part_ = columns.pieces[number, PART]
            for row in range(part_, part_ + columns.pieces[number, PARTS]):
                key = columns.words[row, KEY]
                flags = columns.words[row, FLAGS]
                words[count, KEY] = key
                words[count, FLAGS] = flags
                words[count, START] = first + columns.words[row, START]
                words[count, END] = first + columns.words[row, END]
                words[count, STATE] = SAME
                if met[key] >> 32 != head[STAMP]:
                    met[key] = head[STAMP] << 32 | count
                if cuts[piece, OPENS] != 0 and row == part_ and columns.words[row, START] == 0:
                    capitals += flags & UPPER != 0
                    small += flags & LOWER != 0
                shouted |= flags & CAPITAL != 0
                count += 1
    head[COUNT] = count
    head[FROM] = start
    head[TO] = end
    head[LANGUAGE] = ZH if han else KO if hangul else _language(words, head, columns.keys)
    head[CASED] = capitals > 0 and _MIXED * capitals <= capitals + small
    head[SMALL_LETTERS] = not shouted
    return min(missing, len(unknown))


@part
def _language(words, head, keys):  # type: ignore[no-untyped-def]  # typed by numba
    """The language most of whose function words and numbers are here; English where none is."""
    for k in range(len(LANGUAGES)):
        head[VOICES + k] = 0
    for place in range(min(head[COUNT], _SAMPLE)):
        spoken = keys[words[place, KEY], SPOKEN]
        twice = keys[words[place, KEY], TWICE]
        k = VOICES
        while spoken != 0:
            head[k] += (spoken & 1) + (twice & 1)
            spoken >>= 1
            twice >>= 1
            k += 1
    best = 0
    for k in range(1, len(LANGUAGES)):
        if head[VOICES + k] > head[VOICES + best]:
            best = k
    return best
