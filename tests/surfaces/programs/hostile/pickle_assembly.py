"""Pickles put together opcode by opcode, as no pickler would write them."""

from __future__ import annotations

import struct


def named(module: str, name: str) -> bytes:
    """Name something by the opcode GLOBAL."""
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def stacked(module: str, name: str) -> bytes:
    """Name something by the opcode STACK_GLOBAL."""
    return short(module) + short(name) + b"\x93"


def short(value: str) -> bytes:
    """Push a short text."""
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def text(value: str) -> bytes:
    """Push a text."""
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def data(value: bytes) -> bytes:
    """Push bytes."""
    return b"B" + struct.pack("<I", len(value)) + value


def number(value: int) -> bytes:
    """Push a small number."""
    return b"J" + struct.pack("<i", value)


def call(what: bytes, *arguments: bytes) -> bytes:
    """Call something."""
    return what + b"(" + b"".join(arguments) + b"tR"


def pickled(*parts: bytes, protocol: int = 4) -> bytes:
    """Return a whole pickle."""
    head = b"" if protocol < 2 else b"\x80" + bytes([protocol])
    return head + b"".join(parts) + b"."


def wrapper(dtype: bytes, count: int, *, aligned: bool = False) -> bytes:
    """Push what joblib writes before an array: whoever reads it takes the bytes behind it for the array."""
    state = b"}(" + text("shape") + number(count) + b"\x85" + text("dtype") + dtype
    state += text("order") + text("C") + text("allow_mmap") + b"\x89"
    state += (
        text("subclass")
        + named("numpy", "ndarray")
        + (text("numpy_array_alignment_bytes") + number(16) if aligned else b"")
    )
    return named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + state + b"ub"


def dtype(code: str) -> bytes:
    """Push a dtype."""
    return call(named("numpy", "dtype"), text(code), b"\x89", b"\x88")
