"""Bodies of requests and answers: read within a bound, decoded, encoded; errors as RFC 9457 says."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from lineal.objects.errors import Invalid, LinealError

BODY_BYTES_MAX = 32 << 20
"""A larger request is a batch: ``lineal evaluate`` and ``python -m lineal.serving predict`` are for those."""

_READ_BYTES_MAX = 8 * BODY_BYTES_MAX
"""So much is read and thrown away, because a client that still sends does not hear why it is refused."""

_HINTS: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "POST /predict, /invocations or /v2/models/NAME/infer; GET /version says what the model takes",
    HTTPStatus.METHOD_NOT_ALLOWED: "predictions are asked for with POST, everything else with GET",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "send fewer rows at a time",
}


async def read(request: Request) -> bytes:
    """Return the body.

    Raises:
        HTTPException: it is larger than ``BODY_BYTES_MAX``.
    """
    found = bytearray()
    size_bytes = 0
    async for piece in request.stream():
        size_bytes += len(piece)
        if size_bytes <= BODY_BYTES_MAX:
            found += piece
        elif size_bytes > _READ_BYTES_MAX:
            break
    if size_bytes > BODY_BYTES_MAX:
        raise HTTPException(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the request is larger than {BODY_BYTES_MAX >> 20} MiB"
        )
    return bytes(found)


async def decoded(request: Request) -> Any:
    """Return the body's JSON value.

    Raises:
        Invalid: it is no JSON.
    """
    try:
        return msgspec.json.decode(await read(request))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"the request is no JSON: {error}", hint="send application/json") from None


def encoded(value: Any) -> Response:
    """Return the answer that holds ``value``."""
    return Response(msgspec.json.encode(value), media_type="application/json")


async def refused(request: Request, error: Exception) -> Response:
    """Answer an error of ours."""
    assert isinstance(error, LinealError)  # noqa: S101 - registered for nothing else
    return _problem(request, type(error).__name__, error.http_status, error.message, error.hint)


async def unanswered(request: Request, error: Exception) -> Response:
    """Answer a request for nothing that is here."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    status = HTTPStatus(error.status_code)
    detail = error.detail if error.detail != status.phrase else f"{request.method} {request.url.path}: {status.phrase}"
    return _problem(request, status.phrase, status, detail, _HINTS.get(status, ""), error.headers)


async def failed(request: Request, error: Exception) -> Response:
    """Answer when this server itself is at fault; the log has the rest."""
    detail = f"{request.method} {request.url.path} failed: {type(error).__name__}"
    return _problem(request, "Failed", HTTPStatus.INTERNAL_SERVER_ERROR, detail, "the server's log says where")


def _problem(
    request: Request, title: str, status: int, detail: str, hint: str, headers: Mapping[str, str] | None = None
) -> Response:
    body = {"title": title, "status": int(status), "detail": detail, "hint": hint}
    if request.url.path.startswith("/v2"):
        body["error"] = detail  # where the Open Inference Protocol looks
    return Response(msgspec.json.encode(body), status, headers, media_type="application/problem+json")
