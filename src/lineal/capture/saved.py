"""Where models that a program saved stand: files, and directories of files."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lineal.objects.runs import ModelFacts


def files_of(models: Iterable[str]) -> frozenset[str]:
    """Return the files that ``models`` are, those in their directories too, by absolute path."""
    return frozenset(file for each in models for file in _files(each))


def _files(path: str) -> Iterator[str]:
    if os.path.isfile(path):
        yield path
    for folder, _, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in names)


def standing(models: Mapping[str, ModelFacts]) -> dict[str, ModelFacts]:
    """Return those of ``models`` that are still there and no part of another one, such as the weights in a directory."""
    return {
        path: facts
        for path, facts in models.items()
        if os.path.exists(path) and not any(str(above) in models for above in PurePath(path).parents)
    }
