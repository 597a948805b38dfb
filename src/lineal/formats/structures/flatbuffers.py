"""FlatBuffers by their layout: tables whose fields are found by their place, without a schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lineal.formats.tensors.tensor import corrupt, exactly

ITEMS_MAX = 1_000_000
_TEXT_BYTES_MAX = 16 << 20


class Buffer:
    """A buffer in a file.

    Args:
        file: where.
        start: of the buffer.
    """

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        self._file, self._start = file, start
        self._end = file.seek(0, 2)
        self._left = ITEMS_MAX

    def root(self) -> Table:
        """Return the outermost table. Raises Corrupt."""
        return Table(self, self.number(0, 4))

    def number(self, at: int, size_bytes: int, *, signed: bool = False) -> int:
        """Return a whole number. Raises Corrupt when it is not there, or far too many were read."""
        return int.from_bytes(self.read(at, size_bytes), "little", signed=signed)

    def read(self, at: int, size_bytes: int) -> bytes:
        """Return some bytes. Raises Corrupt when they are not there, or too many."""
        self._left -= 1
        if self._left < 0:
            raise corrupt("it holds far too many values")
        if at < 0 or size_bytes > _TEXT_BYTES_MAX or self._start + at + size_bytes > self._end:
            raise corrupt(f"it refers to {size_bytes:,} bytes at {at:,}, which are not there")
        self._file.seek(self._start + at)
        return exactly(self._file, size_bytes)


class Table:
    """A table: its fields are optional, and known by their place in the schema.

    Args:
        buffer: where.
        at: its place there.
    """

    def __init__(self, buffer: Buffer, at: int) -> None:
        self._buffer, self._at = buffer, at
        places = at - buffer.number(at, 4, signed=True)
        size_bytes = buffer.number(places, 2)
        if size_bytes < 4:
            raise corrupt("a table in it has no fields")
        data = buffer.read(places, size_bytes)[4:]
        self._places = [int.from_bytes(data[each : each + 2], "little") for each in range(0, len(data) - 1, 2)]

    def _place(self, field: int) -> int:
        offset = self._places[field] if field < len(self._places) else 0
        return self._at + offset if offset else 0

    def number(self, field: int, size_bytes: int = 4, default: int = 0) -> int:
        """Return a whole number, or the default where it is left out."""
        place = self._place(field)
        return self._buffer.number(place, size_bytes, signed=True) if place else default

    def text(self, field: int) -> str:
        """Return a text, empty where it is left out."""
        place = self._place(field)
        return self._text(self._follow(place)) if place else ""

    def table(self, field: int) -> Table | None:
        """Return a table within, None where it is left out."""
        place = self._place(field)
        return Table(self._buffer, self._follow(place)) if place else None

    def count(self, field: int) -> int:
        """Return how many items a list has."""
        place = self._place(field)
        return self._buffer.number(self._follow(place), 4) if place else 0

    def numbers(self, field: int, size_bytes: int = 4) -> tuple[int, ...]:
        """Return a list of whole numbers. Raises Corrupt when it is far too long."""
        place = self._place(field)
        if not place:
            return ()
        at = self._follow(place)
        data = self._buffer.read(at + 4, self._buffer.number(at, 4) * size_bytes)
        starts = range(0, len(data), size_bytes)
        return tuple(int.from_bytes(data[each : each + size_bytes], "little", signed=True) for each in starts)

    def tables(self, field: int) -> Iterator[Table]:
        """Yield the tables of a list."""
        yield from (Table(self._buffer, at) for at in self._items(field))

    def texts(self, field: int) -> Iterator[str]:
        """Yield the texts of a list."""
        yield from (self._text(at) for at in self._items(field))

    def _items(self, field: int) -> Iterator[int]:
        place = self._place(field)
        if not place:
            return
        at = self._follow(place)
        for number in range(self._buffer.number(at, 4)):
            yield self._follow(at + 4 + 4 * number)

    def _follow(self, at: int) -> int:
        return at + self._buffer.number(at, 4)

    def _text(self, at: int) -> str:
        return self._buffer.read(at + 4, self._buffer.number(at, 4)).decode("utf-8", "replace")
