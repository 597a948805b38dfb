"""The values that metrics, parameters and fields are compared with, read from their tokens."""

from __future__ import annotations

import math
import re

from lineal.query.cursor import Cursor, near
from lineal.query.fields import Field, Shape
from lineal.query.syntax import Operator, Token
from lineal.query.times import period

_ORDERED: tuple[Operator, ...] = ("=", "!=", "<", "<=", ">", ">=")
_TEXTUAL: tuple[Operator, ...] = ("=", "!=", "~", "!~")

OPERATORS: dict[Shape, tuple[Operator, ...]] = {
    "text": _TEXTUAL,
    "alias": _TEXTUAL,
    "time": _ORDERED,
    "number": _ORDERED,
    "line": _ORDERED,
}
"""How each shape of field can be compared. Text has no order: databases disagree about it."""

EXPECTED: dict[Shape, str] = {
    "text": "a text",
    "alias": "an alias",
    "time": "a time such as 2026-11-01, today or 7 days ago",
    "number": "a whole number",
    "line": "a version such as 2, 2.3 or 2.3.1",
}
"""What stands after the operator of each shape of field."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+|(?P<percent>%))?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_LINE = re.compile(r"v?([0-9]{1,18}(?:\.[0-9]{1,18}){0,2})")
_NOT_FINITE = {
    "nan": "NaN",
    "inf": "Infinity",
    "+inf": "Infinity",
    "infinity": "Infinity",
    "+infinity": "Infinity",
    "-inf": "-Infinity",
    "-infinity": "-Infinity",
}


def number(text: str) -> float | None:
    """Return the finite number written as ``text``, where ``85%`` is 0.85; None when it is none."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return None
    # e-2 and not / 100: the nearest double to 33.3% is that of 0.333.
    value = float(text[:-1] + "e-2" if match["percent"] else text)
    return value if math.isfinite(value) else None


def whole_number(text: str) -> int | None:
    """Return the whole number written as ``text``, at most 18 digits, so that every database holds it."""
    return int(text) if _WHOLE.fullmatch(text) else None


def of_metric(cursor: Cursor, operator: Operator, name: Token, token: Token) -> float | str:
    """Return what a metric is compared with: a finite number, or the word of one that is not finite.

    Raises:
        Invalid: the token is no number, or NaN is asked to be larger or smaller.
    """
    if word := _NOT_FINITE.get(token.text.lower()):
        if operator not in {"=", "!="}:
            raise cursor.wrong(token, f"{word} can be compared with = and != only")
        return word
    value = number(token.text)
    if value is not None:
        return value
    if _NUMBER.fullmatch(token.text):
        raise cursor.wrong(token, "no number is that large", hint="a metric is a double-precision number")
    if hint := cursor.near(name.text):
        raise cursor.wrong(token, f"{name.text} is no field, and a metric is compared with a number", hint=hint)
    problem = f"the metric {name.text} is compared with a number"
    raise cursor.wrong(token, problem, hint="numbers are written 0.85, 85% or 1e-3")


def of_param(cursor: Cursor, operator: Operator, token: Token) -> tuple[str, float | None]:
    """Return what a parameter is compared with: the text, and the number when one was written without quotes.

    Raises:
        Invalid: a text is asked to be larger or smaller, or an empty text to be inside.
    """
    value = number(token.text) if token.kind == "word" else None
    if operator in {"<", "<=", ">", ">="} and value is None:
        raise cursor.wrong(token, f"{operator} compares numbers", hint="for texts there are =, !=, ~ and !~")
    _check_inside(cursor, operator, token)
    return token.text, value


def of_field(
    cursor: Cursor, field: Field, operator: Operator, token: Token, text: str, now: int
) -> str | int | tuple[int, ...]:
    """Return what ``field`` is compared with, in its shape.

    Args:
        cursor: the search.
        field: the field.
        operator: how it is compared.
        token: where the value begins.
        text: the value as it was written.
        now: the time, in milliseconds since 1970 UTC.

    Raises:
        Invalid: the text has not the field's shape.
    """
    found: str | int | tuple[int, ...] | None
    if field.shape == "time":
        found = period(text, now)
    elif field.shape == "number":
        found = whole_number(text.removeprefix("#"))
    elif field.shape == "line":
        line = _LINE.fullmatch(text)
        found = tuple(int(part) for part in line[1].split(".")) if line else None
    else:
        _check_inside(cursor, operator, token)
        return _word(cursor, field, operator, token)
    if found is None:
        raise cursor.wrong(token, f"{field.name} is compared with {EXPECTED[field.shape]}")
    return found


def _word(cursor: Cursor, field: Field, operator: Operator, token: Token) -> str:
    """Return the text of ``token``, checked where all possible values are known."""
    if not field.words or operator not in {"=", "!="}:
        return token.text
    word = token.text.lower()
    if word not in field.words:
        hint = near(word, field.words) or "write one of " + ", ".join(field.words)
        raise cursor.wrong(token, f"there is no {field.name} {token.text!r}", hint=hint)
    return word


def _check_inside(cursor: Cursor, operator: Operator, token: Token) -> None:
    if operator in {"~", "!~"} and not token.text:
        raise cursor.wrong(token, "expected some text to look for")
