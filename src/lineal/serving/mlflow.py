"""``/invocations`` as clients of MLflow's and SageMaker's scoring servers know it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lineal.formats.tables import delimited
from lineal.objects.errors import Invalid
from lineal.serving import bodies
from lineal.serving.answering import Answering
from lineal.serving.rows import cells

Rows = list[dict[str, Any]]


def routes(answering: Answering) -> list[Route]:
    """Return the routes of the protocol."""

    async def invocations(request: Request) -> Response:
        if request.headers.get("content-type", "").startswith("text/csv"):
            rows = list(cells(delimited.rows([await bodies.read(request)]), answering.inputs))
        else:
            rows = rows_of(await bodies.decoded(request), tuple(answering.inputs))
        answers = await answering.predictions(rows)
        return bodies.encoded({"predictions": [each.prediction for each in answers]})

    return [Route("/invocations", invocations, methods=["POST"])]


def rows_of(body: Any, columns: tuple[str, ...]) -> Rows:
    """Return the rows of a request (mlflow.org/docs, "Inference Server Specification").

    Args:
        body: a request with one of the four forms.
        columns: what the model takes, for rows that are lists and name no column.

    Raises:
        Invalid: there is no such form in it.
    """
    for form, rows in _FORMS.items():
        if isinstance(body, dict) and form in body:
            try:
                return rows(body[form], columns)
            except (TypeError, KeyError, ValueError, AttributeError):
                raise Invalid(f"{form} is not in its form", hint=_HINT) from None
    raise Invalid("the request holds no table", hint=_HINT)


def _records(value: Any, _columns: tuple[str, ...]) -> Rows:
    return [dict(each) for each in value]


def _split(value: Mapping[str, Any], columns: tuple[str, ...]) -> Rows:
    return [dict(zip(value.get("columns") or columns, each, strict=True)) for each in value["data"]]


def _instances(value: Any, columns: tuple[str, ...]) -> Rows:
    return [dict(each) if isinstance(each, dict) else dict(zip(columns, _row(each), strict=True)) for each in value]


def _inputs(value: Any, columns: tuple[str, ...]) -> Rows:
    if not isinstance(value, dict):
        return _instances(value, columns)
    lists = {name: _row(each) for name, each in value.items()}
    return [dict(zip(lists, each, strict=True)) for each in zip(*lists.values(), strict=True)]


def _row(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_FORMS: Mapping[str, Callable[[Any, tuple[str, ...]], Rows]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _instances,
    "inputs": _inputs,
}
_HINT = "send text/csv, or one of " + ", ".join(_FORMS) + " as MLflow's documentation shows them"
