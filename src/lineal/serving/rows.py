"""Rows as a model takes them: each value checked against the dtype that its column had in training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from lineal.objects.errors import Invalid
from lineal.serving.loaders import Rows

_BLANKS = frozenset(("", "nan", "NaN", "NA", "null", "None"))
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def typed(rows: Iterable[Mapping[str, Any]], inputs: Mapping[str, str]) -> Rows:
    """Return ``rows`` with the model's columns only, each value as its column wants it.

    Args:
        rows: values by column, as JSON or as text from a table.
        inputs: the dtype of each column, as it was in training; without any, rows pass as they are.

    Raises:
        Invalid: a column is missing or a value is not of its column's kind; the message names both.
    """
    if not inputs:
        return [dict(row) for row in rows]
    kinds = {name: _KINDS[_kind(dtype)] for name, dtype in inputs.items()}
    return [_row(row, number, kinds, inputs) for number, row in enumerate(rows, start=1)]


def _row(row: Mapping[str, Any], number: int, kinds: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, object]:
    if not isinstance(row, Mapping):
        raise Invalid(f"row {number} is no object", hint='give {"column": value, …} for each row')
    found = {}
    for name, convert in kinds.items():
        if name not in row:
            raise Invalid(f"row {number} has no column {name!r}", hint="the model takes: " + ", ".join(inputs))
        try:
            found[name] = convert(row[name])
        except (TypeError, ValueError, OverflowError):
            raise Invalid(
                f"row {number}: {row[name]!r} in column {name!r} is no {inputs[name]}", hint="mend that value"
            ) from None
    return found


def _kind(dtype: str) -> str:
    """Return the kind of a dtype, as NumPy, pandas, Arrow or SQL spell it."""
    text = dtype.lower()
    return next((kind for sign, kind in _SIGNS if sign in text), "any")


_SIGNS = (
    ("bool", "boolean"),
    ("int", "integer"),
    ("float", "float"),
    ("double", "float"),
    ("decimal", "float"),
    ("str", "string"),
    ("object", "any"),
    ("categ", "string"),
)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    return int(value)


def _float(value: Any) -> float:
    if value is None or (isinstance(value, str) and value.strip() in _BLANKS):
        return math.nan
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if (word := str(value).strip().lower()) in _WORDS:
        return _WORDS[word]
    raise ValueError


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError


def _any(value: Any) -> Any:
    return value


_KINDS = {"integer": _integer, "float": _float, "boolean": _boolean, "string": _string, "any": _any}
