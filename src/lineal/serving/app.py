"""The server of one version: predictions in the forms that clients know, health, measures; every answer says who it is."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lineal.formats import prometheus, table
from lineal.formats.predictions import Prediction
from lineal.objects.errors import Invalid, LinealError
from lineal.serving.loaders import Predictor
from lineal.serving.release import Release
from lineal.serving.rows import typed

BODY_BYTES_MAX = 32 << 20
"""A larger request is a batch: ``lineal evaluate`` and ``python -m lineal.serving predict`` are for those."""

_COUNTED = ("/predict", "/invocations")


def create_app(release: Release, predictor: Predictor) -> Starlette:
    """Return the application that answers for ``release`` with ``predictor``."""
    server = _Server(release, predictor)
    v2 = f"/v2/models/{release.model}"
    return Starlette(
        routes=[
            Route("/healthz", server.health),
            Route("/readyz", server.health),
            Route("/metrics", server.metrics),
            Route("/version", server.version),
            Route("/predict", server.predict, methods=["POST"]),
            Route("/invocations", server.invocations, methods=["POST"]),
            Route("/ping", server.health),
            Route("/v2/health/live", server.health),
            Route("/v2/health/ready", server.health),
            Route(v2, server.v2_model),
            Route(f"{v2}/ready", server.health),
            Route(f"{v2}/infer", server.v2_infer, methods=["POST"]),
        ],
        middleware=[Middleware(_Signed, release=release, requests=server.requests, seconds=server.seconds)],
        exception_handlers={LinealError: _problem},
    )


class _Server:
    def __init__(self, release: Release, predictor: Predictor) -> None:
        self._release = release
        self._predictor = predictor
        self.requests = prometheus.Counter("lineal_requests_total", "Requests for predictions, by HTTP status.")
        self.rows = prometheus.Counter("lineal_rows_total", "Rows that were answered.")
        self.seconds = prometheus.Histogram("lineal_request_seconds", "How long a request for predictions took.")

    async def health(self, _: Request) -> Response:
        """Say that the model is loaded: the server listens only once it is."""
        return PlainTextResponse("ok\n")

    async def version(self, _: Request) -> Response:
        """Say which version answers, and what it takes and gives."""
        return _json(self._release)

    async def metrics(self, _: Request) -> Response:
        """Give the measures of this process."""
        text = prometheus.page(self.requests, self.rows, self.seconds)
        return Response(text, media_type=prometheus.CONTENT_TYPE)

    async def predict(self, request: Request) -> Response:
        """Answer ``{"rows": [{column: value}]}``."""
        body = await _body(request)
        rows = body.get("rows") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise Invalid("the request holds no list of rows", hint='send {"rows": [{"column": value, …}, …]}')
        answers = await self._answers(rows)
        return _json(
            {
                "predictions": [each.prediction for each in answers],
                "probabilities": [each.probabilities for each in answers if each.probabilities],
            }
        )

    async def invocations(self, request: Request) -> Response:
        """Answer a request in MLflow's forms: ``dataframe_records``, ``dataframe_split``, or a table as text/csv."""
        if request.headers.get("content-type", "").startswith("text/csv"):
            rows: list[Any] = list(table.rows([await _read(request)]))
        else:
            rows = _mlflow_rows(await _body(request))
        return _json({"predictions": [each.prediction for each in await self._answers(rows)]})

    async def v2_model(self, _: Request) -> Response:
        """Describe the model as the Open Inference Protocol v2 does."""
        facts = self._release.facts
        return _json(
            {
                "name": self._release.model,
                "versions": [self._release.semantic],
                "platform": facts.framework,
                "inputs": [{"name": name, "datatype": _v2_type(each), "shape": [-1]} for name, each in facts.inputs.items()],
                "outputs": [{"name": "prediction", "datatype": "BYTES", "shape": [-1]}],
            }
        )

    async def v2_infer(self, request: Request) -> Response:
        """Answer a request of the Open Inference Protocol v2 whose inputs are columns."""
        body = await _body(request)
        try:
            columns = {each["name"]: each["data"] for each in body["inputs"]}
            rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        except (TypeError, KeyError, ValueError):
            raise Invalid("the inputs are no columns of equal length", hint="one input a column, each with data") from None
        answers = [each.prediction for each in await self._answers(rows)]
        output = {"name": "prediction", "datatype": "BYTES", "shape": [len(answers)], "data": answers}
        return _json(
            {"model_name": self._release.model, "model_version": self._release.semantic, "outputs": [output]}
        )

    async def _answers(self, rows: list[Any]) -> list[Prediction]:
        answers = await run_in_threadpool(lambda: self._predictor.predict(typed(rows, self._release.facts.inputs)))
        self.rows.add(len(answers))
        return answers


class _Signed:
    """Puts the version into every answer, and counts and times the requests for predictions."""

    def __init__(
        self, app: ASGIApp, release: Release, requests: prometheus.Counter, seconds: prometheus.Histogram
    ) -> None:
        self._app = app
        self._headers = [
            (b"lineal-version", release.digest.encode()),
            (b"lineal-model", release.reference.encode()),
        ]
        self._requests = requests
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        is_counted = scope["path"] in _COUNTED or scope["path"].endswith("/infer")

        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
                if is_counted:
                    self._requests.add(status=str(message["status"]))
                    self._seconds.observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, signed)


async def _problem(_: Request, error: Exception) -> Response:
    """Answer an error as RFC 9457 says."""
    assert isinstance(error, LinealError)  # noqa: S101 - registered for nothing else
    body = {"title": type(error).__name__, "status": error.http_status, "detail": error.message, "hint": error.hint}
    return Response(msgspec.json.encode(body), error.http_status, media_type="application/problem+json")


async def _read(request: Request) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > BODY_BYTES_MAX:
            raise Invalid(
                f"the request is larger than {BODY_BYTES_MAX >> 20} MiB", hint="send fewer rows at a time"
            )
    return bytes(found)


async def _body(request: Request) -> Any:
    try:
        return msgspec.json.decode(await _read(request))
    except msgspec.DecodeError as error:
        raise Invalid(f"the request is no JSON: {error}", hint="send application/json") from None


def _mlflow_rows(body: Any) -> list[Any]:
    """Return the rows of a request as mlflow.org/docs/latest/deployment describes it."""
    try:
        if "dataframe_records" in body:
            return list(body["dataframe_records"])
        split = body["dataframe_split"]
        return [dict(zip(split["columns"], values, strict=True)) for values in split["data"]]
    except (TypeError, KeyError, ValueError):
        raise Invalid(
            "the request holds no table", hint="send dataframe_records, dataframe_split, or text/csv"
        ) from None


_V2_TYPES = (("int", "INT64"), ("float", "FP64"), ("bool", "BOOL"))


def _v2_type(dtype: str) -> str:
    return next((kind for sign, kind in _V2_TYPES if sign in dtype.lower()), "BYTES")


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


