"""Which file is read by what, by how it begins; and what the files of a model are together."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from zipfile import ZipFile

from lineal.formats.structures import arrays, exported, pickles, safetensors, torch_files
from lineal.formats.structures.files import Budget, Exhausted, Files, metered
from lineal.formats.structures.found import Found, finished
from lineal.formats.tensors import numpy_files, torch_legacy
from lineal.formats.tensors import safetensors as safe_tensors
from lineal.formats.tensors.torch_files import torch_pickle
from lineal.formats.tensors.zips import opened_zip
from lineal.objects.errors import Corrupt
from lineal.objects.structures import Structure

HEAD_BYTES = 512
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
    path = main if main in files.sizes else next(iter(files.sizes), "")
    found = read_file(files.open(path), Budget(most_bytes)) if path else None
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
        return Found("", notes=[f"it was not read to its end: that is more than {budget.spent >> 20:,} MiB"])
    except RecursionError:
        raise Corrupt("this is no sound model file: it is nested too deep", hint="write it again") from None


def _zip(file: BinaryIO) -> Found:
    archive = opened_zip(file)
    names = archive.namelist()
    return next((read(file, archive) for knows, read in _ZIPS if knows(names, archive)), Found("zip"))


_ZIPS: tuple[tuple[Callable[[list[str], ZipFile], object], Callable[[BinaryIO, ZipFile], Found]], ...] = (
    (lambda names, _: exported.graph_of(names), lambda _, archive: exported.read(archive)),
    (lambda _, archive: torch_pickle(archive), torch_files.read_zip),
    (lambda names, _: any(each.endswith(".npy") for each in names), lambda file, _: arrays.read_many(file)),
)
"""What is in a zip that a reader knows, and the reader."""

READERS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO], Found]], ...] = (
    (safe_tensors.is_safetensors, safetensors.read),
    (lambda head: head.startswith(numpy_files.MAGIC), arrays.read_one),
    (lambda head: head.startswith(b"PK\x03\x04"), _zip),
    (lambda head: head.startswith(torch_legacy.MAGIC), torch_files.read_legacy),
    (pickles.is_any_pickle, pickles.read),
)
"""How a file that a reader knows begins, and the reader."""
