"""A file of HDF5 as numbers and bytes at addresses, with a bound on everything that is read of it."""

from __future__ import annotations

import struct
from typing import BinaryIO

from lineal.formats.tensors.tensor import corrupt, exactly, size_of

SIGN = b"\x89HDF\r\n\x1a\n"
READS_MAX = 2_000_000
BYTES_MAX = 64 << 20
"""No single thing that describes others is larger."""

BASES = (0, *(512 << place for place in range(10)))
"""Where a file may begin: whatever stands before that is the user's."""


class NotRead(Exception):
    """Something is in a form that is sound, but not read; the text says what."""


class Bounded:
    """Reads numbers and bytes.

    Args:
        file: the file of HDF5.

    Raises:
        Corrupt: it is none.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size_bytes = size_of(file)
        self._left = READS_MAX
        self.base = next((base for base in BASES if base < self.size_bytes and self._begins(base)), -1)
        if self.base < 0:
            raise corrupt("it does not begin as HDF5 does")
        self.offset_bytes, self.length_bytes, self.root = 8, 8, 0
        self._superblock()

    def _begins(self, base: int) -> bool:
        self.file.seek(base)
        return self.file.read(len(SIGN)) == SIGN

    def _superblock(self) -> None:
        version = self.read(8, 1)[0]
        if version > 3:
            raise corrupt(f"its superblock is of the version {version}")
        at = 13 if version < 2 else 9
        self.offset_bytes, self.length_bytes = self.read(at, 2)
        if {self.offset_bytes, self.length_bytes} - {2, 4, 8}:
            raise corrupt(f"its addresses have {self.offset_bytes} bytes, its sizes {self.length_bytes}")
        start = {0: 24, 1: 28}.get(version, 12)
        words = self.words(start, 6)
        # Addresses count from where the file begins, and that is said once more.
        self.base += words[0] - self.base if words[0] is not None and words[0] <= self.base else 0
        root = words[5] if version < 2 else words[3]
        if root is None:
            raise corrupt("it has no root")
        self.root = root

    def read(self, address: int, size_bytes: int) -> bytes:
        """Return bytes at an address. Raises Corrupt when they are not there, or far too many."""
        self._left -= 1
        if self._left < 0:
            raise corrupt("it holds far too many things")
        start = self.base + address
        if not 0 <= size_bytes <= BYTES_MAX or not 0 <= start <= self.size_bytes - size_bytes:
            raise corrupt(f"it refers to {size_bytes:,} bytes at {address:,}, which are not there")
        self.file.seek(start)
        return exactly(self.file, size_bytes)

    def words(self, address: int, count: int) -> list[int | None]:
        """Return addresses; None for one that means nothing."""
        data = self.read(address, count * self.offset_bytes)
        return [self.address(data, place * self.offset_bytes) for place in range(count)]

    def address(self, data: bytes, at: int) -> int | None:
        """Return the address that stands in bytes; None for one that means nothing. Raises Corrupt when they end."""
        value = whole(data, at, self.offset_bytes)
        return None if value == (1 << 8 * self.offset_bytes) - 1 else value

    def length(self, data: bytes, at: int) -> int:
        """Return the size that stands in bytes. Raises Corrupt when they end."""
        return whole(data, at, self.length_bytes)


def whole(data: bytes, at: int, size_bytes: int) -> int:
    """Return a whole number. Raises Corrupt when the bytes end before."""
    if not 0 <= at <= len(data) - size_bytes:
        raise corrupt("a description in it breaks off")
    return int.from_bytes(data[at : at + size_bytes], "little")


def unpacked(form: str, data: bytes, at: int) -> tuple[int, ...]:
    """Return numbers. Raises Corrupt when the bytes end before."""
    if not 0 <= at <= len(data) - struct.calcsize(form):
        raise corrupt("a description in it breaks off")
    return struct.unpack_from(form, data, at)
