"""TensorFlow's ``variables.index``: a sorted table (LevelDB's SSTable) of the variables whose numbers lie in files beside it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from lineal.formats.structures.protobuf import Message, signed, varint
from lineal.formats.tensors.tensor import TENSORS_MAX, corrupt, exactly
from lineal.objects.structures import TensorInfo

DTYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64",
    10: "bool", 14: "bfloat16", 17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
"""TensorFlow's numbers of kinds of items."""

_FOOTER_BYTES = 48
_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_BLOCK_BYTES_MAX = 16 << 20
_DIMENSIONS_MAX = 64
_TAIL = "/.ATTRIBUTES/VARIABLE_VALUE"
_AGAIN = "_all_variables/"
"""Keras lists what it exports a second time under this."""

_NO_WEIGHTS = ("_CHECKPOINTABLE_OBJECT_GRAPH", "save_counter", ".OPTIMIZER_SLOT", "keras_api/")


def read_variables(file: BinaryIO) -> list[TensorInfo]:
    """Return the variables of a model, without those of its optimizer; by name.

    Args:
        file: the index.

    Raises:
        Corrupt: it is no such table.
    """
    found: dict[str, TensorInfo] = {}
    for key, value in _entries(file):
        name = key.decode("utf-8", "replace")
        if name and not any(each in name for each in _NO_WEIGHTS):
            dtype, shape = _described(value)
            name = name.removesuffix(_TAIL)
            found[name] = TensorInfo(name=name, dtype=dtype, shape=shape)
        if len(found) > TENSORS_MAX:
            raise corrupt(f"it has more than {TENSORS_MAX:,} variables")
    once = [each for name, each in found.items() if not name.startswith(_AGAIN)]
    return once or list(found.values())


def _entries(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of the table, the one without a name, which describes it, too."""
    size_bytes = file.seek(0, 2)
    if size_bytes < _FOOTER_BYTES:
        raise corrupt("its table of variables breaks off")
    file.seek(size_bytes - _FOOTER_BYTES)
    footer = exactly(file, _FOOTER_BYTES)
    if not footer.endswith(_MAGIC):
        raise corrupt("its table of variables has another format")
    _, at = _place(footer, 0)
    where, _ = _place(footer, at)
    for _, place in _block(file, where):
        yield from _block(file, _place(place, 0)[0])


def _place(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Return where a block begins and how many bytes it has; and where what follows begins."""
    start, at = varint(data, at)
    size_bytes, at = varint(data, at)
    return (start, size_bytes), at


def _block(file: BinaryIO, place: tuple[int, int]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a block; each key says how much of the one before it shares."""
    start, size_bytes = place
    if not 4 <= size_bytes <= _BLOCK_BYTES_MAX:
        raise corrupt(f"a block of its table of variables would have {size_bytes:,} bytes")
    file.seek(start)
    data = exactly(file, size_bytes + 1)
    if data[-1]:
        raise corrupt("its table of variables is compressed, which TensorFlow does not do")
    (restarts,) = struct.unpack_from("<I", data, size_bytes - 4)
    at, end, key = 0, size_bytes - 4 - 4 * restarts, b""
    while at < end:
        shared, at = varint(data, at)
        own, at = varint(data, at)
        long, at = varint(data, at)
        if shared > len(key) or at + own + long > end:
            raise corrupt("an entry of its table of variables is longer than its block")
        key = key[:shared] + data[at : at + own]
        at += own + long
        yield key, data[at - long : at]


def _described(value: bytes) -> tuple[str, tuple[int, ...]]:
    dtype, shape = "", list[int]()
    for number, value_, inside in Message(io.BytesIO(value), 0, len(value)).fields():
        if number == 1:
            dtype = DTYPES.get(value_, f"dtype {value_}")
        for part in inside.fields() if number == 2 and inside else ():
            if part.number == 2 and part.inside:
                known = next((each.value for each in part.inside.fields() if each.number == 1), 0)
                shape.append(max(signed(known), 0))
    if len(shape) > _DIMENSIONS_MAX:
        raise corrupt(f"a variable in it has more than {_DIMENSIONS_MAX} dimensions")
    return dtype, tuple(shape)
