"""MLflow's protocol: its programs keep runs and models here, unchanged. ``dispatch.py`` has the way of a request."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount

from lineal.protocols.mlflow import (
    experiments,
    metrics,
    model_versions,
    registered_models,
    runs,
    search,
    service,
    webhooks,
)
from lineal.protocols.mlflow.dispatch import Acting, Dispatch

ENDPOINTS = (
    *experiments.ENDPOINTS,
    *runs.ENDPOINTS,
    *metrics.ENDPOINTS,
    *search.ENDPOINTS,
    *registered_models.ENDPOINTS,
    *model_versions.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *service.ENDPOINTS,
)
"""Everything that is answered."""


def routes(acting: Acting) -> list[BaseRoute]:
    """Return the routes of MLflow's protocol, which stands under two names."""
    dispatch = Dispatch(ENDPOINTS, acting)
    places = ("/api/2.0", "/api/3.0", "/ajax-api")
    return [*service.routes(), *(Mount(place, dispatch) for place in places)]
