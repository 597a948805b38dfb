"""A PNG of an array, with nothing but zlib (RFC 2083)."""

from __future__ import annotations

import struct
import zlib
from typing import Any

_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's kind of colour by the number of channels: grey, grey and alpha, RGB, RGBA."""

_PIXELS_MAX = 1 << 26


def png(array: Any) -> bytes:
    """Return the picture that ``array`` is.

    Args:
        array: rows of pixels, each a number or 1 to 4 channels, or channels first as PyTorch has them. Bytes, booleans, or
            floats from 0 to 1; or nested lists of whole numbers from 0 to 255.

    Raises:
        ValueError: it is no picture.
    """
    height, width, channels, pixels = _bytes_of(array) if hasattr(array, "tobytes") else _listed(array)
    stride = width * channels
    # Each row begins with the filter that was used on it: none.
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, height * stride, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bytes_of(array: Any) -> tuple[int, int, int, bytes]:
    if array.ndim == 3 and array.shape[0] in {1, 3, 4} and array.shape[2] not in _COLOURS:
        array = array.transpose(1, 2, 0)
    height, width, channels = _shape(tuple(array.shape))
    kind = array.dtype.kind
    if kind == "f":
        array = (array.clip(0, 1) * 255).round()
    elif kind == "b":
        array = array.astype("uint8") * 255
    elif kind not in "ui":
        raise ValueError(f"an array of {array.dtype} is no picture")
    return height, width, channels, array.clip(0, 255).astype("uint8").tobytes()


def _listed(rows: Any) -> tuple[int, int, int, bytes]:
    listed = [list(row) for row in rows]
    has_channels = bool(listed and listed[0]) and isinstance(listed[0][0], list | tuple)
    shape = (len(listed), len(listed[0]) if listed else 0, *((len(listed[0][0]),) if has_channels else ()))
    height, width, channels = _shape(shape)
    flat = [value for row in listed for pixel in row for value in (pixel if has_channels else (pixel,))]
    if len(flat) != height * width * channels:
        raise ValueError("its rows differ in length")
    return height, width, channels, bytes(flat)


def _shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or shape[2] not in _COLOURS or not 0 < shape[0] * shape[1] <= _PIXELS_MAX:
        raise ValueError(f"an array of the shape {shape} is no picture: it needs height, width, and up to 4 channels")
    return shape[0], shape[1], shape[2]
