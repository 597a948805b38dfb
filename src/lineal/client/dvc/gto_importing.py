"""Bring the models that GTO's tags register in a Git repository, whether DVC keeps their files or Git itself does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lineal.client.dvc.history import History
from lineal.client.dvc.models import bring_models
from lineal.client.dvc.places import find_project
from lineal.client.dvc.remembered import Remembered
from lineal.client.dvc.stages import Stages

if TYPE_CHECKING:
    from lineal.client.connect import Repository


class ImportedTags(msgspec.Struct, frozen=True, kw_only=True):
    """What is here of a registry in Git. ``new`` items came now; ``left_out`` says in plain words what could not be had."""

    directory: str
    versions: int
    aliases: int
    new: int
    left_out: tuple[str, ...] = ()


def import_tags(repository: Repository, directory: Path, *, variables: Mapping[str, str] = os.environ) -> ImportedTags:
    """Bring what the tags of a Git repository register and assign.

    Args:
        repository: where to.
        directory: a place in the Git repository; GTO's files are read from there on.
        variables: the environment's.

    Raises:
        Invalid: it is in no Git repository.
        Unavailable: Git is not installed.
    """
    history = History(directory)
    remembered = Remembered(repository)
    project = find_project(directory, variables)
    bring_models(repository, history, Stages(repository, project, history, "") if project else None, remembered)
    found = Remembered.by_kind({item: known for item, known in remembered.known.items() if item.startswith("tag:")})
    return ImportedTags(
        directory=str(directory),
        versions=len(found["version"]),
        aliases=len(found["alias"]),
        new=remembered.added,
        left_out=tuple(remembered.left_out),
    )
