"""Columns that have Arrow's types, nested ones too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineal.formats.profiles import ITEMS, Limits
from lineal.formats.sketches import arrays
from lineal.formats.tables.array_tally import ArrayTally
from lineal.formats.tables.buffers import frugal, to_numpy
from lineal.formats.tables.json_lines import DEPTH_MAX, quoted
from lineal.objects.errors import Invalid
from lineal.objects.profiles import ColumnProfile

Array = Any
_FACTORS_MS = {"s": 1e3, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_DAY_MS = 86_400_000.0

ERRORS = (pa.ArrowException, ValueError, OSError, OverflowError, MemoryError)
"""What Arrow raises over bytes that are not what they say."""


class ArrowColumn:
    """A column of a Parquet or Arrow file.

    Args:
        name: what it is called.
        cells: its values, an Arrow array.
        limits: how much its profile keeps.
    """

    def __init__(self, name: str, cells: Array, limits: Limits) -> None:
        self._name = name
        self._cells = cells
        self._limits = limits

    def profiles(self) -> Iterator[ColumnProfile]:
        """Yield the profile of the column, and of everything in it. Raises Invalid."""
        try:
            with frugal():
                found = list(_profiles(quoted(self._name), self._cells, self._limits, is_row=True, depth=1))
            yield from found
        except ERRORS as error:
            raise Invalid(f"the column {self._name!r} cannot be read: {error}", hint="write the file anew") from None

    def texts(self) -> Sequence[str | None]:
        """Return each value as a text."""
        cells = _plain(self._cells)
        if pa.types.is_nested(cells.type) or _is_bytes(cells.type):
            found: list[Any] = cells.to_pylist()
            return [None if each is None else _json(each) for each in found]
        texts: list[str | None] = pc.cast(cells, pa.string()).to_pylist()
        return texts


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _is_bytes(dtype: Any) -> bool:
    return any(test(dtype) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary))


def _plain(cells: Array) -> Array:
    """Return the same values without what only saves space: dictionaries, runs, views, names for another type."""
    dtype = cells.type
    if isinstance(dtype, pa.BaseExtensionType):
        return _plain(cells.storage)
    if pa.types.is_dictionary(dtype):
        return _plain(cells.dictionary_decode())
    if pa.types.is_run_end_encoded(dtype):
        return _plain(pc.run_end_decode(cells))
    if dtype in {pa.string_view(), pa.large_string()}:
        return pc.cast(cells, pa.large_string())
    return pc.cast(cells, pa.large_binary()) if dtype == pa.binary_view() else cells


def _profiles(name: str, cells: Array, room: Limits, *, is_row: bool, depth: int) -> Iterator[ColumnProfile]:
    """Yield the profile of values, and of what is in them.

    Args:
        name: what they are called.
        cells: the values.
        room: how much is kept of each.
        is_row: whether each row has one, and not items of lists.
        depth: how deep in they are.
    """
    cells = _plain(cells)
    present = cells.drop_null()
    tally = ArrayTally()
    dtype, take = next((dtype, take) for is_it, dtype, take in _KINDS if is_it(cells.type))
    take(tally, present)
    tally.rest.missing += cells.null_count
    yield tally.profile(name, room, dtype)
    if depth == DEPTH_MAX:
        return
    if pa.types.is_struct(cells.type):
        inner = cells if is_row else present
        for place, values in enumerate(inner.flatten()):
            path = f"{name}.{quoted(cells.type.field(place).name)}"
            yield from _profiles(path, values, room, is_row=is_row, depth=depth + 1)
    elif _is_list(cells.type):
        yield from _profiles(name + ITEMS, present.flatten(), room, is_row=False, depth=depth + 1)


def _is_list(dtype: Any) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(dtype) for test in (*tests, pa.types.is_list_view, pa.types.is_large_list_view))


def _counted(cells: Array, dtype: Any) -> tuple[Array, Array]:
    return arrays.counted(to_numpy(cells, dtype))


def _take_integers(tally: ArrayTally, cells: Array) -> None:
    if cells.type == pa.uint64():
        is_large = pc.greater(cells, pa.scalar((1 << 63) - 1, pa.uint64()))
        values, counts = _counted(pc.cast(cells.filter(is_large), pa.float64(), safe=False), np.float64)
        tally.take_floats(values, counts, "integer")
        cells = cells.filter(pc.invert(is_large))
    tally.take_integers(*_counted(pc.cast(cells, pa.int64()), np.int64))


def _take_floats(tally: ArrayTally, cells: Array) -> None:
    tally.take_floats(*_counted(pc.cast(cells, pa.float64()), np.float64))


def _take_decimals(tally: ArrayTally, cells: Array) -> None:
    tally.take_floats(*_counted(pc.cast(cells, pa.float64()), np.float64), "decimal")


def _take_booleans(tally: ArrayTally, cells: Array) -> None:
    for value, count in zip(*arrays.counted(to_numpy(cells, bool)), strict=True):
        tally.rest.take_boolean(bool(value), int(count))


def _take_times(tally: ArrayTally, cells: Array) -> None:
    ticks, counts = _counted(pc.cast(cells, pa.int64()), np.int64)
    kind = next(kind for is_it, kind in _TIMES if is_it(cells.type))
    unit = "ms" if cells.type == pa.date64() else cells.type.unit
    tally.take_times(ticks * _FACTORS_MS[unit], counts, kind)


def _take_days(tally: ArrayTally, cells: Array) -> None:
    days, counts = _counted(pc.cast(cells, pa.int32()), np.int32)
    tally.take_times(days * _DAY_MS, counts, "date")


def _take_texts(tally: ArrayTally, cells: Array) -> None:
    found = pc.value_counts(cells)
    tally.take_texts(found.field("values"), to_numpy(found.field("counts"), np.int64))


def _take_bytes(tally: ArrayTally, cells: Array) -> None:
    lengths = pc.cast(pc.binary_length(cells), pa.int64())
    tally.take_sized(to_numpy(lengths, np.int64), "bytes")


def _take_lists(tally: ArrayTally, cells: Array) -> None:
    lengths = pc.cast(pc.list_value_length(cells), pa.int64())
    tally.take_sized(to_numpy(lengths, np.int64), "list")


def _take_maps(tally: ArrayTally, cells: Array) -> None:
    tally.take_sized(np.diff(to_numpy(cells.offsets, np.int32)), "map")


def _take_count(kind: str) -> Callable[[ArrayTally, Array], None]:
    def take(tally: ArrayTally, cells: Array) -> None:
        if len(cells):
            tally.rest.kinds[kind] += len(cells)

    return take


_TIMES = (
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_time, "time"),
    (pa.types.is_duration, "duration"),
)

_KINDS: tuple[tuple[Callable[[Any], bool], str, Callable[[ArrayTally, Array], None]], ...] = (
    (pa.types.is_boolean, "boolean", _take_booleans),
    (pa.types.is_integer, "integer", _take_integers),
    (pa.types.is_floating, "float", _take_floats),
    (pa.types.is_decimal, "decimal", _take_decimals),
    (pa.types.is_string, "string", _take_texts),
    (pa.types.is_large_string, "string", _take_texts),
    (pa.types.is_date32, "date", _take_days),
    *((is_it, kind, _take_times) for is_it, kind in _TIMES),
    (_is_bytes, "bytes", _take_bytes),
    (pa.types.is_map, "map", _take_maps),
    (_is_list, "list", _take_lists),
    (pa.types.is_struct, "struct", _take_count("struct")),
    (pa.types.is_null, "null", _take_count("null")),
    (lambda _: True, "other", _take_count("other")),
)
"""Which types have which dtype, and how their values are counted; the first that fits."""
