"""Which file is read by what: by how it begins, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from lineal.formats.tensors import numpy_files, pickled, safetensors, torch_files, torch_legacy, trees
from lineal.formats.tensors.tensor import Contents
from lineal.formats.tensors.zips import opened_zip

_HEAD_BYTES = 512

HDF5 = b"\x89HDF\r\n\x1a\n"


HDF5_NOTE = "what is in a file of HDF5 is not read"


def read_model(file: BinaryIO) -> Contents | None:
    """Return what is in a model's file, without executing anything; None when it is of no format that is known.

    Args:
        file: is read here and there, also later, when a tensor is.

    Raises:
        Corrupt: it is of such a format, and contradicts itself.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    return next((read(file) for knows, read in _READERS if knows(head)), None)


def _zip(file: BinaryIO) -> Contents:
    archive = opened_zip(file)
    if torch_files.torch_pickle(archive):
        return torch_files.read_torch(file)
    names = archive.namelist()
    if any(each.endswith(".npy") for each in names):
        return numpy_files.read_npz(file)
    is_keras = "model.weights.h5" in names
    return Contents("keras" if is_keras else "zip", (), notes=(HDF5_NOTE,) if is_keras else ())


_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO], Contents]], ...] = (
    (safetensors.is_safetensors, safetensors.read_safetensors),
    (lambda head: head.startswith(numpy_files.MAGIC), numpy_files.read_npy),
    (lambda head: head.startswith(b"PK\x03\x04"), _zip),
    (trees.is_lightgbm, trees.read_lightgbm),
    (trees.is_xgboost, trees.read_xgboost),
    (lambda head: head.startswith(HDF5), lambda _: Contents("hdf5", (), notes=(HDF5_NOTE,))),
    (lambda head: head.startswith(torch_legacy.MAGIC), torch_legacy.read_legacy),
    (pickled.is_pickle, pickled.read_pickle),
)
"""How a file that a reader knows begins, and the reader."""
