"""The Open Inference Protocol, version 2 (kserve/open-inference-protocol): columns in, columns out."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lineal.formats.predictions import Prediction
from lineal.objects.errors import Invalid
from lineal.serving import bodies
from lineal.serving.answering import Answering

_TYPES = (("bool", "BOOL"), ("int", "INT64"), ("float", "FP64"))
"""The protocol's name of a dtype; whatever else is BYTES."""


def routes(answering: Answering) -> list[Route]:
    """Return the routes of the protocol."""
    protocol = _Protocol(answering)
    found = [Route("/v2", protocol.server), Route("/v2/health/live", health), Route("/v2/health/ready", health)]
    for model in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
        found += [
            Route(model, protocol.model),
            Route(f"{model}/ready", protocol.ready),
            Route(f"{model}/infer", protocol.infer, methods=["POST"]),
        ]
    return found


async def health(_: Request) -> Response:
    """Say that the model is loaded: the server listens only once it is."""
    return bodies.encoded({"live": True, "ready": True})


class _Protocol:
    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._release = answering.release
        self._named = {"model_name": self._release.model, "model_version": self._release.semantic}

    async def server(self, _: Request) -> Response:
        """Describe this server."""
        return bodies.encoded({"name": "lineal", "version": self._release.digest, "extensions": []})

    async def model(self, request: Request) -> Response:
        """Describe the model: its columns, each of as many rows as one likes."""
        self._check(request)
        classes = self._release.facts.classes
        outputs = [{"name": "prediction", "datatype": self._output_type(), "shape": [-1]}]
        if classes:
            outputs.append({"name": "probabilities", "datatype": "FP64", "shape": [-1, len(classes)]})
        return bodies.encoded(
            {
                "name": self._release.model,
                "versions": [self._release.semantic],
                "platform": self._release.facts.framework,
                "inputs": [
                    {"name": name, "datatype": _type_of(dtype), "shape": [-1]}
                    for name, dtype in self._answering.inputs.items()
                ],
                "outputs": outputs,
            }
        )

    async def ready(self, request: Request) -> Response:
        """Say that the model is loaded."""
        self._check(request)
        return bodies.encoded({"name": self._release.model, "ready": True})

    async def infer(self, request: Request) -> Response:
        """Predict."""
        self._check(request)
        body = await bodies.decoded(request)
        answers = await self._answering.predictions(_rows(body, tuple(self._answering.inputs)))
        named = {**self._named, "id": body["id"]} if "id" in body else self._named
        return bodies.encoded({**named, "outputs": list(_outputs(answers))})

    def _check(self, request: Request) -> None:
        asked = request.path_params
        if (
            asked["name"] != self._release.model
            or asked.get("version", self._release.semantic) != self._release.semantic
        ):
            raise HTTPException(HTTPStatus.NOT_FOUND, f"it is {self._release.reference} that answers here")

    def _output_type(self) -> str:
        dtypes = tuple(self._release.facts.outputs.values())
        return _type_of(dtypes[0]) if dtypes else "BYTES"


def _rows(body: Any, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the rows of a request: one input a column, or a single one that is the whole matrix in their order."""
    try:
        inputs = body["inputs"]
        if len(inputs) == 1 and len(inputs[0]["shape"]) == 2 and (len(columns) > 1 or inputs[0]["name"] not in columns):
            return [dict(zip(columns, row, strict=True)) for row in _matrix(inputs[0])]
        named = {each["name"]: _column(each) for each in inputs}
        return [dict(zip(named, row, strict=True)) for row in zip(*named.values(), strict=True)]
    except (TypeError, KeyError, ValueError):
        raise Invalid(
            "the inputs are no columns of equal length, nor one matrix of the model's columns",
            hint="one input a column, each with name, datatype, shape [rows] and data",
        ) from None


def _matrix(tensor: dict[str, Any]) -> list[list[Any]]:
    """Return the rows of a matrix, whose data is nested or, as the protocol prefers, flat in row-major order."""
    height, width = tensor["shape"]
    data = tensor["data"]
    if data and isinstance(data[0], list):
        return list(data)
    if len(data) != height * width:
        raise ValueError
    return [data[start : start + width] for start in range(0, len(data), width)]


def _column(tensor: dict[str, Any]) -> list[Any]:
    """Return the values of a column, whose shape is [rows] or [rows, 1]."""
    return [each[0] if isinstance(each, list) and len(tensor["shape"]) == 2 else each for each in tensor["data"]]


def _outputs(answers: list[Prediction]) -> Iterator[dict[str, Any]]:
    data = [each.prediction for each in answers]
    kinds = {type(each).__name__ for each in data}
    # Whole numbers among others are numbers: the wider type takes both.
    datatype = "FP64" if kinds == {"int", "float"} else _type_of(kinds.pop()) if len(kinds) == 1 else "BYTES"
    yield {"name": "prediction", "datatype": datatype, "shape": [len(data)], "data": data}
    if answers and (classes := list(answers[0].probabilities)):
        yield {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": [len(data), len(classes)],
            "data": [each.probabilities[name] for each in answers for name in classes],
            "parameters": {"classes": ",".join(classes)},
        }


def _type_of(dtype: str) -> str:
    return next((kind for sign, kind in _TYPES if sign in dtype.lower()), "BYTES")
