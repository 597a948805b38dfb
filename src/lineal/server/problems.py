"""Errors as HTTP says them: application/problem+json (RFC 9457), from the one tree of errors."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lineal.objects.errors import ERRORS, Invalid, LinealError

UNKNOWN = 401
MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True):
    """An error on the wire. ``type`` is the error's name, by which the client raises the same."""

    type: str
    title: str
    status: int
    detail: str
    hint: str


def response(error: LinealError, *, status: int = 0) -> Response:
    """Return the answer that says ``error``."""
    number = status or error.http_status
    name = next(each.__name__ for each in type(error).__mro__ if each.__name__ in ERRORS)
    title = (type(error).__doc__ or name).partition("\n")[0]
    problem = Problem(type=name, title=title, status=number, detail=error.message, hint=error.hint)
    # Browsers ask their person for a name and password; the password is the token.
    headers = {"WWW-Authenticate": 'Basic realm="Lineal: the password is your token"'} if number == UNKNOWN else None
    return Response(msgspec.json.encode(problem), number, headers=headers, media_type=MEDIA_TYPE)


async def on_error(_: Request, error: Exception) -> Response:
    """Answer one of our own errors."""
    assert isinstance(error, LinealError)  # noqa: S101 - registered for nothing else
    return response(error)


async def on_bad_request(_: Request, error: Exception) -> Response:
    """Answer a request whose arguments have other names or types."""
    return response(Invalid(f"the request cannot be read: {error}", hint="/api/v1/openapi.json says what it takes"))
