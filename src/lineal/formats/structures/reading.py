"""Which file is read by what, by how it begins; and what the files of a model are together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO
from zipfile import ZipFile

from lineal.formats.structures import (
    arrays,
    catboost,
    exported,
    gguf,
    keras,
    lightgbm,
    onnx,
    pickles,
    pmml,
    safetensors,
    saved_model,
    skops,
    tflite,
    torch_files,
    xgboost,
)
from lineal.formats.structures.files import Budget, Exhausted, Files, metered
from lineal.formats.structures.found import Found, finished
from lineal.formats.structures.layouts import Layout
from lineal.formats.structures.readable import as_dict, json_file
from lineal.formats.tensors import numpy_files, torch_legacy, trees
from lineal.formats.tensors import safetensors as safe_tensors
from lineal.formats.tensors.hdf5 import bounded as hdf5
from lineal.formats.tensors.torch_files import torch_pickle
from lineal.formats.tensors.zips import opened_zip
from lineal.objects.errors import Corrupt
from lineal.objects.structures import Structure

HEAD_BYTES = 1 << 12
READ_BYTES_MAX = 64 << 20
"""So much of a model's files is read at most. Headers are far smaller; trees in text are not."""


def read_structure(files: Files, main: str = "", *, most_bytes: int = READ_BYTES_MAX) -> Structure:
    """Return what the files of a model say that it is; nothing in them is executed.

    Args:
        files: of the model.
        main: the one that a server loads, where that is known.
        most_bytes: so much is read of them at most.

    Raises:
        Corrupt: a file contradicts itself.
    """
    budget = Budget(most_bytes)
    counted = Files(files.sizes, lambda path: metered(files.open(path), budget))
    try:
        if len(files.sizes) == 1:
            found = read_file(files.open(next(iter(files.sizes))), budget)
        else:
            found = Layout(counted, lambda path: read_file(files.open(path), budget), main).found()
    except Exhausted:
        found = _exhausted(budget)
    return finished(found or Found(""), sum(files.sizes.values()))


def read_file(file: BinaryIO, budget: Budget) -> Found | None:
    """Return what one file is; None when it is of no format that is known.

    Args:
        file: is read here and there.
        budget: what may yet be read.

    Raises:
        Corrupt: it contradicts itself.
    """
    opened = metered(file, budget)
    head = b""
    try:
        head = opened.read(HEAD_BYTES)
        return next((read(opened) for knows, read in READERS if knows(head)), None)
    except Exhausted:
        return _exhausted(budget)
    except RecursionError:
        raise Corrupt("this is no sound model file: it is nested too deep", hint="write it again") from None


def _exhausted(budget: Budget) -> Found:
    return Found("", notes=[f"it was not read to its end: that takes more than {budget.spent + budget.left:,} bytes"])


def _json(file: BinaryIO) -> Found | None:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        root = as_dict(json_file(file, "its text"))
    except Corrupt:
        # Most JSON is no model, and may be anything.
        if any(f'"{key}"'.encode() in head for key, _ in _JSONS):
            raise
        return None
    return next((read(root) for key, read in _JSONS if key in root), None)


def _zip(file: BinaryIO) -> Found:
    archive = opened_zip(file)
    names = archive.namelist()
    return next((read(file, archive) for knows, read in _ZIPS if knows(names, archive)), Found("zip"))


_ZIPS: tuple[tuple[Callable[[list[str], ZipFile], object], Callable[[BinaryIO, ZipFile], Found]], ...] = (
    (lambda names, _: exported.graph_of(names), lambda _, archive: exported.read(archive)),
    (lambda names, _: keras.WEIGHTS in names, lambda _, archive: keras.read_archive(archive)),
    (lambda names, _: skops.SCHEMA in names, lambda _, archive: skops.read(archive)),
    (lambda _, archive: torch_pickle(archive), torch_files.read_zip),
    (lambda names, _: any(each.endswith(".npy") for each in names), lambda file, _: arrays.read_many(file)),
)
"""What is in a zip that a reader knows, and the reader."""

_JSONS: tuple[tuple[str, Callable[[dict[str, Any]], Found]], ...] = (
    ("learner", xgboost.read_json),
    ("model_info", catboost.read_json),
)
"""Which name JSON has at its top that a reader knows, and the reader."""

READERS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO], Found | None]], ...] = (
    (safe_tensors.is_safetensors, safetensors.read),
    (lambda head: head.startswith(numpy_files.MAGIC), arrays.read_one),
    (lambda head: head.startswith(b"PK\x03\x04"), _zip),
    (lambda head: head.startswith(torch_legacy.MAGIC), torch_files.read_legacy),
    (torch_files.is_tar, torch_files.read_tar),
    (lambda head: any(head.startswith(hdf5.SIGN, base) for base in hdf5.BASES), keras.read_hdf5),
    (lambda head: head.startswith(catboost.MAGIC), catboost.read),
    (lambda head: head.startswith(gguf.MAGIC), gguf.read),
    (lambda head: head.startswith(xgboost.BINARY), xgboost.read_binary),
    (trees.is_lightgbm, lightgbm.read),
    (tflite.is_tflite, tflite.read),
    (xgboost.is_universal, xgboost.read_universal),
    (lambda head: head.lstrip()[:1] == b"{", _json),
    (pmml.is_pmml, pmml.read),
    (onnx.is_onnx, onnx.read),
    (saved_model.is_saved_model, saved_model.read),
    (pickles.is_any_pickle, pickles.read),
)
"""How a file that a reader knows begins, and the reader."""
