"""Cut files where their content says, so that the parts that two versions share are cut alike.

Anything is cut by FastCDC (Xia et al.: FastCDC, USENIX ATC 2016; the 2020 form), 64 KiB on average. A safetensors file is
cut at its tensors, which are changed in place and never moved inside: fewer pieces, and none that straddles two.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Protocol

import msgspec

from lineal.objects.prepared import prepared

AVERAGE_BYTES, SMALLEST_BYTES, LARGEST_BYTES = 64 << 10, 16 << 10, 256 << 10
"""Part of the format only so far as other sizes would find nothing in common with what is stored."""

_TENSOR_PIECE_BYTES = 1 << 20
_HEADER_BYTES_MAX = 100 << 20
_TENSORS_MAX = 1 << 20


class Stream(Protocol):
    """Bytes to be read in order, and from the start again."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int:
        """Fill ``buffer`` as far as bytes are left; return how many came."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most ``size``; none at the end."""

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""


def cut(stream: Stream, size: int) -> Iterator[memoryview]:
    """Yield all bytes of ``stream`` in pieces; each is valid until the next one is asked for.

    Args:
        stream: at its first byte.
        size: how many bytes it has.
    """
    ends = _tensor_ends(stream, size)
    stream.seek(0)
    if ends:
        yield from _at(stream, ends)
        return
    from pyfastcdc import FastCDC  # noqa: PLC0415 - only large files that have a version before need it

    cutter = FastCDC(avg_size=AVERAGE_BYTES, min_size=SMALLEST_BYTES, max_size=LARGEST_BYTES)
    for chunk in cutter.cut_stream(stream):
        yield chunk.data


def _at(stream: Stream, ends: list[int]) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(_TENSOR_PIECE_BYTES))
    for start, end in pairwise([0, *ends]):
        at = start
        while at < end:
            wanted, filled = min(len(buffer), end - at), 0
            while filled < wanted and (count := stream.readinto(buffer[filled:wanted])):
                filled += count
            if not filled:
                return
            yield buffer[:filled]
            at += filled
    while piece := stream.read(_TENSOR_PIECE_BYTES):  # it grew meanwhile
        yield memoryview(piece)


def _tensor_ends(stream: Stream, size: int) -> list[int]:
    """Return where the header and each tensor of a safetensors file end; nothing for any other file."""
    header_bytes = int.from_bytes(stream.read(8), "little")
    if not 2 <= header_bytes <= min(size - 8, _HEADER_BYTES_MAX):
        return []
    first = stream.read(1)
    if first != b"{":
        return []
    try:
        header = msgspec.json.decode(first + _read(stream, header_bytes - 1), type=dict[str, msgspec.Raw])
        header.pop("__metadata__", None)
        tensors = [msgspec.json.decode(each, type=prepared(_Tensor)).data_offsets for each in header.values()]
    except (msgspec.MsgspecError, UnicodeError, RecursionError):  # no header, or one that was made to do harm
        return []
    base = 8 + header_bytes
    ends = sorted({base, *(base + end for start, end in tensors if start < end)})
    return ends if len(tensors) <= _TENSORS_MAX and ends[-1] == size else []


def _read(stream: Stream, size: int) -> bytes:
    pieces = []
    while size and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class _Tensor(msgspec.Struct):
    """What a safetensors header says of a tensor, as far as it is needed here."""

    data_offsets: tuple[int, int]
