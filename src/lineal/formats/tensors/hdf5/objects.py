"""The objects of a file of HDF5: groups of others, and datasets, each with attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from lineal.formats.tensors.hdf5 import messages
from lineal.formats.tensors.hdf5.bounded import Bounded, NotRead, unpacked, whole
from lineal.formats.tensors.hdf5.heaps import FractalHeap, heap_name, long_text
from lineal.formats.tensors.tensor import corrupt

OBJECTS_MAX = 100_000
MESSAGES_MAX = 100_000
DEPTH_MAX = 64
_BLOCKS_MAX = 1_000
_TEXT_BYTES_MAX = 16 << 20
_VALUES_MAX = 10_000

_SPACE, _LINKS, _TYPE, _LINK, _LAYOUT, _FILTERS, _ATTRIBUTE, _CONTINUATION, _SYMBOLS, _ATTRIBUTES = (
    0x01, 0x02, 0x03, 0x06, 0x08, 0x0B, 0x0C, 0x10, 0x11, 0x15,
)  # fmt: skip
_SHARED = 2


class Dataset(NamedTuple):
    """A dataset: its type, its shape, where its bytes are, and the filters that they went through."""

    datatype: messages.Datatype
    shape: tuple[int, ...] | None
    layout: messages.Layout | None
    filters: tuple[int, ...]


class Node(NamedTuple):
    """A group or a dataset.

    Args:
        path: from the root, without a leading slash.
        attributes: texts, numbers, lists of both.
        dataset: None for a group.
        notes: what could not be read.
    """

    path: str
    attributes: dict[str, Any]
    dataset: Dataset | None
    notes: tuple[str, ...] = ()


class _Message(NamedTuple):
    kind: int
    flags: int
    data: bytes


def nodes(file: Bounded) -> Iterator[Node]:
    """Yield the root and everything below it, each once. Raises Corrupt."""
    seen: set[int] = set()
    stack: list[tuple[str, int, int]] = [("", 0, file.root)]
    while stack:
        path, depth, address = stack.pop()
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > OBJECTS_MAX or depth > DEPTH_MAX:
            raise corrupt("it holds far too many groups and datasets, or too deep")
        found = list(_messages(file, address))
        notes: list[str] = []
        yield Node(path, _attributes(file, found, notes), _dataset(file, found, notes), tuple(notes))
        inside: list[tuple[str, int]] = []
        try:
            inside = list(_links(file, found))
        except NotRead as error:
            yield Node(path, {}, None, (f"{path or 'the root'}: {error}",))
        stack += reversed([(f"{path}/{name}" if path else name, depth + 1, each) for name, each in inside])


def _messages(file: Bounded, address: int) -> Iterator[_Message]:
    """Yield the messages of an object. Raises Corrupt."""
    if file.read(address, 4) == b"OHDR":
        flags = file.read(address + 5, 1)[0]
        at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        blocks = [(at + width, whole(file.read(at, width), 0, width))]
        head = 6 if flags & 4 else 4
    else:
        version, size_bytes = unpacked("<B7xI", file.read(address, 12), 0)
        if version != 1:
            raise corrupt(f"an object in it is of the version {version}")
        blocks, head = [(address + 16, size_bytes)], 8
    count = 0
    for place, (start, size_bytes) in enumerate(_growing(blocks)):
        data = file.read(start, size_bytes)
        at, end = (4, size_bytes - 4) if head < 8 and place else (0, size_bytes)
        while at + head <= end:
            count += 1
            if count > MESSAGES_MAX:
                raise corrupt("an object in it has far too many messages")
            kind, length, flags = unpacked("<HHB" if head == 8 else "<BHB", data, at)
            body = data[at + head : at + head + length]
            at += head + length
            if kind == _CONTINUATION:
                where = file.address(body, 0)
                if where is not None:
                    blocks.append((where, file.length(body, file.offset_bytes)))
            else:
                yield _Message(kind, flags, body)


def _growing(blocks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield blocks, also those that are added meanwhile, none twice."""
    done = 0
    while done < len(blocks):
        if done > _BLOCKS_MAX or blocks[done] in blocks[:done]:
            raise corrupt("the description of an object in it goes on for ever")
        yield blocks[done]
        done += 1


def _dataset(file: Bounded, found: list[_Message], notes: list[str]) -> Dataset | None:
    by_kind = {each.kind: each for each in found}
    if _LAYOUT not in by_kind or _TYPE not in by_kind or _SPACE not in by_kind:
        return None
    if by_kind[_TYPE].flags & _SHARED:
        notes.append("its type is kept elsewhere in the file, and was not read")
        return None
    layout: messages.Layout | None = None
    filters: tuple[int, ...] = ()
    try:
        layout = messages.layout(file, by_kind[_LAYOUT].data)
        filters = messages.filters(by_kind[_FILTERS].data) if _FILTERS in by_kind else ()
    except NotRead as error:
        notes.append(str(error))
    shape = messages.shape(file, by_kind[_SPACE].data)
    return Dataset(messages.datatype(by_kind[_TYPE].data), shape, layout, filters)


