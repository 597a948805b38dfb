"""The files of a model, wherever they are, and how much of them may be read."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import BinaryIO, NamedTuple, cast

from lineal.formats.tensors.tensor import corrupt

BUFFER_BYTES = 1 << 14
"""Readers go from one small place of a large file to another: what is read ahead is mostly read in vain."""


class Files(NamedTuple):
    """Files by their paths.

    Args:
        sizes: the size in bytes of each, by its path with ``/``.
        open: opens one by its path; it is read here and there.
    """

    sizes: Mapping[str, int]
    open: Callable[[str], BinaryIO]


def one_file(name: str, file: BinaryIO) -> Files:
    """Return a model that is one file. It is left open."""
    return Files({name: file.seek(0, io.SEEK_END)}, lambda _: file)


class Exhausted(Exception):
    """As much was read as may be."""


class Budget:
    """How many bytes may yet be read.

    Args:
        size_bytes: all.
    """

    def __init__(self, size_bytes: int) -> None:
        self.left = size_bytes
        self.spent = 0

    def spend(self, size_bytes: int) -> None:
        """Count bytes that are read. Raises Exhausted when they are too many."""
        if size_bytes > self.left:
            raise Exhausted
        self.left -= size_bytes
        self.spent += size_bytes


class _Metered(io.RawIOBase):
    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        super().__init__()
        self._file = file
        self._budget = budget

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, OverflowError, ValueError):
            raise corrupt("it points to a place that no file has") from None

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # RawIOBase takes any buffer
        data = self._file.read(len(buffer))
        self._budget.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


def metered(file: BinaryIO, budget: Budget) -> BinaryIO:
    """Return a file whose reads are counted; they raise Exhausted when they are too many."""
    file.seek(0)
    return cast("BinaryIO", io.BufferedReader(_Metered(file, budget), BUFFER_BYTES))
