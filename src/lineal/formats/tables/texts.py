"""What a text in a table stands for: nothing, a truth value, a number, a date, a time, or itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from lineal.formats.profiles import Limits
from lineal.formats.tables.tally import Tally
from lineal.objects.profiles import ColumnProfile

BLANKS = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL"})
"""How tables write "nothing here"."""

NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?[Ii]nf(?:inity)?"

TRUTHS = frozenset({"true", "false"})

_IS_NUMBER = re.compile(NUMBER)
_IS_TIME = re.compile(r"\d{4}-\d\d-\d\d(?P<time>[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INTEGER_DIGITS_MAX = 4_000
"""Python refuses to read longer whole numbers, because it would take very long."""

_HUGE = 1 << 1024


class TextCells:
    """A column of a table that is text.

    Args:
        name: what it is called.
        cells: the values as they are written.
        limits: how much its profile keeps.
    """

    def __init__(self, name: str, cells: Sequence[str], limits: Limits) -> None:
        self._name = name
        self._cells = cells
        self._limits = limits

    def profiles(self) -> Iterator[ColumnProfile]:
        """Yield the profile of the column."""
        found = Tally()
        take(found, Counter(self._cells))
        yield found.profile(self._name, self._limits)

    def texts(self) -> Sequence[str | None]:
        """Return the values as they are written."""
        return self._cells


def take(tally: Tally, cells: Mapping[str, int]) -> None:
    """Count cells, each with how often it was there, as what they stand for."""
    for cell, count in cells.items():
        text = cell.strip()
        if text in BLANKS:
            tally.missing += count
        elif not _take_number(tally, text, count):
            if (word := text.lower()) in TRUTHS:
                tally.take_boolean(word, count)
            else:
                take_text(tally, cell, count)


def _take_number(tally: Tally, text: str, count: int) -> bool:
    """Count a number. Tells whether it is one: Python also reads 1_000 and other words for infinity, tables do not."""
    try:
        value = float(text)
    except ValueError:
        return False
    if ("_" in text or not (text[-1] == "." or text[-1].isdecimal())) and not _IS_NUMBER.fullmatch(text):
        return False
    if "." in text or "e" in text or "E" in text or text[-1] in "fy":
        tally.take_float(value, count)
    else:
        tally.take_integer(int(text) if len(text) < _INTEGER_DIGITS_MAX else _HUGE, count)
    return True


def take_text(tally: Tally, text: str, count: int) -> None:
    """Count a text that may be a date or a time (ISO 8601; without a zone it is taken for UTC)."""
    match = _IS_TIME.fullmatch(text) if text[4:5] == "-" else None
    value_ms = _milliseconds(text) if match else None
    if match and value_ms is not None:
        tally.take_time(value_ms, count, "timestamp" if match["time"] else "date")
    else:
        tally.take_text(text, count)


def _milliseconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        return ((moment - _EPOCH) // _MICROSECOND) / 1000
    except (ValueError, OverflowError):
        return None
