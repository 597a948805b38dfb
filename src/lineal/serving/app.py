"""The server of one version: predictions in the forms that clients know, health, measures; every answer says who it is."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineal.formats import prometheus
from lineal.objects.errors import Invalid, LinealError
from lineal.serving import bodies, mlflow, open_inference
from lineal.serving.answering import Answering
from lineal.serving.loaders import Predictor
from lineal.serving.release import Release

_COUNTED = ("/predict", "/invocations", "/infer")
"""How the paths end at which predictions are asked for."""

_HEALTH = ("/healthz", "/readyz", "/ping", "/health")


def create_app(release: Release, predictor: Predictor) -> Identified:
    """Return the application that answers for ``release`` with ``predictor``."""
    answering = Answering(release, predictor)

    async def version(_: Request) -> Response:
        return bodies.encoded(release)

    async def metrics(_: Request) -> Response:
        return Response(answering.measures(), media_type=prometheus.CONTENT_TYPE)

    async def predict(request: Request) -> Response:
        return await _predict(answering, request)

    app = Starlette(
        routes=[
            *(Route(path, open_inference.health) for path in _HEALTH),
            Route("/metrics", metrics),
            Route("/version", version),
            Route("/predict", predict, methods=["POST"]),
            *mlflow.routes(answering),
            *open_inference.routes(answering),
        ],
        exception_handlers={
            LinealError: bodies.refused,
            HTTPException: bodies.unanswered,
            Exception: bodies.failed,
        },
    )
    return Identified(app, answering)


async def _predict(answering: Answering, request: Request) -> Response:
    """Answer ``{"rows": [{column: value}]}``."""
    body = await bodies.decoded(request)
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise Invalid("the request holds no list of rows", hint='send {"rows": [{"column": value, …}, …]}')
    answers = await answering.predictions(rows)
    classes = list(answers[0].probabilities) if answers else list(answering.release.facts.classes)
    return bodies.encoded(
        {
            "predictions": [each.prediction for each in answers],
            "probabilities": [[each.probabilities[name] for name in classes] for each in answers if classes],
            "classes": classes,
        }
    )


class Identified:
    """Puts the version into every answer, errors too, and counts and times the requests for predictions.

    ``closing``, once it is set, asks clients to come back by a new connection.
    """

    def __init__(self, app: ASGIApp, answering: Answering) -> None:
        self.closing = False
        self._app = app
        self._answering = answering
        self._headers = [
            (b"lineal-version", answering.release.digest.encode()),
            (b"lineal-model", answering.release.reference.encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request (asgi.readthedocs.io)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        is_counted = scope["path"].endswith(_COUNTED)

        async def identified(message: Message) -> None:
            if message["type"] == "http.response.start":
                last = [(b"connection", b"close")] if self.closing else []
                message["headers"] = [*message["headers"], *self._headers, *last]
                if is_counted:
                    self._answering.count(message["status"], time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, identified)
