"""Rows as a model takes them: each value checked against the dtype that its column had in training."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lineal.formats.tables import texts
from lineal.objects.errors import Invalid
from lineal.serving.loaders import Rows

Convert = Callable[[Any], object]
"""Takes a value as it came; raises TypeError, ValueError or OverflowError when it is not of its column's kind."""

_MISSING = texts.BLANKS | {"None", "n/a", "#N/A", "<NA>"}
"""What ``pandas.read_csv`` takes for missing, besides spellings of broken numbers: training most likely read it so."""

_WORDS = {"true": True, "1": True, "false": False, "0": False}


def cells(rows: Iterable[Mapping[str, str]], inputs: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as values: a blank is missing; in a column of unknown dtype, a number is a number.

    Args:
        rows: text by column.
        inputs: the dtype of each column that the model takes; other columns are left out.
    """
    for row in rows:
        yield {name: _cell(row[name], inputs[name]) for name in inputs if name in row}


def typed(rows: Iterable[Any], inputs: Mapping[str, str], *, first: int = 1) -> Rows:
    """Return ``rows`` with the model's columns only, each value as its column wants it; a missing value is NaN.

    Args:
        rows: values by column, as JSON has them.
        inputs: the dtype of each column, as it was in training; empty where it is not known.
        first: the number of the first row, for messages.

    Raises:
        Invalid: a column is missing or a value is not of its column's kind; the message names both.
    """
    converts = {name: _convert(dtype) for name, dtype in inputs.items()}
    return [_row(row, number, converts, inputs) for number, row in enumerate(rows, start=first)]


def _cell(text: str, dtype: str) -> Any:
    if text.strip() in _MISSING:
        return None
    if dtype:
        return text
    for kind in (_integer, _float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _row(row: Any, number: int, converts: Mapping[str, Convert], inputs: Mapping[str, str]) -> dict[str, object]:
    if not isinstance(row, Mapping):
        raise Invalid(f"row {number} is no object", hint='give {"column": value, …} for each row')
    found: dict[str, object] = {}
    for name, convert in converts.items():
        if name not in row:
            raise Invalid(f"row {number} has no column {name!r}", hint="the model takes: " + ", ".join(inputs))
        value = row[name]
        try:
            found[name] = convert(value)
        except (TypeError, ValueError, OverflowError):
            what = "a missing value" if value is None else repr(value)[:80]
            raise Invalid(f"row {number}: {what} in column {name!r} is no {inputs[name]}", hint="mend it") from None
    return found


def _convert(dtype: str) -> Convert:
    """Return how a value of ``dtype``, as NumPy, pandas, Arrow or SQL spell it, is read."""
    text = dtype.lower()
    kind = next((kind for shape, kind in _KINDS if shape.match(text)), _any)
    return _ranged(text) if kind is _integer else kind


def _ranged(dtype: str) -> Convert:
    bits = int(bits_found.group()) if (bits_found := re.search(r"\d+", dtype)) else 64
    lowest, highest = (0, 2**bits - 1) if dtype.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def integer(value: Any) -> int:
        if not lowest <= (found := _integer(value)) <= highest:
            raise OverflowError
        return found

    return integer


def _integer(value: Any) -> int:
    if isinstance(value, str):
        try:
            return int(_digits(value))
        except ValueError:
            value = float(
                _digits(value)
            )  # 39.0: a column of whole numbers, written by a program that knows only floats
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    return int(value)


def _float(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool):
        raise TypeError
    return float(_digits(value) if isinstance(value, str) else value)


def _digits(text: str) -> str:
    """Return ``text``; Python would read 1_000 as a number, and no table means that."""
    if "_" in text:
        raise ValueError
    return text


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if (word := str(value).strip().lower()) in _WORDS:
        return _WORDS[word]
    raise ValueError


def _string(value: Any) -> str | float:
    if value is None or isinstance(value, str):
        return math.nan if value is None else value
    raise TypeError


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _any(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        raise TypeError
    return math.nan if value is None else value


_KINDS: tuple[tuple[re.Pattern[str], Convert], ...] = (
    (re.compile(r"bool"), _boolean),
    (re.compile(r"u?(big|small|tiny)?int(eger)?\d*\b"), _integer),
    (re.compile(r"float|double|decimal|numeric|real"), _float),
    (re.compile(r"str|large_string|varchar|text"), _string),
    (re.compile(r"list\b"), _list),
)
"""A column of ``object`` or ``category`` holds anything; text, as a rule."""
