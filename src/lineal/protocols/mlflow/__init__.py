"""MLflow's protocol: its programs keep runs and models here, unchanged."""

from __future__ import annotations

from starlette.routing import BaseRoute

from lineal.client.local import LocalRepository


def routes(repository: LocalRepository) -> list[BaseRoute]:  # noqa: ARG001 - its routes will be over it
    """Return the routes of MLflow's protocol: none yet."""
    return []
