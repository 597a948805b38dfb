"""NumPy's files: ``.npy``, one array behind a header, and ``.npz``, a zip of those."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple
from zipfile import ZipFile

from lineal.formats.tensors.tensor import (
    PIECE_BYTES,
    SIZES,
    Contents,
    Tensor,
    corrupt,
    exactly,
    item_count,
    size_of,
    span,
)
from lineal.formats.tensors.zips import opened_zip, within

MAGIC = b"\x93NUMPY"
HEADER_BYTES_MAX = 1 << 16
_HEADER = re.compile(
    r"\{\s*'descr':\s*(?P<descr>'[^']*'|\[.*\]),\s*'fortran_order':\s*(?P<columns>True|False),"
    r"\s*'shape':\s*\((?P<shape>[0-9, L]*)\),?\s*\}\s*",
    re.DOTALL,
)
_DESCR = re.compile(r"(?P<order>[<>|=])?(?P<kind>[biufcVSU?OmM])(?P<size>\d*)")
_KINDS = {"b": "int", "i": "int", "u": "uint", "f": "float", "c": "complex"}
OBJECTS = "object"


class _Array(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    size_bytes: int
    layout: str


def dtype_of(descr: str) -> tuple[str, int, str]:
    """Return the dtype, the size of an item in bytes and the byte order that NumPy's ``<f4`` means; size 0: unknown."""
    found = _DESCR.fullmatch(descr)
    if not found or len(found["size"]) > 6:
        return descr, 0, ""
    kind, size = found["kind"], int(found["size"] or 0)
    if kind == "?" or descr.endswith("b1"):
        return "bool", 1, ""
    if kind == "O":
        return OBJECTS, 0, ""
    named = f"{_KINDS.get(kind, '')}{size * 8}"
    if SIZES.get(named) != size:
        named, size = descr, size * 4 if kind == "U" else size
    return named, size, "big-endian" if found["order"] == ">" and size > 1 else ""


def read_npy(file: BinaryIO) -> Contents:
    """Return the array of a ``.npy`` file, called ``array``. Raises Corrupt."""
    size_bytes = size_of(file)
    file.seek(0)
    array, start = _header(file)
    if array.dtype == OBJECTS:
        return Contents("npy", (), notes=("its array holds Python objects, which are not read",))
    if size_bytes != start + array.size_bytes:
        raise corrupt(f"an array of {array.size_bytes:,} bytes has {size_bytes - start:,}")
    return Contents("npy", (_tensor("array", array, span(file, start, array.size_bytes)),))


def read_npz(file: BinaryIO) -> Contents:
    """Return the arrays of a ``.npz`` file by their names. Raises Corrupt."""
    archive = opened_zip(file)
    tensors, notes = [], []
    for member in archive.namelist():
        if not member.endswith(".npy"):
            continue
        if tensor := member_array(archive, member):
            tensors.append(tensor)
        else:
            notes.append(f"{member.removesuffix('.npy')} holds Python objects, which are not read")
    return Contents("npz", tuple(tensors), notes=tuple(notes))


def member_array(archive: ZipFile, member: str) -> Tensor | None:
    """Return the array that a member of an archive is; None when it holds Python objects. Raises Corrupt."""
    name = member.removesuffix(".npy")
    with within(archive, member) as inner:
        array, start = _header(inner)
    if array.dtype == OBJECTS:
        return None
    there = archive.getinfo(member).file_size
    if there != start + array.size_bytes:
        raise corrupt(f"the array {name} of {array.size_bytes:,} bytes has {there - start:,}")
    return _tensor(name, array, _inside(archive, member, start, array.size_bytes))


def _tensor(name: str, array: _Array, read: Callable[[], Iterator[bytes]]) -> Tensor:
    return Tensor(name, array.dtype, array.shape, array.size_bytes, read, array.layout)


def _inside(archive: ZipFile, name: str, start: int, size_bytes: int) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with within(archive, name) as inner:
            exactly(inner, start)
            for at in range(0, size_bytes, PIECE_BYTES):
                yield exactly(inner, min(PIECE_BYTES, size_bytes - at))

    return read


def _header(file: BinaryIO) -> tuple[_Array, int]:
    """Return what the header at the file's place says, and how many bytes it has."""
    if exactly(file, len(MAGIC)) != MAGIC:
        raise corrupt("an array does not begin as NumPy's do")
    version = exactly(file, 2)[0]
    width = 2 if version == 1 else 4
    header_bytes = int.from_bytes(exactly(file, width), "little")
    if header_bytes > HEADER_BYTES_MAX:
        raise corrupt(f"the header of an array would have {header_bytes:,} bytes")
    found = _HEADER.fullmatch(exactly(file, header_bytes).decode("utf-8" if version > 2 else "latin-1", "replace"))
    if not found:
        raise corrupt("the header of an array cannot be read")
    sizes = [each.strip(" L") for each in found["shape"].split(",") if each.strip()]
    if any(len(each) > 18 or not each.isdecimal() for each in sizes):
        raise corrupt("the shape of an array cannot be read")
    shape = tuple(map(int, sizes))
    dtype, item_bytes, order = dtype_of(found["descr"].strip("'"))
    if found["descr"].startswith("["):
        dtype, item_bytes = "record", _record_bytes(found["descr"])
    if not item_bytes and dtype != OBJECTS:
        raise corrupt(f"the size of its items, {dtype}, is not known")
    columns = "columns first" if found["columns"] == "True" and len(shape) > 1 else ""
    layout = ", ".join(each for each in (columns, order) if each)
    return _Array(dtype, shape, item_count(shape) * item_bytes, layout), len(MAGIC) + 2 + width + header_bytes


def _record_bytes(descr: str) -> int:
    """Return the size of a record of plain fields, 0 when it has others."""
    fields = re.findall(r"\('[^']*',\s*'([^']*)'\)", descr)
    sizes = [dtype_of(each)[1] for each in fields]
    return sum(sizes) if fields and all(sizes) and len(fields) == descr.count("(") else 0
