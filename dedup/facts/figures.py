"""A number in figures -> its rows in the lexicon, which say what `meanings.digits` says.

It is of ASCII digits, perhaps with points, commas or colons between them: 12, 1,746, 2.30, 14:05.
"""

import numpy as np

from dedup.facts.lexicon import (
    ASCII,
    DIGIT,
    DIGITS,
    EVERY,
    GROUP,
    LEADING_DIGIT,
    MARKED,
    NUMERIC,
    SHORT,
    SMALL,
    USED_MORE,
    USED_VALUES,
    WORTH,
)
from dedup.facts.lookup import TIMES, add_key, add_piece, begun, finished, hashed
from dedup.jit import part

_CLOCK = begun(b"clock ")
_EXACT = 15  # digits of which a float64 holds any number
_COMMA, _POINT, _COLON = b",.:"


@part
def add_number(columns, data, start, end, hash_):  # type: ignore[no-untyped-def]  # typed by numba
    """Enter the number `data[start:end]`: the number of the piece, 0 where it is none of those."""
    value = hour = np.int64(0)
    digits = head = run = 0  # of all, before the first point, behind the last one
    point = np.int64(0)
    grouped = True  # 1,746,000
    clock = False
    for at in range(start, end):
        byte = data[at]
        if 48 <= byte < 58:
            value = 10 * value + (byte - 48)
            digits += 1
            run += 1
        elif run > 0 and byte in (_COMMA, _POINT, _COLON):
            if point == 0:
                point, head, hour = np.int64(byte), run, value
            else:
                grouped &= run == 3
            grouped &= byte == point
            clock |= byte == _COLON
            run = 0
        else:
            return np.int64(0)
    if run == 0 or digits > _EXACT:
        return np.int64(0)
    worth = np.float64(value)
    marks = MARKED | ASCII | DIGIT | LEADING_DIGIT
    if point == 0:
        head, hour = run, value
        marks |= (SHORT if run <= 3 else 0) | (GROUP if run == 3 else 0)
    elif not (grouped and run == 3 and head <= 3 and not clock):
        scale = 1.0
        for _ in range(digits - head):
            scale *= 10.0
        worth /= scale  # both are exact, so this is the nearest number, as it is to Python
    key = add_key(columns, data, start, end - start, marks)
    row, used = columns.keys[key], columns.used
    row[NUMERIC] = row[SMALL] = EVERY
    row[WORTH] = used[USED_VALUES]
    columns.values[used[USED_VALUES]] = worth
    used[USED_VALUES] += 1
    times = row[DIGITS] = used[USED_MORE]
    before = hour - 12 if hour == 12 else hour
    after = hour + 12 if hour < 12 else hour
    columns.more[times] = _time(data, start + head, end, hour) if clock else np.int64(-1)
    columns.more[times + 1] = _time(data, start + head, end, before)
    columns.more[times + 2] = _time(data, start + head, end, after)
    used[USED_MORE] += TIMES
    return add_piece(columns, data, start, end - start, hash_, key, 0)


@part
def _time(data, at, end, hour):  # type: ignore[no-untyped-def]  # typed by numba
    """The code of a clock time: an hour, and its minutes as they are in `data[at:end]`, or none."""
    hash_ = _CLOCK
    power = np.int64(1)
    while 10 * power <= hour:
        power *= 10
    while power > 0:
        hash_ = hashed(hash_, 48 + hour // power % 10)
        power //= 10
    if at == end:
        for byte in (58, 48, 48):
            hash_ = hashed(hash_, byte)
    for k in range(at, end):
        hash_ = hashed(hash_, data[k] if 48 <= data[k] < 58 else np.uint8(_COLON))
    return finished(hash_)
