"""Which file is read by what: by how it begins, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from zipfile import ZipFile

from lineal.formats.tensors import numpy_files, pickled, safetensors, torch_files, torch_legacy, trees
from lineal.formats.tensors.hdf5 import bounded as hdf5
from lineal.formats.tensors.hdf5.contents import read_hdf5
from lineal.formats.tensors.tensor import Contents
from lineal.formats.tensors.zips import opened_zip, seekable, within

_HEAD_BYTES = 1 << 12

_WEIGHTS, _CONFIG = "model.weights.h5", "config.json"
_WEIGHTS_BYTES_MAX = 1 << 30
"""Keras does not compress its archives; who does gets so much unpacked."""


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
    return _keras(archive) if _WEIGHTS in names else Contents("zip", ())


def _keras(archive: ZipFile) -> Contents:
    weights = read_hdf5(seekable(archive, _WEIGHTS, most_bytes=_WEIGHTS_BYTES_MAX))
    facts = {}
    for name in (_CONFIG, "metadata.json"):
        if name in archive.namelist():
            with within(archive, name) as member:
                facts[name] = member.read(1_000).decode("utf-8", "replace")
    return weights._replace(format="keras", facts={**facts, **weights.facts})


_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO], Contents]], ...] = (
    (safetensors.is_safetensors, safetensors.read_safetensors),
    (lambda head: head.startswith(numpy_files.MAGIC), numpy_files.read_npy),
    (lambda head: head.startswith(b"PK\x03\x04"), _zip),
    (trees.is_lightgbm, trees.read_lightgbm),
    (trees.is_xgboost, trees.read_xgboost),
    (lambda head: any(head.startswith(hdf5.SIGN, base) for base in hdf5.BASES), read_hdf5),
    (lambda head: head.startswith(torch_legacy.MAGIC), torch_legacy.read_legacy),
    (pickled.is_pickle, pickled.read_pickle),
)
"""How a file that a reader knows begins, and the reader."""
