"""MLflow's protocol: its programs keep runs and models here, unchanged. ``dispatch.py`` has the way of a request."""

from __future__ import annotations

from starlette.routing import Mount

from lineal.client.local import LocalRepository
from lineal.protocols import Acting, Served
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
from lineal.protocols.mlflow.dispatch import Dispatch
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


def served(acting: Acting, repository: LocalRepository) -> Served:
    """Return what answers MLflow's requests, which come under two names."""
    transfers = Transfers()
    files = artifacts.Files(acting, transfers)
    parts = multipart.Multipart(acting, repository, files, transfers)
    dispatch = Dispatch(ENDPOINTS, acting, [*artifacts.streams(files), *multipart.streams(parts)])
    places = ("/api/2.0", "/api/3.0", "/ajax-api")
    named = [*service.routes(), *artifacts.routes(files), *omitted.routes()]
    return Served([*named, *(Mount(place, dispatch) for place in places)], service.at_once() | dispatch.at_once())
