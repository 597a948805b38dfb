"""A file of HDF5 as the tensors in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from lineal.formats.tensors.hdf5.bounded import Bounded, NotRead
from lineal.formats.tensors.hdf5.chunks import Chunks
from lineal.formats.tensors.hdf5.objects import Dataset, Node, nodes
from lineal.formats.tensors.tensor import PIECE_BYTES, SIZES, Contents, Tensor, corrupt, held, item_count, span

FACTS_MAX = 1_000
_EMPTY_BYTES_MAX = 64 << 20
"""A dataset that was never written is read as zeros, unless it claims more."""


class Hdf5(NamedTuple):
    """What a file holds: everything in it, and the tensors among that."""

    nodes: tuple[Node, ...]
    tensors: tuple[Tensor, ...]
    notes: tuple[str, ...]


def load_hdf5(file: BinaryIO) -> Hdf5:
    """Return what a file holds. Raises Corrupt."""
    bounded = Bounded(file)
    found = tuple(nodes(bounded))
    tensors: list[Tensor] = []
    notes: dict[str, None] = {}
    for node in found:
        notes |= dict.fromkeys(f"{node.path or 'the root'}: {each}" for each in node.notes)
        if node.dataset is None or node.dataset.shape is None:
            continue
        try:
            tensors.append(_tensor(bounded, node.path, node.dataset, node.dataset.shape))
        except NotRead as error:
            notes[f"{node.path}: {error}"] = None
    return Hdf5(found, tuple(tensors), tuple(notes))


def read_hdf5(file: BinaryIO) -> Contents:
    """Return the datasets in a file by their paths, and its attributes as facts. Raises Corrupt."""
    found = load_hdf5(file)
    facts: dict[str, str] = {}
    for node in found.nodes:
        for name, value in node.attributes.items():
            if len(facts) < FACTS_MAX:
                facts[f"{node.path}@{name}"] = _said(value)
    return Contents("hdf5", found.tensors, facts, found.notes)


def _said(value: Any) -> str:
    shown = value[:100] if isinstance(value, list) else value
    return str(shown)[:1_000]


def _tensor(file: Bounded, path: str, dataset: Dataset, shape: tuple[int, ...]) -> Tensor:
    kind = dataset.datatype
    size_bytes = item_count(shape) * kind.size_bytes
    layout = "big-endian" if kind.is_big and kind.size_bytes > 1 else ""
    if kind.name not in SIZES or SIZES[kind.name] != kind.size_bytes:
        raise NotRead(f"its items, {kind.name}, are no numbers")
    return Tensor(path, kind.name, shape, size_bytes, _reader(file, dataset, size_bytes), layout)


def _reader(file: Bounded, dataset: Dataset, size_bytes: int) -> Callable[[], Iterator[bytes]]:
    layout = dataset.layout
    if layout is None or not size_bytes:
        return _unread if size_bytes else held(b"")
    if layout.kind == "compact":
        if len(layout.data) != size_bytes:
            raise corrupt(f"a dataset of {size_bytes:,} bytes has {len(layout.data):,}")
        return held(layout.data)
    if layout.kind == "chunked" and layout.address is not None:
        return Chunks(file, dataset).read
    if layout.address is None:
        if size_bytes > _EMPTY_BYTES_MAX:
            raise NotRead("it is large, and was never written")
        return lambda: (bytes(min(PIECE_BYTES, size_bytes - at)) for at in range(0, size_bytes, PIECE_BYTES))
    start = file.base + layout.address
    if layout.size_bytes != size_bytes or start + size_bytes > file.size_bytes:
        raise corrupt(f"a dataset of {size_bytes:,} bytes has {layout.size_bytes:,} at {layout.address:,}")
    return span(file.file, start, size_bytes)


def _unread() -> Iterator[bytes]:
    raise corrupt("the bytes of a dataset lie in a form that is not read")
    yield b""
