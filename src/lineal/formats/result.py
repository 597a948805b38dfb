"""The result of a query as the bytes of a table: one way only, so that equal results have equal digests.

Specified in ``docs/reference/format.md``, "The table of a result".
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from lineal.objects.canonical import number
from lineal.objects.datasets import Column
from lineal.objects.errors import Invalid

Row = Sequence[Any]

_MODULUS = 1 << 256
_SPECIAL = re.compile(r'[,"\r\n]')
_MARKS = (",", '"', "\r", "\n ", " \n", "\n\n")
"""What, in texts with a line feed between them, may mean that one of them is quoted."""

_NUMBERS = frozenset((int, float, Decimal))


class Result:
    """The rows of a query, turned into bytes as they pass; described once all of them have passed.

    Args:
        names: of the columns.
        batches: some rows at a time; only one batch is held.

    Raises:
        Invalid: two columns have one name, or there is none.
    """

    def __init__(self, names: Sequence[str], batches: Iterable[Sequence[Row]]) -> None:
        if not names:
            raise Invalid("the query gives no rows", hint="write one SELECT")
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise Invalid(f"two columns of the result are called {twice[0]!r}", hint="name them: SELECT a.id AS id")
        self._names = names
        self._batches = batches
        self._types: list[set[type]] = [set() for _ in names]
        self._row_set = 0
        self.row_count = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the table; a batch of rows at a time."""
        yield (",".join(map(_text, self._names)) + "\n").encode()
        for batch in self._batches:
            cells = list[Sequence[str]]()
            for seen, column in zip(self._types, zip(*batch, strict=True), strict=False):
                kinds = set(map(type, column))
                seen.update(kinds)
                cells.append(_cells(column, kinds))
            lines = [",".join(row).encode() for row in zip(*cells, strict=True)]
            self._row_set += sum(int.from_bytes(sha256(line).digest()) for line in lines)
            self.row_count += len(lines)
            if lines:
                yield b"\n".join((*lines, b""))

    @property
    def row_set(self) -> str:
        """The sum of the digests of all rows so far: the same for every order."""
        return f"{self._row_set % _MODULUS:064x}"

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, with the narrowest type that fits every value so far."""
        return tuple(
            Column(name=name, dtype=_dtype(seen - {type(None)}), optional=type(None) in seen)
            for name, seen in zip(self._names, self._types, strict=True)
        )


def _dtype(seen: set[type]) -> str:
    if seen and seen <= _NUMBERS:
        return "integer" if seen == {int} else "float"
    return "boolean" if seen == {bool} else "string"


def _cells(column: Sequence[Any], kinds: set[type]) -> Sequence[str]:
    """Return how the values of a column stand in a table; columns of one type, which is most of them, go fast."""
    if kinds != {str}:
        makes = [_CELLS.get(each, cell) for each in kinds]
        return list(map(makes[0] if len(makes) == 1 else cell, column))
    joined = "\n".join(column)
    ends = joined[:1] + joined[-1:]
    is_plain = ends.strip(" \n") == ends != "" and joined.count("\n") == len(column) - 1
    return column if is_plain and not any(each in joined for each in _MARKS) else list(map(_text, column))


def cell(value: Any) -> str:
    """Return how ``value`` stands in a table."""
    if make := _CELLS.get(type(value)):
        return make(value)
    for kind, make in _CELLS.items():
        if isinstance(value, kind):
            return make(value)
    return _text(str(value))


def _text(value: str) -> str:
    if value and value[0] != " " and value[-1] != " " and not _SPECIAL.search(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _decimal(value: Decimal) -> str:
    return format(value, "f") if value.is_finite() else str(number(float(value)))


def _float(value: float) -> str:
    return repr(value) if math.isfinite(value) else str(number(value))


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return _short(value.isoformat())
    return _short(value.astimezone(UTC).replace(tzinfo=None).isoformat()) + "Z"


def _time(value: time) -> str:
    return _short(value.replace(tzinfo=None).isoformat()) + (value.strftime("%z") if value.tzinfo else "")


def _short(text: str) -> str:
    """Return a time without the zeros at the end of its fraction."""
    return text.rstrip("0") if "." in text else text


def _duration(value: timedelta) -> str:
    seconds = Decimal(value // timedelta(microseconds=1)).scaleb(-6)
    return format(seconds.normalize(), "f") if seconds else "0"


def _structure(value: Any) -> str:
    return _text(json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON can say it; what it cannot say stands there as its cell's text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return cell(value)


_CELLS: dict[type, Callable[[Any], str]] = {
    str: _text,
    int: str,
    float: _float,
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    Decimal: _decimal,
    datetime: _moment,
    date: date.isoformat,
    time: _time,
    timedelta: _duration,
    bytes: bytes.hex,
    bytearray: bytearray.hex,
    memoryview: memoryview.hex,
    list: _structure,
    tuple: _structure,
    dict: _structure,
}
"""How a value of each type stands in a table; the order matters only for types that are made of others."""
