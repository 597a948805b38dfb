"""The first page: what stands in production, what runs, what happened last."""

from __future__ import annotations

from typing import Any

from lineal.client.local import LocalRepository
from lineal.web.pages.page import Asked

_NEWEST = 8


def load(repository: LocalRepository, _: Asked) -> dict[str, Any]:
    """Return what stands, what runs and what is new."""
    return {
        "models": repository.model.list(),
        "deployments": repository.deployments(),
        "datasets": repository.data.list(),
        "runs": repository.runs(limit=_NEWEST),
        "log": repository.log(limit=_NEWEST),
    }
