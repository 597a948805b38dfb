"""Times, sizes and numbers as people read them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from lineal.objects.canonical import Number, Scalar

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_AGES = (
    (_MINUTE, 1, "s", "s"),
    (_HOUR, _MINUTE, "min", "min"),
    (_DAY, _HOUR, "h", "h"),
    (60 * _DAY, _DAY, "day", "days"),
    (730 * _DAY, 30.44 * _DAY, "month", "months"),
    (math.inf, 365.25 * _DAY, "year", "years"),
)
"""Below so many seconds, an age is counted in units of so many seconds, called so."""

_SIZES = ("kB", "MB", "GB", "TB")
_NEXT_SIZE = 999.95
"""From here on a size would be shown as 1000.0 of its unit: it is 1.0 of the next."""

_WHOLE_MAX = 1e15
"""Whole numbers up to here are shown digit by digit."""


def moment(at: int) -> str:
    """Return a time (milliseconds since 1970 UTC) to the minute, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(at / 1000))


def when(at: int, now: int) -> str:
    """Return a time (both in milliseconds since 1970 UTC) as a date in UTC, and how long ago that is."""
    return f"{moment(at)} UTC ({ago(at, now)})"


def ago(at: int, now: int) -> str:
    """Return how long ``at`` is before ``now``, both in milliseconds since 1970 UTC."""
    seconds = (now - at) / 1000
    if seconds < 1:
        return "just now"
    size_s, one, many = next(each[1:] for each in _AGES if seconds < each[0])
    found = int(seconds / size_s)
    return f"{found} {one if found == 1 else many} ago"


def duration(duration_ms: int) -> str:
    """Return a duration in milliseconds as two of its units at most."""
    seconds = duration_ms / 1000
    if seconds < 1:
        return f"{duration_ms} ms"
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    if minutes < _MINUTE:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours} h {minutes} min"


def size(size_bytes: int) -> str:
    """Return a number of bytes in decimal units."""
    value, name = float(size_bytes), "B"
    for unit in _SIZES:
        if value < _NEXT_SIZE:
            break
        value, name = value / 1000, unit
    return f"{size_bytes} B" if name == "B" else f"{value:.1f} {name}"


def count(number_of: int, singular: str, plural: str = "") -> str:
    """Return a number of things, with thousands separated."""
    return f"{number_of:,} {singular if number_of == 1 else plural or singular + 's'}"


def number(value: Number) -> str:
    """Return a measured number in at most six significant digits; whole numbers are kept whole."""
    if isinstance(value, str):
        return value
    if math.isfinite(value) and value == int(value) and abs(value) < _WHOLE_MAX:
        return f"{int(value)}"
    return f"{value:.6g}"


def scalar(value: Scalar) -> str:
    """Return a parameter's value as it would be written in a script."""
    return value if isinstance(value, str) else repr(value)


def metrics(values: Mapping[str, Number], limit: int = 0) -> str:
    """Return metrics on one line, the first ``limit`` of them; 0 means all."""
    names = list(values)
    shown = names[:limit] if limit else names
    rest = f" … {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    return " ".join(f"{name}={number(values[name])}" for name in shown) + rest
