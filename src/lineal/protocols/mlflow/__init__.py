"""MLflow's protocol: its programs keep runs and models here, unchanged. ``dispatch.py`` has the way of a request."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount

from lineal.client.local import LocalRepository
from lineal.protocols.mlflow import (
    accounts,
    artifacts,
    experiments,
    inputs,
    logged_models,
    metrics,
    model_versions,
    multipart,
    omitted,
    registered_models,
    runs,
    search,
    service,
    webhooks,
)
from lineal.protocols.mlflow.dispatch import Acting, Dispatch
from lineal.protocols.mlflow.streams import Transfers

ENDPOINTS = (
    *experiments.ENDPOINTS,
    *runs.ENDPOINTS,
    *metrics.ENDPOINTS,
    *search.ENDPOINTS,
    *registered_models.ENDPOINTS,
    *model_versions.ENDPOINTS,
    *webhooks.ENDPOINTS,
    *artifacts.ENDPOINTS,
    *logged_models.ENDPOINTS,
    *inputs.ENDPOINTS,
    *service.ENDPOINTS,
    *accounts.ENDPOINTS,
)
"""Everything that is answered."""


def routes(acting: Acting, repository: LocalRepository) -> list[BaseRoute]:
    """Return the routes of MLflow's protocol, which stands under two names."""
    transfers = Transfers()
    files = artifacts.Files(acting, transfers)
    parts = multipart.Multipart(acting, repository, files, transfers)
    dispatch = Dispatch(ENDPOINTS, acting, [*artifacts.streams(files), *multipart.streams(parts)])
    places = ("/api/2.0", "/api/3.0", "/ajax-api")
    named = [*service.routes(), *artifacts.routes(files), *omitted.routes()]
    return [*named, *(Mount(place, dispatch) for place in places)]
