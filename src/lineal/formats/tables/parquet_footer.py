"""Where the row groups of a Parquet file lie: its footer, read by ourselves.

Arrow's own bindings end the whole process over some footers that are not what they should be, and we need little of it:
a struct of Thrift's compact protocol, of which only some fields are looked at. (Apache Parquet format 2, FileMetaData.)
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from lineal.formats.tables.table import Source
from lineal.objects.errors import Invalid

MARK = b"PAR1"
_TAIL_BYTES = 8
_DEPTH_MAX = 32

_ROW_GROUPS = 4
_COLUMNS, _TOTAL_BYTES, _ROW_COUNT = 1, 2, 3
_COLUMN_METADATA = 3
_VALUE_COUNT, _COMPRESSED_BYTES, _DATA_AT, _DICTIONARY_AT = 5, 7, 9, 11
"""Numbers of fields in the structs FileMetaData, RowGroup, ColumnChunk and ColumnMetaData."""

Fields = dict[int, Any]


class RowGroup(NamedTuple):
    """A row group: where its bytes begin, how many they are, and how many they become when they are read."""

    start: int
    size_bytes: int
    read_bytes: int
    row_count: int
    value_count: int


def row_groups(source: Source) -> list[RowGroup]:
    """Return the row groups of a file. Raises Invalid when it has no footer that can be read."""
    tail = source.read(max(0, source.size_bytes - _TAIL_BYTES), _TAIL_BYTES)
    size_bytes = int.from_bytes(tail[:4], "little")
    start = source.size_bytes - _TAIL_BYTES - size_bytes
    if tail[4:] != MARK or start < len(MARK):
        raise _no_footer("it does not end as one")
    try:
        found = _Reader(source.read(start, size_bytes)).struct(0)
        return [_row_group(each, start) for each in found.get(_ROW_GROUPS, ())]
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise _no_footer(f"its footer is not understood ({error})") from None


def _row_group(found: Fields, file_bytes: int) -> RowGroup:
    columns = [each[_COLUMN_METADATA] for each in found[_COLUMNS]]
    start, end = file_bytes, 0
    for each in columns:
        # Some writers say 0 where there is no dictionary.
        first = each.get(_DICTIONARY_AT) or each[_DATA_AT]
        start, end = min(start, first, each[_DATA_AT]), max(end, first + each[_COMPRESSED_BYTES])
    if not columns:
        start = end = 0
    if not 0 <= start <= end <= file_bytes:
        raise ValueError("a row group lies outside of the file")
    values = sum(each[_VALUE_COUNT] for each in columns)
    return RowGroup(start, end - start, found[_TOTAL_BYTES], found[_ROW_COUNT], values)


class _Reader:
    """Thrift's compact protocol: numbers as varints, structs as numbered fields."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._values: dict[int, Callable[[int], Any]] = {
            1: lambda _: True,
            2: lambda _: False,
            3: lambda _: self._take(1),
            4: self._integer,
            5: self._integer,
            6: self._integer,
            7: lambda _: self._take(8),
            8: lambda _: self._take(self._varint()),
            9: self._list,
            10: self._list,
            11: self._map,
            12: self.struct,
        }

    def struct(self, depth: int) -> Fields:
        """Return the fields of a struct by their number."""
        if depth > _DEPTH_MAX:
            raise ValueError("it is too deep")
        found: Fields = {}
        number = 0
        while header := self._byte():
            number = number + (header >> 4) if header >> 4 else self._integer(depth)
            found[number] = self._values[header & 15](depth + 1)
        return found

    def _list(self, depth: int) -> list[Any]:
        header = self._byte()
        count = self._varint() if header >> 4 == 15 else header >> 4
        if count > len(self._data) - self._at:
            raise ValueError("a list is longer than the file")
        kind = header & 15
        if kind in {1, 2}:  # in a list, a truth value is a byte of its own
            return list(self._take(count))
        read = self._values[kind]
        return [read(depth + 1) for _ in range(count)]

    def _map(self, depth: int) -> None:
        if count := self._varint():
            if count > len(self._data) - self._at:
                raise ValueError("a map is longer than the file")
            kinds = self._byte()
            for _ in range(count):
                self._values[kinds >> 4](depth + 1)
                self._values[kinds & 15](depth + 1)

    def _integer(self, _: int) -> int:
        found = self._varint()
        return (found >> 1) ^ -(found & 1)

    def _varint(self) -> int:
        found = shift = 0
        while True:
            byte = self._byte()
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found
            if shift > 63:
                raise ValueError("a number is too long")

    def _byte(self) -> int:
        byte = self._data[self._at]
        self._at += 1
        return byte

    def _take(self, size_bytes: int) -> bytes:
        if size_bytes > len(self._data) - self._at:
            raise ValueError("it breaks off")
        self._at += size_bytes
        return self._data[self._at - size_bytes : self._at]


def _no_footer(why: str) -> Invalid:
    return Invalid(f"this is no parquet file that can be read: {why}", hint="write it anew")
