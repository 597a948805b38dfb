"""The values that metrics, parameters and fields are compared with, read from their tokens."""

from __future__ import annotations

import math
import re

from lineal.formats.releases import order_of
from lineal.objects.semantic import PRE, pre_order
from lineal.query.cursor import Cursor, near
from lineal.query.fields import Field, Shape
from lineal.query.syntax import Operator, Token
from lineal.query.times import UNITS_MS, period

ORDERED: tuple[Operator, ...] = ("=", "!=", "<", "<=", ">", ">=")
"""How numbers, times and versions compare."""

TEXTUAL: tuple[Operator, ...] = ("=", "!=", "~", "!~")
"""How texts compare."""

OPERATORS: dict[Shape, tuple[Operator, ...]] = {
    "text": TEXTUAL,
    "alias": TEXTUAL,
    "time": ORDERED,
    "number": ORDERED,
    "line": ORDERED,
    "commit": ("=", "!="),
    "code": TEXTUAL,
}
"""How each shape of field can be compared. Text has no order: databases disagree about it."""

EXPECTED: dict[Shape, str] = {
    "text": "a text",
    "alias": "an alias",
    "time": "a time such as 2026-11-01, today or 7 days ago",
    "number": "a whole number",
    "line": "a version such as 2, 2.3, 2.3.1 or 2.3.1-rc.1",
    "commit": "a commit, by at least four of its hexadecimal digits",
    "code": "a text",
}
"""What stands after the operator of each shape of field."""

_UNITS = frozenset("ms s sec seconds minutes hours kb mb gb gib mib percent px".split())
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+|(?P<percent>%))?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_LINE = re.compile(rf"v?([0-9]{{1,18}}(?:\.[0-9]{{1,18}}){{0,2}})(?:-({PRE}))?", re.ASCII)
_WHOLE_LINE = 3
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_AMBIGUOUS = {"m": "minutes or months", "min": "minutes", "mo": "months", "s": "seconds", "h": "hours", "d": "days"}
_AMBIGUOUS |= {"w": "weeks", "y": "years"}
"""What people may mean by a short unit."""

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
        raise cursor.wrong(
            token, f"{operator} compares numbers", hint="for texts there are =, !=, ~, !~, like and ilike"
        )
    check_inside(cursor, operator, token)
    return token.text, value


def of_field(
    cursor: Cursor, field: Field, operator: Operator, token: Token, text: str, now: int
) -> str | int | tuple[int | str, ...]:
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
    found: str | int | tuple[int | str, ...] | None
    if field.shape == "time":
        found = period(text, now)
    elif field.shape == "number":
        found = whole_number(text.removeprefix("#"))
    elif field.shape == "commit":
        found = text.lower() if _COMMIT.fullmatch(text.lower()) else None
    elif field.shape == "line":
        found = _line(text)
    else:
        check_inside(cursor, operator, token)
        return _word(cursor, field, operator, token)
    if found is None:
        hint = unit_hint(cursor) if field.shape == "time" else ""
        place = cursor.peek(-2) if hint else token
        raise cursor.wrong(place, f"{field.name} is compared with {EXPECTED[field.shape]}", hint=hint)
    return found


def _line(text: str) -> tuple[int | str, ...] | None:
    """Return the numbers of a semantic version or of its beginning; of a whole one also the order of its pre-release."""
    line = _LINE.fullmatch(text)
    if line is None:
        return None
    numbers = tuple(int(part) for part in line[1].split("."))
    is_whole = len(numbers) == _WHOLE_LINE
    return None if line[2] and not is_whole else (*numbers, pre_order(line[2] or "")) if is_whole else numbers


def unit_hint(cursor: Cursor) -> str:
    """Return what may be meant by the unit of the ``… ago`` that was just read; empty where it was none."""
    if cursor.peek(-1).keyword != "ago":
        return ""
    unit = cursor.peek(-2).keyword
    means = f"write {_AMBIGUOUS[unit]}" if unit in _AMBIGUOUS else ""
    return means or near(unit, UNITS_MS) or f"write one of {', '.join(UNITS_MS)}"


def check_unit(cursor: Cursor) -> None:
    """Refuse a unit behind a number: nobody knows in which one a metric was logged. Raises Invalid."""
    unit = cursor.peek()
    if unit.keyword in _UNITS and not cursor.has_operator(1):
        raise cursor.wrong(unit, f"a metric has no unit, and {unit.text!r} is none of its numbers", hint="leave it out")


def of_release(cursor: Cursor, operator: Operator, token: Token) -> str:
    """Return the version that one of a package is compared with. Raises Invalid."""
    is_line = token.text.endswith(".*")
    if is_line and operator not in {"=", "!="}:
        raise cursor.wrong(token, f"{operator} compares with one version", hint=f"write {token.text[:-2]}")
    if order_of(token.text[:-2] if is_line else token.text) is None and operator not in {"=", "!="}:
        raise cursor.wrong(token, "expected a version such as 1.4, 2.0rc1 or 1!3.2")
    return token.text


def _word(cursor: Cursor, field: Field, operator: Operator, token: Token) -> str:
    """Return the text of ``token``, checked where all possible values are known."""
    if not field.words or operator not in {"=", "!="}:
        return token.text
    word = token.text.lower()
    if word not in field.words:
        hint = near(word, field.words) or "write one of " + ", ".join(field.words)
        raise cursor.wrong(token, f"there is no {field.name} {token.text!r}", hint=hint)
    return word


def check_inside(cursor: Cursor, operator: Operator, token: Token) -> None:
    """Refuse to look for a text without characters. Raises Invalid."""
    if operator in {"~", "!~"} and not token.text:
        raise cursor.wrong(token, "expected some text to look for")
