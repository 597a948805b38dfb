"""Models: all of them, and the versions of one."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.pages.page import Asked


def load_many(repository: LocalRepository, _: Asked) -> dict[str, Any]:
    """Return all models."""
    return {"models": repository.model.list()}


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a model with its versions."""
    return {"model": repository.model.show(asked.name)}
