"""Shares and times of data in words: the same on the command line, on pages and in the sentences of a comparison."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lineal.objects.canonical import Number

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000
_LEAST = 0.0005
_WHOLE_MAX, _GROUPED_MIN = 1e15, 10_000

MOMENTS = frozenset(("date", "timestamp"))
"""The dtypes whose values are times since 1970; of others they are times of day, or how long something took."""


def percent(share: float) -> str:
    """Return a share: what is there at all is more than 0 %, and what is not all is less than 100 %."""
    if 0 < share < _LEAST:
        return "<0.1 %"
    if 1 - _LEAST < share < 1:
        return ">99.9 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def time_of(value_ms: float, dtype: str) -> str:
    """Return a time in milliseconds, of a column of ``dtype``: a date, with the minute where it is not midnight."""
    if dtype not in MOMENTS:
        return f"{value_ms / 1000:,.6g} s"
    try:
        found = _EPOCH + timedelta(milliseconds=value_ms)
    except (OverflowError, ValueError):
        return f"{value_ms:.4g} ms after 1970"
    return found.isoformat(" ", "minutes")[: 10 if value_ms % _DAY_MS == 0 else 16]


def figure(value: Number) -> str:
    """Return a measured number in six significant digits; whole numbers are kept whole."""
    if isinstance(value, str):
        return value
    if not float(value).is_integer() or abs(value) >= _WHOLE_MAX:
        return f"{value:,.6g}"
    return f"{value:,.0f}" if abs(value) >= _GROUPED_MIN else f"{value:.0f}"  # 2024 is a year, not 2,024
