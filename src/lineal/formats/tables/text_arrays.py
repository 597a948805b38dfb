"""What the texts of a whole array stand for: the same as ``texts`` finds one by one, by Arrow.

Only what is written plainly is read here; what is not (blanks around a number, other digits than 0 to 9, words that may
be truth values, times with zones) is left to ``texts``. So this is a faster way, never another meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineal.formats.profiles import Limits
from lineal.formats.tables.array_tally import ArrayTally
from lineal.formats.tables.buffers import frugal, mask, to_numpy
from lineal.formats.tables.texts import take
from lineal.objects.profiles import ColumnProfile

Array = Any

_DAY_MS = 86_400_000.0
_YEAR = "(?:1[7-9]|2[01])[0-9]{2}"
"""Years whose microseconds a float holds exactly."""

_DATE = f"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_TIME = "[ T][0-9]{2}:[0-9]{2}:[0-9]{2}"


def _take_integers(tally: ArrayTally, values: Array, counts: Array) -> None:
    tally.take_integers(to_numpy(pc.cast(values, pa.int64()), np.int64), counts)


def _take_floats(tally: ArrayTally, values: Array, counts: Array) -> None:
    tally.take_floats(to_numpy(pc.cast(values, pa.float64()), np.float64), counts)


def _take_dates(tally: ArrayTally, values: Array, counts: Array) -> None:
    days = to_numpy(pc.cast(values, pa.date32()), np.int32)
    tally.take_times(days * _DAY_MS, counts, "date")


def _take_seconds(tally: ArrayTally, values: Array, counts: Array) -> None:
    seconds = to_numpy(pc.cast(values, pa.timestamp("s")), np.int64)
    tally.take_times(seconds * 1000.0, counts, "timestamp")


def _take_microseconds(tally: ArrayTally, values: Array, counts: Array) -> None:
    microseconds = to_numpy(pc.cast(values, pa.timestamp("us")), np.int64)
    tally.take_times(microseconds / 1000.0, counts, "timestamp")


def _take_texts(tally: ArrayTally, values: Array, counts: Array) -> None:
    tally.take_texts(values, counts)


_FEW = 4_096

_EXPONENT = "[eE][+-]?[0-9]{1,2}"

_SHAPES: tuple[tuple[str, Callable[[ArrayTally, Array, Array], None]], ...] = (
    ("-?[0-9]{1,18}", _take_integers),
    (rf"-?(?:[0-9]{{1,17}}\.[0-9]{{0,17}}|\.[0-9]{{1,17}})(?:{_EXPONENT})?|-?[0-9]{{1,17}}{_EXPONENT}", _take_floats),
    (_DATE, _take_dates),
    (_DATE + _TIME, _take_seconds),
    (_DATE + _TIME + r"\.[0-9]{1,6}", _take_microseconds),
    # Nine signs from a letter on, or a letter with a digit behind it: no truth value, no number, nothing missing.
    ("[A-Za-z][ -~]{7,}[!-~]|[A-Za-z][!-~]*[0-9][!-~]*", _take_texts),
    # A digit with a sign that no number has, before the fifth place, where a date has its first.
    ("[0-9][+-.0-9eE]{0,2}[!-*,/:-DF-df-~][!-~]*", _take_texts),
)
"""What is written so is surely that. The first that fits is taken."""


def _take_all_numbers(tally: ArrayTally, values: Array, counts: Array) -> bool:
    """Take texts that are numbers, all of them, without looking at their shapes. Tells whether they are.

    Where there are few texts, making ready to look takes longer than looking.
    What Arrow reads as a finite number is one: an optional minus, digits, a point, an exponent.
    """
    is_there = to_numpy(pc.binary_length(values), np.int32) > 0
    rest, times = (values, counts) if is_there.all() else (values.filter(mask(is_there)), counts[is_there])
    try:
        numbers = to_numpy(pc.cast(rest, pa.float64()), np.float64)
    except pa.ArrowInvalid:
        return False
    if not len(numbers) or not np.isfinite(numbers).all():
        return False
    is_float = np.logical_or.reduce([to_numpy(pc.match_substring(rest, sign), bool) for sign in ".eE"])
    if not is_float.all():
        try:
            whole = to_numpy(pc.cast(rest.filter(mask(~is_float)), pa.int64()), np.int64)
        except pa.ArrowInvalid:
            return False  # larger than 64 bits
        tally.take_integers(whole, times[~is_float])
    if is_float.any():
        tally.take_floats(numbers[is_float], times[is_float])
    tally.rest.missing += int(counts[~is_there].sum())
    return True


def _take_by_shape(tally: ArrayTally, values: Array, counts: Array) -> tuple[Array, Array]:
    """Take texts of plain shapes; return what is left, and how often each of it was there."""
    for shape, take_all in _SHAPES:
        if not len(values):
            break
        fits = pc.match_substring_regex(values, f"^(?:{shape})$")
        chosen = to_numpy(fits, bool)
        if not chosen.any():
            continue
        try:
            take_all(tally, values.filter(fits), counts[chosen])
        except pa.ArrowInvalid:
            continue  # the thirtieth of February; one by one, they are told apart
        values, counts = values.filter(pc.invert(fits)), counts[~chosen]
    return values, counts


class TextArray:
    """A column of a table that is text.

    Args:
        name: what it is called.
        cells: the values as they are written, as Arrow's strings without nulls.
        limits: how much its profile keeps.
    """

    def __init__(self, name: str, cells: Array, limits: Limits) -> None:
        self._name = name
        self._cells = cells
        self._limits = limits

    def profiles(self) -> Iterator[ColumnProfile]:
        """Yield the profile of the column."""
        with frugal():
            found = self._profile()
        yield found

    def _profile(self) -> ColumnProfile:
        tally = ArrayTally()
        counted = pc.value_counts(self._cells.combine_chunks())
        values, counts = counted.field("values"), to_numpy(counted.field("counts"), np.int64)
        if not (0 < len(values) <= _FEW and _take_all_numbers(tally, values, counts)):
            values, counts = _take_by_shape(tally, values, counts)
            take(tally.rest, dict(zip(values.to_pylist(), counts.tolist(), strict=True)))
        return tally.profile(self._name, self._limits)

    def texts(self) -> Sequence[str | None]:
        """Return the values as they are written."""
        found: list[str | None] = self._cells.to_pylist()
        return found
