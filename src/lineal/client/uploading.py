"""Put what a path means into a store: the files that are there, or those that another system keeps for it."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.client.lfs import resolved
from lineal.operations.operation import Upload

if TYPE_CHECKING:
    from lineal.client.connect import Repository

Plain = Callable[[PathLike[str] | str], Upload]
"""Puts the files that are at a path into a store, as they are."""

POINTER = ".dvc"


def upload(repository: Repository, path: PathLike[str] | str, plain: Plain) -> Upload:
    """Put what ``path`` means into the store of ``repository``.

    A pointer of DVC means what it points at, and so does a path where nothing is while DVC keeps something there; the
    bytes come from DVC's cache or remote. A pointer of Git LFS in a directory is replaced by its file.
    """
    named = Path(path)
    if (named.suffix == POINTER and named.is_file()) or not (named.exists() or named.is_symlink()):
        # It brings YAML along, which nobody else needs.
        from lineal.client.dvc.taking import take  # noqa: PLC0415

        if found := take(repository, named):
            return found
    return resolved(repository, plain(path), named)
