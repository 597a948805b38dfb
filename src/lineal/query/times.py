"""Times as people write them: a day, a month, a minute, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_SECOND_MS = 1_000
_DAY_MS = 86_400_000

UNITS_MS = {
    "second": _SECOND_MS,
    "minute": 60 * _SECOND_MS,
    "hour": 3_600 * _SECOND_MS,
    "day": _DAY_MS,
    "week": 7 * _DAY_MS,
    "month": 30 * _DAY_MS,
    "year": 365 * _DAY_MS,
}
"""Units of ``7 days ago``; a month counts 30 days and a year 365."""

_AGO = re.compile(rf"(?P<count>[0-9]{{1,6}})\s+(?P<unit>{'|'.join(UNITS_MS)})s?\s+ago")
_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:[tT ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?[zZ]?)?)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Period(NamedTuple):
    """A stretch of time: its first millisecond since 1970 UTC, and the first one after it."""

    start_at: int
    end_at: int


def period(text: str, now: int) -> Period | None:
    """Return the period that ``text`` names, or None when it names none.

    Args:
        text: ``2026``, ``2026-11``, ``2026-11-01``, ``2026-11-01T12:30``, ``today``, ``yesterday``, ``now`` or
            ``7 days ago``; all of them UTC.
        now: the time, in milliseconds since 1970 UTC.
    """
    text = " ".join(text.lower().split())
    today = now - now % _DAY_MS
    named = {
        "now": Period(now, now + 1),
        "today": Period(today, today + _DAY_MS),
        "yesterday": Period(today - _DAY_MS, today),
    }
    if text in named:
        return named[text]
    if match := _AGO.fullmatch(text):
        at = now - int(match["count"]) * UNITS_MS[match["unit"]]
        return Period(at, at + 1)
    if match := _DATE.fullmatch(text):
        return _dated({name: int(value) for name, value in match.groupdict().items() if value})
    return None


def _dated(parts: dict[str, int]) -> Period | None:
    """Return the period of the given ``parts`` of a date: as long as the smallest of them."""
    try:
        start = datetime(**{"month": 1, "day": 1, **parts}, tzinfo=UTC)
        return Period(_ms(start), _ms(_after(start, len(parts))))
    except (ValueError, OverflowError):
        return None  # the 31st of a short month, or a year that no calendar has


def _after(start: datetime, count: int) -> datetime:
    if count == 1:
        return start.replace(year=start.year + 1)
    if count == 2:
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start + {3: timedelta(days=1), 5: timedelta(minutes=1), 6: timedelta(seconds=1)}[count]


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
