"""Where models that a program saved stand: files, and directories of files."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from lineal.formats.mlmodel import BYTES_MAX, MLMODEL, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lineal.objects.runs import FileUse, ModelFacts


def files_of(models: Iterable[str], *, since: int) -> frozenset[str]:
    """Return the files that ``models`` are, by absolute path; of directories what was written ``since`` then.

    A program may save a model into a directory that holds other things, such as its own.
    """
    return frozenset(file for each in models for file in _files(each, since))


def _files(path: str, since: int) -> Iterator[str]:
    if os.path.isfile(path):
        yield path
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            if os.path.isfile(file) and os.stat(file).st_mtime * 1000 >= since:
                yield file


def standing(models: Mapping[str, ModelFacts]) -> dict[str, ModelFacts]:
    """Return those of ``models`` that are still there and no part of another one, such as the weights in a directory."""
    return {
        path: facts
        for path, facts in models.items()
        if os.path.exists(path) and not any(str(above) in models for above in PurePath(path).parents)
    }


def described(outputs: Iterable[FileUse], root: Path) -> dict[str, ModelFacts]:
    """Return the directories among ``outputs`` that an ``MLmodel`` file says are models, by absolute path."""
    found: dict[str, ModelFacts] = {}
    for each in outputs:
        path = root / each.path
        if path.name == MLMODEL and each.size_bytes <= BYTES_MAX:
            try:
                found[str(path.parent)] = describe(path.read_bytes()).facts
            except OSError:
                continue  # it is an output like any other, whose absence is told where it is stored
    return found
