"""What every format of tables offers: units to profile, each in batches of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from lineal.objects.digest import Digest, Hasher
from lineal.objects.profiles import ColumnProfile

CELLS_MAX = 1 << 19
"""A batch has about so many cells, in whatever shape, so that it takes a few dozen megabytes at most."""

ROWS_MAX = 1 << 16

_METHOD = "lineal profile 1"
"""In which way profiles are made. Another way gets another name, so that no profile of before is taken for one of it."""


class Source(Protocol):
    """The bytes of a file, which may be read from any place."""

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""

    def pieces(self) -> Iterator[bytes]:
        """Yield all bytes, in order; at their end it is known that they are the right ones."""

    def read(self, start: int, size_bytes: int) -> bytes:
        """Return the bytes from ``start`` on, ``size_bytes`` at most."""


class Cells(Protocol):
    """One column of a batch."""

    def profiles(self) -> Iterator[ColumnProfile]:
        """Yield the profile of the column; of a nested one, that of each leaf."""

    def texts(self) -> Sequence[str | None]:
        """Return each value as a text, to compare rows by."""


class Batch(NamedTuple):
    """Some rows of a table, by column."""

    row_count: int
    columns: dict[str, Cells]


class Unit(NamedTuple):
    """A part of a file that is profiled once, wherever it appears again.

    ``key`` is the digest of everything that its profile depends on: its bytes, and how they are read. ``groups`` give the
    same rows, some columns at a time, where all columns at once would take too much memory.
    """

    key: Digest
    size_bytes: int
    batches: Callable[[], Iterator[Batch]]
    groups: tuple[Callable[[], Iterator[Batch]], ...] = ()


class Reader(Protocol):
    """A format of tables."""

    @property
    def name(self) -> str:
        """What people call it."""

    def units(self, source: Source) -> Iterator[Unit]:
        """Yield the units of a file, in order.

        Raises:
            Invalid: it is no such table; the message says where it is not. A unit's batches raise it too.
            Unavailable: what is needed to read it is not installed.
        """


def part_key(format_name: str, read_as: bytes, pieces: Iterable[bytes]) -> Digest:
    """Return the key of a part of a file.

    Args:
        format_name: the format.
        read_as: what else tells how the bytes are read, such as the names of the columns.
        pieces: the bytes.
    """
    hasher = Hasher()
    hasher.update(msgspec.json.encode([_METHOD, format_name]) + read_as)
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest


def batch_rows(width: int) -> int:
    """Return how many rows a batch of ``width`` columns has."""
    return max(1, min(ROWS_MAX, CELLS_MAX // max(1, width)))
