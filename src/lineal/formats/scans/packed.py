"""What is compressed as a whole: gzip, zlib, bzip2, LZMA and LZ4, as joblib and people use them."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from lineal.formats.scans.look import HELD_BYTES_MAX, Look, Unreadable, head_of, whole

_PIECE_BYTES = 1 << 20

MEMORY_BYTES_MAX = 256 << 20
"""What unpacking may take: a few bytes can claim a window of gigabytes."""

_UNPACKERS: dict[bytes, tuple[str, Callable[[], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ": ("xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY_BYTES_MAX)),
    b"\x5d\x00\x00": ("lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY_BYTES_MAX)),
    b"\x78\x01": ("zlib", zlib.decompressobj),
    b"\x78\x5e": ("zlib", zlib.decompressobj),
    b"\x78\x9c": ("zlib", zlib.decompressobj),
    b"\x78\xda": ("zlib", zlib.decompressobj),
}
_LZ4 = b"\x04\x22M\x18"


def packed_as(head: bytes) -> str:
    """Return how a file that begins so is compressed, empty when it is not."""
    if head.startswith(_LZ4):
        return "lz4"
    return next((name for sign, (name, _) in _UNPACKERS.items() if head.startswith(sign)), "")


def read_packed(file: BinaryIO, look: Look) -> str:
    """Look into what a file is compressed from, and return its format.

    Raises:
        Unreadable: it cannot be unpacked, or is a bomb.
    """
    head = head_of(file, 8)
    how = packed_as(head)
    data = _lz4(whole(file), look) if how == "lz4" else _unpacked(file, look)
    name = look.name.rpartition(".")[0] or look.name
    return f"{how}, {look.enter(name, data)}"


def _unpacked(file: BinaryIO, look: Look) -> bytes:
    head = head_of(file, 8)
    make = next(make for sign, (_, make) in _UNPACKERS.items() if head.startswith(sign))
    file.seek(0)
    parts: list[bytes] = []
    size_bytes = 0
    while True:  # gzip, bzip2 and xz may have several streams in a row
        part = _stream(file, make(), look, HELD_BYTES_MAX - size_bytes)
        parts.append(part)
        size_bytes += len(part)
        rest = file.read(8)
        file.seek(-len(rest), 1)
        if not rest.startswith(tuple(_UNPACKERS)):
            return b"".join(parts)


def _stream(file: BinaryIO, unpacker: Any, look: Look, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    size_bytes = 0
    try:
        while not unpacker.eof:
            data = getattr(unpacker, "unconsumed_tail", b"")
            if not data and getattr(unpacker, "needs_input", True):
                data = file.read(1 << 16)
                if not data:
                    raise Unreadable("it is compressed, and breaks off")
            part = unpacker.decompress(data, _PIECE_BYTES)
            size_bytes += len(part)
            look.budget.spend_bytes(len(part))
            if size_bytes > most_bytes:
                raise Unreadable(f"it unpacks to more than {HELD_BYTES_MAX >> 20} MiB")
            parts.append(part)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError) as error:
        raise Unreadable(f"it cannot be decompressed ({error})") from None
    file.seek(-len(unpacker.unused_data), 1)
    return b"".join(parts)


def inflated(data: bytes, look: Look, *, filters: list[dict[str, Any]] | None = None, method: int = 8) -> bytes:
    """Return what a member of an archive is compressed from.

    Args:
        data: its bytes.
        look: whose budget is spent.
        filters: for raw LZMA, as 7z uses it.
        method: that of the zip format: 8, 12 or 14.

    Raises:
        Unreadable: it cannot be unpacked.
    """
    if filters:
        unpacker: Any = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    else:
        unpacker = bz2.BZ2Decompressor() if method == 12 else zlib.decompressobj(-zlib.MAX_WBITS)
    return _stream(io.BytesIO(data), unpacker, look, HELD_BYTES_MAX)


def _lz4(data: bytes, look: Look) -> bytes:
    """Return what a frame of LZ4 is compressed from. Raises Unreadable."""
    try:
        return b"".join(_lz4_blocks(data, look))
    except IndexError:
        raise Unreadable("it is compressed by LZ4, and breaks off") from None


def _lz4_blocks(data: bytes, look: Look) -> list[bytes]:
    flags = data[4]
    at = 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    is_linked, has_sums = not flags & 0x20, flags & 0x10
    parts: list[bytes] = []
    window = b""
    while True:
        size = int.from_bytes(data[at : at + 4], "little")
        at += 4
        if not size:
            return parts
        length = size & 0x7FFFFFFF
        if at + length > len(data):
            raise Unreadable("it is compressed by LZ4, and breaks off")
        block = data[at : at + length]
        part = block if size >> 31 else _lz4_block(block, window if is_linked else b"")
        look.budget.spend_bytes(len(part))
        parts.append(part)
        window = (window + part)[-(1 << 16) :]
        at += length + (4 if has_sums else 0)


def _lz4_block(block: bytes, window: bytes) -> bytes:
    made = bytearray(window)
    at, most = 0, len(window) + (8 << 20)
    while at < len(block):
        token = block[at]
        length, at = _lz4_length(block, at + 1, token >> 4)
        made += block[at : at + length]
        at += length
        if at >= len(block):
            break
        back = block[at] | block[at + 1] << 8
        length, at = _lz4_length(block, at + 2, token & 15)
        length += 4
        if not 0 < back <= len(made) or len(made) + length > most:
            raise Unreadable("a block of LZ4 points outside of what was unpacked")
        while length > 0:
            piece = made[-back:][:length]
            made += piece
            length -= len(piece)
    return bytes(made[len(window) :])


def _lz4_length(block: bytes, at: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            more = block[at]
            at += 1
            length += more
            if more != 255:
                break
    return length, at
