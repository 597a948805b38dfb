"""What of MLflow's protocol is left out, and what to use in its place: whoever asks for it is told both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from lineal.protocols.mlflow import errors


class Omitted(NamedTuple):
    """A part of the protocol that is not answered.

    ``path`` is a regular expression for the beginning of what stands behind ``/api`` or ``/ajax-api``, or of a whole path.
    """

    title: str
    path: str
    what: str
    instead: str
    code: errors.Code = errors.NO_PART


_SPANS = "REST OTLP span logging is not supported"
"""MLflow's client knows these words, and sends no more spans in this process."""

OMITTED = (
    Omitted(
        "Assessments",
        r"/3\.0/mlflow/traces/[^/]+/assessments",
        "Assessments of traces are out of scope",
        "log what you measure with mlflow.log_metric, or evaluate a version with `lineal evaluate`",
    ),
    Omitted(
        "Traces",
        r"/[23]\.0/mlflow/(traces|unified-traces|get-online-trace-details|get-trace-artifact)\b",
        "Traces are out of scope",
        "send spans to a collector with OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or call mlflow.tracing.disable()",
    ),
    Omitted(
        "Spans",
        r"/v1/traces\b",
        f"{_SPANS}: traces are out of scope",
        "send spans to a collector with OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or call mlflow.tracing.disable()",
    ),
    Omitted(
        "Evaluation datasets",
        r"/3\.0/mlflow/datasets\b",
        "Evaluation datasets of generative models are out of scope",
        "keep data as versions with `lineal data add`, and tell of what a run used with mlflow.log_input",
    ),
    Omitted(
        "Scorers",
        r"/3\.0/mlflow/(scorers?|genai|demo)\b",
        "Scorers, and evaluating generative models on the server, are out of scope",
        "keep them in your code; their results are metrics of a run",
    ),
    Omitted(
        "Reviews of traces",
        r"/3\.0/mlflow/(issues|label-schemas|review-queues)\b",
        "Issues, label schemas and review queues of traces are out of scope",
        "keep them where your reviewers work; `lineal approve` keeps a person's word about a version",
    ),
    Omitted(
        "Gateway",
        r"/3\.0/mlflow/gateway\b|/2\.0/mlflow/gateway-proxy\b|/gateway\b|/2\.0/endpoints\b",
        "The gateway to language models, its keys, budgets and guardrails are out of scope",
        "run a gateway of its own beside this server; clients find it by mlflow.deployments.set_deployments_target",
    ),
    Omitted(
        "Optimization of prompts",
        r"/3\.0/mlflow/prompt-optimization\b|/2\.0/mlflow/runs/create-promptlab-run\b",
        "Optimizing prompts on the server is out of scope",
        "optimize in a program of yours; prompts themselves are kept here, as registered models",
    ),
    Omitted(
        "Workspaces",
        r"/3\.0/mlflow/workspaces\b",
        "Workspaces are out of scope: one repository is one workspace",
        "start a server for each repository; `lineal init` makes one",
        errors.DISABLED,
    ),
    Omitted(
        "Addresses signed for a run",
        r"/2\.0/mlflow/artifacts/presigned-(upload|download)-url\b",
        "Addresses of files in a bucket, signed for a run, are out of scope",
        "send and get files by /api/2.0/mlflow-artifacts, as clients do without asking; it signs addresses of its own",
    ),
    Omitted(
        "Roles of MLflow",
        r"/3\.0/mlflow/(roles|users/roles)\b|/2\.0/mlflow/users/create-ui\b",
        "MLflow's own roles, and the page that makes users, are out of scope",
        "give somebody a role with `lineal user role`, or on one experiment or model with `lineal user grant`",
    ),
    Omitted(
        "MLflow's pages",
        r"/3\.0/(jobs|mlflow/(jobs|assistant|mcp-servers|skills|ui-telemetry))\b|/graphql\b|/static-files\b",
        "MLflow's own pages, and what only they ask for, are out of scope",
        "open / for the pages of this server",
    ),
)
"""The first that fits is told."""

WORKSPACES = next(each for each in OMITTED if each.code is errors.DISABLED)

_PATTERNS = [(re.compile(each.path), each) for each in OMITTED]


def omitted(path: str) -> Omitted | None:
    """Return which part that is left out an address belongs to: one behind ``/api``, or a whole one."""
    return next((each for pattern, each in _PATTERNS if pattern.match(path)), None)


def is_in_workspace(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether a request is meant for a workspace; here, it would read and write what all share."""
    return dict(headers).get(b"x-mlflow-workspace", b"") not in {b"", b"default"}


def told(part: Omitted) -> tuple[int, bytes]:
    """Return the status and the body that tell of it."""
    return part.code.status, errors.body(part.code, f"{part.what}; {part.instead}")


def routes() -> list[BaseRoute]:
    """Return the routes of what stands outside the API."""
    places = ("/graphql", "/v1/traces", "/gateway/{path:path}", "/static-files/{path:path}")
    return [Route(each, _answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]) for each in places]


async def _answer(request: Request) -> Response:
    part = omitted(request.url.path)
    assert part  # noqa: S101 - each place above is of one
    status, body = told(part)
    return Response(body, status, media_type="application/json")
