"""A part of a file, as a file of its own: what is large is looked into without holding it."""

from __future__ import annotations

import io
from typing import BinaryIO


class Window(io.RawIOBase):
    """Bytes of a file from ``start`` on.

    Args:
        file: which; others may move in it meanwhile.
        start: where the part begins.
        size_bytes: how long it is.
    """

    def __init__(self, file: BinaryIO, start: int, size_bytes: int) -> None:
        self._file = file
        self._start = start
        self._size = max(0, size_bytes)
        self._at = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be moved in."""
        return True

    def tell(self) -> int:
        """Return the place in the part."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move, and return the place."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; return how much was there."""
        self._file.seek(self._start + self._at)
        found = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


def window(file: BinaryIO, start: int, size_bytes: int) -> BinaryIO:
    """Return a part of a file, as a file that is read in pieces."""
    return io.BufferedReader(Window(file, start, size_bytes))
