"""Safetensors: nothing in them can be run; what contradicts itself is for readers that do not check."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from lineal.formats.scans.look import Look, Unreadable, size_of
from lineal.formats.tensors.safetensors import read_safetensors
from lineal.objects.errors import Corrupt
from lineal.objects.prepared import prepared


class _Places(msgspec.Struct):
    data_offsets: tuple[int, int]


def read_safe(file: BinaryIO, look: Look) -> str:
    """Note bytes that no tensor has. Raises Unreadable when the header contradicts itself or the file."""
    try:
        read_safetensors(file)
    except Corrupt as error:
        raise Unreadable(error.message.rpartition("file: ")[2]) from None
    file.seek(0)
    size = int.from_bytes(file.read(8), "little")
    raw = msgspec.json.decode(file.read(size), type=dict[str, msgspec.Raw])
    raw.pop("__metadata__", None)
    spans = sorted(msgspec.json.decode(each, type=prepared(_Places)).data_offsets for each in raw.values())
    end = 0
    for first, last in spans:
        if first > end:
            look.note(
                "trailing", f"{first - end:,} bytes between the tensors", "no tensor has them", place=8 + size + end
            )
        end = last
    if (rest := size_of(file) - 8 - size - end) > 0:
        look.note("trailing", f"{rest:,} bytes behind the last tensor", "no tensor has them", place=8 + size + end)
    return "safetensors"
