"""Rows of delimited text read by Arrow, where it surely reads them as ``delimited`` does."""

from __future__ import annotations

from collections.abc import Iterator
from csv import field_size_limit
from typing import Any

from lineal.formats.profiles import limits
from lineal.formats.tables.delimited import BYTE_ORDER_MARK, Dialect
from lineal.formats.tables.table import Batch, batch_rows

_BLOCK_BYTES = 4 << 20


def batches(dialect: Dialect, data: bytes) -> Iterator[Batch] | None:
    """Return the rows of a part of a table that holds whole records; None where only Python can tell what they are.

    That is so where Arrow is not installed, or refuses the bytes, or is known to read them otherwise: with a carriage
    return that no line feed follows, with a byte order mark that is a part of a cell, with endless cells.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - not needed where it is not there, and slow to import
        from pyarrow import compute as pc  # noqa: PLC0415 - the same
        from pyarrow import csv  # noqa: PLC0415 - the same
    except ImportError:
        return None
    if b"\0" in data or data.startswith(BYTE_ORDER_MARK) or (b"\r" in data and _has_lone_returns(data)):
        return None
    names = [str(place) for place in range(len(dialect.header))]
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=names),
            csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=b'"' in data),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False
            ),
            pa.system_memory_pool(),  # it gives memory back
        )
    except pa.ArrowInvalid:
        return None
    if any((pc.max(pc.binary_length(each)).as_py() or 0) > field_size_limit() for each in table.columns):
        return None
    return _sliced(table, dialect)


def _has_lone_returns(data: bytes) -> bool:
    return data.count(b"\r") != data.count(b"\r\n")


def _sliced(table: Any, dialect: Dialect) -> Iterator[Batch]:
    from lineal.formats.tables.buffers import release  # noqa: PLC0415 - only where Arrow is
    from lineal.formats.tables.text_arrays import TextArray  # noqa: PLC0415 - the same

    rows, room = batch_rows(len(dialect.header)), limits(len(dialect.header))
    for start in range(0, len(table), rows):
        part = table.slice(start, rows)
        columns = zip(dialect.header, part.columns, strict=True)
        yield Batch(len(part), {name: TextArray(name, column, room) for name, column in columns})
        release()
