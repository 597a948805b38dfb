"""NumPy's arrays: one, or a zip of them."""

from __future__ import annotations

from typing import BinaryIO

from lineal.formats.structures.found import Found, infos
from lineal.formats.tensors.numpy_files import read_npy, read_npz


def read_one(file: BinaryIO) -> Found:
    """Return what an ``.npy`` file holds. Raises Corrupt."""
    contents = read_npy(file)
    return Found("npy", "numpy", tensors=infos(contents.tensors), notes=list(contents.notes))


def read_many(file: BinaryIO) -> Found:
    """Return what an ``.npz`` file holds. Raises Corrupt."""
    contents = read_npz(file)
    return Found("npz", "numpy", tensors=infos(contents.tensors), notes=list(contents.notes))
