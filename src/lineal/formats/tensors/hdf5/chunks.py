"""The items of a dataset of HDF5, row by row, from chunks that were compressed each for itself."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from lineal.formats.tensors.hdf5.bounded import Bounded, NotRead, whole
from lineal.formats.tensors.hdf5.objects import Dataset, leaves
from lineal.formats.tensors.tensor import PIECE_BYTES, corrupt

CHUNKS_MAX = 1_000_000
SLAB_BYTES_MAX = 256 << 20
"""The chunks of one row of chunks are in memory at once."""

_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_CHECKSUM_BYTES = 4
_TREE, _SINGLE, _IMPLICIT, _FIXED_ARRAY = 0, 1, 2, 3


class _Chunk(NamedTuple):
    address: int
    size_bytes: int
    mask: int = 0


class Chunks:
    """The chunks of a dataset.

    Args:
        file: where.
        dataset: a chunked one.

    Raises:
        NotRead: its chunks are found, or were filtered, in a way that is not known.
    """

    def __init__(self, file: Bounded, dataset: Dataset) -> None:
        layout, shape = dataset.layout, dataset.shape or ()
        if layout is None or len(layout.chunk) != len(shape) or not all(layout.chunk):
            raise corrupt("the chunks of a dataset do not fit it")
        if unknown := set(dataset.filters) - {_DEFLATE, _SHUFFLE, _CHECKSUM}:
            raise NotRead(f"its bytes went through the filter {min(unknown)}")
        if layout.found_by > _FIXED_ARRAY:
            raise NotRead("its chunks are found in a way that is not read")
        self._file, self._dataset, self._layout = file, dataset, layout
        self._shape, self._chunk = shape, layout.chunk
        self._item_bytes = dataset.datatype.size_bytes
        self._chunk_bytes = math.prod(self._chunk) * self._item_bytes
        self._row_bytes = math.prod(shape[1:]) * self._item_bytes
        self._counts = [-(-size // step) for size, step in zip(shape, self._chunk, strict=True)]
        slab_bytes = self._row_bytes * min(self._chunk[0], shape[0])
        if max(self._chunk_bytes, slab_bytes) > SLAB_BYTES_MAX or math.prod(self._counts) > CHUNKS_MAX:
            raise NotRead("its chunks are too many, or too large")

    def read(self) -> Iterator[bytes]:
        """Yield the items row by row, in pieces. Raises Corrupt."""
        found = dict(self._found())
        rest = bytearray()
        for row in range(self._counts[0]):
            rest += self._slab(row, found)
            while len(rest) >= PIECE_BYTES:
                yield bytes(rest[:PIECE_BYTES])
                del rest[:PIECE_BYTES]
        if rest:
            yield bytes(rest)

    def _slab(self, row: int, found: dict[tuple[int, ...], _Chunk]) -> bytearray:
        """Return the rows that are in one row of chunks."""
        rows = min(self._chunk[0], self._shape[0] - row * self._chunk[0])
        slab = bytearray(rows * self._row_bytes)
        for place in itertools.product([row], *(range(count) for count in self._counts[1:])):
            # What was never written is zero, unless somebody asked for another filling.
            if chunk := found.get(place):
                self._lay(slab, place, self._unfiltered(chunk), rows)
        return slab

    def _lay(self, slab: bytearray, place: tuple[int, ...], data: bytes, rows: int) -> None:
        """Copy a chunk to where it belongs, a run of items at a time."""
        item, shape, chunk = self._item_bytes, self._shape, self._chunk
        starts = [0, *(at * step for at, step in zip(place[1:], chunk[1:], strict=True))]
        sizes = [rows, *(min(step, size - at) for at, step, size in zip(starts[1:], chunk[1:], shape[1:], strict=True))]
        run = sizes[-1] * item
        into, out = _steps((rows, *shape[1:]), item), _steps(chunk, item)
        for inner in itertools.product(*(range(size) for size in sizes[:-1])):
            at = (*inner, 0)
            source = sum(one * step for one, step in zip(at, out, strict=True))
            target = sum((one + start) * step for one, start, step in zip(at, starts, into, strict=True))
            slab[target : target + run] = data[source : source + run]

    def _unfiltered(self, chunk: _Chunk) -> bytes:
        data = self._file.read(chunk.address, chunk.size_bytes)
        for place, each in reversed(list(enumerate(self._dataset.filters))):
            if chunk.mask >> place & 1:
                continue
            if each == _CHECKSUM:
                data = data[:-_CHECKSUM_BYTES]
            elif each == _DEFLATE:
                data = self._inflated(data)
            elif self._item_bytes > 1:
                count, rest = divmod(len(data), self._item_bytes)
                body = data[: count * self._item_bytes]
                plain = bytearray(len(body))
                for byte in range(self._item_bytes):
                    plain[byte :: self._item_bytes] = body[byte * count : (byte + 1) * count]
                data = bytes(plain) + (data[-rest:] if rest else b"")
        if len(data) != self._chunk_bytes:
            raise corrupt(f"a chunk of {self._chunk_bytes:,} bytes has {len(data):,}")
        return data

    def _inflated(self, data: bytes) -> bytes:
        most = self._chunk_bytes + _CHECKSUM_BYTES
        try:
            return zlib.decompressobj().decompress(data, most + 1)
        except zlib.error as error:
            raise corrupt(f"a chunk cannot be decompressed ({error})") from None

    def _found(self) -> Iterator[tuple[tuple[int, ...], _Chunk]]:
        """Yield where each chunk is, by its place among the chunks. Raises Corrupt."""
        address = self._layout.address
        if address is None:
            return
        if self._layout.found_by == _TREE:
            yield from self._in_tree(address)
        elif self._layout.found_by == _SINGLE:
            yield (0,) * len(self._shape), _Chunk(address, self._layout.filtered_bytes or self._chunk_bytes)
        elif self._layout.found_by == _IMPLICIT:
            for number, place in enumerate(self._places()):
                yield place, _Chunk(address + number * self._chunk_bytes, self._chunk_bytes)
        else:
            yield from self._in_array(address)

    def _places(self) -> Iterator[tuple[int, ...]]:
        return itertools.product(*(range(count) for count in self._counts))

    def _in_tree(self, address: int) -> Iterator[tuple[tuple[int, ...], _Chunk]]:
        rank = len(self._shape)
        for number, leaf in enumerate(leaves(self._file, address, 1, key_bytes=8 + 8 * (rank + 1))):
            if number > CHUNKS_MAX:
                raise corrupt("a dataset in it has far too many chunks")
            size_bytes, mask = whole(leaf.key, 0, 4), whole(leaf.key, 4, 4)
            offsets = (whole(leaf.key, 8 + 8 * place, 8) for place in range(rank))
            yield (
                tuple(at // step for at, step in zip(offsets, self._chunk, strict=True)),
                _Chunk(leaf.address, size_bytes, mask),
            )

    def _in_array(self, address: int) -> Iterator[tuple[tuple[int, ...], _Chunk]]:
        file, offset = self._file, self._file.offset_bytes
        head = file.read(address, 8 + file.length_bytes + offset)
        entry_bytes, page_bits, block = head[6], head[7], file.address(head, 8 + file.length_bytes)
        count = file.length(head, 8)
        if head[:4] != b"FAHD" or count > CHUNKS_MAX or page_bits > 32 or entry_bytes < offset:
            raise corrupt("the list of the chunks of a dataset is none")
        if block is None:
            return
        if count > 1 << page_bits:
            raise NotRead("its chunks are listed in pages")
        data = file.read(block + 6 + offset, count * entry_bytes)
        for number, place in zip(range(count), self._places(), strict=False):
            at = number * entry_bytes
            where = file.address(data, at)
            if where is not None and head[5]:
                width = entry_bytes - offset - 4
                size_bytes, mask = whole(data, at + offset, width), whole(data, at + offset + width, 4)
                yield place, _Chunk(where, size_bytes, mask)
            elif where is not None:
                yield place, _Chunk(where, self._chunk_bytes)


def _steps(shape: tuple[int, ...], item_bytes: int) -> list[int]:
    steps = [item_bytes]
    for size in reversed(shape[1:]):
        steps.insert(0, steps[0] * size)
    return steps
