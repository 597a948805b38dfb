"""Bytes in memory, as a source of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lineal.formats.profiles import merged
from lineal.formats.tables.measuring import measure_unit
from lineal.formats.tables.table import Reader
from lineal.objects.profiles import ColumnProfile, Profile


class Bytes(NamedTuple):
    """The content of a file, that comes in pieces of some size."""

    data: bytes
    piece_bytes: int = 1 << 20

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        """Yield all bytes."""
        return (self.data[at : at + self.piece_bytes] for at in range(0, len(self.data), self.piece_bytes))

    def read(self, start: int, size_bytes: int) -> bytes:
        """Return some of them."""
        return self.data[start : start + size_bytes]


def profile_of(reader: Reader, data: bytes) -> Profile:
    """Return the profile of a whole file."""
    return merged(measure_unit(unit) for unit in reader.units(Bytes(data)))


def columns_of(found: Profile) -> dict[str, ColumnProfile]:
    """Return the columns of a profile by name."""
    return {each.name: each for each in found.columns}
