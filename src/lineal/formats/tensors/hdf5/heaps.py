"""Where HDF5 keeps what has no size of its own: names of members, long texts, the links of large groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lineal.formats.tensors.hdf5.bounded import Bounded, NotRead, unpacked, whole
from lineal.formats.tensors.tensor import corrupt

_NAME_BYTES_MAX = 1 << 16
_RECORDS_MAX = 100_000
_DEPTH_MAX = 16


def heap_name(file: Bounded, address: int) -> Callable[[int], str]:
    """Return what gives the name at an offset of a local heap. Raises Corrupt."""
    head = file.read(address, 8 + 2 * file.length_bytes + file.offset_bytes)
    size_bytes, start = file.length(head, 8), file.address(head, 8 + 2 * file.length_bytes)
    if head[:4] != b"HEAP" or start is None:
        raise corrupt("the names of a group in it are not there")
    data = file.read(start, size_bytes)

    def name(at: int) -> str:
        found, end, _ = data[at : at + _NAME_BYTES_MAX].partition(b"\0")
        if not end:
            raise corrupt("a name in it does not end")
        return found.decode("utf-8", "replace")

    return name


def long_text(file: Bounded, data: bytes) -> str:
    """Return a text that is kept in a global heap. Raises Corrupt when it is not there."""
    size_bytes, address = whole(data, 0, 4), file.address(data, 4)
    wanted = whole(data, 4 + file.offset_bytes, 4)
    if not size_bytes or not address:
        return ""
    head = file.read(address, 8 + file.length_bytes)
    there = file.length(head, 8)
    if head[:4] != b"GCOL":
        raise corrupt("a text in it is not where it should be")
    at, step = 8 + file.length_bytes, 8 + file.length_bytes
    while at + step <= there:
        entry = file.read(address + at, step)
        length = file.length(entry, 8)
        if whole(entry, 0, 2) == wanted:
            return file.read(address + at + step, min(length, size_bytes)).decode("utf-8", "replace")
        if whole(entry, 0, 2) == 0:
            break  # what follows is free
        at += step + (length + 7) // 8 * 8
    raise corrupt("a text in it is not where it should be")


class FractalHeap:
    """A heap of many small things, in blocks that double in size.

    Args:
        file: where.
        address: of its head.

    Raises:
        Corrupt: it is none.
        NotRead: its blocks are compressed.
    """

    def __init__(self, file: Bounded, address: int) -> None:
        self._file = file
        offset, length = file.offset_bytes, file.length_bytes
        head = file.read(address, 22 + 12 * length + 3 * offset)
        if head[:4] != b"FRHP":
            raise corrupt("a heap in it is none")
        if whole(head, 7, 2):
            raise NotRead("it has a compressed heap")
        self._has_checksum = bool(head[9] & 2)
        at = 14 + 10 * length + 2 * offset
        self._width = whole(head, at, 2)
        self._start, self._direct_max = file.length(head, at + 2), file.length(head, at + 2 + length)
        at += 2 + 2 * length
        bits, _ = unpacked("<HH", head, at)
        self._place_bytes = (bits + 7) // 8
        self._root = file.address(head, at + 4)
        self._rows = whole(head, at + 4 + offset, 2)
        self._size_width = (max(self._direct_max, 1).bit_length() + 7) // 8
        if not self._start or not 1 <= self._width <= 1 << 12 or self._rows > 64 or bits > 64:
            raise corrupt("a heap in it has no sizes")
        self._blocks = sorted(self._all_blocks())

    def indexed(self, address: int) -> Iterator[bytes]:
        """Yield the things that an index, a tree of the second version, refers to. Raises Corrupt."""
        for record in records(self._file, address):
            # A number for the name stands before the place in the heap.
            identity = record[4:]
            if not identity or identity[0] & 0x30:
                raise NotRead("a group in it keeps large links")
            place = whole(identity, 1, self._place_bytes)
            size_bytes = whole(
                identity, 1 + self._place_bytes, min(self._size_width, len(identity) - 1 - self._place_bytes)
            )
            yield self._read(place, size_bytes)

    def _read(self, place: int, size_bytes: int) -> bytes:
        for start, there, address in self._blocks:
            if start <= place and place + size_bytes <= start + there:
                return self._file.read(address + place - start, size_bytes)
        raise corrupt("something is not in the heap where it should be")

    def _all_blocks(self) -> Iterator[tuple[int, int, int]]:
        """Yield where each block begins in the heap, its size, and its address."""
        if self._root is None:
            return
        if not self._rows:
            yield 0, self._start, self._root
            return
        file = self._file
        head = 5 + file.offset_bytes + self._place_bytes
        direct = min(self._rows, self._direct_max.bit_length() - self._start.bit_length() + 2)
        if direct < self._rows:
            raise NotRead("a group in it has too many members")
        words = file.words(self._root + head, direct * self._width)
        start = 0
        for row in range(direct):
            size_bytes = self._start << max(row - 1, 0)
            for column in range(self._width):
                address = words[row * self._width + column]
                if address is not None:
                    yield start, size_bytes, address
                start += size_bytes


def records(file: Bounded, address: int) -> Iterator[bytes]:
    """Yield the records of a tree of the second version. Raises Corrupt."""
    offset = file.offset_bytes
    head = file.read(address, 22 + offset + file.length_bytes)
    if head[:4] != b"BTHD":
        raise corrupt("an index in it is none")
    node_bytes, record_bytes, depth = unpacked("<IHH", head, 6)
    root, count = file.address(head, 16), whole(head, 16 + offset, 2)
    total = file.length(head, 18 + offset)
    if total > _RECORDS_MAX or depth > _DEPTH_MAX or not record_bytes or node_bytes < 16:
        raise corrupt(f"an index in it claims {total:,} records")
    if root is not None:
        yield from _records(file, root, count, depth, node_bytes, record_bytes, [total])


def _records(
    file: Bounded, address: int, count: int, depth: int, node_bytes: int, record_bytes: int, left: list[int]
) -> Iterator[bytes]:
    left[0] -= count
    data = file.read(address, min(node_bytes, file.size_bytes - file.base - address))
    if data[:4] != (b"BTIN" if depth else b"BTLF") or left[0] < 0 or 6 + count * record_bytes > len(data):
        raise corrupt("an index in it leads nowhere")
    for place in range(count):
        yield data[6 + place * record_bytes : 6 + (place + 1) * record_bytes]
    if not depth:
        return
    most = [(node_bytes - 10) // record_bytes]
    count_bytes, total_bytes = (most[0].bit_length() + 7) // 8, 0
    for _ in range(1, depth):
        pointer = file.offset_bytes + count_bytes + total_bytes
        fits = (node_bytes - 10 - pointer) // (record_bytes + pointer)
        most.append((fits + 1) * most[-1] + fits)
        total_bytes = (most[-1].bit_length() + 7) // 8
    at = 6 + count * record_bytes
    for _ in range(count + 1):
        child = file.address(data, at)
        inside = whole(data, at + file.offset_bytes, count_bytes)
        at += file.offset_bytes + count_bytes + total_bytes
        if child is not None:
            yield from _records(file, child, inside, depth - 1, node_bytes, record_bytes, left)
