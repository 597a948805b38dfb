"""What MLflow's clients ask of the server itself."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from lineal.client.local import LocalRepository
from lineal.protocols import Unchanging
from lineal.protocols.mlflow.dispatch import Endpoint

SPOKEN = "3.18.0"
"""The MLflow whose protocol this is; clients compare it with what they need."""


class _Asked(msgspec.Struct):
    pass


class ServerInfo(msgspec.Struct):
    """What this server can do; skills, a gateway and traces belong to generative models, which it leaves to others."""

    store_type: str = "SqlStore"
    workspaces_enabled: bool = False
    trace_archival_enabled: bool = False
    multipart_uploads_enabled: bool = True
    multipart_downloads_enabled: bool = True
    artifact_serving_enabled: bool = True
    skill_content_max_size: int = 0
    skill_content_max_files: int = 0
    presigned_upload_run_id_supported: bool = False
    presigned_upload_model_id_supported: bool = False
    model_artifact_presigned_downloads_supported: bool = False
    features_enabled: dict[str, bool] = msgspec.field(
        default_factory=lambda: {"gateway": False, "scheduled_issue_detection": False}
    )
    tracking_auth: str = ""
    artifacts_presigned_only: bool = False


def _info(_: LocalRepository, __: _Asked) -> ServerInfo:
    return ServerInfo()


ENDPOINTS = (Endpoint("GET", "/3.0/mlflow/server-info", _Asked, _info),)


_HEALTHY, _SPOKEN = Unchanging("OK"), Unchanging(SPOKEN)


async def _health(_: Request) -> Response:
    return _HEALTHY


async def _version(_: Request) -> Response:
    return _SPOKEN


def at_once() -> dict[tuple[str, str], ASGIApp]:
    """Return what answers outside the API; nobody is asked there who it is."""
    return {("GET", "/health"): _HEALTHY, ("GET", "/version"): _SPOKEN}


def routes() -> list[BaseRoute]:
    """Return the routes of the same addresses, for HEAD and for what they do not allow."""
    return [Route("/health", _health), Route("/version", _version)]