def _attributes(file: Bounded, found: list[_Message], notes: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in found:
        if each.kind == _ATTRIBUTES and len(each.data) >= 2:
            at = 2 + (2 if each.data[1] & 1 else 0)
            if file.address(each.data, at) is not None:
                notes.append("it has many attributes, in a form that is not read")
        if each.kind != _ATTRIBUTE or each.flags & _SHARED:
            continue
        try:
            parts = messages.attribute(file, each.data)
            values[parts.name] = _value(file, parts)
        except NotRead as error:
            notes.append(str(error))
    return values


def _value(file: Bounded, parts: messages.AttributeParts) -> Any:
    if parts.shape is None:
        return None
    count, kind = math.prod(parts.shape), parts.datatype
    if count > _VALUES_MAX or count * kind.size_bytes > len(parts.data):
        raise NotRead(f"its attribute {parts.name!r} has {count:,} values")
    items = [parts.data[place * kind.size_bytes : (place + 1) * kind.size_bytes] for place in range(count)]
    found = [_item(file, kind, each) for each in items]
    return found if parts.shape else found[0]


def _item(file: Bounded, kind: messages.Datatype, data: bytes) -> Any:
    if kind.is_long_text:
        return long_text(file, data)
    if kind.is_text:
        return data.partition(b"\0")[0].decode("utf-8", "replace")
    order = ">" if kind.is_big else "<"
    if kind.name.startswith(("int", "uint")) or kind.name == "bool":
        return int.from_bytes(data, "big" if kind.is_big else "little", signed=kind.name.startswith("int"))
    forms = {"float16": "e", "float32": "f", "float64": "d"}
    return unpacked(f"{order}{forms[kind.name]}", data, 0)[0] if kind.name in forms else None


def _links(file: Bounded, found: list[_Message]) -> Iterator[tuple[str, int]]:
    """Yield what is in a group, by name. Raises Corrupt, and NotRead for forms that are not read."""
    for each in found:
        if each.kind == _SYMBOLS:
            tree, heap = file.address(each.data, 0), file.address(each.data, file.offset_bytes)
            if tree is not None and heap is not None:
                yield from _symbols(file, tree, heap)
        elif each.kind == _LINK:
            yield from _link(file, each.data)
        elif each.kind == _LINKS:
            at = 2 + (8 if whole(each.data, 1, 1) & 1 else 0)
            heap, index = file.address(each.data, at), file.address(each.data, at + file.offset_bytes)
            if heap is not None and index is not None:
                for data in FractalHeap(file, heap).indexed(index):
                    yield from _link(file, data)


def _link(file: Bounded, data: bytes) -> Iterator[tuple[str, int]]:
    flags, at, kind = whole(data, 1, 1), 2, 0
    if flags & 8:
        kind, at = whole(data, at, 1), at + 1
    at += (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    size_bytes = whole(data, at, width)
    at += width
    name = data[at : at + size_bytes].decode("utf-8", "replace")
    address = file.address(data, at + size_bytes) if kind == 0 else None
    if address is not None:  # others lead to another name, or another file
        yield name, address


def _symbols(file: Bounded, tree: int, heap: int) -> Iterator[tuple[str, int]]:
    """Yield what an old group's tree leads to: leaves with names that stand in a heap."""
    names = heap_name(file, heap)
    for leaf in leaves(file, tree, 0, key_bytes=file.length_bytes):
        head = file.read(leaf.address, 8)
        if head[:4] != b"SNOD":
            raise corrupt("a group in it does not lead to its members")
        step = 2 * file.offset_bytes + 24
        count = whole(head, 6, 2)
        data = file.read(leaf.address + 8, count * step)
        for place in range(count):
            name = file.address(data, place * step)
            address = file.address(data, place * step + file.offset_bytes)
            if name is not None and address is not None:
                yield names(name), address


class Leaf(NamedTuple):
    """What a tree leads to: the key before it, and where it is."""

    key: bytes
    address: int


def leaves(file: Bounded, address: int, kind: int, *, key_bytes: int) -> Iterator[Leaf]:
    """Yield what a tree of the first version leads to, in its order. Raises Corrupt."""
    seen: set[int] = set()
    stack: list[tuple[int, int]] = [(address, 256)]
    while stack:
        at, above = stack.pop()
        head = file.read(at, 8)
        level, count = head[5], whole(head, 6, 2)
        if head[:4] != b"TREE" or head[4] != kind or level >= above or at in seen or len(seen) > OBJECTS_MAX:
            raise corrupt("a tree in it leads nowhere, or back to itself")
        seen.add(at)
        step = key_bytes + file.offset_bytes
        data = file.read(at + 8 + 2 * file.offset_bytes, count * step)
        children: list[tuple[int, int]] = []
        for place in range(count):
            child = file.address(data, place * step + key_bytes)
            if child is None:
                raise corrupt("a tree in it leads nowhere")
            if level:
                children.append((child, level))
            else:
                yield Leaf(data[place * step : place * step + key_bytes], child)
        stack += reversed(children)
