"""Signs that carry meaning, hashed to one number per text. Equal texts have equal words and equal signs.

The canonical text has no signs, so that quotation marks, dashes, bullets and white space never make a difference. But
+0.4% is not -0.4%, $40 is not €40, and C++ is not C. Such signs are hashed here, each with the character beside it.
"""

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import EIGHT, ONE, load64, mix64
from dedup._kernels.jit import inline, kernel, part
from dedup.sketch.char_classes import DIGIT, LETTER, MARK, SIGN, SINGLE, CharClasses
from dedup.sketch.normalize import Batch, decode_character

_EACH = np.uint64(0x0101010101010101)  # times a byte: eight of it
_HIGH = _EACH << np.uint64(7)
_MINUS, _PLUS, _SHARP, _LESS, _GREATER, _RAISED = (np.int64(ord(sign)) for sign in "-+#<>^")
_DASHES = (0x2D, 0x2212, 0x2013)  # hyphen, minus, en dash; the small and the wide hyphen are folded to the first
_SPACE, _POINT, _DOLLAR = 32, 46, 36
#: ASCII after which a dash or plus joins two things, and is no sign of the number after it.
_JOINING = np.zeros(256, np.bool_)
_JOINING[list(b".,:;%)]/+-")] = True
#: Letters of ratings, of marks and of blood groups, after which a dash at the end of a word is a minus.
_RATED = np.zeros(256, np.bool_)
_RATED[list(b"abcdefo")] = True
_LONGEST_RATING = 3


def signs(texts: Batch, normalised: NDArray[np.bool_], char_classes: CharClasses) -> NDArray[np.uint64]:
    """The hash of the meaningful signs of prenormalised texts: (n,) uint64, 0 for none."""
    out = np.empty(len(normalised), np.uint64)
    _signs(*texts, normalised, char_classes.char_table, out)
    return out


@kernel
def _signs(data, offsets, normalised, char_table, out):
    for i in range(len(out)):
        out[i] = signs_of(data, offsets[i], offsets[i + 1], normalised[i], char_table)


@part
def signs_of(data, start, end, normalised, char_table):
    """The hash of the meaningful signs of `data[start:end]`: uint64, 0 for none."""
    found = np.uint64(0)
    at = np.uint64(start)
    stop = np.uint64(end)
    while at < stop:
        if at + EIGHT <= stop and not _may_have_sign(load64(data, at)):
            at += EIGHT
            continue
        kind, code, length = _character(data, at, stop, normalised, char_table)
        if kind == SIGN:
            found += _weight(code, data, np.uint64(start), at, at + length, stop, normalised, char_table)
        at += length
    return found


@inline
def _may_have_sign(eight):
    """Whether one of eight bytes may be a sign: no ASCII, or # $ % + - < = > ^, or ) and / for the sake of speed."""
    money = _from(eight, np.uint64(0x23)) & ~_from(eight, np.uint64(0x26))
    compared = _from(eight, np.uint64(0x3C)) & ~_from(eight, np.uint64(0x3F))
    counted = ~_from((eight | _EACH * np.uint64(6)) ^ _EACH * np.uint64(0x2F), 1)
    raised = ~_from(eight ^ _EACH * np.uint64(0x5E), np.uint64(1))
    return (eight | money | compared | counted | raised) & _HIGH != 0


@inline
def _from(eight, least):
    """Which of eight bytes of ASCII are at least `least`: the highest bit of each says so, others say nothing."""
    return eight + _EACH * (np.uint64(0x80) - least)


@inline
def _character(data, at, stop, normalised, char_table):
    """(kind, folded code point, length) of the character at `at`; a byte that is not UTF-8 is a letter."""
    code, length = decode_character(data, at, stop)
    if code < 0:
        return np.int64(LETTER), np.int64(0), np.uint64(length)
    if normalised:
        return np.int64(char_table.kinds[code] >> 4), code, np.uint64(length)
    return np.int64(char_table.kinds[code] & 15), np.int64(char_table.folds[code]), np.uint64(length)


@inline
def _next(data, at, stop, normalised, char_table):
    """(kind, folded code point) of the character at `at`; (0, 0) at the end."""
    if at >= stop:
        return np.int64(0), np.int64(0)
    kind, code, _ = _character(data, at, stop, normalised, char_table)
    return kind, code


@inline
def _before(data, start, at, normalised, char_table):
    """(kind, folded code point, place) of the character before `at`; (0, 0, at) at the beginning."""
    begin = at
    while begin > start and at - begin < 4:
        begin -= ONE
        if data[begin] & 0xC0 != 0x80:
            break
    kind, code = _next(data, begin, at, normalised, char_table)
    return kind, code, begin


@inline
def _is_word(kind):
    return kind in (LETTER, DIGIT, MARK, SINGLE)


@inline
def _first_digit(data, at, stop, normalised, char_table):
    """The first digit of the number that begins at `at`, perhaps with a point or a sign of money; 0 for none."""
    kind, code = _next(data, at, stop, normalised, char_table)
    if kind == SIGN and (code == _DOLLAR or (code > 0x7F and code not in _DASHES)):
        _, _, length = _character(data, at, stop, normalised, char_table)
        at += length
        kind, code = _next(data, at, stop, normalised, char_table)
    if code == _POINT:
        kind, code = _next(data, at + ONE, stop, normalised, char_table)
    return code if kind == DIGIT else np.int64(0)


@part
def _weight(sign, data, start, at, after, stop, normalised, char_table):
    """The hash of the folded `sign` at `at`, with the digit beside it; 0 where it has no meaning there."""
    kind, code, begin = _before(data, start, at, normalised, char_table)
    following, _ = _next(data, after, stop, normalised, char_table)
    digit = code if kind == DIGIT else np.int64(0)
    if sign in _DASHES or sign == _PLUS:
        is_plus = sign == _PLUS
        if not is_plus:
            sign = _MINUS
        if _is_word(kind):
            if _is_word(following) or not (is_plus or _is_rating(data, start, at, normalised, char_table)):
                return np.uint64(0)
        elif not (is_plus and code == _PLUS):
            digit = _first_digit(data, after, stop, normalised, char_table)
            if digit == 0 or (0 < code < 0x80 and _JOINING[code]):
                return np.uint64(0)
            earlier, _, _ = _before(data, start, begin, normalised, char_table)
            if code == _SPACE and earlier == DIGIT:
                return np.uint64(0)
    elif sign == _RAISED:
        if digit == 0 or following != DIGIT:
            return np.uint64(0)
    elif sign == _SHARP:
        if kind == DIGIT or not _is_word(kind) or _is_word(following):
            return np.uint64(0)
    elif sign in (_LESS, _GREATER):
        is_apart = code == _SPACE and after < stop and data[after] == _SPACE
        digit = _first_digit(data, after + ONE if is_apart else after, stop, normalised, char_table)
        if digit == 0 or code == _MINUS or (is_apart and at - start <= ONE):
            return np.uint64(0)
    elif digit == 0:
        while after < stop and data[after] == _SPACE:
            after += ONE
        digit = _first_digit(data, after, stop, normalised, char_table)
    return mix64(np.uint64(sign) << np.uint64(32) | np.uint64(digit))


@inline
def _is_rating(data, start, at, normalised, char_table):
    """Whether the word before `at` may be a rating: A, BBB."""
    for length in range(_LONGEST_RATING + 1):
        _, code, at = _before(data, start, at, normalised, char_table)
        if code == 0 or code == _SPACE:
            return length > 0
        if not 0 < code < 0x80 or not _RATED[code]:
            return False
    return False
