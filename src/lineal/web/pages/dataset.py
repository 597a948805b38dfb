"""Datasets: all of them, and one version with its tables, readers and models, and what changed in it."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.drawing import lineage_svg
from lineal.web.pages.page import Asked


def load_many(repository: LocalRepository, _: Asked) -> dict[str, Any]:
    """Return all datasets."""
    return {"datasets": repository.data.list()}


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return one version of a dataset, and what changed in it."""
    found = repository.data.show(f"data:{asked.name}")
    before = f"data:{found.name}@{found.number - 1}"
    return {
        "dataset": found,
        "changes": repository.data.diff(before, found.reference) if found.number > 1 else None,
        "files": repository.data.files(found.reference, limit=200),
        "versions": repository.data.log(found.name),
        "lineage": lineage_svg(repository.lineage(found.reference)),
    }
