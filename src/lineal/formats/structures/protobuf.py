"""Protocol buffers by their wire format: fields are found without a schema, and long ones are stepped over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lineal.formats.tensors.tensor import corrupt, exactly

FIELDS_MAX = 2_000_000
_SMALL_BYTES = 1 << 14
"""A message that is no longer is read at once."""

_TEXT_BYTES_MAX = 1 << 20
_HEAD_BYTES = 20
"""A key and a number have ten bytes each at most."""

_FIXED = {1: 8, 5: 4}


class Field(NamedTuple):
    """A field of a message: its number, and either a number or where its bytes are."""

    number: int
    value: int
    inside: Message | None = None


class Message:
    """A stretch of a file that is a message, a text, or packed numbers.

    Args:
        file: where.
        start: of its bytes.
        end: of its bytes.
        left: how many fields may yet be read, shared by all messages of a file.
    """

    __slots__ = ("_end", "_file", "_left", "_start")

    def __init__(self, file: BinaryIO, start: int, end: int, left: list[int] | None = None) -> None:
        self._file, self._start, self._end = file, start, end
        self._left = [FIELDS_MAX] if left is None else left

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return self._end - self._start

    def fields(self) -> Iterator[Field]:
        """Yield its fields. Raises Corrupt when it is no message."""
        file, at, end = self._file, self._start, self._end
        if end - at <= _SMALL_BYTES:
            file.seek(at)
            file, at, end = io.BytesIO(exactly(file, end - at)), 0, end - at
        while at < end:
            self._left[0] -= 1
            if self._left[0] < 0:
                raise corrupt(f"it has more than {FIELDS_MAX:,} fields")
            file.seek(at)
            head = file.read(min(_HEAD_BYTES, end - at))
            key, used = varint(head, 0)
            kind = key & 7
            if kind == 0:
                value, used = varint(head, used)
                at += used
                yield Field(key >> 3, value)
                continue
            if kind == 2:
                size_bytes, used = varint(head, used)
            elif kind in _FIXED:
                size_bytes = _FIXED[kind]
            else:
                raise corrupt(f"a field in it is of the kind {kind}")
            start = at + used
            at = start + size_bytes
            if at > end:
                raise corrupt(f"a field in it would have {size_bytes:,} bytes")
            yield Field(key >> 3, 0, Message(file, start, at, self._left))

    def read(self) -> bytes:
        """Return its bytes. Raises Corrupt when they are far too many."""
        if self.size_bytes > _TEXT_BYTES_MAX:
            raise corrupt(f"a text in it has {self.size_bytes:,} bytes")
        self._file.seek(self._start)
        return exactly(self._file, self.size_bytes)

    def text(self) -> str:
        """Return it as a text. Raises Corrupt when it is far too long."""
        return self.read().decode("utf-8", "replace")

    def packed(self) -> Iterator[int]:
        """Yield the numbers in it. Raises Corrupt when they are far too many, or none."""
        data = self.read()
        at = 0
        while at < len(data):
            value, at = varint(data, at)
            yield value


def whole(file: BinaryIO) -> Message:
    """Return a file as a message."""
    return Message(file, 0, file.seek(0, 2))


def signed(value: int) -> int:
    """Return a number as the signed one that it stands for."""
    return value - (1 << 64) if value >= 1 << 63 else value


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and where it ends. Raises Corrupt."""
    value = 0
    for place in range(10):
        if at + place >= len(data):
            raise corrupt("a number in it breaks off")
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value & ((1 << 64) - 1), at + place + 1
    raise corrupt("a number in it is too long")
