"""What an object of HDF5 is described by: its type, its shape, where its bytes lie and what was done to them."""

from __future__ import annotations

from typing import NamedTuple

from lineal.formats.tensors.hdf5.bounded import Bounded, NotRead, unpacked, whole
from lineal.formats.tensors.tensor import corrupt

RANK_MAX = 32
FILTERS_MAX = 32

_FIXED, _FLOAT, _STRING, _ENUM, _LONG = 0, 1, 3, 8, 9
_CLASSES = {2: "time", 4: "bits", 5: "opaque", 6: "record", 7: "reference", 10: "array"}
_BFLOAT_EXPONENT_BITS = 8


class Datatype(NamedTuple):
    """The type of items: its name, the size of one, and whether the first byte is the most significant."""

    name: str
    size_bytes: int
    is_big: bool = False

    @property
    def is_long_text(self) -> bool:
        """Whether each is a text of its own length, kept elsewhere."""
        return self.name == "texts"

    @property
    def is_text(self) -> bool:
        """Whether each is a text of one length."""
        return self.name == "text"


class Layout(NamedTuple):
    """Where the bytes of a dataset lie.

    Args:
        kind: compact, contiguous or chunked.
        address: of the bytes, or of what leads to the chunks; None when none were written.
        size_bytes: of the bytes.
        data: the bytes of a compact one.
        chunk: the shape of a chunk.
        found_by: how chunks are found: 0 for a tree, otherwise the number that HDF5 has for it.
        filtered_bytes: of the only chunk, where it was filtered.
    """

    kind: str
    address: int | None = None
    size_bytes: int = 0
    data: bytes = b""
    chunk: tuple[int, ...] = ()
    found_by: int = 0
    filtered_bytes: int = 0


def datatype(data: bytes) -> Datatype:
    """Return the type that a message describes. Raises Corrupt."""
    kind, bits, size_bytes = whole(data, 0, 1) & 15, whole(data, 1, 3), whole(data, 4, 4)
    is_big = bool(bits & 1)
    if kind == _FIXED:
        return Datatype(f"{'int' if bits & 8 else 'uint'}{size_bytes * 8}", size_bytes, is_big)
    if kind == _FLOAT:
        is_brain = size_bytes == 2 and whole(data, 13, 1) == _BFLOAT_EXPONENT_BITS
        return Datatype("bfloat16" if is_brain else f"float{size_bytes * 8}", size_bytes, is_big)
    if kind == _STRING:
        return Datatype("text", size_bytes)
    if kind == _ENUM:
        # Truths are kept as two names for numbers of one byte.
        is_truth = size_bytes == 1 and b"FALSE\0" in data and b"TRUE\0" in data
        inner = datatype(data[8:])
        return Datatype("bool", 1) if is_truth else inner._replace(size_bytes=size_bytes)
    if kind == _LONG:
        return Datatype("texts" if bits & 15 == 1 else "lists", size_bytes)
    return Datatype(_CLASSES.get(kind, f"class {kind}"), size_bytes)


def shape(file: Bounded, data: bytes) -> tuple[int, ...] | None:
    """Return the shape that a message describes; None when there are no items at all. Raises Corrupt."""
    version, rank = whole(data, 0, 1), whole(data, 1, 1)
    if rank > RANK_MAX or version not in {1, 2}:
        raise corrupt(f"a shape in it has {rank} dimensions, in the version {version}")
    if version == 2 and whole(data, 3, 1) == 2:
        return None
    start = 8 if version == 1 else 4
    return tuple(file.length(data, start + place * file.length_bytes) for place in range(rank))


def layout(file: Bounded, data: bytes) -> Layout:
    """Return the layout that a message describes. Raises Corrupt, and NotRead for old forms."""
    version, kind = whole(data, 0, 1), whole(data, 1, 1)
    if version not in {3, 4, 5}:
        raise NotRead(f"its bytes lie in the version {version} of HDF5's layouts")
    if kind == 0:
        size_bytes = whole(data, 2, 2)
        return Layout("compact", size_bytes=size_bytes, data=data[4 : 4 + size_bytes])
    if kind == 1:
        return Layout("contiguous", file.address(data, 2), file.length(data, 2 + file.offset_bytes))
    if kind != 2:
        raise NotRead("it refers to parts of other files")
    return _chunked_by_tree(file, data) if version == 3 else _chunked(file, data)


def _chunked_by_tree(file: Bounded, data: bytes) -> Layout:
    rank = whole(data, 2, 1)
    _check_rank(rank)
    at = 3 + file.offset_bytes
    sizes = tuple(whole(data, at + 4 * place, 4) for place in range(rank))
    return Layout("chunked", file.address(data, 3), chunk=sizes[:-1])


def _chunked(file: Bounded, data: bytes) -> Layout:
    flags, rank, width = whole(data, 2, 1), whole(data, 3, 1), whole(data, 4, 1)
    _check_rank(rank)
    if not 1 <= width <= 8:
        raise corrupt("the shape of a chunk cannot be read")
    sizes = tuple(whole(data, 5 + width * place, width) for place in range(rank))
    at = 5 + width * rank
    index = whole(data, at, 1)
    at += 1
    filtered = 0
    if index == 1 and flags & 2:
        filtered = file.length(data, at)
        at += file.length_bytes + 4
    at += {3: 1, 4: 5, 5: 6}.get(index, 0)
    return Layout("chunked", file.address(data, at), chunk=sizes[:-1], found_by=index, filtered_bytes=filtered)


def _check_rank(rank: int) -> None:
    if not 2 <= rank <= RANK_MAX + 1:
        raise corrupt(f"a chunk in it has {rank} dimensions")


def filters(data: bytes) -> tuple[int, ...]:
    """Return the numbers of the filters that bytes went through, in their order. Raises Corrupt."""
    version, count = whole(data, 0, 1), whole(data, 1, 1)
    if count > FILTERS_MAX or version not in {1, 2}:
        raise corrupt(f"its bytes went through {count} filters")
    at = 8 if version == 1 else 2
    found = []
    for _ in range(count):
        number = whole(data, at, 2)
        at += 2
        name_bytes = 0
        if version == 1 or number >= 256:
            name_bytes = whole(data, at, 2)
            at += 2
        _, values = unpacked("<HH", data, at)
        padded = (name_bytes + 7) // 8 * 8 if version == 1 else name_bytes
        at += 4 + padded + 4 * values + (4 if version == 1 and values % 2 else 0)
        found.append(number)
    return tuple(found)


class AttributeParts(NamedTuple):
    """An attribute: its name, its type, its shape and its bytes."""

    name: str
    datatype: Datatype
    shape: tuple[int, ...] | None
    data: bytes


def attribute(file: Bounded, data: bytes) -> AttributeParts:
    """Return the attribute that a message holds. Raises Corrupt, and NotRead for a type that is kept elsewhere."""
    version = whole(data, 0, 1)
    if version not in {1, 2, 3}:
        raise corrupt(f"an attribute in it is of the version {version}")
    if version > 1 and whole(data, 1, 1) & 3:
        raise NotRead("the type of an attribute is kept elsewhere")
    sizes = unpacked("<HHH", data, 2)
    at = 9 if version == 3 else 8
    parts = []
    for size_bytes in sizes:
        parts.append(data[at : at + size_bytes])
        at += (size_bytes + 7) // 8 * 8 if version == 1 else size_bytes
    name = parts[0].partition(b"\0")[0].decode("utf-8", "replace")
    return AttributeParts(name, datatype(parts[1]), shape(file, parts[2]), data[at:])
