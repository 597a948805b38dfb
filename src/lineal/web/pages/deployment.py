"""Deployments: what runs where, and one with what answers there now."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.pages.page import Asked


def load_many(repository: LocalRepository, _: Asked) -> dict[str, Any]:
    """Return what runs, and what ran."""
    return {"deployments": repository.deployments(all=True)}


def load(repository: LocalRepository, asked: Asked) -> dict[str, Any]:
    """Return a deployment, and what happened to it."""
    reference = f"deployment:{asked.name}"
    return {"deployment": repository.show(reference), "log": repository.log(reference, limit=20)}
