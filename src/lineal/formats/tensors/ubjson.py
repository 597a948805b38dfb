"""Universal Binary JSON, as XGBoost writes it: typed lists of numbers stay in the file, as tensors."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from lineal.formats.tensors.tensor import SIZES, Tensor, corrupt, exactly, size_of, span

DEPTH_MAX = 64
VALUES_MAX = 5_000_000

_NUMBERS = {
    b"i": (">b", "int8"),
    b"U": (">B", "uint8"),
    b"I": (">h", "int16"),
    b"l": (">i", "int32"),
    b"L": (">q", "int64"),
    b"d": (">f", "float32"),
    b"D": (">d", "float64"),
}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}
_TEXT_BYTES_MAX = 1 << 20


class Ubjson:
    """Reads one value.

    Args:
        file: where; it is read from its place on.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._end = size_of(file)
        self._file = file
        self._left = VALUES_MAX
        file.seek(0)

    def read(self) -> Any:
        """Return the value: dicts, lists, texts, numbers, and tensors. Raises Corrupt."""
        return self._value(self._sign(), 0)

    def _sign(self) -> bytes:
        sign = exactly(self._file, 1)
        while sign == b"N":  # nothing at all, for padding
            self._left -= 1
            sign = exactly(self._file, 1)
        return sign

    def _value(self, sign: bytes, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEPTH_MAX:
            raise corrupt("it holds far too many values, or too deep")
        if sign in _CONSTANTS:
            return _CONSTANTS[sign]
        if sign in _NUMBERS:
            form, dtype = _NUMBERS[sign]
            return struct.unpack(form, exactly(self._file, SIZES[dtype]))[0]
        if sign == b"S":
            return self._text()
        if sign == b"C":
            return exactly(self._file, 1).decode("latin-1")
        if sign == b"[":
            return self._list(depth)
        if sign == b"{":
            return self._dict(depth)
        raise corrupt(f"it has a value of the kind {sign!r}")

    def _size(self, sign: bytes) -> int:
        if sign not in _NUMBERS or sign in b"dD":
            raise corrupt("a size in it is no whole number")
        size: int = self._value(sign, 0)
        if not 0 <= size <= self._end:
            raise corrupt(f"it claims {size:,} values")
        return size

    def _text(self) -> str:
        size = self._size(self._sign())
        if size > _TEXT_BYTES_MAX:
            raise corrupt(f"it has a text of {size:,} bytes")
        return exactly(self._file, size).decode("utf-8", "replace")

    def _head(self) -> tuple[bytes, bytes, int | None]:
        """Return the type and the number of what follows, where they are said, and the sign behind them."""
        kind, count, sign = b"", None, self._sign()
        if sign == b"$":
            kind, sign = self._sign(), self._sign()
            if sign != b"#":
                raise corrupt("a typed list in it has no size")
        if sign == b"#":
            count, sign = self._size(self._sign()), b""
        return kind, sign, count

    def _list(self, depth: int) -> Any:
        kind, sign, count = self._head()
        if kind in _NUMBERS and count is not None:
            return self._tensor(_NUMBERS[kind][1], count)
        if count is not None:
            return [self._value(kind or self._sign(), depth + 1) for _ in range(count)]
        found = []
        while sign != b"]":
            found.append(self._value(sign, depth + 1))
            sign = self._sign()
        return found

    def _tensor(self, dtype: str, count: int) -> Tensor:
        start, size_bytes = self._file.tell(), count * SIZES[dtype]
        if start + size_bytes > self._end:
            raise corrupt(f"a list in it would have {size_bytes:,} bytes")
        self._file.seek(start + size_bytes)
        layout = "big-endian" if SIZES[dtype] > 1 else ""
        return Tensor("", dtype, (count,), size_bytes, span(self._file, start, size_bytes), layout)

    def _dict(self, depth: int) -> dict[str, Any]:
        kind, sign, count = self._head()
        found: dict[str, Any] = {}
        while sign != b"}" if count is None else len(found) < count:
            # The sign of a key is that of its size: that it is a text goes without saying.
            size = self._size(sign or self._sign())
            key = exactly(self._file, min(size, _TEXT_BYTES_MAX)).decode("utf-8", "replace")
            if key in found:
                raise corrupt(f"it has {key!r} twice")
            found[key] = self._value(kind or self._sign(), depth + 1)
            sign = self._sign() if count is None else b""
        return found
