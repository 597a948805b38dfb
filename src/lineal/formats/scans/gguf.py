"""GGUF: numbers and texts, among them the template of chats."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from lineal.formats.scans.look import Look, Unreadable, size_of
from lineal.formats.scans.templates import read_template

_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_TEXT, _ARRAY = 8, 9
_COUNT_MAX = 1 << 20


def read_gguf(file: BinaryIO, look: Look) -> str:
    """Note what the templates in a file do. Raises Unreadable when it claims what cannot be."""
    end = size_of(file)
    file.seek(4)
    version, tensor_count, count = struct.unpack("<IQQ", _bite(file, 20))
    if version not in {2, 3} or count > _COUNT_MAX or tensor_count > _COUNT_MAX:
        raise Unreadable(f"it claims {count:,} facts and {tensor_count:,} tensors in the version {version}")
    for _ in range(count):
        key = _text(file, end).decode("utf-8", "replace")
        value = _value(file, end, int.from_bytes(_bite(file, 4), "little"), 0)
        if "chat_template" in key and isinstance(value, bytes):
            read_template(value.decode("utf-8", "replace"), look, key)
    return "gguf"


def _bite(file: BinaryIO, size_bytes: int) -> bytes:
    found = file.read(size_bytes)
    if len(found) != size_bytes:
        raise Unreadable("it breaks off")
    return found


def _text(file: BinaryIO, end: int) -> bytes:
    size = int.from_bytes(_bite(file, 8), "little")
    if size > end:
        raise Unreadable(f"a text in it would have {size:,} bytes")
    return _bite(file, size)


def _value(file: BinaryIO, end: int, kind: int, depth: int) -> Any:
    if kind in _SIZES:
        return _bite(file, _SIZES[kind]) and None
    if kind == _TEXT:
        return _text(file, end)
    if kind != _ARRAY or depth > 4:
        raise Unreadable(f"a fact in it has the kind {kind}, which is not known")
    inner, count = int.from_bytes(_bite(file, 4), "little"), int.from_bytes(_bite(file, 8), "little")
    if count > end:
        raise Unreadable(f"a list in it would have {count:,} items")
    if inner in _SIZES:
        if file.tell() + count * _SIZES[inner] > end:
            raise Unreadable("a list in it breaks off")
        file.seek(count * _SIZES[inner], 1)
        return None
    for _ in range(count):
        _value(file, end, inner, depth + 1)
    return None
