"""Times, sizes and numbers as people read them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lineal.objects.canonical import Number, Scalar

_AGES = ((60, "s", 1), (3600, "min", 60), (86_400, "h", 3600), (86_400 * 60, "days", 86_400))
_SIZES = ("kB", "MB", "GB", "TB")


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
    for below, unit, size in _AGES:
        if seconds < below:
            count = int(seconds / size)
            return f"{count} {'day' if unit == 'days' and count == 1 else unit} ago"
    return f"{int(seconds / (86_400 * 30.44))} months ago" if seconds < 86_400 * 730 else f"{_years(seconds)} years ago"


def _years(seconds: float) -> int:
    return int(seconds / (86_400 * 365.25))


def duration(duration_ms: int) -> str:
    """Return a duration in milliseconds as two of its units at most."""
    seconds = duration_ms / 1000
    if duration_ms < 1000:
        return f"{duration_ms} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def size(size_bytes: int) -> str:
    """Return a number of bytes in decimal units."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    value = float(size_bytes)
    for unit in _SIZES:
        value /= 1000
        # 999.96 would be shown as 1000.0 of this unit: it is 1.0 of the next.
        if value < 999.95:
            break
    return f"{value:.1f} {unit}"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return a number of things, with thousands separated."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def number(value: Number) -> str:
    """Return a measured number in at most six significant digits; whole numbers are kept whole."""
    if isinstance(value, str):
        return value
    if value == int(value) and abs(value) < 1e15:
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
