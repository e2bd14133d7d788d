"""The times of a feed, as they were written -> moments that can be compared."""

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
