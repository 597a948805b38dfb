"""What is in a model's file: tensors by name, with where their bytes are."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, cast

from lineal.objects.errors import Corrupt

PIECE_BYTES = 1 << 20
"""So much of a tensor is in memory at once; a multiple of every item's size."""

_PART_BUFFER_BYTES = 1 << 14

TENSORS_MAX = 1_000_000
"""A file that claims more tensors is not believed."""

SIZES = {
    "bool": 1,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "int64": 8,
    "uint64": 8,
    "float8_e4m3fn": 1,
    "float8_e5m2": 1,
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}
"""The size in bytes of an item of each dtype that is known."""


class Tensor(NamedTuple):
    """An array of numbers.

    Args:
        name: its path in the file, parts joined by dots.
        dtype: one of ``SIZES``, or what the file calls it.
        shape: its dimensions.
        size_bytes: of its items.
        read: yields its bytes in pieces; each but the last is ``PIECE_BYTES`` long. May raise Corrupt.
        layout: how its items lie, when not row by row in this machine's way: ``strides …``, ``columns first``,
            ``big-endian``; two tensors can only be compared item by item when both lie alike.
        device: where it was when it was saved, such as ``cuda:0``, where whoever loads it needs one too; empty for none.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    size_bytes: int
    read: Callable[[], Iterator[bytes]]
    layout: str = ""
    device: str = ""


class Contents(NamedTuple):
    """What a model's file holds.

    Args:
        format: what the file is.
        tensors: in the order of the file.
        facts: texts and numbers beside the tensors, by name.
        notes: sentences about what was not read.
    """

    format: str
    tensors: tuple[Tensor, ...]
    facts: dict[str, str] = {}
    notes: tuple[str, ...] = ()


def item_count(shape: tuple[int, ...]) -> int:
    """Return how many items a tensor of a shape has. Raises Corrupt when that cannot be."""
    if any(each < 0 for each in shape):
        raise corrupt(f"a tensor has the shape {shape}")
    return math.prod(shape)


def corrupt(what: str) -> Corrupt:
    """Return the error for a file that contradicts itself."""
    return Corrupt(f"this is no sound model file: {what}", hint="write it again, or get it again from where it came")


def span(file: BinaryIO, start: int, size_bytes: int) -> Callable[[], Iterator[bytes]]:
    """Return what yields ``size_bytes`` bytes of a file from ``start`` on."""

    def read() -> Iterator[bytes]:
        for at in range(start, start + size_bytes, PIECE_BYTES):
            # Somebody may read another tensor of the same file in between.
            file.seek(at)
            yield exactly(file, min(PIECE_BYTES, start + size_bytes - at))

    return read


def held(data: bytes) -> Callable[[], Iterator[bytes]]:
    """Return what yields bytes that are in memory already."""
    return lambda: (data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES))


def exactly(file: BinaryIO, size_bytes: int) -> bytes:
    """Read that many bytes, at most ``PIECE_BYTES`` at once. Raises Corrupt when the file ends before."""
    parts: list[bytes] = []
    rest = size_bytes
    while rest:
        part = file.read(min(rest, PIECE_BYTES))
        if not part:
            raise corrupt(f"it ends {rest:,} bytes too early")
        parts.append(part)
        rest -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def size_of(file: BinaryIO) -> int:
    """Return the size of a file in bytes."""
    return file.seek(0, 2)


def part_of(file: BinaryIO, start: int, size_bytes: int) -> BinaryIO:
    """Return a stretch of a file as a file of its own; both may be read, one after the other."""
    return cast("BinaryIO", io.BufferedReader(_Part(file, start, size_bytes), _PART_BUFFER_BYTES))


class _Part(io.RawIOBase):
    """A stretch of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size_bytes: int) -> None:
        super().__init__()
        self._file, self._start, self._size = file, start, size_bytes
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max({io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset, 0)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # RawIOBase takes any buffer
        wanted = max(min(len(buffer), self._size - self._at), 0)
        self._file.seek(self._start + self._at)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
