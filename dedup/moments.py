"""The times of a feed, as they were written -> moments that can be compared; durations -> seconds."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def moment(time: str | None) -> float | None:
    """Seconds since 1970 of an ISO 8601 or RFC 5322 time, or of a number of seconds; None for what is none of them.

    A time that names no zone is taken for UTC.
    """
    if time is None:
        return None
    with suppress(ValueError, OverflowError):
        return float(time) if abs(float(time)) < 1e12 else None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            parsed = parse(time.strip())
            return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return None


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def duration(said: str) -> float:
    """The seconds of a duration: `90s`, `30m`, `12h`, `7d`, `2w`, `1d12h`. Raises ValueError for what is none."""
    if not re.fullmatch(r"([0-9]+(\.[0-9]+)?[smhdw])+", said):
        raise ValueError(f"{said!r} is no duration")
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)([smhdw])", said))
