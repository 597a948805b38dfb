"""Put what a path means into a store: the files that are there, or those that another system keeps for it."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from lineal.client.lfs import resolved
from lineal.client.workspace.scanning import path_of, unreadable
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

    Raises:
        Invalid: it is empty, and so the name of nothing; or it may not be looked at.
    """
    named = path_of(path)
    if _may_be_kept(named):
        # It brings YAML along, which nobody else needs.
        from lineal.client.dvc.taking import take  # noqa: PLC0415

        if found := take(repository, named):
            return found
    return resolved(repository, plain(path), named)


def _may_be_kept(path: Path) -> bool:
    try:
        return (path.suffix == POINTER and path.is_file()) or not (path.exists() or path.is_symlink())
    except OSError as error:
        raise unreadable(str(path), error) from None
