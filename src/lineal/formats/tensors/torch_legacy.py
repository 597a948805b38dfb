"""PyTorch's files before 1.6: pickles in a row, the fourth of which describes tensors, then the storages they are views of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from lineal.formats.tensors.opcodes import OPCODES_MAX, Machine
from lineal.formats.tensors.pickled import walked
from lineal.formats.tensors.tensor import SIZES, Contents, corrupt, exactly, span
from lineal.formats.tensors.torch_files import Storage, View, tensor_of, view_of

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The first pickle: a number that no other file begins with."""


class Legacy(NamedTuple):
    """What such a file holds.

    Args:
        root: what its pickle describes.
        storages: where the bytes of each storage begin, and how many items it has, by its key.
    """

    root: Any
    storages: dict[str, tuple[int, int]]


def load_legacy(file: BinaryIO, *, most_opcodes: int = OPCODES_MAX) -> Legacy:
    """Return what a file describes, and where its storages are. Raises Corrupt."""
    file.seek(len(MAGIC))
    left = most_opcodes
    said: list[Any] = []
    kept: dict[str, int] = {}
    for _ in range(4):  # the protocol, the system, the object, the keys of the storages in their order
        machine = Machine(file)
        machine.left = left
        said.append(machine.run())
        kept |= dict(_kept(machine))
        left = machine.left
    keys = said[3]
    if not isinstance(keys, list) or not all(isinstance(each, str) for each in keys):
        raise corrupt("it does not say which storages follow")
    storages: dict[str, tuple[int, int]] = {}
    for key in keys:
        count = int.from_bytes(exactly(file, 8), "little", signed=True)
        item_bytes = kept.get(key, 0)
        if count < 0 or not item_bytes:
            raise corrupt(f"the storage {key!r} has a size that cannot be known")
        storages[key] = (file.tell(), count)
        machine.stream.skip(count * item_bytes)
    return Legacy(said[2], storages)


def _kept(machine: Machine) -> Iterator[tuple[str, int]]:
    """Yield the storages that a pickle refers to, with the size of their items."""
    for each in machine.kept:
        view = view_of((each, 0, (), ()))
        if view:
            yield view.key, SIZES[view.dtype]


def read_legacy(file: BinaryIO) -> Contents:
    """Return the tensors in a file, by the names under which they were saved. Raises Corrupt."""
    return legacy_tensors(file, load_legacy(file))


def legacy_tensors(file: BinaryIO, legacy: Legacy) -> Contents:
    """Return the tensors in what such a file describes. Raises Corrupt."""

    def find(view: View, name: str) -> Storage:
        if view.key not in legacy.storages:
            raise corrupt(f"the tensor {name!r} is a view of the storage {view.key!r}, which is not there")
        start, count = legacy.storages[view.key]
        return Storage(count * SIZES[view.dtype], lambda at, size_bytes: span(file, start + at, size_bytes))

    return walked("torch", legacy.root, lambda name, made: tensor_of(find, "", name, made))
