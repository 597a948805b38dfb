"""Files of JSON objects, one a line (JSON Lines, also called NDJSON), in units that are profiled once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from lineal.formats.profiles import ITEMS, Limits, limits
from lineal.formats.tables.cutting import Window, line_spans, units
from lineal.formats.tables.table import Batch, Source, Unit, part_key
from lineal.formats.tables.tally import Tally
from lineal.formats.tables.texts import take_text
from lineal.objects.errors import Invalid
from lineal.objects.profiles import ColumnProfile

COLUMNS_MAX = 4_096
"""Objects with more different members are no rows of a table, but maps."""

DEPTH_MAX = 16
"""Deeper in, values are counted but not looked into."""

_BATCH_BYTES = 1 << 20
_PLAIN = re.compile(r'[^.\[\]"]+')

Object = Mapping[str, Any]
ByType = dict[type, list[Any]]


class JsonLinesFiles:
    """JSON lines. Each object is a row; the members of an object in it are columns ``outer.inner``."""

    name = "json lines"

    def units(self, source: Source) -> Iterator[Unit]:
        """Yield the units of a file, in order. Raises Invalid."""
        start = 0
        for data in units(Window(source.pieces()), line_spans):
            yield Unit(part_key(self.name, b"", (data,)), len(data), partial(_batches, data, start))
            start += len(data)


def _batches(data: bytes, start: int) -> Iterator[Batch]:
    rows: list[Object] = []
    read_bytes = 0
    for row, size_bytes in _rows(data, start):
        rows.append(row)
        read_bytes += size_bytes
        if read_bytes >= _BATCH_BYTES:
            yield _batch(rows)
            rows, read_bytes = [], 0
    if rows:
        yield _batch(rows)


def _rows(data: bytes, start: int) -> Iterator[tuple[Object, int]]:
    """Yield each object, and the size of its line in bytes."""
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    begin = 0
    for _, end in line_spans(data, 0, is_last=True):
        line, begin = data[begin:end], end
        if line.isspace():
            continue
        try:
            yield decode(line), len(line)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            where = f"the line behind byte {start + end - len(line):,}"
            raise Invalid(f"{where} is no JSON object: {error}", hint="give one JSON object a line") from None


def _batch(rows: Sequence[Object]) -> Batch:
    names = dict.fromkeys(name for row in rows for name in row)
    if len(names) > COLUMNS_MAX:
        raise Invalid(f"the rows have more than {COLUMNS_MAX:,} different members", hint="keep a map as one column")
    room = limits(len(names))
    values: dict[str, ByType] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault(name, {}).setdefault(type(value), []).append(value)
    return Batch(len(rows), {name: JsonColumn(name, values[name], rows, room) for name in names})


class JsonColumn:
    """A member that objects have.

    Args:
        name: what it is called.
        values: its values, by their type.
        rows: all objects.
        limits: how much its profile keeps.
    """

    def __init__(self, name: str, values: ByType, rows: Sequence[Object], limits: Limits) -> None:
        self._name = name
        self._values = values
        self._rows = rows
        self._limits = limits

    def profiles(self) -> Iterator[ColumnProfile]:
        """Yield the profile of the column, and of everything in it."""
        return _profiles(quoted(self._name), self._values, self._limits, row_count=len(self._rows), depth=1)

    def texts(self) -> Sequence[str | None]:
        """Return each value as a text."""
        return [_text(row.get(self._name)) for row in self._rows]


def _profiles(name: str, values: ByType, room: Limits, *, row_count: int | None, depth: int) -> Iterator[ColumnProfile]:
    """Yield the profile of values, and of what is in them.

    Args:
        name: what they are called.
        values: by their type.
        room: how much is kept of each.
        row_count: of how many rows they are, where each row has one at most.
        depth: how deep in they are.
    """
    tally = Tally()
    for kind, found in values.items():
        _TAKE[kind](tally, found)
    if row_count is not None:
        tally.missing = row_count - sum(tally.kinds.values())
    yield tally.profile(name, room)
    if depth == DEPTH_MAX:
        return
    for inner, members in _members(values.get(dict, ())).items():
        yield from _profiles(f"{name}.{quoted(inner)}", members, room, row_count=row_count, depth=depth + 1)
    if items := _by_type(item for each in values.get(list, ()) for item in each):
        yield from _profiles(name + ITEMS, items, room, row_count=None, depth=depth + 1)


def _members(objects: Iterable[Object]) -> dict[str, ByType]:
    found: dict[str, ByType] = {}
    for each in objects:
        for name, value in each.items():
            found.setdefault(name, {}).setdefault(type(value), []).append(value)
    if len(found) > COLUMNS_MAX:
        raise Invalid(f"the rows have more than {COLUMNS_MAX:,} different members", hint="keep a map as one column")
    return found


def _by_type(values: Iterable[Any]) -> ByType:
    found: ByType = {}
    for each in values:
        found.setdefault(type(each), []).append(each)
    return found


def _take_nothing(tally: Tally, values: list[Any]) -> None:
    tally.missing += len(values)


def _take_booleans(tally: Tally, values: list[Any]) -> None:
    for value, count in Counter(values).items():
        tally.take_boolean(value, count)


def _take_integers(tally: Tally, values: list[Any]) -> None:
    for value, count in Counter(values).items():
        tally.take_integer(value, count)


def _take_floats(tally: Tally, values: list[Any]) -> None:
    for value, count in Counter(values).items():
        tally.take_float(value, count)


def _take_texts(tally: Tally, values: list[Any]) -> None:
    for value, count in Counter(values).items():
        take_text(tally, value, count)


def _take_lists(tally: Tally, values: list[Any]) -> None:
    for length, count in Counter(map(len, values)).items():
        tally.take_sized(length, count, "list")


def _take_objects(tally: Tally, values: list[Any]) -> None:
    tally.kinds["struct"] += len(values)


_TAKE = {
    type(None): _take_nothing,
    bool: _take_booleans,
    int: _take_integers,
    float: _take_floats,
    str: _take_texts,
    list: _take_lists,
    dict: _take_objects,
}
"""How values of a type are counted; JSON has no others."""


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value, order="sorted").decode()


def quoted(name: str) -> str:
    """Return the name of a member, in quotes where it could be taken for the path of another."""
    return name if _PLAIN.fullmatch(name) else msgspec.json.encode(name).decode()
