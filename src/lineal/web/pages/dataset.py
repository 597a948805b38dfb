"""Datasets: all of them, and one version with its tables, readers and models, and what changed in it."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.drawing import lineage_svg
from lineal.web.pages.page import Asked, Page


def _list(repository: LocalRepository, _: Asked) -> dict[str, Any]:
    return {"datasets": repository.data.list()}


def _load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    found = repository.data.show(f"data:{asked.name}")
    before = f"data:{found.name}@{found.number - 1}"
    return {
        "dataset": found,
        "changes": repository.data.diff(before, found.reference) if found.number > 1 else None,
        "files": repository.data.files(found.reference, limit=200),
        "versions": repository.data.log(found.name),
        "lineage": lineage_svg(repository.lineage(found.reference)),
    }


LIST = Page("/datasets", "datasets.html", _list)
PAGE = Page("/datasets/{name:path}", "dataset.html", _load)
