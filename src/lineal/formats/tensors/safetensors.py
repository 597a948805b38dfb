"""Safetensors: the size of a JSON header, the header, then the bytes of every tensor."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from lineal.formats.tensors.tensor import (
    SIZES,
    TENSORS_MAX,
    Contents,
    Tensor,
    corrupt,
    exactly,
    item_count,
    size_of,
    span,
)
from lineal.objects.prepared import prepared

HEADER_BYTES_MAX = 100_000_000
"""The format's own limit."""

_PREFIX_BYTES = 8
_DTYPES = {
    "BOOL": "bool",
    "I8": "int8",
    "U8": "uint8",
    "I16": "int16",
    "U16": "uint16",
    "I32": "int32",
    "U32": "uint32",
    "I64": "int64",
    "U64": "uint64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}
_METADATA = "__metadata__"


class _Header(msgspec.Struct):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def is_safetensors(head: bytes) -> bool:
    """Tell whether a file that begins so may be one."""
    return len(head) > _PREFIX_BYTES and head[_PREFIX_BYTES : _PREFIX_BYTES + 1] == b"{" and not any(head[5:8])


def read_safetensors(file: BinaryIO) -> Contents:
    """Return what is in a file.

    Raises:
        Corrupt: its header is too large, no JSON, or says what cannot be: tensors that overlap or lie outside.
    """
    size_bytes = size_of(file)
    file.seek(0)
    header_bytes = int.from_bytes(exactly(file, _PREFIX_BYTES), "little")
    start = _PREFIX_BYTES + header_bytes
    if header_bytes > HEADER_BYTES_MAX or start > size_bytes:
        raise corrupt(f"its header would have {header_bytes:,} bytes")
    try:
        raw = msgspec.json.decode(exactly(file, header_bytes), type=dict[str, msgspec.Raw])
        metadata = msgspec.json.decode(raw.pop(_METADATA, b"{}"), type=dict[str, str])
        headers = {name: msgspec.json.decode(each, type=prepared(_Header)) for name, each in raw.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise corrupt(f"its header cannot be read ({error})") from None
    if len(headers) > TENSORS_MAX:
        raise corrupt(f"it claims {len(headers):,} tensors")
    _check_places(headers, size_bytes - start)
    tensors = (_tensor(file, start, name, each) for name, each in headers.items())
    return Contents("safetensors", tuple(tensors), facts=metadata)


def _check_places(headers: dict[str, _Header], size_bytes: int) -> None:
    end = 0
    for name, each in sorted(headers.items(), key=lambda item: item[1].data_offsets):
        first, last = each.data_offsets
        if not end <= first <= last <= size_bytes:
            raise corrupt(f"the tensor {name!r} lies at {first:,} to {last:,} of {size_bytes:,} bytes")
        end = last


def _tensor(file: BinaryIO, start: int, name: str, header: _Header) -> Tensor:
    first, last = header.data_offsets
    dtype = _DTYPES.get(header.dtype, header.dtype.lower())
    if dtype in SIZES and item_count(header.shape) * SIZES[dtype] != last - first:
        raise corrupt(f"the tensor {name!r} of {header.dtype} {list(header.shape)} has {last - first:,} bytes")
    return Tensor(name, dtype, header.shape, last - first, span(file, start + first, last - first))
