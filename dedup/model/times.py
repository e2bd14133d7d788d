"""Parses times as feeds write them, and durations."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?", re.IGNORECASE)
# 2025, 202511, 20251104, 202511040600 and 20251104060000 are dates: read as seconds or milliseconds, they would be in
# 1970, 1976 or after 2500.
_COMPACT = re.compile(r"((?:19|20)[0-9]{2}|2100)(?:(0[1-9]|1[0-2])(?:([0-9]{2})([0-9]{4}(?:[0-9]{2})?)?)?)?(?:\.0*)?")
# Numbers below the first limit are seconds, below the second milliseconds, and so on. Each limit is in 1973 when read
# in the next unit, and after the year 5000 in its own.
_UNITS = ((1e11, 1), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))

_COMMENT = re.compile(r"\s*\([^()]*\)$")  # +0100 (Central European Time)
_CLOCK = re.compile(
    r"(?:^|[T\s,])\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?(?:\s*([ap])\.?m\b\.?)?", re.IGNORECASE
)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"(.*?)(?<![-+0-9])([0-9]{4})")  # Tue Nov  4 06:00:00 UTC 2025
_OFFSET = re.compile(r"(?:UTC?|GMT)?\s*([+-])([0-9]{1,2}):?([0-9]{2})?", re.IGNORECASE)
#: Hours from UTC of the zones that have one meaning in news: those of RFC 822, and of Europe, Asia and Oceania.
_ZONES = {
    "": 0, "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "WET": 0, "WEST": 1, "BST": 1,
    "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9,
    "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip


def moment(time: str | None) -> float | None:
    """Seconds since 1970 of a time as feeds write it; None if it cannot be read.

    A time is a number of seconds, milliseconds, microseconds or nanoseconds, a year from 1900 to 2100 or a month of one
    (its first moment), ISO 8601 (with a space, slashes or a named zone too), or a date with the English name of its
    month (RFC 822, `date`, `Nov 4, 2025 6:00 PM EST`). Without a zone it is in UTC. A date with an ambiguous day and
    month (04/11/2025) cannot be read, nor can an unknown zone.
    """
    if time is None:
        return None
    text = time.strip()
    try:
        if text[4:5] != "-" and _NUMBER.fullmatch(text):
            return _numeric(text)
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            parsed = _spelled(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def written(time: str | date | float | None) -> str | None:
    """A time as text. A date or datetime becomes ISO 8601."""
    if time is None or isinstance(time, str):
        return time
    return time.isoformat() if isinstance(time, date) else str(time)


def utc(time: float) -> str:
    """ISO 8601 of seconds since 1970, or the number if it is out of range."""
    try:
        return datetime.fromtimestamp(time, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return f"{time} seconds since 1970"


def _numeric(text: str) -> float | None:
    compact = _COMPACT.fullmatch(text)
    if compact:
        try:
            year, month, day, clock = compact.groups()
            text_ = f"{year}{month or '01'}{day or '01'}T{clock or '00'}"
            return datetime.fromisoformat(text_).replace(tzinfo=UTC).timestamp()
        except ValueError:
            pass
    number = float(text)
    return next((number / unit for limit, unit in _UNITS if abs(number) < limit), None)


def _spelled(text: str) -> datetime:
    """Parse a date that is not ISO 8601. Raises ValueError if it cannot be read."""
    text = _COMMENT.sub("", text)
    clock = _CLOCK.search(text)
    day, zone = (text[: clock.start()], text[clock.end() :]) if clock else (text, "")
    year_last = _YEAR_LAST.fullmatch(zone)
    if year_last:
        zone, year = year_last.groups()
        day = f"{day} {year}"
    hour, minute, second, fraction, half = clock.groups() if clock else ("0", "0", None, None, None)
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(text)
        hours = hours % 12 + (12 if half in "pP" else 0)
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    return datetime(*_day(day.strip(" ,")), hours, int(minute), int(second or 0), micro, _zone(zone.strip()))


def _day(text: str) -> tuple[int, int, int]:
    """Year, month and day."""
    numbers = _DATE.fullmatch(text)
    if numbers:
        return int(numbers[1]), int(numbers[3]), int(numbers[4])
    weekday = _WEEKDAY.match(text)
    text = text[weekday.end() :] if weekday else text
    named = parsedate(f"{text} 00:00:00 UTC") if re.search("[a-z]", text, re.IGNORECASE) else None
    if named is None:
        parsed = date.fromisoformat(text)
        return parsed.year, parsed.month, parsed.day
    return named[:3]


def _zone(text: str) -> timezone:
    offset = _OFFSET.fullmatch(text)
    if offset:
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-away if offset[1] == "-" else away)
    if text.upper() not in _ZONES:
        raise ValueError(text)
    return timezone(timedelta(hours=_ZONES[text.upper()]))


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def duration(text: str) -> float:
    """The seconds of a duration: `90s`, `30m`, `12h`, `7d`, `2w`, `1d12h`. Raises ValueError for other text."""
    if not re.fullmatch(r"([0-9]+(\.[0-9]+)?[smhdw])+", text):
        raise ValueError(f"{text!r} is not a duration")
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)([smhdw])", text))
